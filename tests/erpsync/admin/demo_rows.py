"""A plausible morning: two Shopee shops and a KiotViet POS with Vietnamese goods, some of it in trouble. For screenshots."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commissions.models import StatementLine
from integrations.accounts.links import link
from integrations.contract.connector import Role
from integrations.models import AppRegistration, Authorisation, Command, Connection, InboxEvent, Refusal
from inventory.models import Listing, ListingStock, Product, Reservation, Shop, StockLevel, StockMovement, Warehouse
from inventory.services.shops import let_in
from orders.models import Order, OrderLine, Parcel, Return, ReturnChange, ReturnLine, StatusChange

GOODS = (
    ("Áo thun cotton cổ tròn nam", 159000), ("Quần jean nữ ống rộng", 389000), ("Váy hoa nhí tay phồng", 275000),
    ("Giày sneaker trắng đế cao", 459000), ("Túi tote vải canvas", 129000), ("Nón lưỡi trai thêu chữ", 89000),
    ("Áo khoác gió hai lớp", 349000), ("Dép quai ngang êm chân", 119000), ("Sơ mi lụa công sở", 245000),
    ("Bộ đồ ngủ satin", 219000), ("Ví da nam gấp đôi", 299000), ("Thắt lưng da bò", 189000),
)  # fmt: skip
BUYERS = ("Nguyễn Thị Hạnh", "Trần Văn Đức", "Lê Thu Trang", "Phạm Quốc Bảo", "Võ Ngọc Ánh", "Đặng Minh Khôi")
STATUSES = ("to_ship",) * 5 + ("packed", "shipped", "shipped", "completed", "cancelled", "unpaid", "cancelling")


def demo_rows(user: Any, orders: int = 60) -> None:
    """Rows only: no channel is called and no worker is needed."""
    draw, now = random.Random(7), timezone.now()
    pos, (branch_1, branch_7) = _pos(user)
    products = []
    for n, (name, price) in enumerate(GOODS, 1):
        product = Product.objects.create(sku=f"TT{n:03d}", barcode=f"89350{n:08d}", name=name, price=price)
        products.append(product)
        for branch in (branch_1, branch_7):
            opening = draw.randint(4, 60)
            level = StockLevel.objects.create(product=product, warehouse=branch, on_hand=opening, read_at=now)
            StockMovement.objects.create(level=level, quantity=opening, kind="opening", shop=pos.shop)
    shops = [_shop(user, pos, name, n) for n, name in enumerate(("Thời Trang Sen Việt", "Sen Việt Official"), 1)]
    for connection in shops:
        connection.shop.sells_from.set([branch_1, branch_7])
        for product in products:
            _listing(connection.shop, product, draw)
    for n in range(orders):
        connection = shops[n % 3 == 0]
        _order(connection.shop, pos.shop, draw, n)
    _trouble(shops[0], shops[1], branch_1)


def _pos(user: Any) -> tuple[Connection, tuple[Warehouse, Warehouse]]:
    shop = Shop.objects.create(name="Sen Việt – Kho & cửa hàng", channel="kiotviet", keeps_stock=True)
    connection = _connect(
        user, shop, "senviet", {"client_id": "demo", "client_secret": "x", "webhook_secret": "12345678"}
    )
    branches = ("Chi nhánh Quận 1", "Chi nhánh Quận 7")
    one, seven = (
        Warehouse.objects.create(name=name, shop=shop, external_id=str(n), position=n)
        for n, name in enumerate(branches)
    )
    return connection, (one, seven)


def _shop(user: Any, pos: Connection, name: str, n: int) -> Connection:
    shop = Shop.objects.create(name=name, channel="shopee", priority=n)
    connection = _connect(user, shop, f"7000{n}", {"partner_id": "2000001", "partner_key": "x" * 20})
    link(connection, Role.POS, pos)
    return connection


def _connect(user: Any, shop: Shop, external_id: str, credentials: dict[str, str]) -> Connection:
    now = timezone.now()
    app, _created = AppRegistration.objects.get_or_create(
        channel=shop.channel, name="Sen Việt", defaults={"credentials": credentials}
    )
    granted = Authorisation.objects.create(
        app=app, external_id=external_id, access_token="a", refresh_token="r", expires_at=now + timedelta(hours=3, minutes=20),
        refresh_expires_at=now + timedelta(days=29),
    )  # fmt: skip
    let_in(shop, user.pk)
    return Connection.objects.create(
        authorisation=granted, shop=shop, external_id=external_id, last_webhook_at=now - timedelta(seconds=14),
        last_sweep_at=now - timedelta(minutes=2), last_read_at=now - timedelta(seconds=20),
    )  # fmt: skip


def _listing(shop: Shop, product: Product, draw: random.Random) -> None:
    mapped = draw.random() > 0.2
    listing = Listing.objects.create(
        shop=shop, item_id=str(draw.randint(10**9, 10**10)), title=f"{product.name} cao cấp", price=product.price,
        sku=product.sku if mapped or draw.random() > 0.5 else "", product=product if mapped else None,
        variation_name=draw.choice(("", "Đen, M", "Trắng, L", "Be, S")), raw={"item_name": product.name},
    )  # fmt: skip
    shown = draw.randint(3, 80)
    stock = ListingStock.objects.create(
        listing=listing, wanted=shown if mapped else None, expected=shown, observed=shown
    )
    if mapped and draw.random() < 0.15:
        ListingStock.objects.filter(pk=stock.pk).update(wanted=shown - 2)


def _order(shop: Shop, pos: Shop, draw: random.Random, n: int) -> None:
    now = timezone.now()
    placed = now - timedelta(minutes=draw.randint(0, 10 * 60)) if n % 4 else now - timedelta(minutes=n)
    listing = draw.choice(list(shop.listings.all()))
    quantity, status = draw.choice((1, 1, 1, 2, 3)), draw.choice(STATUSES)
    problem = ["unmapped_line"] if listing.product_id is None else []
    order = Order.objects.create(
        shop=shop, number=f"2611{21 - n // 50:02d}{draw.choice('ABCDEFGH')}{draw.randint(10**6, 10**7):07d}", status=status,
        channel_status={"to_ship": "READY_TO_SHIP", "packed": "PROCESSED"}.get(status, status.upper()), total=listing.price * quantity,
        placed_at=placed, paid_at=placed, asked_at=now, version=placed, buyer_name=draw.choice(BUYERS),
        ship_by=placed + timedelta(hours=draw.choice((4, 24, 30))), recipient={"name": "N***h", "city": "TP. Hồ Chí Minh"},
        payment_method="COD" if n % 3 else "ShopeePay", cash_on_delivery=bool(n % 3), carrier="SPX Express",
        problems=problem, has_problem=bool(problem), raw={"order_sn": f"demo-{n}", "order_status": "READY_TO_SHIP"},
    )  # fmt: skip
    OrderLine.objects.create(
        order=order, key="1", listing=listing, product=listing.product, item_id=listing.item_id, sku=listing.sku,
        title=listing.title, variation_name=listing.variation_name, quantity=quantity, price=listing.price, paid_price=listing.price,
    )  # fmt: skip
    for before, after, source in (("", "unpaid", "webhook"), ("unpaid", "to_ship", "webhook")):
        StatusChange.objects.create(
            order=order, before=before, after=after, source=source, channel_status="READY_TO_SHIP"
        )
    if status in ("shipped", "completed"):
        Parcel.objects.create(order=order, number=f"P{n}", tracking_number=f"SPXVN0{n:09d}", carrier="SPX Express")
        StatusChange.objects.create(
            order=order, before="to_ship", after=status, source="sweep", channel_status="SHIPPED"
        )
    if status in ("shipped", "completed"):
        _aftermath(order, listing, n)
    if listing.product and status in ("to_ship", "packed"):
        _hold(order, listing, pos, quantity, n)


def _aftermath(order: Order, listing: Listing, n: int) -> None:
    """A fee, and for some orders a return."""
    StatementLine.objects.create(
        shop=order.shop, external_id=f"{order.number}-fee", order=order, order_number=order.number, kind="commission",
        fee="commission_fee", amount=-(order.total or Decimal(0)) * Decimal("0.04"), statement="2026-47", is_paid=n % 2 == 0,
        happened_at=order.placed_at, asked_at=order.asked_at,
    )  # fmt: skip
    if n % 3:
        return
    ret = Return.objects.create(
        shop=order.shop, number=f"R{order.number}", order=order, order_number=order.number, refund=order.total,
        status=("requested", "in_transit", "refunded")[n % 9 // 3], channel_status="ACCEPTED", reason="Giao sai màu",
        requested_at=order.placed_at, asked_at=order.asked_at, answer_by=order.placed_at + timedelta(days=2),
    )  # fmt: skip
    ReturnChange.objects.create(ret=ret, after="requested", channel_status="REQUESTED", source="webhook")
    ReturnLine.objects.create(
        ret=ret, key="1", order_line=order.lines.get(), item_id=listing.item_id, sku=listing.sku, quantity=1,
        refund=order.total, restock="at_pos" if n % 2 else "", condition="sellable" if n % 2 else "",
    )  # fmt: skip


def _hold(order: Order, listing: Listing, pos: Shop, quantity: int, n: int) -> None:
    level = StockLevel.objects.filter(product=listing.product).order_by("pk")[n % 2]
    Reservation.objects.create(shop=order.shop, order_number=order.number, line_key="1", level=level, quantity=quantity)
    StockLevel.objects.filter(pk=level.pk).update(reserved=level.reserved + quantity)
    refused = n % 11 == 0
    Command.objects.create(
        order=order, kind="pos_order", target=pos.connection, warehouse=level.warehouse, reference=f"{order.shop_id}-{order.number}-1",
        state="refused" if refused else "done", code="" if refused else f"DH{n:06d}", finished_at=timezone.now(),
        reason="Hàng hóa đã ngừng kinh doanh" if refused else "",
    )  # fmt: skip


def _trouble(first: Connection, second: Connection, branch: Warehouse) -> None:
    """What a morning brings: a consent that ends, a dead letter, a wrong signature, an oversold product."""
    now = timezone.now()
    Authorisation.objects.filter(pk=second.authorisation_id).update(
        state="red", reason="Shopee không còn chấp nhận refresh token: cửa hàng đã hủy ủy quyền."
    )
    Connection.objects.filter(pk=second.pk).update(last_webhook_at=now - timedelta(hours=5))
    app = first.authorisation.app
    for n in range(3):
        InboxEvent.objects.create(
            app=app, connection=first, kind="order", external_id=f"261121DEAD{n}", source="webhook", state="dead", tries=4,
            reason_code="no_answer", reason="the channel's answer did not mention it", body={"ordersn": f"261121DEAD{n}"},
        )  # fmt: skip
    for n in range(12):
        InboxEvent.objects.create(
            app=app, connection=first, kind="order", external_id=f"261121OK{n:03d}", source="webhook", state="processed",
            seen=1 + n % 3, finished_at=now,
        )  # fmt: skip
    InboxEvent.objects.create(app=app, connection=first, kind="listing", external_id="10022", source="sweep")
    Refusal.objects.create(
        app=app, channel="shopee", reason="bad_signature", count=17, sample={"size": 412, "headers": {}}
    )
    level = StockLevel.objects.filter(warehouse=branch).order_by("pk")[3]
    over = level.on_hand + 2
    Reservation.objects.create(shop=first.shop, order_number="261121OVER", line_key="1", level=level, quantity=over)
    StockLevel.objects.filter(pk=level.pk).update(reserved=Decimal(over))
