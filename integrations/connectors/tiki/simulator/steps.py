"""What each step of an order's life does to Tiki's record of it, and which events it brings about."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.connectors.tiki.simulator import book, facts, parcels
from integrations.connectors.tiki.simulator.book import Cancel, Item, Order
from integrations.connectors.tiki.simulator.goods import inventory_event
from integrations.connectors.tiki.simulator.platform import Platform
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step

PICK, READY, DRIVE, SEND_BACK, BRING_BACK = "pick", "ready", "drive", "send back", "bring back"

# the world's reasons in Tiki's shape; codes but the first are made up [nv]
_REASONS = {
    "changed_mind": ("2034", "Khách hàng đổi ý"),
    "not_paid": ("2001", "Quá hạn thanh toán"),
    "out_of_stock": ("2040", "Nhà bán hết hàng"),
    "not_shipped": ("2041", "Nhà bán không giao"),
}


def moved(platform: Platform, sale: Sale, step: Step) -> None:
    """Follow an order of the world."""
    if step == "placed":
        _placed(platform, sale)
    elif step in _STEPS:
        _STEPS[step](platform, platform.book.orders[sale.id], sale)


def picked(platform: Platform, order: Order) -> None:
    """The label is printed, or the warehouse began by itself."""
    if order.status == book.QUEUEING and order.confirmation == book.CONFIRMED:
        _set(platform, order, book.PICKING)


def ready(platform: Platform, order: Order) -> None:
    """The parcel stands there with its number."""
    if order.status in {book.QUEUEING, book.PICKING} and order.confirmation == book.CONFIRMED:
        order.tracking = f"TKNVN{platform.ground.draws.number('tiki', 'tracking', order.code) % 10**9:09d}"
        _set(platform, order, book.READY)
        parcels.tell(platform, order, "processing", "ready_for_pickup")


def driving(platform: Platform, order: Order) -> None:
    """From the courier's hands onto the road."""
    if order.status == book.HANDED_OVER:
        _set(platform, order, book.SHIPPING)


def sent_back(platform: Platform, order: Order) -> None:
    """The buyer sends it back: Tiki makes an order of its own for that, flagged `is_rma`."""
    draw = platform.ground.draws.number(platform.ground.channel, "rma", order.code)
    now = platform.now
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
    platform.book.add(found)
    _tell_created(platform, found)
    platform.plan(facts.RETURN_TAKES, BRING_BACK, found.code)


def brought_back(platform: Platform, order: Order) -> None:
    """The return is over."""
    _set(platform, order, book.RETURNED)


def _placed(platform: Platform, sale: Sale) -> None:
    draws, channel = platform.ground.draws, platform.ground.channel
    now = platform.ground.wire(sale.placed_at)
    on_demand = draws.chance(facts.ON_DEMAND_SHARE, channel, "fulfilment", sale.id)
    order = Order(
        code=sale.id,
        shop=sale.shop,
        seller_id=platform.seller_id(sale.shop),
        items=tuple(_items(platform, sale)),
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
    platform.book.add(order)
    _tell_created(platform, order)
    if sale.status == "to_ship":
        _paid(platform, order, sale)
    _tell_inventory(platform, order, sellable=-1, available=0)


def _items(platform: Platform, sale: Sale) -> list[Item]:
    draws, channel = platform.ground.draws, platform.ground.channel
    return [
        Item(
            id=200_000_000 + draws.number(channel, "line", sale.id, place) % 700_000_000,
            product_id=int(line.item_id),
            master_id=platform.master_id(sale.shop, line.sku),
            sku=platform.product_sku(line.item_id),
            seller_sku=line.seller_sku,
            name=line.name,
            quantity=line.quantity,
            price=line.price,
        )
        for place, line in enumerate(sale.lines)
    ]


def _paid(platform: Platform, order: Order, _: Sale) -> None:
    order.history.append((book.PROCESSING, order.updated_at))
    _set(platform, order, book.QUEUEING)


def _arranged(platform: Platform, order: Order, _: Sale) -> None:
    """Confirmed, through the API or on the seller's page."""
    order.confirmation, order.confirmed_at = book.CONFIRMED, platform.now
    platform.book.touch(order, platform.now)
    platform.plan(facts.PICKING_AFTER, PICK, order.code)
    platform.plan(facts.READY_AFTER, READY, order.code)


def _shipped(platform: Platform, order: Order, _: Sale) -> None:
    ready(platform, order)
    _set(platform, order, book.HANDED_OVER)
    parcels.tell(platform, order, "processing", "picked_up")
    _tell_inventory(platform, order, sellable=0, available=-1)
    platform.plan(facts.ON_THE_ROAD_AFTER, DRIVE, order.code)


def _delivered(platform: Platform, order: Order, _: Sale) -> None:
    _set(platform, order, book.DELIVERED)
    parcels.tell(platform, order, "completed", "successful_delivery")


def _completed(platform: Platform, order: Order, _: Sale) -> None:
    _set(platform, order, book.COMPLETE)
    draws, channel = platform.ground.draws, platform.ground.channel
    if draws.chance(facts.RETURN_SHARE, channel, "back", order.code):
        platform.plan(draws.between(*facts.RETURN_AFTER, channel, "back after", order.code), SEND_BACK, order.code)


def _cancelled(platform: Platform, order: Order, sale: Sale) -> None:
    if sale.cancelled_by == "seller":
        order.confirmation = book.REFUSED
    code, text = _REASONS[sale.reason]
    order.cancel = Cancel(code, text, platform.now)
    _set(platform, order, book.CANCELED)
    if order.tracking:
        parcels.tell(platform, order, "canceled", "")
    _tell_inventory(platform, order, sellable=1, available=0)


_STEPS: Mapping[Step, Callable[[Platform, Order, Sale], None]] = {
    "paid": _paid,
    "arranged": _arranged,
    "shipped": _shipped,
    "delivered": _delivered,
    "completed": _completed,
    "cancelled": _cancelled,
}


def _set(platform: Platform, order: Order, status: str) -> None:
    now = platform.now
    order.status = status
    platform.book.touch(order, now)
    order.history.append((status, now))
    payload = {"order_code": order.code, "orderCode": order.code, "status": status}
    platform.tell(order.shop, "ORDER_STATUS_UPDATED", payload)


def _tell_created(platform: Platform, order: Order) -> None:
    platform.tell(order.shop, "ORDER_CREATED_SUCCESSFULLY", {"order_code": order.code})


def _tell_inventory(platform: Platform, order: Order, *, sellable: int, available: int) -> None:
    """An order reserves, releases or takes units. `sellable`, `available`: which way the numbers went."""
    shop = platform.ground.shops[order.shop]
    for item in order.items:
        variation = shop.items[str(item.product_id)].variations[0]
        inventory_event(
            platform, order.shop, variation,
            sellable_before=variation.stock - sellable * item.quantity,
            available_before=variation.stock + variation.open - available * item.quantity,
        )  # fmt: skip
