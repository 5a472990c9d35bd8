"""Effect of each step of an order on Lazada's record of it, and the pushes it sends: one per unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from integrations.connectors.lazada.simulator import book, facts
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order, Package, Reverse, Unit
from integrations.connectors.lazada.simulator.delivery import push_package, push_return, push_reverse, push_unit
from integrations.simulator.money_errors import CANCELLED_FEE
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step

GO_ON, REPACK = "return goes on", "repack"
# statuses of a return's line, in order, when no call interferes [inf: the words are those of the pushes]
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


def order_changed(backend: Backend, sale: Sale, step: Step) -> None:
    """Apply a step of a world's order to the platform's record."""
    if step == "placed":
        _placed(backend, sale)
    else:
        _STEPS[step](backend, backend.book.orders[sale.shop, int(sale.id)], sale)


def pack(backend: Backend, order: Order, units: list[Unit]) -> Package:
    """Put units into a package of their own; each is pushed."""
    number = backend.number("package", f"{order.id}:{units[0].id}:{len(order.packages)}", 15)
    found = Package(f"FP{number}", f"LMP{number % 10**10:010d}VNA", units)
    order.packages[found.id] = found
    backend.book.packages[order.seller, found.id] = order
    for unit in units:
        unit.package = found.id
        put(backend, order, unit, book.PACKED)
    return found


def unpack(backend: Backend, order: Order, found: Package) -> None:
    """Take a package apart; its units can be packed again."""
    del order.packages[found.id]
    for unit in found.units:
        unit.package = ""
        put(backend, order, unit, book.REPACKED)


def ready(backend: Backend, order: Order, found: Package) -> None:
    """Mark a package as ready to ship."""
    for unit in found.units:
        if unit.status == book.PACKED:
            put(backend, order, unit, book.READY)
    push_package(backend, order, found.id, "READY_TO_SHIP")


def put(backend: Backend, order: Order, unit: Unit, status: str, reverse_id: int = 0) -> None:
    """Set a unit's status and push it."""
    backend.book.put(order, unit, status, backend.now)
    push_unit(backend, order, unit, reverse_id)


def go_on(backend: Backend, seller: str, reverse_id: int) -> None:
    """Advance a return: the courier brought it back, or the seller did not answer in time."""
    found = backend.book.reverses[seller, reverse_id]
    if found.status in _JOURNEY and not found.disputed:
        change_return(backend, found, _JOURNEY[found.status])
        if found.status in _JOURNEY:
            backend.schedule(facts.RETURN_TRIP, GO_ON, seller, reverse_id)


def change_return(backend: Backend, found: Reverse, status: str) -> None:
    """Set a return's status; pushed where the push has a word for it."""
    found.status = status
    if status == "RTM_SHIPPING_BACK":
        found.tracking = f"LMR{backend.number('way back', found.id, 10)}VNA"
    for unit in found.units:
        unit.return_status = status
    backend.book.touch_reverse(found, backend.now)
    backend.book.touch(found.order, backend.now, *found.units)
    if not status.startswith("REQUEST_"):
        push_return(backend, found, status)


def _placed(backend: Backend, sale: Sale) -> None:
    now = backend.context.platform_time(sale.placed_at)
    order_id, buyer = int(sale.id), sale.buyer
    status = book.PENDING if sale.status == "to_ship" else book.UNPAID
    units: list[Unit] = []
    for line in sale.lines:
        for _ in range(line.quantity):
            units.append(
                Unit(
                    order_id + 100_000 * (len(units) + 1), line.item_id, line.variation_id, line.seller_sku, line.name,
                    line.option, line.price, status, now, by_lazada=sale.fulfilled_by == "platform",
                )
            )  # fmt: skip
    order = Order(
        order_id, sale.shop, sale.cod, units, now, now, buyer.name, buyer.phone, buyer.street, buyer.ward, buyer.district,
        buyer.city,
    )  # fmt: skip
    backend.book.add(order)
    for unit in units:
        push_unit(backend, order, unit)


def _all(status: str) -> Callable[[Backend, Order, Sale], None]:
    def step(backend: Backend, order: Order, _: Sale) -> None:
        for unit in order.live:
            put(backend, order, unit, status)

    return step


