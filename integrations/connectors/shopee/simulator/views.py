"""JSON of orders, packages and returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from integrations.connectors.shopee.simulator import facts
from integrations.connectors.shopee.simulator.book import NOT_START, UNPAID, Line, Order, Return

Fields = dict[str, Any]
_MASKED_ADDRESS = {
    "name": "N******n",
    "phone": "******78",
    "town": "",
    "district": "Quận 1",
    "city": "TP. Hồ Chí Minh",
    "state": "TP. Hồ Chí Minh",
    "region": facts.REGION,
    "zipcode": "",
    "full_address": "******",
}


def _line(line: Line) -> Fields:
    return {
        "item_id": line.item_id,
        "item_name": line.item_name,
        "item_sku": line.item_sku,
        "model_id": line.model_id,
        "model_name": line.model_name,
        "model_sku": line.model_sku,
        "model_quantity_purchased": line.quantity,
        "model_original_price": line.original_price,
        "model_discounted_price": line.price,
        "order_item_id": line.item_id,
        "weight": line.grams / 1000,
        "wholesale": False,
        "add_on_deal": False,
        "add_on_deal_id": 0,
        "main_item": False,
        "promotion_type": "product_promotion" if line.promotion_id else "",
        "promotion_id": line.promotion_id,
        "promotion_group_id": 0,
        "is_b2c_owned_item": False,
        "is_prescription_item": False,
        "image_info": {"image_url": ""},
        "product_location_id": [facts.LOCATION],
    }


def _packed(line: Line) -> Fields:
    return {
        "item_id": line.item_id,
        "model_id": line.model_id,
        "model_quantity": line.quantity,
        "order_item_id": line.item_id,
        "promotion_group_id": 0,
        "product_location_id": facts.LOCATION,
    }


def _packages(order: Order) -> list[Fields]:
    if order.package_status == NOT_START and order.status == UNPAID:
        return []
    return [
        {
            "package_number": order.package_number,
            "logistics_status": order.package_status,
            "logistics_channel_id": facts.LOGISTICS_CHANNEL,
            "shipping_carrier": facts.CARRIER,
            "allow_self_design_awb": True,
            "item_list": [_packed(line) for line in order.lines],
            "parcel_chargeable_weight_gram": _grams(order),
            "group_shipment_id": None,
            "sorting_group": facts.SORTING_GROUP,
        }
    ]


def _grams(order: Order) -> int:
    return sum(line.grams * line.quantity for line in order.lines)


def _default(order: Order) -> Fields:
    return {
        "order_sn": order.order_sn,
        "region": facts.REGION,
        "currency": facts.CURRENCY,
        "cod": order.cod,
        "order_status": order.status,
        "message_to_seller": order.message,
        "create_time": order.create_time,
        "update_time": order.update_time,
        "days_to_ship": facts.DAYS_TO_SHIP,
        "ship_by_date": order.ship_by_date,
        "booking_sn": "",
    }


_OPTIONAL: dict[str, Callable[[Order], Any]] = {
    "buyer_user_id": lambda order: order.buyer_id,
    "buyer_username": lambda order: f"b******{order.buyer_id % 100:02d}",
    "estimated_shipping_fee": lambda order: order.freight,
    "recipient_address": lambda order: dict(_MASKED_ADDRESS),
    "actual_shipping_fee": lambda order: order.freight if order.pickup_done_time else 0,
    "actual_shipping_fee_confirmed": lambda order: bool(order.pickup_done_time),
    "goods_to_declare": lambda order: False,
    "note": lambda order: "",
    "note_update_time": lambda order: 0,
    "item_list": lambda order: [_line(line) for line in order.lines],
    "pay_time": lambda order: order.pay_time or None,
    "dropshipper": lambda order: None,
    "dropshipper_phone": lambda order: None,
    "split_up": lambda order: False,
    "buyer_cancel_reason": lambda order: order.buyer_cancel_reason,
    "cancel_by": lambda order: order.cancel_by,
    "cancel_reason": lambda order: order.cancel_reason,
    "fulfillment_flag": lambda order: "fulfilled_by_local_seller",
    "pickup_done_time": lambda order: order.pickup_done_time,
    "package_list": _packages,
    "shipping_carrier": lambda order: facts.CARRIER,
    "payment_method": lambda order: "Cash on Delivery" if order.cod else "ShopeePay",
    "invoice_data": lambda order: None,
    "order_chargeable_weight_gram": _grams,
    "return_request_due_date": lambda order: order.completed_time + 15 * 86_400 if order.completed_time else 0,
    "edt": lambda order: None,
    "payment_info": lambda order: [],
}


def detail(order: Order, asked: Iterable[str]) -> Fields:
    """An order: the default fields, and those of the others that were asked for. Unknown names are ignored [inf].

    `total_amount` appears only after payment (a COD order counts as agreed at once [inf]).
    """
    names = set(asked)
    found = _default(order) | {name: show(order) for name, show in _OPTIONAL.items() if name in names}
    if "total_amount" in names and (order.pay_time or order.cod):
        found["total_amount"] = order.total
    return found


def package_row(order: Order) -> Fields:
    """A row of search_package_list."""
    return {
        "order_sn": order.order_sn,
        "package_number": order.package_number,
        "logistics_channel_id": facts.LOGISTICS_CHANNEL,
        "product_location_id": facts.LOCATION,
        "sorting_group": facts.SORTING_GROUP,
        "is_shipment_arranged": order.arranged,
    }


def package(order: Order, tracking_number: str) -> Fields:
    """A row of get_package_detail."""
    return {
        "order_sn": order.order_sn,
        "package_number": order.package_number,
        "fulfillment_status": order.package_status,
        "update_time": order.package_update_time,
        "logistics_channel_id": facts.LOGISTICS_CHANNEL,
        "shipping_carrier": facts.CARRIER,
        "allow_self_design_awb": True,
        "days_to_ship": facts.DAYS_TO_SHIP,
        "ship_by_date": order.ship_by_date,
        "pending_terms": [],
        "pending_description": [],
        "tracking_number": tracking_number,
        "tracking_number_expiration_date": 0,
        "pickup_done_time": order.pickup_done_time,
        "is_split_up": False,
        "item_list": [
            _packed(line) | {"item_sku": line.item_sku, "model_sku": line.model_sku, "consultation_id": ""}
            for line in order.lines
        ],
        "recipient_address": dict(_MASKED_ADDRESS),
        "parcel_chargeable_weight_gram": _grams(order),
        "group_shipment_id": 0,
        "virtual_contact_number": "",
        "package_query_number": "",
        "sorting_group": facts.SORTING_GROUP,
        "is_shipment_arranged": order.arranged,
        "can_split_order": False,
        "can_unsplit_order": False,
        "is_pre_order": False,
    }


def returned(found: Return, order: Order) -> Fields:
    """A return, as in lists and details."""
    amount = sum(line.price * line.quantity for line in order.lines)
    return {
        "image": [],
        "reason": found.reason,
        "text_reason": found.text_reason,
        "return_sn": found.return_sn,
        "refund_amount": amount,
        "currency": facts.CURRENCY,
        "create_time": found.create_time,
        "update_time": found.update_time,
        "status": found.status,
        "due_date": found.create_time + 2 * 86_400,
        "tracking_number": "",
        "needs_logistics": True,
        "amount_before_discount": amount,
        "user": {"username": f"b******{order.buyer_id % 100:02d}", "email": "****", "portrait": ""},
        "item": [
            {
                "model_id": line.model_id,
                "name": line.item_name,
                "images": [],
                "amount": line.quantity,
                "item_price": line.price,
                "is_add_on_deal": False,
                "is_main_item": False,
                "add_on_deal_id": 0,
                "item_id": line.item_id,
                "item_sku": line.item_sku,
                "variation_sku": line.model_sku,
            }
            for line in order.lines
        ],
        "order_sn": order.order_sn,
        "return_ship_due_date": found.create_time + 7 * 86_400,
        "return_seller_due_date": found.create_time + 9 * 86_400,
        "negotiation_status": "",
        "seller_proof_status": "",
        "seller_compensation_status": "",
        "return_refund_type": "",
        "return_solution": 0,
        "is_seller_arrange": False,
        "is_shipping_proof_mandatory": False,
        "return_refund_request_type": 0,
        "validation_type": "seller_validation",
    }
