"""JSON of orders: `sales_order` and `sku_details`, with the published field names."""

from __future__ import annotations

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.backend import Backend
from integrations.connectors.sendo.simulator.wire import Row
from integrations.simulator.oddities import OrderForm, as_milliseconds, as_text, long_name, long_tracking, odd_order
from integrations.simulator.order import Line, Order

SHIPPING_FEE = 12_000
# its lines have no ids: two that are alike are two
FORM = OrderForm(
    lines="sku_details",
    repeats=False,
    fields={
        "sales_order.weight": ("N/A",),
        "sales_order.payment_status_date_time_stamp": (as_milliseconds, "0000-00-00 00:00:00"),
        "sales_order.total_amount": (as_text,),
    },
    long={"sales_order.tracking_number": long_tracking},
    line_long={"product_name": long_name},
)


def status_time(backend: Backend, order: Order) -> int:
    """Return when order_status changed last, on the platform's clock."""
    moments = [order.moments[step] for step in facts.STATUS_STEPS if step in order.moments]
    return int(backend.context.platform_time(max(moments, default=order.placed_at)))


def shown(backend: Backend, order: Order) -> Row:
    """An order of a list or a detail, odd or not."""
    return odd_order(backend.context, FORM, whole(backend, order), order.id, order.status)


def whole(backend: Backend, order: Order) -> Row:
    """An order with its lines."""
    return {
        "sales_order": sales_order(backend, order),
        "sku_details": [_line(backend, line) for line in order.lines],
    }


def sales_order(backend: Backend, order: Order) -> Row:
    """The order without its lines."""
    return _state(backend, order) | _buyer(order) | _money(order) | _times(backend, order)


def cancel_code(backend: Backend, order: Order) -> tuple[str, str]:
    """Return (code, text) of the cancellation reason; empty while not cancelled."""
    if order.status != "cancelled":
        return "", ""
    code = backend.book.cancel_codes.get(order.id, "")
    return (code, facts.REASONS[code]) if code else facts.CANCELLED_FOR[order.reason]


def _state(backend: Backend, order: Order) -> Row:
    code, words = cancel_code(backend, order)
    number = f"SE{order.id}" if "arranged" in order.moments else ""
    return {
        "order_number": order.id,
        "order_status": facts.STATUS[order.status],
        "delivery_status": 0,
        "payment_method": facts.COD if order.cod else facts.ONLINE,
        "payment_status": (paid := _payment(order)),
        "payment_status_name": facts.PAYMENT_NAMES[paid],
        "tracking_number": number,
        "tracking_link": f"https://carrier.example/{number}" if number else "",
        "carrier_name": facts.CARRIER[0],
        "carrier_code": facts.CARRIER[1],
        "carrier_phone": "",
        "sort_code": "",
        "sales_order_merges": "",
        "parent_order_number": "",
        "child_order_number": "",
        "is_merge": False,
        "is_self_shipping": False,
        "is_printed": False,
        "is_disputing": False,
        "allow_check": False,
        "can_action": backend.may_act(order),
        "reason_cancel_code": code,
        "reason_cancel": words,
        "canceled_by": order.cancelled_by or "",
        "reason_delay": "",
        "sales_order_type": 1,
        "stage": 1,
        "note": "",
        "weight": 260,
    }


def _payment(order: Order) -> int:
    if order.status == "cancelled":
        return facts.REFUNDED if "paid" in order.moments else facts.UNPAID
    if order.cod:
        return facts.COD_PAID if order.status in {"delivered", "completed", "returning"} else facts.UNPAID
    return facts.UNPAID if order.status == "unpaid" else facts.PAID


def _buyer(order: Order) -> Row:
    buyer = order.buyer
    street = f"{buyer.street}, {buyer.ward}, {buyer.district}, {buyer.city}"
    return {
        "receiver_name": buyer.name,
        "receiver_email": "",
        "buyer_phone": buyer.phone,
        "shipping_contact_phone": buyer.phone,
        "buyer_address": street,
        "ship_to_address": buyer.street,
        "ship_to_ward": buyer.ward,
        "buyer_district": buyer.district,
        "buyer_region": buyer.city,
        "region_name": buyer.city,
        "ship_to_country_code": "VN",
    }


def _money(order: Order) -> Row:
    return {
        "sub_total": order.total,
        "total_amount": order.total,
        "total_amount_buyer": order.total + SHIPPING_FEE,
        "shipping_fee": SHIPPING_FEE,
        "seller_shipping_fee": 0,
        "sendo_support_fee": 0,
        "sendo_support_fee_to_buyer": 0,
        "shop_program_amount": 0,
        "shop_voucher_amount": 0,
        "sendo_voucher_amount": 0,
        "voucher_value": 0,
        "senpay_fee": order.total * 2 // 100,
        "cod_fee": 0,
        "seller_pay_later_fee": 0,
        "installment_fee": 0,
        "transfer_to_seller_amount": 0,
        "transferred_amount": 0,
        "refund_to_buyer_amount": 0,
    }


def _times(backend: Backend, order: Order) -> Row:
    """Return the times of an order. The end of a review does not move the update time: the harsher form of two [nv]."""
    wire = backend.context.platform_time
    return {
        "order_date_time_stamp": int(wire(order.placed_at)),
        "created_date_time_stamp": int(wire(order.placed_at)),
        "updated_date_time_stamp": int(wire(order.updated_at)),
        "order_status_date_time_stamp": status_time(backend, order),
        "payment_status_date_time_stamp": int(wire(order.moments.get("paid", order.placed_at))),
        "delay_date_time_stamp": None,
    }


def _line(backend: Backend, line: Line) -> Row:
    sold = backend.shop.variation(line.item_id, line.variation_id)
    is_on_sale = sold is not None and sold.held > 0
    return {
        "product_variant_id": f"{line.item_id}_{line.variation_id}" if line.variation_id else line.item_id,
        "attribute_hash": line.variation_id or None,
        "product_name": line.name,
        "sku": line.seller_sku,
        "quantity": line.quantity,
        "price": line.price,
        "sub_total": line.price * line.quantity,
        "weight": 130,
        "size": "",
        "color": line.option,
        "unit_id": 1,
        "product_image": f"{backend.context.base_url}/image/{line.item_id}.jpg",
        "description": "",
        "shop_program_percent": 0,
        "shop_program_amount": 0,
        "is_flash_sales": is_on_sale,
        "flash_sale_amount": 0,
        "flash_deal_type_names": ["Flash sale"] if is_on_sale else [],
        "is_combo_discount": False,
        "combo_parent_product_id": 0,
    }
