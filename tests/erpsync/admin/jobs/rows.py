"""Orders of the morning that a job needs for itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from commissions.models import CommissionRule, StatementLine
from commissions.services.accrual import accrue
from commissions.services.matching import match
from inventory.models import Shop
from orders.models import Order, OrderLine, Parcel
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot, ParcelSnapshot

_number = count(1)


class Buyer(NamedTuple):
    name: str
    plain: str
    phone: str
    last_digits: str


SOLD_TO = Buyer("Trần Ngọc Vy", "tran ngoc vy", "0901 234 567", "4567")


def _shop() -> Shop:
    return Shop.objects.get(name="Thời Trang Sen Việt")


def sold() -> Order:
    """Return the order of the buyer who is looked for, stored as a channel tells it."""
    listing = _shop().listings.filter(product__isnull=False).order_by("pk")[0]
    now = timezone.now()
    price = Decimal(1_423_000)
    line = LineSnapshot(
        "1", listing.item_id, listing.variation_id, 1, sku=listing.sku, title=listing.title, price=price, paid_price=price
    )  # fmt: skip
    snapshot = OrderSnapshot(
        "261121MJKX45", "delivered", "SHIPPED", "VND", now - timedelta(days=3), now, (line,), buyer_name=SOLD_TO.name,
        recipient={"name": SOLD_TO.name, "phone": SOLD_TO.phone}, total=price,
        parcels=(ParcelSnapshot("P1", "SPXVN351302631189"),),
    )  # fmt: skip
    with transaction.atomic():
        upsert_orders(_shop(), [snapshot], source="webhook")
    order = Order.objects.get(number=snapshot.number)
    _charge(order)
    return order


def _charge(order: Order) -> None:
    """Have a fee of 4 % expected for an order, and settled as expected."""
    if not order.commission_entries.exists():
        CommissionRule.objects.create(
            key="phi-co-dinh", version=1, title="Phí cố định", channel="shopee", shop=order.shop, fee_kind="commission", strategy="PERCENT",
            formula_json={"base": {"kind": "item"}, "rate": "4"}, charged_when=["delivered"], given_back="in_proportion",
            starts=date(2026, 1, 1), state="active", source_json={"name": "Biểu phí 2026", "date": "2026-01-01", "mark": "own"},
        )  # fmt: skip
        accrue([order.pk])
        for kind, fee, amount in (("sale", "", 1_423_000), ("commission", "commission_fee", -56_920)):
            StatementLine.objects.create(
                shop=order.shop, external_id=f"{order.number}-{kind}", order=order, order_number=order.number, kind=kind, fee=fee,
                amount=Decimal(amount), statement="2026-47", happened_at=order.placed_at, asked_at=order.asked_at,
            )  # fmt: skip
        match([order.pk])


def arranged(n: int) -> list[Order]:
    """Return so many new orders with a parcel, arranged and to be packed."""
    return [_arranged() for _ in range(n)]


def _arranged() -> Order:
    listing = _shop().listings.filter(product__isnull=False).order_by("pk")[0]
    n, now = next(_number), timezone.now()
    order = Order.objects.create(
        shop=listing.shop, number=f"261121PACK{n:04d}", status="packed", channel_status="PROCESSED", total=listing.price, placed_at=now,
        asked_at=now, buyer_name="Lê Thu Trang", carrier="SPX Express", ship_by=now + timedelta(hours=20),
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, key="1", listing=listing, product=listing.product, item_id=listing.item_id, sku=listing.sku, title=listing.title,
        quantity=2, price=listing.price, paid_price=listing.price, parcel=f"P{order.number}", parts={str(listing.product_id): "1"},
    )  # fmt: skip
    Parcel.objects.create(
        order=order, number=f"P{order.number}", tracking_number=f"SPXVN26112{n:07d}", carrier="SPX Express"
    )
    return order
