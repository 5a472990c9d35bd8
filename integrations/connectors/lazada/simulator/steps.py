"""What each step of an order's life does to Lazada's record of it, and which pushes it sends: one per unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.connectors.lazada.simulator import book, facts
from integrations.connectors.lazada.simulator.book import Order, Package, Reverse, Unit
from integrations.connectors.lazada.simulator.delivery import tell_package, tell_return, tell_reverse, tell_unit
from integrations.connectors.lazada.simulator.platform import Platform
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step

GO_ON = "return goes on"
# what a return's line says after what, when nobody is in the way [inf: the words are those of the pushes]
_JOURNEY = {
    "REQUEST_INITIATE": "RTM_INIT",
    "RTM_INIT": "RTM_SHIPPING_BACK",
    "RTM_SHIPPING_BACK": "RTM_RECEIVE_ITEM",
}
_INITIATOR = {
    "buyer": "buyer-cancel",
    "seller": "cancellation-seller",
    "system": "system-cancel",
    None: "system-cancel",
}
_REASONS = {
    "changed_mind": "Tôi muốn thay đổi sản phẩm",
    "not_paid": "Quá hạn thanh toán",
    "out_of_stock": "Out of Stock",
    "not_shipped": "Quá hạn giao hàng",
}


def moved(platform: Platform, sale: Sale, step: Step) -> None:
    """Follow an order of the world."""
    if step == "placed":
        _placed(platform, sale)
    else:
        _STEPS[step](platform, platform.book.orders[sale.shop, int(sale.id)], sale)


def pack(platform: Platform, order: Order, units: list[Unit]) -> Package:
    """Put units into a package of their own; each is pushed."""
    number = platform.number("package", f"{order.id}:{units[0].id}:{len(order.packages)}", 15)
    found = Package(f"FP{number}", f"LMP{number % 10**10:010d}VNA", units)
    order.packages[found.id] = found
    platform.book.packages[order.seller, found.id] = order
    for unit in units:
        unit.package = found.id
        put(platform, order, unit, book.PACKED)
    return found


def unpack(platform: Platform, order: Order, found: Package) -> None:
    """Take a package apart; its units can be packed again."""
    del order.packages[found.id]
    for unit in found.units:
        unit.package = ""
        put(platform, order, unit, book.REPACKED)


def ready(platform: Platform, order: Order, found: Package) -> None:
    """A package waits for the courier."""
    for unit in found.units:
        if unit.status == book.PACKED:
            put(platform, order, unit, book.READY)
    tell_package(platform, order, found.id, "READY_TO_SHIP")


def put(platform: Platform, order: Order, unit: Unit, status: str, reverse_id: int = 0) -> None:
    """Another status for one unit, with its push."""
    platform.book.put(order, unit, status, platform.now)
    tell_unit(platform, order, unit, reverse_id)


def go_on(platform: Platform, seller: str, reverse_id: int) -> None:
    """The deed of the courier who brings a return back, or of a seller's silence."""
    found = platform.book.reverses[seller, reverse_id]
    if found.status in _JOURNEY and not found.disputed:
        change_return(platform, found, _JOURNEY[found.status])
        if found.status in _JOURNEY:
            platform.plan(facts.RETURN_TRIP, GO_ON, seller, reverse_id)


def change_return(platform: Platform, found: Reverse, status: str) -> None:
    """Another status for a return; the push tells those that have one of their own."""
    found.status = status
    if status == "RTM_SHIPPING_BACK":
        found.tracking = f"LMR{platform.number('way back', found.id, 10)}VNA"
    for unit in found.units:
        unit.return_status = status
    platform.book.touch_reverse(found, platform.now)
    platform.book.touch(found.order, platform.now, *found.units)
    if not status.startswith("REQUEST_"):
        tell_return(platform, found, status)


