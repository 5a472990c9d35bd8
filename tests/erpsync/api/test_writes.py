"""Writes: through the services of the admin, each row with its outcome, repeated without being done twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpsync.api.kit import writes
from erpsync.api.resources import stock_writes
from erpsync.models import KeptAnswer
from integrations.models import BackfillRun, Command, InboxEvent
from inventory.models import Listing, Product, StockDrift, StockLevel, StockMovement, Warehouse
from inventory.services.corrections import correct_stock
from tests.erpsync.admin.worlds import World, order, world
from tests.erpsync.api.conftest import Api, MakeKey
from tests.traces import recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(own: World) -> StockLevel:
    """A level of a warehouse that is managed here."""
    here = Warehouse.objects.create(name="OWNSHOP here")
    own.shop.sells_from.add(here)
    return StockLevel.objects.create(product=own.product, warehouse=here)


def on_hand(level: StockLevel) -> Decimal:
    return StockLevel.objects.values_list("on_hand", flat=True).get(pk=level.pk)


# --- listings ---


def test_a_listing_is_mapped_and_unmapped(own: World, api: Api) -> None:
    spare = Listing.objects.get(item_id="OWNSHOP-spare")
    answer = api.put(f"/listings/{spare.pk}/mapping", {"product": own.product.pk, "units": 6})
    assert (answer.status_code, answer.json()) == (200, {"listing": spare.pk, "product": own.product.pk, "units": 6})
    assert Listing.objects.values_list("product", "units").get(pk=spare.pk) == (own.product.pk, 6)
    assert api.put(f"/listings/{spare.pk}/mapping", {"product": None}).status_code == 200
    assert Listing.objects.get(pk=spare.pk).product is None


def test_rows_of_a_bulk_mapping_have_their_own_outcomes(own: World, other: World, api: Api) -> None:
    spare = Listing.objects.get(item_id="OWNSHOP-spare")
    rows = [
        {"listing": spare.pk, "product": own.product.pk}, {"listing": other.listing.pk, "product": None}, {"listing": "x"},
        {"listing": own.listing.pk, "product": other.product.pk}, {"listing": spare.pk, "product": None},
    ]  # fmt: skip
    answer = api.post("/listings/mappings", {"rows": rows}).json()
    assert (answer["done"], answer["refused"]) == (1, 4)
    assert [row["status"] for row in answer["rows"]] == [200, 404, 400, 404, 400]
    assert [row["problem"]["code"] for row in answer["rows"][1:]] == [
        "not_found",
        "invalid",
        "unknown_product",
        "twice",
    ]
    assert Listing.objects.get(pk=spare.pk).product_id == own.product.pk
    assert Listing.objects.get(pk=other.listing.pk).product_id == other.product.pk
    assert Listing.objects.get(pk=own.listing.pk).product_id == own.product.pk


def test_a_bulk_write_of_fifty_costs_what_one_costs(own: World, api: Api) -> None:
    made = [Listing.objects.create(shop=own.shop, item_id=f"bulk-{n}", title="bulk", price=100_000) for n in range(50)]

    def queries(path: str, rows: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as seen:
            answer = api.post(path, {"rows": rows})
        assert answer.json()["done"] == len(rows), answer.content
        return len(seen)

    api.get("/key")  # notes its use
    mappings = [{"listing": each.pk, "product": own.product.pk} for each in made]
    prices = [{"listing": each.pk, "price": "110000"} for each in made]
    assert queries("/listings/mappings", mappings[:49]) == queries("/listings/mappings", mappings[49:])
    assert queries("/listings/prices", prices[:49]) == queries("/listings/prices", prices[49:])


@pytest.mark.parametrize("rows", [[], "x", None, [{}] * 501])
def test_a_bulk_write_has_1_to_500_rows(api: Api, rows: Any) -> None:
    answer = api.post("/listings/mappings", {"rows": rows})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/rows")


def test_a_price_far_from_the_one_of_now_is_asked_about(own: World, api: Api) -> None:
    Listing.objects.filter(pk=own.listing.pk).update(price=100_000)
    path = f"/listings/{own.listing.pk}/price"
    answer = api.put(path, {"price": "1000"})
    assert (answer.status_code, answer.json()["code"]) == (409, "confirm")
    assert answer.json()["doubts"] == [{"code": "moves", "reference": "100000"}]
    assert Listing.objects.get(pk=own.listing.pk).wanted_price is None
    assert api.put(path, {"price": "1000", "confirmed": True}).json() == {
        "listing": own.listing.pk,
        "wanted_price": "1000",
    }
    assert api.put(path, {"price": "1000.5"}).json()["code"] == "no_amount"
    assert api.put(path, {"price": "NaN"}).status_code == 400
    assert api.put(path, {"price": None}).json() == {"listing": own.listing.pk, "wanted_price": None}


@pytest.mark.parametrize(("role", "shown"), [("operator", None), ("manager", "90000")])
def test_a_doubt_tells_the_cost_to_managers_only(own: World, key_of: MakeKey, role: str, shown: str | None) -> None:
    Listing.objects.filter(pk=own.listing.pk).update(price=100_000)
    Product.objects.filter(pk=own.product.pk).update(cost=90_000)
    said = key_of(own, "prices:write", role=role).put(f"/listings/{own.listing.pk}/price", {"price": "80000"}).json()
    assert said["doubts"] == [{"code": "below_cost", "reference": shown}]


def test_a_price_and_a_backfill_keep_the_trace_of_their_request(own: World, key_of: MakeKey) -> None:
    BackfillRun.objects.all().delete()
    with recorded() as spans:
        # made anew, with the middleware
        api = key_of(own)
        assert api.put(f"/listings/{own.listing.pk}/price", {"price": "1000", "confirmed": True}).status_code == 200
        assert api.post("/backfills", {"connection": own.connection.pk, "kind": "order"}).status_code == 202
    rows = [Listing.objects.get(pk=own.listing.pk), BackfillRun.objects.latest("id")]
    assert [row.traceparent[3:35] for row in rows] == [span.trace for span in spans.seen() if span.name == "request"]


# --- stock ---


def test_a_level_is_corrected_to_what_was_counted(counted: StockLevel, own: World, api: Api) -> None:
    answer = api.post(f"/stock-levels/{counted.pk}/correct", {"on_hand": "12.5", "note": "counted"})
    assert answer.json() == {"level": counted.pk, "moved": "12.5"}
    assert api.post(f"/stock-levels/{counted.pk}/correct", {"change": "-2"}).json()["moved"] == "-2"
    assert on_hand(counted) == Decimal("10.5")
    assert list(counted.movements.order_by("id").values_list("kind", "quantity", "note")) == [
        ("correction", Decimal("12.5"), "counted"), ("correction", Decimal(-2), ""),
    ]  # fmt: skip
    assert own.listing.stocks.get().wanted == 17


def test_corrections_in_bulk_leave_the_pos_its_own(counted: StockLevel, own: World, api: Api) -> None:
    rows = [
        {"level": counted.pk, "on_hand": "3"},
        {"level": own.level.pk, "on_hand": "3"},
        {"level": counted.pk + 99, "change": "1"},
    ]
    answer = api.post("/stock-levels/corrections", {"rows": rows}).json()
    assert [row["status"] for row in answer["rows"]] == [200, 409, 404]
    assert answer["rows"][1]["problem"]["code"] == "not_the_master"
    assert (on_hand(counted), on_hand(own.level)) == (3, 8)
    assert api.post(f"/stock-levels/{counted.pk}/correct", {"on_hand": "1", "change": "1"}).status_code == 400
    assert api.post(f"/stock-levels/{counted.pk}/correct", {"on_hand": "1e400"}).status_code == 400


def test_a_count_may_be_repeated_and_leaves_no_movement(counted: StockLevel, api: Api) -> None:
    for _ in range(2):
        assert api.post(f"/stock-levels/{counted.pk}/correct", {"on_hand": "5"}).status_code == 200
    assert counted.movements.count() == 1


# --- commands ---


@pytest.fixture
def market(own: World) -> World:
    """A shop at a channel that takes commands, whose own order was just placed."""
    made = world("MARKET", channel="shopee")
    Command.objects.filter(order=made.order).delete()
    return made


def test_a_command_is_accepted_with_its_address(
    market: World, key_of: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = key_of(market)
    answer = api.post("/commands", {"kind": "ship", "order": market.order.pk})
    assert answer.status_code == 202, answer.content
    command = Command.objects.get(order=market.order)
    assert (command.kind, command.state, command.target) == ("ship", "wanted", market.connection)
    assert answer["Location"] == answer.json()["status_url"] == f"/api/v1/commands/{command.pk}"
    assert api.get(f"/commands/{command.pk}").json()["state"] == "wanted"
    assert api.post("/commands", {"kind": "ship", "order": market.order.pk}).json()["id"] == command.pk


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "deliver"}, 400, "invalid"), ({"kind": "explode", "order": 1}, 400, "invalid"),
        ({"kind": "accept_return", "order": 1}, 400, "invalid"), ({"kind": "ship", "order": 999_999}, 404, "not_found"),
        ({"kind": "accept_cancellation", "order": 0}, 400, "invalid"),
    ],
)  # fmt: skip
def test_a_command_that_makes_no_sense(market: World, key_of: MakeKey, body: Any, status: int, code: str) -> None:
    answer = key_of(market).post("/commands", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_command_that_is_not_possible_now_says_why(market: World, key_of: MakeKey) -> None:
    answer = key_of(market).post("/commands", {"kind": "accept_cancellation", "order": market.order.pk})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    assert "To ship" in answer.json()["detail"]


def test_commands_in_bulk(market: World, other: World, key_of: MakeKey) -> None:
    second, shipped = order(market), order(market, status="completed")
    Command.objects.filter(order__shop=market.shop).delete()
    rows = [{"kind": "ship", "order": each.pk} for each in (second, market.order, shipped, other.order)]
    answer = key_of(market).post("/commands/bulk", {"rows": rows}).json()
    assert [row["status"] for row in answer["rows"]] == [202, 202, 409, 404]
    assert set(Command.objects.filter(target=market.connection).values_list("order", flat=True)) == {
        market.order.pk,
        second.pk,
    }


def test_options_are_those_that_the_channel_offers(market: World, key_of: MakeKey) -> None:
    api, about = key_of(market), {"kind": "cancel", "order": market.order.pk}
    [reason] = api.get("/commands/options", about).json()
    assert (reason["name"], reason["choices"][0]) == ("reason", "CUSTOMER_REQUEST")
    for options in ({"reason": "BOREDOM"}, {"excuse": "x"}):
        answer = api.post("/commands", about | {"options": options})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/options/{next(iter(options))}")
    assert not Command.objects.filter(order=market.order).exists()
    assert api.post("/commands", about | {"options": {"reason": "OUT_OF_STOCK"}}).status_code == 202
    assert Command.objects.get(order=market.order).options == {"reason": "OUT_OF_STOCK"}


def test_a_refused_command_is_wanted_again(own: World, api: Api) -> None:
    [refused] = Command.objects.filter(order=own.order)
    Command.objects.filter(pk=refused.pk).update(kind="pos_order")
    answer = api.post(f"/commands/{refused.pk}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "wanted")
    again = api.post(f"/commands/{refused.pk}/retry")
    assert (again.status_code, again.json()["detail"]) == (409, "was not refused")


# --- dead letters, backfills, drift ---


def test_dead_letters_are_tried_again(own: World, other: World, api: Api) -> None:
    [dead] = InboxEvent.objects.filter(connection=own.connection)
    [foreign] = InboxEvent.objects.filter(connection=other.connection)
    answer = api.post("/inbox-events/retries", {"rows": [{"event": dead.pk}, {"event": foreign.pk}]}).json()
    assert [row["status"] for row in answer["rows"]] == [200, 404]
    assert InboxEvent.objects.filter(connection=own.connection, state="pending", source="person").count() == 1
    assert InboxEvent.objects.get(pk=foreign.pk).state == "dead"
    assert api.post(f"/inbox-events/{dead.pk}/retry").json()["code"] == "not_dead"


def test_a_dry_run_stores_nothing_and_says_how_it_would_end(own: World, api: Api) -> None:
    [dead] = InboxEvent.objects.filter(connection=own.connection)
    answer = api.post(f"/inbox-events/{dead.pk}/dry-run")
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "pending"
    assert InboxEvent.objects.get(pk=dead.pk).state == "dead"
    case = api.post(f"/inbox-events/{dead.pk}/case")
    assert (case.status_code, case.json()["code"]) == (503, "channel_busy")
    InboxEvent.objects.filter(pk=dead.pk).update(kind="unreadable")
    case = api.post(f"/inbox-events/{dead.pk}/case")
    assert (case.status_code, case.json()["code"]) == (409, "nothing_to_save")


def test_a_backfill_is_started_paused_and_ended(own: World, api: Api) -> None:
    BackfillRun.objects.all().delete()
    wanted = {"connection": own.connection.pk, "kind": "order", "since": "2026-10-01T00:00:00+07:00"}
    answer = api.post("/backfills", wanted)
    assert answer.status_code == 202, answer.content
    place = answer["Location"].removeprefix("/api/v1")
    assert api.get(place).json()["state"] == "running"
    assert api.post("/backfills", wanted).json()["code"] == "not_possible"
    assert [api.post(f"{place}/{what}").json().get("state") for what in ("pause", "resume", "cancel")] == [
        "paused",
        "running",
        "cancelled",
    ]
    assert api.post(f"{place}/cancel").status_code == 409
    assert api.post("/backfills", wanted | {"kind": "x"}).json()["code"] == "unknown_kind"


def test_a_wrong_number_is_put_right_or_left(own: World, api: Api) -> None:
    drift = StockDrift.objects.get(shop=own.shop)
    assert api.post(f"/drifts/{drift.pk}/leave").json()["decision"] == "left"
    assert api.post(f"/drifts/{drift.pk}/put-right").status_code == 200
    assert StockDrift.objects.get(pk=drift.pk).decision == "put_right"


# --- who may write ---


def test_a_viewers_key_writes_nothing(own: World, key_of: MakeKey) -> None:
    viewer = key_of(own, role="viewer")
    answer = viewer.put(f"/listings/{own.listing.pk}/mapping", {"product": None})
    assert (answer.status_code, answer.json()["code"]) == (403, "role")
    assert Listing.objects.get(pk=own.listing.pk).product == own.product


# --- repetition ---


def test_a_repeated_write_is_done_once(counted: StockLevel, api: Api) -> None:
    def add(change: str = "3", key: str = "k1") -> Any:
        return api.post(f"/stock-levels/{counted.pk}/correct", {"change": change}, Idempotency_Key=key)

    first, second = add(), add()
    assert second.json() == first.json() == {"level": counted.pk, "moved": "3"}
    assert (second["Idempotent-Replayed"], "Idempotent-Replayed" in first) == ("true", False)
    assert on_hand(counted) == 3
    other_body = add("4")
    assert (other_body.status_code, other_body.json()["code"]) == (422, "other_request")
    assert add("4", "k2").status_code == 200
    assert on_hand(counted) == 7
    assert (
        api.post(f"/stock-levels/{counted.pk}/correct", {"change": "1"}, Idempotency_Key="x" * 256).status_code == 400
    )


def test_an_idempotency_key_is_of_its_caller(counted: StockLevel, own: World, api: Api, key_of: MakeKey) -> None:
    for caller in (api, key_of(own)):
        caller.post(f"/stock-levels/{counted.pk}/correct", {"change": "3"}, Idempotency_Key="same")
    assert on_hand(counted) == 6


def test_what_was_refused_may_be_tried_again_under_its_key(counted: StockLevel, own: World, api: Api) -> None:
    Listing.objects.filter(pk=own.listing.pk).update(price=100_000)
    path, body = f"/listings/{own.listing.pk}/price", {"price": "1000"}
    assert api.put(path, body, Idempotency_Key="p").status_code == 409
    assert not KeptAnswer.objects.exists()
    Listing.objects.filter(pk=own.listing.pk).update(price=1_000)
    assert api.put(path, body, Idempotency_Key="p").status_code == 200


def test_the_answer_is_kept_with_its_address_for_seven_days(market: World, key_of: MakeKey) -> None:
    api, body = key_of(market), {"kind": "ship", "order": market.order.pk}
    first = api.post("/commands", body, Idempotency_Key="ship")
    Command.objects.filter(order=market.order).update(state="refused")
    again = api.post("/commands", body, Idempotency_Key="ship")
    assert (again.status_code, again["Location"], again.json()) == (202, first["Location"], first.json())
    KeptAnswer.objects.update(created_at=KeptAnswer.objects.get().created_at - writes.KEPT)
    writes.forget_old()
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_repetition_while_the_first_is_under_way_waits(
    counted: StockLevel, api: Api, threads: Callable[..., Future[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()

    def slowly(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return correct_stock(*args, **kwargs)

    monkeypatch.setattr(stock_writes, "correct_stock", slowly)

    def add() -> Any:
        return api.post(f"/stock-levels/{counted.pk}/correct", {"change": "3"}, Idempotency_Key="slow")

    first = threads(add)
    assert begun.wait(10)
    second = add()
    assert (second.status_code, second.json()["code"], second["Retry-After"]) == (409, "under_way", "1")
    go_on.set()
    assert first.result(10).status_code == 200
    assert add()["Idempotent-Replayed"] == "true"
    assert StockMovement.objects.filter(level=counted).count() == 1
