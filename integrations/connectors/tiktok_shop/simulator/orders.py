"""Orders: search, details, price parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from integrations.connectors.tiktok_shop.simulator import book, facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.book import Order, Unit
from integrations.connectors.tiktok_shop.simulator.request import (
    OPEN,
    Call,
    Fields,
    invalid,
    optional,
    span,
    texts,
)
from integrations.simulator.oddities import OrderForm, as_milliseconds, long_name, long_tracking, odd_order
from integrations.simulator.time_index import TimeIndex

_MASKED: Fields = {
    "name": "N*** A",
    "first_name": "",
    "last_name": "",
    "phone_number": "(+84)9*****00",
    "full_address": "Việt Nam, TP. Hồ Chí Minh, ****",
    "address_detail": "****",
    "postal_code": "",
    "region_code": facts.REGION,
    "district_info": [
        {"address_level": "L0", "address_level_name": "Country", "address_name": "Việt Nam"},
        {"address_level": "L1", "address_level_name": "Province", "address_name": "TP. Hồ Chí Minh"},
        {"address_level": "L2", "address_level_name": "District", "address_name": "Quận 1"},
        {"address_level": "L3", "address_level_name": "Ward", "address_name": "Phường Bến Nghé"},
    ],
}
_FULFILMENT = {"seller": "FULFILLMENT_BY_SELLER", "platform": "FULFILLMENT_BY_TIKTOK"}
FORM = OrderForm(
    lines="line_items",
    fields={
        "rts_sla_time": (as_milliseconds, "N/A", ""),
        "paid_time": (as_milliseconds, "N/A"),
        "create_time": (as_milliseconds,),
    },
    line_fields={"original_price": ("N/A", ""), "sku_name": (None,)},
    long={"tracking_number": long_tracking},
    line_long={"product_name": long_name, "tracking_number": long_tracking},
)
_HIDDEN: Fields = {name: "" if isinstance(value, str) else [] for name, value in _MASKED.items()}


def search(backend: Backend, call: Call) -> Fields:
    """POST orders/search: whole orders."""
    size, field = call.size(facts.ORDER_PAGE), call.text("sort_field", "create_time")
    index = {"create_time": backend.book.created, "update_time": backend.book.updated}.get(field)
    if index is None:
        raise invalid("sort_field")
    rising = call.rising("DESC")
    times = {name: span(call.body, name) for name in ("create_time", "update_time")}
    matches = [*_filters(backend, call.body), *_within(times, but=field)]
    first, end = times[field]
    keys = index.get(call.shop, TimeIndex()).between(first, end - 1)
    if matches:
        orders = backend.book.orders
        keys = [key for key in keys if all(match(orders[key[1]]) for match in matches)]
    page, more = call.page(keys if rising else keys[::-1], size)
    return {"orders": _shown(backend, [backend.book.orders[order_id] for _, order_id in page]), **more}


def details(backend: Backend, call: Call) -> Fields:
    """GET orders: up to 50 by id. Unknown ones are left out [inf]."""
    ids = [one for one in call.text("ids").split(",") if one]
    if not 1 <= len(ids) <= facts.ORDER_BATCH:
        raise invalid("ids")
    found = [order for one in dict.fromkeys(ids) if (order := backend.book.order(call.shop, one))]
    return {"orders": _shown(backend, found)}


def price_detail(backend: Backend, call: Call) -> Fields:
    """GET orders/{id}/price_detail."""
    order = backend.order(call, call.ids["order"])
    parts = _payment(backend, order)
    return {
        "currency": facts.CURRENCY,
        "total": parts["total_amount"],
        "sku_list_price": parts["original_total_product_price"],
        "shipping_list_price": parts["original_shipping_fee"],
        "payment": parts["total_amount"],
        "line_items": [{"id": unit.id, "sku_list_price": str(unit.price), "total": str(unit.price)} for unit in order.units],
    }  # fmt: skip


def _within(times: Mapping[str, tuple[int, int]], *, but: str) -> list[Callable[[Order], bool]]:
    """Return a filter on the time that the list is not sorted by, if it has bounds."""
    [(name, (low, high))] = [(name, bounds) for name, bounds in times.items() if name != but]
    return [] if (low, high) == OPEN else [lambda order: low <= getattr(order, name) < high]


def _filters(backend: Backend, body: Fields) -> list[Callable[[Order], bool]]:
    found: list[Callable[[Order], bool]] = []
    status = optional(body, "order_status", str)
    if status is not None:
        if status not in book.STATUSES:
            raise invalid("order_status")
        found.append(lambda order: order.status == status)
    shipping = optional(body, "shipping_type", str)
    if shipping is not None:
        if shipping not in {"TIKTOK", "SELLER"}:
            raise invalid("shipping_type")
        found.append(lambda order: shipping == "TIKTOK")
    asked = optional(body, "is_buyer_request_cancel", bool)
    if asked is not None:
        found.append(lambda order: order.asked_to_cancel is asked)
    buyer = optional(body, "buyer_user_id", str)
    if buyer is not None:
        found.append(lambda order: order.buyer_id == buyer)
    if places := texts(body, "warehouse_ids", 100):
        found.append(lambda order: backend.warehouse(order.shop) in places)
    return found


def _shown(backend: Backend, orders: Sequence[Order]) -> list[Fields]:
    backend.context.mark_known_to_hub([backend.sale(order) for order in orders])
    return [odd_order(backend.context, FORM, shown(backend, order), order.id, order.status) for order in orders]


def shown(backend: Backend, order: Order) -> Fields:
    """Return an order as both calls show it. The buyer of an order on hold is not shown yet [inf]."""
    hidden = order.status in {book.UNPAID, book.ON_HOLD}
    fields: Fields = {
        "id": order.id,
        "status": order.status,
        "create_time": order.create_time,
        "update_time": order.update_time,
        "paid_time": order.paid_time,
        "is_cod": order.cod,
        "is_on_hold_order": order.status == book.ON_HOLD,
        "is_sample_order": False,
        "is_buyer_request_cancel": order.asked_to_cancel,
        "buyer_message": "",
        "seller_note": "",
        "user_id": order.buyer_id,
        "fulfillment_type": _FULFILMENT[backend.sale(order).fulfilled_by],
        "shipping_type": "TIKTOK",
        "delivery_type": "HOME_DELIVERY",
        "delivery_option_name": "Standard shipping",
        "warehouse_id": backend.warehouse(order.shop),
        "payment_method_name": "Cash on delivery" if order.cod else "MoMo",
        "shipping_provider": facts.CARRIER,
        "shipping_provider_id": facts.CARRIER_ID,
        "tracking_number": order.tracking_number,
        "rts_sla_time": order.rts_sla_time,
        "tts_sla_time": order.rts_sla_time + 86_400 if order.rts_sla_time else 0,
        "line_items": [_line(order, unit) for unit in order.units],
        "packages": [{"id": order.package_id}] if order.package_id else [],
        "payment": _payment(backend, order),
        "recipient_address": _HIDDEN if hidden else _MASKED,
    }
    if order.status == book.CANCELLED:
        fields |= {"cancel_reason": order.cancel_reason, "cancellation_initiator": order.cancelled_by}
    return fields


def _line(order: Order, unit: Unit) -> Fields:
    return {
        "id": unit.id,
        "product_id": unit.product_id,
        "product_name": unit.product_name,
        "sku_id": unit.sku_id,
        "sku_name": unit.sku_name,
        "seller_sku": unit.seller_sku,
        "sku_image": "",
        "sku_type": "NORMAL",
        "original_price": str(unit.price),
        "sale_price": str(unit.price),
        "platform_discount": "0",
        "seller_discount": "0",
        "currency": facts.CURRENCY,
        "display_status": order.status,
        "package_id": order.package_id,
        "package_status": order.package_status,
        "tracking_number": order.tracking_number,
        "shipping_provider_id": facts.CARRIER_ID,
        "shipping_provider_name": facts.CARRIER,
        "is_gift": False,
    }


def _payment(backend: Backend, order: Order) -> Mapping[str, str]:
    goods, freight = str(order.goods), str(facts.FREIGHT)
    return {
        "currency": facts.CURRENCY,
        "sub_total": goods,
        "shipping_fee": freight,
        "seller_discount": "0",
        "platform_discount": "0",
        "total_amount": str(order.goods + facts.FREIGHT),
        "original_total_product_price": goods,
        "original_shipping_fee": freight,
        "shipping_fee_seller_discount": "0",
        "shipping_fee_platform_discount": "0",
        "tax": "0",
    }