def _placed(platform: Platform, sale: Sale) -> None:
    now = platform.ground.wire(sale.placed_at)
    order_id, buyer = int(sale.id), sale.buyer
    status = book.PENDING if sale.status == "to_ship" else book.UNPAID
    units: list[Unit] = []
    for line in sale.lines:
        for _ in range(line.quantity):
            units.append(
                Unit(
                    order_id + 100_000 * (len(units) + 1), line.item_id, line.variation_id, line.seller_sku, line.name,
                    line.option, line.price, status, now,
                )
            )  # fmt: skip
    order = Order(
        order_id, sale.shop, sale.cod, units, now, now, buyer.name, buyer.phone, buyer.street, buyer.ward, buyer.district,
        buyer.city,
    )  # fmt: skip
    platform.book.add(order)
    for unit in units:
        tell_unit(platform, order, unit)


def _all(status: str) -> Callable[[Platform, Order, Sale], None]:
    def step(platform: Platform, order: Order, _: Sale) -> None:
        for unit in order.live:
            put(platform, order, unit, status)

    return step


def _arranged(platform: Platform, order: Order, _: Sale) -> None:
    """By whomever: what is not packed is packed, what is not ready becomes so."""
    if waiting := [unit for unit in order.live if unit.status in book.PACKABLE]:
        pack(platform, order, waiting)
    for found in order.packages.values():
        if any(unit.status == book.PACKED for unit in found.units):
            ready(platform, order, found)


def _delivered(platform: Platform, order: Order, sale: Sale) -> None:
    platform.book.deliver(order, platform.now)
    _all(book.DELIVERED)(platform, order, sale)
    for package in order.packages:
        tell_package(platform, order, package, "DELIVERED")


def _asked_cancel(platform: Platform, order: Order, _: Sale) -> None:
    order.cancel_id, order.cancel_trigger = _reverse_id(platform, order), platform.now
    platform.book.asked[order.seller, order.cancel_id] = order
    platform.book.touch(order, platform.now, *order.live)
    for place, unit in enumerate(order.live, start=1):
        tell_reverse(platform, order, unit, order.cancel_id, order.cancel_id + 100_000 * place, "CANCEL_INIT")


def _cancel_declined(platform: Platform, order: Order, _: Sale) -> None:
    """No push has a word for it: only the update time tells."""
    order.cancel_id = 0
    platform.book.touch(order, platform.now, *order.live)


def _cancelled(platform: Platform, order: Order, sale: Sale) -> None:
    asked, by_buyer = order.cancel_id, sale.cancelled_by == "buyer"
    reverse_id = _reverse_id(platform, order) if by_buyer else 0
    for place, unit in enumerate(order.live, start=1):
        unit.reason = _REASONS.get(sale.reason, sale.reason)
        unit.initiator = _INITIATOR[sale.cancelled_by]
        put(platform, order, unit, book.CANCELED, reverse_id)
        if asked:
            tell_reverse(platform, order, unit, asked, asked + 100_000 * place, "CANCEL_SUCCESS")
    order.cancel_id = 0


def _returning(platform: Platform, order: Order, _: Sale) -> None:
    start_return(platform, order, "RETURN", list(order.live))


def start_return(platform: Platform, order: Order, kind: str, units: list[Unit]) -> Reverse:
    """A buyer wants money back, with (RETURN) or without (ONLY_REFUND) sending the goods."""
    now = platform.now
    found = Reverse(_reverse_id(platform, order), order.seller, order, kind, units, now, now)
    platform.book.add_reverse(found)
    for unit in units:
        unit.return_status = found.status
    platform.book.touch(order, now, *units)
    tell_return(platform, found, "RTM_INIT" if kind == "RETURN" else "REFUND_INIT")
    if kind == "RETURN":
        platform.plan(facts.RETURN_LIFE, GO_ON, order.seller, found.id)
    return found


def _reverse_id(platform: Platform, order: Order) -> int:
    return platform.number("reverse", f"{order.id}:{len(platform.book.reverses)}", 15)


_STEPS: Mapping[Step, Callable[[Platform, Order, Sale], None]] = {
    "paid": _all(book.PENDING),
    "arranged": _arranged,
    "shipped": _all(book.SHIPPED),
    "delivered": _delivered,
    "completed": _all(book.CONFIRMED),
    "asked_cancel": _asked_cancel,
    "cancel_declined": _cancel_declined,
    "cancelled": _cancelled,
    "returning": _returning,
}
