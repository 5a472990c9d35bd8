"""JSON of orders, field by field as in recorded answers."""

from __future__ import annotations

from collections.abc import Collection

from integrations.connectors.tiki.simulator import book, facts
from integrations.connectors.tiki.simulator.book import Item, Order
from integrations.connectors.tiki.simulator.money import item_fees
from integrations.connectors.tiki.simulator.wire import Fields, local
from integrations.simulator.money_errors import NO_ERROR, MoneyError

_STATES = {
    book.WAITING_PAYMENT: ("awaiting_payment", "Chờ thanh toán", "Awaiting Payment"),
    book.QUEUEING: ("awaiting_confirmation", "Chờ xác nhận", "Awaiting Confirmation"),
    book.CANCELED: ("canceled", "Đã hủy", "Canceled"),
    book.RETURNED: ("returned", "Đã trả hàng", "Returned"),
    book.DELIVERED: ("completed", "Giao hàng thành công", "Delivered"),
    book.COMPLETE: ("completed", "Hoàn tất", "Completed"),
}


def order_view(order: Order, include: Collection[str], error: MoneyError = NO_ERROR) -> Fields:
    """Return a bare order object. `include`: status_histories, items.fees; `error`: what is wrong with its fees."""
    with_fees = "items.fees" in include
    items = [_item(order, item, item_fees(order, item, error) if with_fees else []) for item in order.items]
    state, text, english = _STATES.get(order.status, ("processing", "Đang xử lý", "Processing"))
    found: Fields = {
        "id": 100_000_000 + int(order.code) % 100_000_000,
        "code": order.code,
        "fulfillment_type": order.fulfillment,
        "status": order.status,
        "items": items,
        "is_virtual": False,
        "siblings": [],
        "created_at": local(order.created_at),
        "updated_at": local(order.updated_at),
        "main_state": state,
        "main_state_text": text,
        "main_state_text_en": english,
        "main_substate": "order_verified",
        "type": "simple",
        "is_parent": False,
        "inventory_status": "backorder",
        "has_backorder_items": True,
        "original_code": "",
        "parent_code": "",
        "relation_code": "",
        "multiseller_confirmation": {"seller_id": order.seller_id, "need_other_sellers_confirm": False},
        "shipping": _shipping(order),
        "payment": {
            "method": "cod" if order.cod else "cybersource",
            "is_prepaid": not order.cod,
            "status": "success",
            "description": "Thanh toán tiền mặt khi nhận hàng" if order.cod else "Thanh toán bằng thẻ quốc tế",
        },
        "is_rma": bool(order.undoes or order.replaces),
        "tiki_warehouse": {"id": 1, "name": "Ho Chi Minh", "code": facts.WAREHOUSE_CODE},
        "labels": [],
        "invoice": _invoice(order, items),
        "customer": {"id": order.buyer_id, "full_name": order.buyer},
    }
    if "status_histories" in include:
        found["status_histories"] = [
            {"id": 1_000_000_000 + number, "status": status, "created_at": local(at)}
            for number, (status, at) in enumerate(order.history)
        ]
    if order.cancel:
        found["cancel_info"] = {
            "reason_code": order.cancel.code,
            "reason_text": order.cancel.text,
            "comment": "",
            "canceled_at": local(order.cancel.at),
        }
    if order.replaces:
        # half of them do not say what they replace
        info = {"original_order_code": order.replaces, "exchanged_order_code": order.code}
        found["rma_info"] = info if int(order.code) % 2 else None
    if order.undoes:
        found["rma_info"] = {
            "id": int(order.code) % 10**8,
            "warehouse_id": order.inventory or None,
            "original_order_code": order.undoes,
            "exchanged_order_code": None,
            "status": "completed" if order.status == book.RETURNED else "processing",
            "created_at": local(order.created_at),
        }
    return found


def _item(order: Order, item: Item, fees: list[Fields]) -> Fields:
    fee = sum(row["final_amount"] for row in fees)
    return {
        "id": item.id,
        "product": {
            "id": item.product_id,
            "type": "simple",
            "super_id": 0,
            "master_id": item.master_id,
            "sku": item.sku,
            "name": item.name,
            "catalog_group_name": "Bách hóa",
            "inventory_type": "backorder",
            "imeis": [],
            "serial_numbers": [],
            "thumbnail": f"https://salt.tikicdn.com/cache/280x280/ts/product/{item.product_id}.jpg",
            "seller_product_code": item.seller_sku,
            "seller_supply_method": None,
        },
        "seller": {"id": order.seller_id, "name": "masked"},
        "confirmation": _confirmation(order),
        "parent_item_id": 0,
        "price": item.price,
        "qty": item.quantity,
        "fulfilled_at": None,
        "is_virtual": False,
        "is_free_gift": False,
        "is_fulfilled": False,
        "applied_rule_ids": list(item.rules),
        "invoice": {
            "price": item.price,
            "quantity": item.quantity,
            "subtotal": item.total,
            "row_total": item.total,
            "discount_amount": 0,
            "discount_coupon": 0,
            "is_seller_discount_coupon": False,
            "seller_fee": fee,
            "seller_income": item.total + fee,
            "fees": fees,
        },
        "seller_inventory_id": order.inventory or None,
        "seller_inventory_name": "Kho chính" if order.inventory else None,
        "seller_income_detail": {
            "item_price": item.price,
            "item_qty": item.quantity,
            "seller_fees": [],
            "discount": {
                "discount_shipping_fee": {
                    "sellerDiscount": 0,
                    "qty": item.quantity,
                    "seller_subsidy": 0,
                    "tiki_subsidy": 0,
                },
                "discount_coupon": {"seller_discount": 0, "platform_discount": 0, "total_discount": 0},
                "discount_tikixu": {"amount": 0},
            },
        },
    }


def _confirmation(order: Order) -> Fields:
    confirmed = local(order.confirmed_at) if order.confirmed_at else None
    deadline = local(order.created_at + facts.HOURS_TO_CONFIRM * 3600)
    return {
        "status": order.confirmation,
        "confirmed_at": confirmed,
        "available_confirm_sla": deadline,
        "pickup_confirm_sla": order.pickup_at or None,
        "histories": [],
    }


def _shipping(order: Order) -> Fields:
    return {
        "partner_id": "TNSL" if order.tracking else None,
        "partner_name": "TikiNOW Smart Logistics" if order.tracking else None,
        "tracking_code": order.tracking or None,
        "status": None,
        "plan": {"id": 1, "name": "TikiFAST Giao Tiết Kiệm", "is_free_shipping": False},
        "address": order.recipient,
        "shipping_detail": None,
    }


def _invoice(order: Order, items: list[Fields]) -> Fields:
    goods = sum(item.total for item in order.items)
    return {
        "items_count": len(items),
        "items_quantity": sum(item.quantity for item in order.items),
        "subtotal": goods,
        "grand_total": goods + facts.FREIGHT,
        "collectible_amount": goods + facts.FREIGHT if order.cod else 0,
        "discount_amount": 0,
        "shipping_amount_after_discount": facts.FREIGHT,
        "shipping_discount_amount": 0,
        "total_seller_fee": sum(row["invoice"]["seller_fee"] for row in items),
        "total_seller_income": sum(row["invoice"]["seller_income"] for row in items),
        "purchased_at": local(order.created_at),
    }
