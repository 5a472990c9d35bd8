"""A shop with one of everything a person can see, every text of it marked, so that a page can be searched for the mark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone

from commissions.models import (
    CommissionEntry,
    CommissionRule,
    FeeMatch,
    Finding,
    FindingComment,
    FindingItem,
    Payout,
    PayoutMatch,
    PayoutTerm,
    StatementFile,
    StatementLine,
)
from core.outbox import OutboxEvent, uuid7
from erpsync.api.keys import services
from erpsync.models import Alert, Backup, ContactPoint, DataRequest, Export, ShipRun, SignIn
from integrations.connectors import connector_of
from integrations.models import (
    AppRegistration,
    ArrangeRule,
    ArrangeRun,
    Authorisation,
    BackfillChunk,
    BackfillRun,
    Command,
    Connection,
    DeliveryAttempt,
    EventDelivery,
    EventSink,
    InboxEvent,
    PrintRun,
    PrintRunLabel,
    Refusal,
    ShippingLabel,
    SyncRun,
)
from inventory.models import (
    Breach,
    BundleComponent,
    Listing,
    ListingStock,
    Product,
    ProductPair,
    Reservation,
    Shop,
    ShopMembership,
    StockDrift,
    StockLevel,
    StockMovement,
    Warehouse,
)
from orders.models import (
    Customer,
    CustomerIdentity,
    HandOver,
    HandOverScan,
    Order,
    OrderLine,
    OrderNote,
    OrderTag,
    PackedParcel,
    Parcel,
    ParcelEvent,
    ParcelPhoto,
    Return,
    ReturnChange,
    ReturnLine,
    StatusChange,
    Wave,
    WaveOrder,
)

_number = count(1)
# no test of a page may reach a real channel
NOBODY = "http://127.0.0.1:9"


@dataclass
class World:
    mark: str
    shop: Shop
    warehouse: Warehouse
    app: AppRegistration
    authorisation: Authorisation
    connection: Connection
    product: Product
    listing: Listing
    level: StockLevel
    order: Order
    manager: Any


def world(mark: str, *, role: str = "manager", channel: str = "kiotviet") -> World:
    """A shop named by `mark`, with its member, one row of each model, and no row shared with another world."""
    now = timezone.now()
    shop = Shop.objects.create(name=f"{mark} shop", channel=channel)
    user = get_user_model().objects.create_user(f"{mark}-user", password="x", is_staff=True)
    Group.objects.create(name=f"{mark} group")
    ShopMembership.objects.create(user=user, shop=shop, role=role)
    warehouse = Warehouse.objects.create(name=f"{mark} branch", shop=shop, external_id=f"{mark}-1")
    shop.sells_from.add(warehouse)
    credentials = {field.name: f"{mark}-{field.name}" for field in connector_of(channel).account_fields}
    app = AppRegistration.objects.create(channel=channel, name=f"{mark} app", base_url=NOBODY, credentials=credentials)
    authorisation = Authorisation.objects.create(
        app=app, external_id=f"{mark}-account", access_token=f"{mark}-access", refresh_token=f"{mark}-refresh",
        expires_at=now + timedelta(hours=4),
    )  # fmt: skip
    connection = Connection.objects.create(authorisation=authorisation, shop=shop, external_id=f"{mark}-ext")
    bundle = Product.objects.create(sku=f"{mark}-SET", name=f"{mark} bundle", is_bundle=True)
    product = Product.objects.create(
        sku=f"{mark}-SKU", name=f"{mark} product", barcode=f"{mark}893", price=Decimal(1000)
    )
    BundleComponent.objects.create(bundle=bundle, product=product, units=2)
    level = StockLevel.objects.create(product=product, warehouse=warehouse, on_hand=8, reserved=1)
    listing = Listing.objects.create(
        shop=shop, item_id=f"{mark}-item", title=f"{mark} title", sku=f"{mark}-SKU", product=product, raw={"k": f"{mark}-raw"}
    )  # fmt: skip
    Listing.objects.create(shop=shop, item_id=f"{mark}-spare", title=f"{mark} spare", sku=f"{mark}-SKU")
    stock = ListingStock.objects.create(listing=listing, wanted=7, expected=7, published=7, observed=7)
    StockDrift.objects.create(shop=shop, stock=stock, expected=7, observed=9, decision="waiting", found_at=now)
    CommissionRule.objects.create(
        key=f"{mark.lower()}-phi", version=1, title=f"{mark} rule", channel=channel, shop=shop, fee_kind="commission",
        strategy="PERCENT", formula_json={"base": {"kind": "item"}, "rate": "4"}, charged_when=["delivered"],
        given_back="in_proportion", starts=date(2026, 1, 1), source_json={"name": f"{mark} source", "date": "2026-01-01", "mark": "own"},
    )  # fmt: skip
    made = World(mark, shop, warehouse, app, authorisation, connection, product, listing, level, Order(), user)
    made.order = order(made)
    wave = Wave.objects.create(carrier=f"{mark} courier", shop_ids=[shop.pk], size_limit=50, person=user, actor=user)
    WaveOrder.objects.create(wave=wave, order=made.order, position=1)
    arranging = ArrangeRule.objects.create(name=f"{mark} rule")
    arranging.only_shops.add(shop)
    entry = {"order": made.order.pk, "number": made.order.number}
    ArrangeRun.objects.create(rule=arranging, taken=[entry], left_out=[entry | {"reason": {"code": "arrange.held"}}])
    pick_up = HandOver.objects.create(carrier=f"{mark} courier", day=now.date(), shop_ids=[shop.pk], opened_by=user)
    HandOverScan.objects.create(
        handover=pick_up, code=f"{mark}-code", outcome="out", shop=shop, number=f"{mark}-P", actor=user
    )
    PackedParcel.objects.create(
        shop=shop, number=f"{mark}-P", tracking_number=f"{mark}-T", carrier=f"{mark} courier", scanned={"p1": 1}, packed_by=user,
    )  # fmt: skip
    photo = ParcelPhoto.objects.create(
        shop=shop, number=f"{mark}-P", tracking_number=f"{mark}-T", file_name=f"{mark}-file", content_type="image/jpeg", size=1,
        sha256="0" * 64, taken_by=user, stored_at=now,
    )  # fmt: skip
    photo.orders.add(made.order)
    InboxEvent.objects.create(
        app=app, connection=connection, kind="order", external_id=f"{mark}-dead", source="webhook", state="dead",
        reason_code="no_answer", reason=f"{mark} reason", body={"said": f"{mark} body"}, raw=f"{mark}-bytes".encode(),
    )  # fmt: skip
    run = BackfillRun.objects.create(
        connection=connection, kind="order", until=now, state="paused", reason=f"{mark} busy"
    )
    BackfillChunk.objects.create(
        run=run, since=now - timedelta(days=1), until=now, state="failed", seen=3, stored=2,
        problems={f"{mark}-number": f"{mark} cannot be stored"}, reason=f"{mark} gone",
    )  # fmt: skip
    SyncRun.objects.create(
        connection=connection, kind="sweep", state="failed", ended_at=now, seconds=2.5, fetched=3, written=1, calls=2, answer_seconds=0.5,
        reason=f"{mark} away",
    )  # fmt: skip
    Breach.objects.create(check_code="on_hand", subject_id=level.pk, subject=f"{mark} level", expected=1, found=2)
    twin = Product.objects.create(sku=f"{mark}-TWIN", name=f"{mark} twin")
    StockLevel.objects.create(product=twin, warehouse=warehouse)
    ProductPair.objects.create(first=product, second=twin, decision="differ", decided_by=user)
    label = ShippingLabel.objects.create(
        connection=connection, parcel=f"{mark}-label", order_number=f"{mark}-label", state="refused", reason=f"{mark} reason",
    )  # fmt: skip
    PrintRunLabel.objects.create(run=PrintRun.objects.create(actor=user), label=label, position=0)
    services.create(f"{mark} key", [shop], ["orders:read"], owner=user)
    DataRequest.objects.create(
        kind="export",
        state="done",
        reason=f"{mark} letter",
        counts={"orders_order": 1},
        shop_ids=[shop.pk],
        asked_by=user,
    )
    Backup.objects.create(started_at=now, name=f"{mark}.dump", place=f"/{mark}", size=2_000_000, seconds=3.0)
    Export.objects.create(
        list_name="orders",
        file_format="csv",
        query=f"q={mark}",
        shop_ids=[shop.pk],
        state="done",
        rows=3,
        asked_by=user,
    )
    ShipRun.objects.create(order_ids=[1, 2], done=1, left_out={f"{mark} reason": [1]}, actor=user)
    SignIn.objects.create(name=f"{mark}-user", address="10.0.0.1", outcome=SignIn.Outcome.SIGNED_IN)
    Alert.objects.create(kind="dead_letters", channel=channel, shop=shop, value=1)
    point = ContactPoint.objects.create(
        kind="mail", name=f"{mark} desk", settings={"to": f"{mark.lower()}@example.com"}, trouble=f"{mark} trouble"
    )
    point.only_shops.add(shop)
    Refusal.objects.create(app=app, channel=channel, reason="bad_signature", count=3, sample={"size": f"{mark}-sample"})
    return made


def order(made: World, **fields: Any) -> Order:
    """One more order, with a line, a parcel, a status, a command, a reservation and a movement."""
    n, now = next(_number), timezone.now()
    number = f"{made.mark}-ORDER-{n}"
    values = {
        "status": "to_ship",
        "channel_status": "READY",
        "total": Decimal(199000),
        "buyer_name": f"{made.mark} buyer",
    }
    created = Order.objects.create(
        shop=made.shop, number=number, asked_at=now, recipient={"name": f"{made.mark} recipient"},
        raw={"k": f"{made.mark}-raw"}, **({"placed_at": now} | values | fields),
    )  # fmt: skip
    OrderLine.objects.create(
        order=created, key="1", listing=made.listing, product=made.product, item_id=made.listing.item_id, quantity=1,
        title=f"{made.mark} line", sku=f"{made.mark}-SKU",
    )  # fmt: skip
    Parcel.objects.create(order=created, number=f"{number}-P", tracking_number=f"{number}-T")
    OrderNote.objects.create(order=created, author=made.manager, text=f"{made.mark} remark")
    # all shops of the house see a tag's name: it bears no mark
    OrderTag.objects.get_or_create(name=f"Q{made.shop.pk}")[0].orders.add(created)
    ParcelEvent.objects.create(
        order=created,
        parcel=f"{number}-P",
        happened_at=now,
        code="in_transit",
        words=f"{made.mark} step",
        place=f"{made.mark} hub",
    )
    StatusChange.objects.create(order=created, before="unpaid", after="to_ship", source="webhook")
    Command.objects.create(
        order=created,
        kind="ship",
        target=made.connection,
        reference=f"{number}-ship",
        state="refused",
        reason=f"{made.mark} no",
    )
    aftermath(made, created)
    Reservation.objects.create(shop=made.shop, order_number=number, line_key="1", level=made.level, quantity=1)
    StockMovement.objects.create(
        level=made.level, quantity=1, kind="receipt", shop=made.shop, order_number=number, note=f"{made.mark} note"
    )
    return created


def aftermath(made: World, sold: Order) -> None:
    """What follows a sale: a return whose goods wait for the POS, a settled fee, a buyer who is known."""
    mark, now = made.mark, timezone.now()
    ret = Return.objects.create(
        shop=made.shop, number=f"{sold.number}-R", order=sold, order_number=sold.number, status="approved",
        channel_status="ACCEPTED", reason=f"{mark} torn", refund=Decimal(1000), requested_at=now, asked_at=now,
        raw={"k": f"{mark}-raw"},
    )  # fmt: skip
    ReturnLine.objects.create(
        ret=ret, key="1", order_line=sold.lines.get(), item_id=f"{mark}-item", sku=f"{mark}-SKU", quantity=1,
        condition="sellable", restock="at_pos", warehouse=made.warehouse,
    )  # fmt: skip
    ReturnChange.objects.create(ret=ret, after="requested", channel_status=f"{mark} word", source="webhook")
    StatementLine.objects.create(
        shop=made.shop, external_id=f"{sold.number}-S", order=sold, order_number=sold.number, kind="commission",
        fee=f"{mark} fee", amount=Decimal(-5000), statement=f"{mark}-week", happened_at=now, asked_at=now,
    )  # fmt: skip
    rule = CommissionRule.objects.get(shop=made.shop)
    CommissionEntry.objects.create(
        order=sold, shop=made.shop, line_key="1", rule=rule, fee_kind="commission", payee="marketplace", cause="accrued", units=1,
        base=Decimal(50_000), rate=Decimal(10), amount=Decimal(5_000), effective_at=now,
    )  # fmt: skip
    check = FeeMatch.objects.create(
        order=sold, shop=made.shop, kind="commission", rule=rule, expected=5_000, settled=6_000, difference=1_000, state="over",
        placed_at=now, note=f"{mark} note",
    )  # fmt: skip
    finding = Finding.objects.create(
        shop=made.shop, kind="wrong_rate", family=f"{mark}-{sold.number}", rule=rule, fee_kind="commission", since=now.date(), orders=1,
        open_orders=1, amount=1_000, total=1_000, proposal={"before": "4", "after": "5"}, note=f"{mark} note", owner=made.manager,
    )  # fmt: skip
    FindingItem.objects.create(finding=finding, fee_match=check, amount=1_000, open_amount=1_000, since=now)
    FindingComment.objects.create(finding=finding, author=made.manager, text=f"{mark} comment")
    Payout.objects.create(
        shop=made.shop, external_id=f"{sold.number}-PO", statement=f"{sold.number}-ST", reference=f"{mark} text", amount=900,
        paid_at=now, asked_at=now,
    )  # fmt: skip
    PayoutMatch.objects.create(
        shop=made.shop, statement=f"{sold.number}-ST", expected=1_000, paid=900, difference=-100, state="short", settled_at=now,
    )  # fmt: skip
    PayoutTerm.objects.get_or_create(shop=made.shop)
    StatementFile.objects.create(
        shop=made.shop, name=f"{mark} statement.xlsx", sha256="0" * 64, size=1, channel="lazada", kind="statement_daily",
        state="imported", shop_name=f"{mark} named", uploaded_at=now,
    )  # fmt: skip
    sink = EventSink.objects.create(
        kind="webhook", name=f"{mark} sink", settings={"url": f"https://{mark.lower()}.example.com/"}, cursor=0,
        secrets={"current": f"whsec_{mark}"}, trouble=f"{mark} trouble",
    )  # fmt: skip
    sink.only_shops.add(made.shop)
    event = {"sink": sink, "event_id": uuid7(), "type": "order.created"}
    EventDelivery.objects.create(**event, entity="order", entity_id=f"{mark}-1", position=1, reason=f"{mark} reason")
    DeliveryAttempt.objects.create(**event, outcome="failed", status=500, answer=f"{mark} answer")
    OutboxEvent.objects.create(
        id=uuid7(), type="order.created", source="/erpsync/orders", entity="order", entity_id=f"{mark}-{uuid7()}", version=1,
        shop_ids=[made.shop.pk], data={"note": f"{mark} data"}, flaw=f"{mark} #1",
    )  # fmt: skip
    customer, _made = Customer.objects.get_or_create(name=f"{mark} customer", email=f"{mark}@example.com")
    CustomerIdentity.objects.get_or_create(
        shop=made.shop,
        external_id=f"{mark}-buyer",
        defaults={"customer": customer, "name": f"{mark} buyer", "asked_at": now},
    )
    Order.objects.filter(pk=sold.pk).update(customer=customer)


def managed() -> list[type[Model]]:
    """Every model with an admin class and a table."""
    return [model for model in admin.site._registry if model._meta.managed]


def rows() -> dict[str, set[Any]]:
    """The keys of every row that the admin could show."""
    return {model._meta.label: set(model._default_manager.values_list("pk", flat=True)) for model in managed()}
