"""Effect of each step of an order on TikTok Shop's record of it, and the webhooks it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from integrations.connectors.tiktok_shop.simulator import book, cancellations, facts, money, returns
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.book import Order, Unit
from integrations.connectors.tiktok_shop.simulator.delivery import announce
from integrations.simulator.money_errors import MISSING_PAYOUT
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step

RELEASE = "release"


def order_changed(backend: Backend, sale: Sale, step: Step) -> None:
    """Apply a step of a world's order to the platform's record."""
    if step == "placed":
        _placed(backend, sale)
    else:
        _STEPS[step](backend, backend.book.orders[sale.id], sale)


def released(backend: Backend, order_id: str, _: int) -> None:
    """Release an order from hold, at the end of the buyer's remorse period."""
    order = backend.book.orders[order_id]
    if order.status != book.ON_HOLD:
        return
    order.package_id = "1153" + backend.number("package", order.id)
    backend.book.packages[order.package_id] = order.id
    order.rts_sla_time = backend.now + facts.HOURS_TO_SHIP * 3_600
    _set(backend, order, book.AWAITING_SHIPMENT, book.TO_FULFILL)


def _placed(backend: Backend, sale: Sale) -> None:
    now = int(backend.context.platform_time(sale.placed_at))
    order = Order(
        id=sale.id,
        shop=sale.shop,
        units=tuple(_units(backend, sale)),
        buyer_id="7494" + backend.number("buyer", sale.buyer.id),
        cod=sale.cod,
        status=book.UNPAID,
        create_time=now,
        update_time=now,
    )
    backend.book.add(order)
    if sale.status == "to_ship":
        _paid(backend, order, sale)
    else:
        _push(backend, order)


def _units(backend: Backend, sale: Sale) -> Iterator[Unit]:
    """Return line items: two pieces of a SKU are two of them."""
    number = 0
    for line in sale.lines:
        for _ in range(line.quantity):
            number += 1
            yield Unit(
                id=f"{sale.id[:-4]}{number:04d}",
                product_id=line.item_id,
                sku_id=line.variation_id,
                product_name=line.name,
                sku_name=line.option or "Default",
                seller_sku=line.seller_sku,
                price=line.price,
            )


def _paid(backend: Backend, order: Order, _: Sale) -> None:
    """Put a paid order, or one paid on delivery, on hold for the buyer's remorse period."""
    order.paid_time = 0 if order.cod else backend.now
    _set(backend, order, book.ON_HOLD)
    backend.schedule(facts.HOLD, RELEASE, order.id)


def _arranged(backend: Backend, order: Order, _: Sale) -> None:
    released(backend, order.id, 0)
    order.handover_method = order.handover_method or "PICKUP"
    order.tracking_number = order.tracking_number or "8" + backend.number("tracking", order.id, size=11)
    _set(backend, order, book.AWAITING_COLLECTION, book.PROCESSING, "Người bán đã chuẩn bị hàng")


def _shipped(backend: Backend, order: Order, _: Sale) -> None:
    _set(backend, order, book.IN_TRANSIT, book.FULFILLING, "Đơn vị vận chuyển đã lấy hàng")


def _delivered(backend: Backend, order: Order, _: Sale) -> None:
    order.paid_time = order.paid_time or backend.now
    _set(backend, order, book.DELIVERED, book.PACKAGE_COMPLETED, "Giao hàng thành công")
    # an order that is refunded brings nothing that could be missing
    is_withheld = backend.context.money_error(order.id).name == MISSING_PAYOUT
    sends_back = backend.context.draws.chance(facts.RETURNED_SHARE, backend.context.channel, "sent back", order.id)
    if sends_back and not is_withheld:
        backend.schedule(facts.RETURN_AFTER, returns.ASK, order.id)


def _completed(backend: Backend, order: Order, _: Sale) -> None:
    _set(backend, order, book.COMPLETED)
    money.settle(backend, order)


def _asked_cancel(backend: Backend, order: Order, _: Sale) -> None:
    order.asked_to_cancel = True
    backend.book.touch(order, backend.now)
    cancellations.ask_to_cancel(backend, order, "BUYER", "ecom_order_to_ship_canceled_reason_no_longer_needed")


def _cancel_declined(backend: Backend, order: Order, _: Sale) -> None:
    order.asked_to_cancel = False
    backend.book.touch(order, backend.now)
    cancellations.end_cancellation(backend, order, book.CANCEL_WITHDRAWN)


def _cancelled(backend: Backend, order: Order, sale: Sale) -> None:
    order.asked_to_cancel = False
    order.cancelled_by = (sale.cancelled_by or "system").upper()
    order.cancel_reason = sale.reason
    cancellations.end_cancellation(backend, order, book.CANCEL_SUCCESS)
    money.charge_cancelled(backend, order)
    _set(backend, order, book.CANCELLED, book.PACKAGE_CANCELLED if order.package_id else None)


def _set(backend: Backend, order: Order, status: str, package: str | None = None, description: str = "") -> None:
    """Set the status of order and package, and send webhooks."""
    order.status = status
    backend.book.touch(order, backend.now)
    if package:
        order.package_status, order.package_time = package, backend.now
    if description:
        order.tracking.append((backend.now, description))
    _push(backend, order)


def _push(backend: Backend, order: Order) -> None:
    data = {
        "order_id": order.id,
        # the webhook's word for it is not the API's
        "order_status": "CANCEL" if order.status == book.CANCELLED else order.status,
        "is_on_hold_order": order.status == book.ON_HOLD,
        "update_time": order.update_time,
    }
    announce(backend, 1, order.shop, data, (order.id,))


_STEPS: Mapping[Step, Callable[[Backend, Order, Sale], None]] = {
    "paid": _paid,
    "arranged": _arranged,
    "shipped": _shipped,
    "delivered": _delivered,
    "completed": _completed,
    "asked_cancel": _asked_cancel,
    "cancel_declined": _cancel_declined,
    "cancelled": _cancelled,
}
