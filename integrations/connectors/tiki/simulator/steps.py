"""Effect of each step of an order on Tiki's record of it, and the events it emits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from integrations.connectors.tiki.simulator import book, facts, parcels
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.book import Cancel, Item, Order
from integrations.connectors.tiki.simulator.goods import inventory_event
from integrations.simulator.order import Line, Step
from integrations.simulator.order import Order as Sale

PICK, READY, DRIVE, SEND_BACK, BRING_BACK = "pick", "ready", "drive", "send back", "bring back"

# the world's reasons in Tiki's shape; codes but the first are made up [nv]
_REASONS = {
    "changed_mind": ("2034", "Khách hàng đổi ý"),
    "not_paid": ("2001", "Quá hạn thanh toán"),
    "out_of_stock": ("2040", "Nhà bán hết hàng"),
    "not_shipped": ("2041", "Nhà bán không giao"),
}


def order_changed(backend: Backend, sale: Sale, step: Step) -> None:
    """Apply a step of a world's order to the platform's record."""
    if step == "placed":
        _placed(backend, sale)
    elif step in _STEPS:
        _STEPS[step](backend, backend.book.orders[sale.id], sale)


def picked(backend: Backend, order: Order) -> None:
    """Start picking: the label was printed, or the warehouse began by itself."""
    if order.status == book.QUEUEING and order.confirmation == book.CONFIRMED:
        _set(backend, order, book.PICKING)


def ready(backend: Backend, order: Order) -> None:
    """Mark the parcel as ready, with its number."""
    if order.status in {book.QUEUEING, book.PICKING} and order.confirmation == book.CONFIRMED:
        order.tracking = f"TKNVN{backend.context.draws.number('tiki', 'tracking', order.code) % 10**9:09d}"
        _set(backend, order, book.READY)
        parcels.notify(backend, order, "processing", "ready_for_pickup")


def driving(backend: Backend, order: Order) -> None:
    """Mark the parcel as on the road."""
    if order.status == book.HANDED_OVER:
        _set(backend, order, book.SHIPPING)


def sent_back(backend: Backend, order: Order) -> None:
    """Create a return: an order of its own, flagged `is_rma`."""
    draw = backend.context.draws.number(backend.context.channel, "rma", order.code)
    now = backend.now
    found = Order(
        code=f"9{draw % 10**9:09d}",
        shop=order.shop,
        seller_id=order.seller_id,
        items=order.items,
        buyer_id=order.buyer_id,
        buyer=order.buyer,
        recipient=order.recipient,
        cod=False,
        fulfillment=order.fulfillment,
        status=book.SHIPPING,
        created_at=now,
        updated_at=now,
        undoes=order.code,
    )
    backend.book.add(found)
    _emit_created(backend, found)
    backend.schedule(facts.RETURN_TAKES, BRING_BACK, found.code)


def replaced(backend: Backend, order: Order) -> None:
    """Send the goods again: a replacement is an order of its own, flagged `is_rma`, of which no buyer pays anything."""
    now = backend.now
    draw = backend.context.draws.number(backend.context.channel, "replacement", order.code)
    again = replace(
        order, code=f"8{draw % 10**9:09d}", cod=False, status=book.QUEUEING, created_at=now, updated_at=now,
        confirmation=book.WAITING, confirmed_at=0.0, tracking="", history=[], replaces=order.code,
    )  # fmt: skip
    backend.book.add(again)
    backend.context.plant("replacement", order.code)
    _emit_created(backend, again)


def brought_back(backend: Backend, order: Order) -> None:
    """Complete a return."""
    _set(backend, order, book.RETURNED)


def _placed(backend: Backend, sale: Sale) -> None:
    draws, channel = backend.context.draws, backend.context.channel
    now = backend.context.platform_time(sale.placed_at)
    on_demand = draws.chance(facts.ON_DEMAND_SHARE, channel, "fulfilment", sale.id)
    order = Order(
        code=sale.id,
        shop=sale.shop,
        seller_id=backend.seller_id(sale.shop),
        items=tuple(_items(backend, sale)),
        buyer_id=sale.buyer.id,
        buyer=sale.buyer.name,
        recipient={
            "full_name": sale.buyer.name,
            "street": sale.buyer.street,
            "ward": sale.buyer.ward,
            "district": sale.buyer.district,
            "region": sale.buyer.city,
            "country": "Việt Nam",
            "country_id": "VN",
            "email": None,
            "phone": "",
        },
        cod=sale.cod,
        fulfillment=book.ON_DEMAND if on_demand else book.DROPSHIP,
        status=book.WAITING_PAYMENT,
        created_at=now,
        updated_at=now,
    )
    backend.book.add(order)
    _emit_created(backend, order)
    if sale.status == "to_ship":
        _paid(backend, order, sale)
    _emit_inventory(backend, order, sellable=-1, available=0)


def _items(backend: Backend, sale: Sale) -> list[Item]:
    draws, channel = backend.context.draws, backend.context.channel
    return [
        Item(
            id=200_000_000 + draws.number(channel, "line", sale.id, place) % 700_000_000,
            product_id=int(line.item_id),
            master_id=backend.master_id(sale.shop, line.sku),
            sku=backend.product_sku(line.item_id),
            seller_sku=line.seller_sku,
            name=line.name,
            quantity=line.quantity,
            price=line.price,
            rules=_rules(backend, sale, line),
        )
        for place, line in enumerate(sale.lines)
    ]


def _rules(backend: Backend, sale: Sale, line: Line) -> tuple[int, ...]:
    """Return the promotions that a line was sold under: that of the campaign which holds units of the product."""
    sold = backend.context.shops[sale.shop].variation(line.item_id, line.variation_id)
    return (2_000_000 + int(line.item_id) % 1_000_000,) if sold is not None and sold.held else ()


def _paid(backend: Backend, order: Order, _: Sale) -> None:
    order.history.append((book.PROCESSING, order.updated_at))
    _set(backend, order, book.QUEUEING)


def _arranged(backend: Backend, order: Order, _: Sale) -> None:
    """Apply a confirmation, through the API or on the seller's page."""
    order.confirmation, order.confirmed_at = book.CONFIRMED, backend.now
    backend.book.touch(order, backend.now)
    backend.schedule(facts.PICKING_AFTER, PICK, order.code)
    backend.schedule(facts.READY_AFTER, READY, order.code)


