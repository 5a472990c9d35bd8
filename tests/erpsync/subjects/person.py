"""A person who is in every column of the registry: at a channel that tells of her again and again, and in what people wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection as database

from commissions.models import FeeMatch, Finding, FindingComment, Payout
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from core.db import execute, fetch
from core.outbox import LastEvent, OutboxEvent
from erpsync.models import Export, KeptAnswer, SavedFilter
from integrations.contract.access import Access
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.models import (
    BackfillChunk,
    BackfillRun,
    Command,
    CommandPicture,
    Connection,
    DeliveryAttempt,
    EventDelivery,
    EventSink,
    InboxEvent,
    ShippingLabel,
    SyncRun,
)
from inventory.models import Product, StockLevel, StockMovement, Warehouse
from orders.models import CustomerIdentity, Order
from orders.services.desk import add_note
from orders.services.holding import hold
from orders.services.tracking import store_steps
from orders.snapshots import CustomerSnapshot, OrderSnapshot, ParcelSnapshot, ParcelStepSnapshot, ReturnSnapshot
from tests.integrations.toy import order

PHONE, WRITTEN, NATIONAL = "+84907654321", "0907 654 321", "907654321"
NAME, MAIL, BUYER, CODE = "Trần Thị Ngọc Hân", "Ngoc.Han@example.vn", "shopper-771204", "KH-0907654321"
STREET = "12 Hẻm Cây Điệp"
NEEDLES = (NATIONAL, "907 654 321", NAME, "Ngọc Hân", MAIL, MAIL.lower(), BUYER, CODE, STREET)
OLD = datetime(2026, 11, 11, tzinfo=UTC)
ORDER, OTHERS = "SO-1001", "SO-2002"
_TO = {"name": NAME, "phone": WRITTEN, "address": STREET}


def orders_of(asked_at: datetime) -> list[OrderSnapshot]:
    return [
        order(
            ORDER, asked_at, status="completed", channel_status="DONE", buyer_id=BUYER, buyer_name=NAME, recipient=_TO,
            note=f"Gọi {WRITTEN} trước", cancel_reason=f"{NAME} đổi ý", total=Decimal(250_000), raw={"to": _TO, "buyer": BUYER},
            parcels=(ParcelSnapshot("P1", "VN123456789"),), version=OLD,
        ),
        order(
            OTHERS, asked_at, status="completed", channel_status="DONE", buyer_id="shopper-999", buyer_name="Lê Văn Nam",
            recipient={"name": "Lê Văn Nam", "phone": "0911222333", "address": "1 Lê Lợi"}, version=OLD,
        ),
    ]  # fmt: skip


def everything(asked_at: datetime) -> dict[str, list[Any]]:
    line = StatementLineSnapshot(
        "L1", "sale", "Sale", Decimal(250_000), "VND", asked_at, order_number=ORDER, raw={"buyer_user_name": NAME}
    )
    return {
        "order": orders_of(asked_at),
        "customer": [
            CustomerSnapshot(BUYER, NAME, asked_at, code=CODE, phone=WRITTEN, email=MAIL, address=STREET,
                             version=OLD + timedelta(days=1))
        ],
        "return": [
            ReturnSnapshot(
                "RT-1", ORDER, "refunded", "DONE", asked_at, (), version=OLD, reason=f"{NAME} không vừa",
                note=f"Liên hệ {MAIL}", raw={"user": {"phone": WRITTEN}},
            )
        ],
        "settlement": [SettlementSnapshot("ST-1", (line,))],
    }  # fmt: skip


_KEYS = {"order": "number", "customer": "external_id", "return": "number", "settlement": "external_id"}


def connector() -> Connector:
    """A channel that lists everything, however often it is asked."""

    def reader(kind: str) -> Reader:
        def read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
            return Answer(tuple(s for s in everything(asked_at)[kind] if getattr(s, _KEYS[kind]) in ids))

        def changed(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
            yield Page(tuple(Change(getattr(s, _KEYS[kind]), until) for s in everything(until)[kind]))

        return Reader(read=read, changed=changed, batch=50)

    return Connector(
        channel="toy",
        title="Toy",
        roles=frozenset({Role.MARKETPLACE}),
        check=lambda access: Health(access.shop_id),
        reads={kind: reader(kind) for kind in _KEYS},
    )


def plant(connection: Connection) -> None:
    """Put the person into every other column of the registry; what the channel tells is stored already."""
    sold = Order.objects.get(number=ORDER)
    assert sold.customer is not None
    sold.customer.email = MAIL
    sold.customer.save()
    words = f"{NAME}, {WRITTEN}"
    CustomerIdentity.objects.filter(external_id=BUYER).update(address=STREET, held_reason=f"{words} không nhận hàng")
    hold([sold.pk], f"{words} hẹn tuần sau")
    store_steps(sold.pk, "completed", [ParcelStepSnapshot(OLD, "delivered", f"Đã giao cho {words}", "P1", STREET)])
    user = get_user_model().objects.create_user("thao", password="x")
    add_note(sold.pk, user.pk, f"{words} gọi lại chiều nay")
    app = connection.authorisation.app
    InboxEvent.objects.create(
        app=app, connection=connection, kind="message", external_id="m1", source="webhook", state="dead",
        body={"chat": words}, raw=f'{{"from": "{BUYER}", "tel": "{WRITTEN}", "name": "{NAME}"}}'.encode(), reason=words,
        close_note=f"{words} gọi lại", answer=f'{{"row": "{words}"}}',
    )  # fmt: skip
    common: dict[str, Any] = {
        "target": connection,
        "order": sold,
        "state": "done",
        "reason": words,
        "close_note": words,
    }
    command = Command.objects.create(
        kind="refuse_return",
        reference="r1",
        subject=CODE,
        options={"note": words},
        external_id=CODE,
        code=CODE,
        **common,
    )
    Command.objects.create(
        kind="crm_customer",
        reference="r2",
        subject=CODE,
        options={"code": CODE},
        external_id=BUYER,
        code=CODE,
        **common,
    )
    common["order"] = None
    Command.objects.create(kind="note", reference="r3", subject=CODE, options={"to": WRITTEN}, **common)
    CommandPicture.objects.create(
        command=command, name="1.png", content_type="image/png", width=1, height=1, content=words.encode()
    )
    label = ShippingLabel.objects.create(
        connection=connection, parcel="P1", order_number=ORDER, state="ready", content=words.encode(), reason=words
    )
    label.orders.add(sold)
    run = BackfillRun.objects.create(connection=connection, kind="order", until=OLD, state="done", reason=words)
    BackfillChunk.objects.create(
        run=run, since=OLD - timedelta(days=1), until=OLD, state="failed", problems={"x": words}, reason=words
    )
    SyncRun.objects.create(connection=connection, kind="sweep", state="failed", reason=words)
    sink = EventSink.objects.create(kind="webhook", name="s", settings={}, cursor=0, trouble=f"got {WRITTEN}")
    told = OutboxEvent.objects.get(type="order.normalized", entity_id=str(sold.pk))
    for event_id in (told.pk, UUID(int=1)):
        DeliveryAttempt.objects.create(sink=sink, event_id=event_id, type=told.type, outcome="failed", answer=words)
        EventDelivery.objects.create(
            sink=sink, event_id=event_id, type=told.type, entity="order", entity_id="1", position=1, reason=words
        )
    execute(
        "UPDATE integrations_authorisation SET reason = jsonb_build_object('words', %s::text) WHERE id = %s",
        words, connection.authorisation_id,
    )  # fmt: skip
    execute(
        "UPDATE integrations_connection SET trouble = jsonb_build_object('words', %s::text) WHERE id = %s",
        words, connection.pk,
    )  # fmt: skip
    FeeMatch.objects.create(
        order=sold, shop=sold.shop, kind="commission", expected=1, settled=2, difference=1, state="over", placed_at=OLD,
        note=words,
    )  # fmt: skip
    Payout.objects.create(
        shop=sold.shop,
        external_id="w1",
        order_number=ORDER,
        reference=words,
        amount=1,
        asked_at=OLD,
        raw={"from": NAME},
    )
    finding = Finding.objects.create(shop=sold.shop, kind="late", family="f", since=OLD.date(), note=words)
    FindingComment.objects.create(finding=finding, text=words)
    level = StockLevel.objects.create(
        product=Product.objects.create(sku="A", name="A"), warehouse=Warehouse.objects.create(name="K", shop=sold.shop)
    )
    StockMovement.objects.create(level=level, quantity=1, kind="correction", note=f"trả cho {words}")
    LogEntry.objects.create(
        user=user, content_type=ContentType.objects.get_for_model(Order), object_id="1", object_repr=words,
        action_flag=CHANGE, change_message=f'[{{"changed": "{WRITTEN}"}}]',
    )  # fmt: skip
    SavedFilter.objects.create(list_name="orders_order", name=f"Đơn của {NAME}", query=f"q={NAME}", owner=user)
    Export.objects.create(list_name="customers", file_format="csv", query=f"q={NAME}")
    KeptAnswer.objects.create(caller="key:1", key="k", fingerprint="f", status=200, body={"buyer": words})
    LastEvent.objects.create(
        entity="order", entity_id=str(sold.pk), version=1, type="order.normalized", data={"buyer": NAME}, time=OLD
    )
    OutboxEvent.objects.create(
        id=UUID(int=2), type="dead_letter.added", source="/t", entity="dead_letter", entity_id="1", version=1,
        data={"external_id": CODE, "kind": "customer"},
    )  # fmt: skip


def dump() -> dict[str, str]:
    """Return all rows of all tables as text, by table; bytes as the characters that they are."""
    texts = {}
    with psycopg.connect(**database.get_connection_params()) as raw:
        for table, columns in fetch(
            "SELECT c.table_name, string_agg(CASE WHEN c.data_type = 'bytea' THEN format('encode(%%I, ''escape'')', c.column_name)"
            " ELSE format('%%I', c.column_name) END, ', ') FROM information_schema.columns c"
            " JOIN pg_tables t ON t.tablename = c.table_name AND t.schemaname = c.table_schema"
            " WHERE c.table_schema = current_schema() GROUP BY c.table_name"
        ):
            with raw.cursor().copy(f"COPY (SELECT {columns} FROM {table}) TO STDOUT") as copy:
                texts[table] = b"".join(copy).decode()
    return texts


def hits() -> dict[str, list[str]]:
    """Return where in the database the person is: the needles found, by table."""
    found = {table: [needle for needle in NEEDLES if needle in text] for table, text in dump().items()}
    return {table: needles for table, needles in found.items() if needles}
