"""A person who is everywhere is found, handed out and erased, and no sweep, backfill, replay or restore brings her back."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import erased
from core.db import execute, fetch
from core.outbox import OutboxEvent
from core.personal import Action
from erpsync.models import DataRequest
from erpsync.subjects import requests
from erpsync.subjects.erase import preview
from erpsync.subjects.export import archive, rows_by_table
from erpsync.subjects.find import Terms, find
from erpsync.subjects.registry import TABLES
from integrations import inbox
from integrations.inbox.store import Incoming
from integrations.ingest.backfill import planning, running
from integrations.ingest.drain import drain
from integrations.ingest.sweep import sweep
from integrations.models import Command, Connection, InboxEvent
from inventory.models import Shop
from orders.models import Customer, CustomerIdentity, Order, ParcelPhoto, Return
from orders.services import photos
from orders.services.photos import Subject
from orders.services.upsert import upsert_orders
from orders.snapshots import OrderSnapshot
from tests.erpsync.subjects import person
from tests.erpsync.subjects.person import BUYER, CODE, MAIL, NAME, NEEDLES, ORDER, OTHERS, WRITTEN
from tests.integrations.toy import connected, install, order
from tests.pictures import jpeg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis", "spread_at_once")]
ALL_FORMS = ("+84907654321", "0907654321", "84907654321", "(+84) 907.654.321")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Connection:
    install(monkeypatch, person.connector())
    connection = connected()
    read_all(connection)
    return connection


def read_all(connection: Connection) -> None:
    execute("UPDATE integrations_connection SET watermarks = '{}' WHERE id = %s", connection.pk)
    for _ in range(2):
        sweep(connection.pk)
        drain(connection.pk)


def store(shop: Shop, snapshots: list[OrderSnapshot]) -> None:
    with transaction.atomic():
        upsert_orders(shop, snapshots, source="webhook")


def erase(**terms: str) -> DataRequest:
    return requests.run(requests.ask_erasure(Terms(**terms), reason="thư ngày 1/11", user_id=None).pk)


def test_a_planted_person_is_gone_and_stays_gone(shop: Connection, tmp_path: Path) -> None:
    person.plant(shop)
    row = requests.ask_erasure(Terms(phone=WRITTEN), reason=f"chị {NAME} gọi", user_id=None)
    unplanted = {
        (s.table, c) for s in TABLES for c, a in s.columns.items() if a is not Action.KEEP and not holds(s.table, c)
    }
    assert unplanted == set()
    before = books()

    done = requests.run(row.pk)

    assert (done.state, done.terms, done.problem) == ("done", {}, "")
    assert person.hits() == {}
    assert done.kept == {
        "orders_order": 1, "orders_orderline": 1, "orders_parcel": 1, "orders_parcelevent": 1, "orders_return": 1,
        "commissions_statementline": 1, "integrations_shippinglabel": 1, "commissions_payout": 1,
    }  # fmt: skip
    assert list(done.elsewhere.values()) == [2]
    assert books() == before

    read_all(shop)
    run = planning.start(shop, "order", since=person.OLD - timedelta(days=1), until=person.OLD + timedelta(days=1))
    running.work(run.pk)
    execute("UPDATE integrations_inboxevent SET state = 'dead', closed_at = NULL")
    inbox.retry_dead(list(InboxEvent.objects.values_list("pk", flat=True)))
    drain(shop.pk)
    assert person.hits() == {}
    assert books() == before

    # and after the rows were lost, with their pseudonyms
    for table in (
        "orders_trackingread",
        "orders_parcelevent",
        "orders_ordernote",
        "orders_ordertag_orders",
        "orders_statuschange",
    ):
        execute(f"DELETE FROM {table}")
    for table in ("commissions_feematch", "commissions_statementline", "integrations_commandpicture", "integrations_command",
                  "integrations_shippinglabel_orders", "orders_returnchange", "orders_return", "orders_orderline",
                  "orders_parcel", "orders_order", "orders_customeridentity", "orders_customer"):  # fmt: skip
        execute(f"DELETE FROM {table}")
    read_all(shop)
    assert Order.objects.get(number=ORDER).total == 250_000
    assert person.hits() == {}


def holds(table: str, column: str) -> bool:
    kind = fetch(
        "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s", table, column
    )
    text = f"encode({column}, 'escape')" if kind == [("bytea",)] else f"{column}::text"
    words = "|".join([*NEEDLES, "ngoc", "6543"])
    return bool(fetch(f"SELECT FROM {table} WHERE {text} ~ %s LIMIT 1", words))


def books() -> list[Any]:
    """What accounts need, and the person who stays."""
    return [
        fetch("SELECT number, status, total, currency, placed_at FROM orders_order ORDER BY number"),
        fetch("SELECT external_id, amount, order_number FROM commissions_statementline ORDER BY external_id"),
        fetch("SELECT number, order_number, refund FROM orders_return ORDER BY number"),
        fetch("SELECT buyer_id, buyer_name, recipient::text, search_text FROM orders_order WHERE number = %s", OTHERS),
        fetch("SELECT external_id, name, phone FROM orders_customeridentity WHERE external_id = 'shopper-999'"),
    ]


@pytest.mark.parametrize("form", ALL_FORMS)
def test_she_is_found_by_her_number_in_any_form(shop: Connection, form: str) -> None:
    found = find(Terms(phone=form))
    assert (len(found.customers), len(found.identities), len(found.orders), len(found.returns)) == (1, 1, 1, 1)
    assert found.buyers == {(shop.shop_id, BUYER)}


@pytest.mark.parametrize("terms", [Terms(email=MAIL.upper()), Terms(buyer=BUYER), Terms(buyer=CODE)])
def test_mail_and_ids_lead_to_the_same_rows(shop: Connection, terms: Terms) -> None:
    assert find(terms).parameters() == find(Terms(phone=WRITTEN)).parameters()


def test_an_order_that_is_not_over_stops_the_erasure(shop: Connection) -> None:
    Order.objects.filter(number=ORDER).update(status="to_ship")
    done = erase(phone=WRITTEN)
    assert (done.state, done.problem, done.terms) == ("failed", "open_orders", {})
    assert erased.kept_list() == []
    assert CustomerIdentity.objects.filter(external_id=BUYER, name=NAME).count() == 1


def test_who_buys_again_is_a_customer_again(shop: Connection) -> None:
    erase(phone=WRITTEN)
    now = timezone.now()
    again = order(
        "SO-3003", now, placed_at=now, buyer_id=BUYER, buyer_name=NAME, recipient={"name": NAME, "phone": WRITTEN}
    )
    store(shop.own_shop, [again, *person.orders_of(now)])
    assert Order.objects.get(number="SO-3003").recipient == {"name": NAME, "phone": WRITTEN}
    assert Order.objects.get(number=ORDER).recipient == {}
    assert Customer.objects.filter(phone=person.PHONE).count() == 1
    read_all(shop)
    assert CustomerIdentity.objects.get(external_id=BUYER).phone == WRITTEN


def test_a_notice_that_names_her_is_kept_without_its_words(shop: Connection) -> None:
    erase(phone=WRITTEN)
    app_id = shop.authorisation.app_id
    body = {"chat": f"Số của tôi: {WRITTEN}"}
    inbox.add([
        Incoming(app_id, shop.pk, "message", "m7", "webhook", body=body, raw=b'{"buyer": "shopper-771204"}'),
        Incoming(app_id, shop.pk, "message", "m8", "webhook", body={"chat": "0911222333"}, raw=b"{}"),
        Incoming(app_id, shop.pk, "customer", BUYER, "webhook"),
        Incoming(app_id, shop.pk, "customer", "shopper-999", "webhook"),
    ])  # fmt: skip
    rows = InboxEvent.objects.filter(source="webhook").order_by("external_id").values_list("external_id", "body", "raw")
    assert [(thing, said, raw and bytes(raw)) for thing, said, raw in rows] == [
        ("m7", {}, None), ("m8", {"chat": "0911222333"}, b"{}"), ("shopper-999", {}, None)
    ]  # fmt: skip


def test_notices_that_cannot_name_anybody_cost_no_look_at_the_list(shop: Connection) -> None:
    erase(phone=WRITTEN)
    app_id = shop.authorisation.app_id

    def looks(kind: str, **words: Any) -> list[str]:
        with CaptureQueriesContext(database) as queries:
            inbox.add([Incoming(app_id, shop.pk, kind, "shopper-1", "sweep", **words)])
        tables = ("integrations_connection", "core_erasedidentity", "orders_customeridentity")
        return [table for q in queries for table in tables if f"FROM {table} " in q["sql"]]

    assert looks("order") == []
    assert looks("order", body={"chat": "xin chào"}) == ["integrations_connection", "core_erasedidentity"]
    # nobody is erased among them: whether they came back is not asked
    assert looks("customer") == ["integrations_connection", "core_erasedidentity"]


def test_readers_are_told_shop_by_shop(shop: Connection) -> None:
    sold = Order.objects.get(number=ORDER)
    back = Return.objects.get()
    erase(phone=WRITTEN)
    event = OutboxEvent.objects.get(type="customer.erased")
    assert event.shop_ids == [shop.shop_id]
    assert event.data | {"erased_at": ""} == {
        "customer_id": str(sold.customer_id), "channel": "toy", "shop_id": str(shop.shop_id), "order_ids": [str(sold.pk)],
        "return_ids": [str(back.pk)], "partitionkeys": [f"order:{sold.pk}", f"return:{back.pk}"], "erased_at": "",
    }  # fmt: skip
    assert OutboxEvent.objects.exclude(flaw="").count() == 0
    whole = OutboxEvent.objects.get(type="order.normalized", entity_id=str(sold.pk)).data
    assert (whole["buyer"], whole["ship_to"], whole["note"], whole["status"]) == (None, None, None, "completed")


def test_a_restored_backup_is_erased_again_by_the_kept_list(shop: Connection, tmp_path: Path) -> None:
    kept = tmp_path / "erased.jsonl"
    erase(phone="0911222333")  # the key is in the backup
    Customer.objects.create(name="x", phone="+84911222333")
    backup = {table: fetch(f"SELECT * FROM {table}") for table in _RESTORED}
    erase(phone=WRITTEN)
    call_command("data_subject", "list", file=kept)
    assert not any(needle in kept.read_text() for needle in NEEDLES)
    with database.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table, rows in backup.items():
            cursor.execute(f"DELETE FROM {table}")
            for row in rows:
                cursor.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("DELETE FROM core_erasedidentity")
    assert person.hits() != {}

    call_command("data_subject", "restored", file=kept)

    assert person.hits() == {}
    assert Order.objects.get(number=ORDER).total == 250_000


_RESTORED = ("orders_customer", "orders_customeridentity", "orders_order", "orders_return", "core_outboxevent",
             "commissions_statementline")  # fmt: skip


def test_the_file_that_is_handed_out_has_her_data_and_nobody_elses(shop: Connection) -> None:
    found = find(Terms(phone=WRITTEN))
    with zipfile.ZipFile(io.BytesIO(archive(rows_by_table(found)))) as packed:
        page, data = packed.read("data.html").decode(), json.loads(packed.read("data.json"))
    assert data["tables"]["orders_order"][0]["recipient"] == {"name": NAME, "phone": WRITTEN, "address": person.STREET}
    assert data["tables"]["orders_customer"] == [{"name": NAME, "phone": person.PHONE, "email": ""}]
    assert NAME in page
    assert person.STREET in page
    assert "Lê Văn Nam" not in page + json.dumps(data, ensure_ascii=False)


def test_a_shop_sees_what_it_knows_itself(shop: Connection) -> None:
    other = Shop.objects.create(name="Hai", channel="toy")
    store(other, person.orders_of(timezone.now()))
    assert len(find(Terms(phone=WRITTEN)).orders) == 2
    found = find(Terms(phone=WRITTEN), shops=[other.pk])
    rows = rows_by_table(found, shops=[other.pk])
    assert set(rows) == {
        "orders_customeridentity",
        "orders_order",
        "orders_orderline",
        "orders_parcel",
        "core_outboxevent",
    }
    assert len(rows["orders_order"]) == 1


def test_a_preview_counts_what_the_file_would_hold_and_reads_no_table_whole(shop: Connection) -> None:
    person.plant(shop)
    other = Shop.objects.create(name="Hai", channel="toy")
    store(other, person.orders_of(timezone.now()))
    for shops in ([other.pk], [shop.shop_id], None):
        found = find(Terms(phone=WRITTEN), shops=shops)
        with CaptureQueriesContext(database) as queries:
            counts = preview(found, shops=shops)
        assert counts == {table: len(rows) for table, rows in rows_by_table(found, shops=shops).items()}
        searched = {spec.table for spec in TABLES if spec.is_searched} - {s.table for s in TABLES if not s.is_searched}
        assert [table for table in searched for q in queries if f"FROM {table} t " in q["sql"]] == []


def test_rows_of_a_table_declared_twice_are_handed_out_once_under_its_name(shop: Connection) -> None:
    person.plant(shop)
    rows = rows_by_table(find(Terms(phone=WRITTEN)))
    with zipfile.ZipFile(io.BytesIO(archive(rows))) as packed:
        page = packed.read("data.html").decode()
    assert len(rows["integrations_command"]) == Command.objects.filter(order__number=ORDER).count() == 2
    assert "<h2>Command (2)</h2>" in page
    assert "Customer written to the CRM" not in page


def test_the_command_refuses_what_is_not_whole(shop: Connection) -> None:
    for terms in ({}, {"phone": "0907***321"}, {"email": "nobody"}):
        with pytest.raises(CommandError):
            call_command("data_subject", "find", **terms)
    with pytest.raises(CommandError):
        call_command("data_subject", "erase", phone=WRITTEN, yes=True)
    call_command("data_subject", "erase", phone=WRITTEN, yes=True, reason="thư")
    assert person.hits() == {}


def test_a_list_costs_one_query_a_batch_and_none_while_it_is_empty(shop: Connection, settings: Any) -> None:
    now = timezone.now()
    assert _list_queries(shop, now) == 1  # of the key: that the list is empty is believed for 0 s here
    settings.ERASED_LIST_SECONDS = 60
    _list_queries(shop, now)
    assert _list_queries(shop, now) == 0
    erased.forget_cache()
    erased.add_erased(erased.contacts(phone="0933444555"))
    assert _list_queries(shop, now) == 1


def _list_queries(shop: Connection, now: Any) -> int:
    with CaptureQueriesContext(database) as queries:
        store(shop.own_shop, person.orders_of(now))
    return len([q for q in queries if "core_erased" in q["sql"] or "core_pseudonym" in q["sql"]])


def test_photos_of_her_parcels_are_deleted_and_those_of_others_stay(
    shop: Connection, tmp_path: Path, settings: Any
) -> None:
    settings.PHOTO_URL = str(tmp_path)
    hers, others = (Order.objects.get(number=number) for number in (ORDER, OTHERS))
    for sold in (hers, others):
        photo = photos.begin(Subject(sold.shop_id, f"{sold.number}-P", "", (sold.pk,)), jpeg(8, 8), actor_id=None)
        photos.add_piece(photo, 0, jpeg(8, 8))
        photos.finish(photo)
    settings.PHOTO_URL = ""
    away = erase(phone=WRITTEN)
    assert (away.state, away.problem) == ("failed", "photos_away")
    assert person.hits() != {}, "what names her is there as long as a file is: the next request finds it"

    settings.PHOTO_URL = str(tmp_path)
    done = erase(phone=WRITTEN)

    assert (done.state, done.counts["orders_parcelphoto"], done.kept["orders_parcelphoto"]) == ("done", 1, 1)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert [row.dropped_at is None for row in ParcelPhoto.objects.order_by("pk")] == [False, True]