def _shipped(backend: Backend, order: Order, _: Sale) -> None:
    ready(backend, order)
    _set(backend, order, book.HANDED_OVER)
    parcels.notify(backend, order, "processing", "picked_up")
    _emit_inventory(backend, order, sellable=0, available=-1)
    backend.schedule(facts.ON_THE_ROAD_AFTER, DRIVE, order.code)


def _delivered(backend: Backend, order: Order, _: Sale) -> None:
    _set(backend, order, book.DELIVERED)
    parcels.notify(backend, order, "completed", "successful_delivery")
    if backend.context.is_odd("replacement", order.code):
        replaced(backend, order)


def _completed(backend: Backend, order: Order, _: Sale) -> None:
    _set(backend, order, book.COMPLETE)
    draws, channel = backend.context.draws, backend.context.channel
    if draws.chance(facts.RETURN_SHARE, channel, "back", order.code):
        backend.schedule(draws.between(*facts.RETURN_AFTER, channel, "back after", order.code), SEND_BACK, order.code)


def _cancelled(backend: Backend, order: Order, sale: Sale) -> None:
    if sale.cancelled_by == "seller":
        order.confirmation = book.REFUSED
    code, text = _REASONS[sale.reason]
    order.cancel = Cancel(code, text, backend.now)
    _set(backend, order, book.CANCELED)
    if order.tracking:
        parcels.notify(backend, order, "canceled", "")
    _emit_inventory(backend, order, sellable=1, available=0)


_STEPS: Mapping[Step, Callable[[Backend, Order, Sale], None]] = {
    "paid": _paid,
    "arranged": _arranged,
    "shipped": _shipped,
    "delivered": _delivered,
    "completed": _completed,
    "cancelled": _cancelled,
}


def _set(backend: Backend, order: Order, status: str) -> None:
    now = backend.now
    order.status = status
    backend.book.touch(order, now)
    order.history.append((status, now))
    payload = {"order_code": order.code, "orderCode": order.code, "status": status}
    backend.emit(order.shop, "ORDER_STATUS_UPDATED", payload)


def _emit_created(backend: Backend, order: Order) -> None:
    backend.emit(order.shop, "ORDER_CREATED_SUCCESSFULLY", {"order_code": order.code})


def _emit_inventory(backend: Backend, order: Order, *, sellable: int, available: int) -> None:
    """Emit stock events when an order reserves, releases or takes units. `sellable`, `available`: which way the numbers went."""
    shop = backend.context.shops[order.shop]
    for item in order.items:
        variation = shop.items[str(item.product_id)].variations[0]
        inventory_event(
            backend, order.shop, variation,
            sellable_before=variation.stock - sellable * item.quantity,
            available_before=variation.stock + variation.open - available * item.quantity,
        )  # fmt: skip