def _arranged(backend: Backend, order: Order, _: Sale) -> None:
    """Apply an arranged shipment: pack what is not packed, make ready what is not ready."""
    if waiting := [unit for unit in order.live if unit.status in book.PACKABLE]:
        pack(backend, order, waiting)
    for found in order.packages.values():
        if any(unit.status == book.PACKED for unit in found.units):
            ready(backend, order, found)
    if len(order.live) > 1 and backend.context.is_odd("repacked", order.id):
        backend.schedule(facts.REPACKED_AFTER, REPACK, order.seller, order.id)


def pack_anew(backend: Backend, seller: str, order_id: int) -> None:
    """Put each unit of an order that waits for the courier into a package of its own; the former ones are gone."""
    order = backend.book.orders[seller, order_id]
    if any(unit.status != book.READY for unit in order.live):
        return
    backend.context.plant("repacked", order_id)
    for found in list(order.packages.values()):
        unpack(backend, order, found)
    for unit in order.live:
        ready(backend, order, pack(backend, order, [unit]))


def _part_cancelled(backend: Backend, order: Order, sale: Sale) -> None:
    """Cancel the units that the world's order has no longer."""
    left = Counter({(line.item_id, line.variation_id): line.quantity for line in sale.lines})
    for unit in order.live:
        key = (unit.item_id, unit.sku_id)
        if left[key]:
            left[key] -= 1
            continue
        unit.reason, unit.initiator = _REASONS["changed_mind"], _INITIATOR["buyer"]
        put(backend, order, unit, book.CANCELED)


def _delivered(backend: Backend, order: Order, sale: Sale) -> None:
    backend.book.deliver(order, backend.now)
    _all(book.DELIVERED)(backend, order, sale)
    for package in order.packages:
        push_package(backend, order, package, "DELIVERED")


def _asked_cancel(backend: Backend, order: Order, _: Sale) -> None:
    order.cancel_id, order.cancel_trigger = _reverse_id(backend, order), backend.now
    backend.book.asked[order.seller, order.cancel_id] = order
    backend.book.touch(order, backend.now, *order.live)
    for place, unit in enumerate(order.live, start=1):
        push_reverse(backend, order, unit, order.cancel_id, order.cancel_id + 100_000 * place, "CANCEL_INIT")


def _cancel_declined(backend: Backend, order: Order, _: Sale) -> None:
    """Restore the status before the request. No push has a word for it: only the update time changes."""
    order.cancel_id = 0
    backend.book.touch(order, backend.now, *order.live)


def _cancelled(backend: Backend, order: Order, sale: Sale) -> None:
    asked, by_buyer = order.cancel_id, sale.cancelled_by == "buyer"
    reverse_id = _reverse_id(backend, order) if by_buyer else 0
    for place, unit in enumerate(order.live, start=1):
        unit.reason = _REASONS.get(sale.reason, sale.reason)
        unit.initiator = _INITIATOR[sale.cancelled_by]
        put(backend, order, unit, book.CANCELED, reverse_id)
        if asked:
            push_reverse(backend, order, unit, asked, asked + 100_000 * place, "CANCEL_SUCCESS")
    order.cancel_id = 0
    if backend.context.money_error(str(order.id)).name == CANCELLED_FEE:
        backend.book.adjust(order, backend.now)


def _returning(backend: Backend, order: Order, _: Sale) -> None:
    start_return(backend, order, "RETURN", list(order.live))


def start_return(backend: Backend, order: Order, kind: str, units: list[Unit]) -> Reverse:
    """Add a buyer's refund request, with (RETURN) or without (ONLY_REFUND) the goods."""
    now = backend.now
    found = Reverse(_reverse_id(backend, order), order.seller, order, kind, units, now, now)
    backend.book.add_reverse(found)
    for unit in units:
        unit.return_status = found.status
    backend.book.touch(order, now, *units)
    push_return(backend, found, "RTM_INIT" if kind == "RETURN" else "REFUND_INIT")
    if kind == "RETURN":
        backend.schedule(facts.RETURN_LIFE, GO_ON, order.seller, found.id)
    return found


def _reverse_id(backend: Backend, order: Order) -> int:
    return backend.number("reverse", f"{order.id}:{len(backend.book.reverses)}", 15)


_STEPS: Mapping[Step, Callable[[Backend, Order, Sale], None]] = {
    "paid": _all(book.PENDING),
    "arranged": _arranged,
    "shipped": _all(book.SHIPPED),
    "delivered": _delivered,
    "completed": _all(book.CONFIRMED),
    "part_cancelled": _part_cancelled,
    "asked_cancel": _asked_cancel,
    "cancel_declined": _cancel_declined,
    "cancelled": _cancelled,
    "returning": _returning,
}
