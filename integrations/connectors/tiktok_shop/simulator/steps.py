"""What each step of an order's life does to TikTok Shop's record of it, and which webhooks it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from integrations.connectors.tiktok_shop.simulator import book, cancellations, facts, money, returns
from integrations.connectors.tiktok_shop.simulator.book import Order, Unit
from integrations.connectors.tiktok_shop.simulator.delivery import announce
from integrations.connectors.tiktok_shop.simulator.platform import Platform
from integrations.simulator.order import Order as Sale
from integrations.simulator.order import Step

RELEASE = "release"


def moved(platform: Platform, sale: Sale, step: Step) -> None:
    """Follow an order of the world."""
    if step == "placed":
        _placed(platform, sale)
    else:
        _STEPS[step](platform, platform.book.orders[sale.id], sale)


def released(platform: Platform, order_id: str, _: int) -> None:
    """The deed that ends a buyer's time to think it over."""
    order = platform.book.orders[order_id]
    if order.status != book.ON_HOLD:
        return
    order.package_id = "1153" + platform.number("package", order.id)
    platform.book.packages[order.package_id] = order.id
    order.rts_sla_time = platform.now + facts.HOURS_TO_SHIP * 3_600
    _set(platform, order, book.AWAITING_SHIPMENT, book.TO_FULFILL)


def _placed(platform: Platform, sale: Sale) -> None:
    now = int(platform.ground.wire(sale.placed_at))
    order = Order(
        id=sale.id,
        shop=sale.shop,
        units=tuple(_units(platform, sale)),
        buyer_id="7494" + platform.number("buyer", sale.buyer.id),
        cod=sale.cod,
        status=book.UNPAID,
        create_time=now,
        update_time=now,
    )
    platform.book.add(order)
    if sale.status == "to_ship":
        _paid(platform, order, sale)
    else:
        _tell(platform, order)


def _units(platform: Platform, sale: Sale) -> Iterator[Unit]:
    """Two pieces of a SKU are two line items."""
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


def _paid(platform: Platform, order: Order, _: Sale) -> None:
    """Paid, or to be paid at the door: the buyer may still think it over for a while."""
    order.paid_time = 0 if order.cod else platform.now
    _set(platform, order, book.ON_HOLD)
    platform.plan(facts.HOLD, RELEASE, order.id)


def _arranged(platform: Platform, order: Order, _: Sale) -> None:
    released(platform, order.id, 0)
    order.handover_method = order.handover_method or "PICKUP"
    order.tracking_number = order.tracking_number or "8" + platform.number("tracking", order.id, size=11)
    _set(platform, order, book.AWAITING_COLLECTION, book.PROCESSING, "Người bán đã chuẩn bị hàng")


def _shipped(platform: Platform, order: Order, _: Sale) -> None:
    _set(platform, order, book.IN_TRANSIT, book.FULFILLING, "Đơn vị vận chuyển đã lấy hàng")


def _delivered(platform: Platform, order: Order, _: Sale) -> None:
    order.paid_time = order.paid_time or platform.now
    _set(platform, order, book.DELIVERED, book.PACKAGE_COMPLETED, "Giao hàng thành công")
    draws = platform.ground.draws
    if draws.chance(facts.RETURNED_SHARE, platform.ground.channel, "sent back", order.id):
        platform.plan(facts.RETURN_AFTER, returns.ASK, order.id)


def _completed(platform: Platform, order: Order, _: Sale) -> None:
    _set(platform, order, book.COMPLETED)
    money.settle(platform, order)


def _asked_cancel(platform: Platform, order: Order, _: Sale) -> None:
    order.asked_to_cancel = True
    platform.book.touch(order, platform.now)
    cancellations.ask_to_cancel(platform, order, "BUYER", "ecom_order_to_ship_canceled_reason_no_longer_needed")


def _cancel_declined(platform: Platform, order: Order, _: Sale) -> None:
    order.asked_to_cancel = False
    platform.book.touch(order, platform.now)
    cancellations.end_cancellation(platform, order, book.CANCEL_WITHDRAWN)


def _cancelled(platform: Platform, order: Order, sale: Sale) -> None:
    order.asked_to_cancel = False
    order.cancelled_by = (sale.cancelled_by or "system").upper()
    order.cancel_reason = sale.reason
    cancellations.end_cancellation(platform, order, book.CANCEL_SUCCESS)
    _set(platform, order, book.CANCELLED, book.PACKAGE_CANCELLED if order.package_id else None)


def _set(platform: Platform, order: Order, status: str, package: str | None = None, story: str = "") -> None:
    """Write down where order and package are now, and tell."""
    order.status = status
    platform.book.touch(order, platform.now)
    if package:
        order.package_status, order.package_time = package, platform.now
    if story:
        order.tracking.append((platform.now, story))
    _tell(platform, order)


def _tell(platform: Platform, order: Order) -> None:
    data = {
        "order_id": order.id,
        # the webhook's word for it is not the API's
        "order_status": "CANCEL" if order.status == book.CANCELLED else order.status,
        "is_on_hold_order": order.status == book.ON_HOLD,
        "update_time": order.update_time,
    }
    announce(platform, 1, order.shop, data, (order.id,))


_STEPS: Mapping[Step, Callable[[Platform, Order, Sale], None]] = {
    "paid": _paid,
    "arranged": _arranged,
    "shipped": _shipped,
    "delivered": _delivered,
    "completed": _completed,
    "asked_cancel": _asked_cancel,
    "cancel_declined": _cancel_declined,
    "cancelled": _cancelled,
}
