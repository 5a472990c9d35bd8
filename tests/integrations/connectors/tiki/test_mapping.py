"""Samples map as written down by hand; every status, every error; money, times and masks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.tiki import queue, signing, webhooks
from integrations.connectors.tiki.mapping import errors, fields, orders, products, shipping, statements
from integrations.contract.access import AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.webhooks import Delivery, Refused, Unreadable
from integrations.wire.answers import Row

from .samples import expected, raw, raw_text, short

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VECTORS = json.loads((Path(__file__).parents[3] / "vectors/tiki.json").read_text())
# the documented list
STATUSES = (
    "queueing canceled complete successful_delivery processing waiting_payment handover_to_partner closed packaging picking"
    " shipping paid delivered holded ready_to_ship payment_review returned finished_packing"
).split()  # fmt: skip


@pytest.mark.parametrize("name", ["order__waiting_dropship", "order__canceled", "order__delivered_with_fees"])
def test_an_order_and_its_money(name: str) -> None:
    row = raw(name)
    found = {"order": short(orders.order(row, NOW)), "money": short(statements.lines(row, NOW))}
    assert found == expected(name)


def test_what_an_order_brings_is_what_tiki_says_it_brings() -> None:
    row = raw("order__delivered_with_fees")
    amounts = [line.amount for line in statements.lines(row, NOW)]
    assert sum(amounts) == row["items"][0]["invoice"]["seller_income"] == 166_672


def test_a_recorded_order_of_seven_items() -> None:
    [row] = raw("orders__recorded_seven_items")["data"]
    found = orders.order(row, NOW)
    assert [line.price for line in found.lines] == [92800, 20000, 32000, 44000, 35000, 20000, 25000]
    assert (found.total, found.status, found.problems) == (Decimal(282_800), "to_ship", ())
    assert found.raw["customer"]["full_name"] == "B*** T*** N*****"


def test_a_return() -> None:
    row = raw("order__is_rma")
    assert orders.is_rma(row)
    assert not orders.is_rma(raw("order__canceled"))
    assert short(orders.returned(row, NOW, comes_back=True)) == expected("order__is_rma")
    unclear = orders.returned({**row, "rma_info": None}, NOW, comes_back=False)
    assert (unclear.order_number, unclear.goods_come_back, unclear.problems) == ("", False, ("unclear_rma",))


def test_every_status_has_a_word_and_an_unknown_one_has_none() -> None:
    assert set(STATUSES) == set(orders.STATUS) == set(orders.RETURN_STATUS)
    row = raw("order__canceled")
    statuses = {status: orders.order({**row, "status": status}, NOW).status for status in (*STATUSES, "teleported")}
    assert statuses == {**orders.STATUS, "teleported": ""}


def test_a_refused_item_is_cancelled_alone() -> None:
    row = raw("orders__recorded_seven_items")["data"][0]
    row["items"][2]["confirmation"]["status"] = "seller_canceled"
    assert [line.status for line in orders.order(row, NOW).lines] == ["", "", "cancelled", "", "", "", ""]


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"items": []}, "no_lines"), ({"invoice": {"grand_total": Decimal("1.5")}}, "fractional_money")],
)
def test_oddities_are_reported(change: Row, problem: str) -> None:
    assert problem in orders.order({**raw("order__canceled"), **change}, NOW).problems


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"created_at": None}, "odd_field:created_at"),
        ({"created_at": "soon"}, "odd_field:created_at"),
        ({"items": [{"id": 5, "qty": 1}]}, "line_without_product"),
    ],
)
def test_what_makes_no_sense_is_named(change: Row, problem: str) -> None:
    assert orders.order({**raw("order__canceled"), **change}, NOW).problems == (problem,)


def test_without_a_code_it_is_no_order() -> None:
    with pytest.raises(ValueError, match="no code"):
        orders.order({**raw("order__canceled"), "code": ""}, NOW)


@pytest.mark.parametrize(
    ("fulfilment", "inventory", "who"),
    [
        ("tiki_delivery", "instock", "platform"),
        ("tiki_delivery", "backorder", "seller"),
        ("dropship", "instock", "seller"),
        ("seller_delivery", "backorder", "seller"),
    ],
)
def test_who_fulfils_a_line(fulfilment: str, inventory: str, who: str) -> None:
    row = raw("order__canceled")
    # as recorded, and as Tiki's pages name it
    in_product = [item | {"product": item["product"] | {"inventory_type": inventory}} for item in row["items"]]
    of_item = [
        item | {"inventory_type": inventory, "product": {**item["product"], "inventory_type": None}}
        for item in row["items"]
    ]
    for items in (in_product, of_item):
        found = orders.order({**row, "fulfillment_type": fulfilment, "items": items}, NOW)
        assert {line.fulfilled_by for line in found.lines} == {who}


def test_products() -> None:
    [row] = raw("products__list")["data"]
    assert short([products.listing(row, NOW)]) == expected("products__list")
    assert short(products.listing(raw("product__documented"), NOW)) == expected("product__documented")
    assert (products.reserved(row, "387453"), products.reserved(row, "1"), products.home(row)) == (2, 0, "387453")
    assert products.listing(row, NOW, warehouse="5").stock[0].sellable == 0
    assert not products.is_sold({**row, "entity_type": "master_configurable"})
    for off in (0, "0", None, False):
        assert products.listing({**row, "active": off}, NOW).status == "inactive"


@pytest.mark.parametrize(
    ("categories", "category"),
    [
        ([{"id": 8, "name": "Nhà sách"}, {"id": 316, "name": "Sách tiếng Việt"}], ("316", "Sách tiếng Việt")),
        (
            [{"id": 316, "name": "Sách tiếng Việt", "is_primary": True}, {"id": 8, "name": "Nhà sách"}],
            ("316", "Sách tiếng Việt"),
        ),
        ({"id": 316, "name": "Sách tiếng Việt"}, ("316", "Sách tiếng Việt")),
        ([], ("", "")),
        ("Sách", ("", "")),
    ],
)
def test_the_category_of_a_product_in_any_shape(categories: Any, category: tuple[str, str]) -> None:
    found = products.listing({**raw("product__documented"), "categories": categories}, NOW)
    assert (found.category_id, found.category_name) == category


@pytest.mark.parametrize("name", ["queue__order_created", "queue__order_status", "queue__inventory"])
def test_events(name: str) -> None:
    assert short([n for event in raw(name)["events"] for n in queue._notices(event)]) == expected(name)


def test_an_inventory_event_that_a_person_caused_asks_for_the_product() -> None:
    [event] = raw("queue__inventory")["events"]
    event["payload"] |= {"quantity_available_to": 60, "quantity_sellable_to": 58}
    [notice] = queue._notices(event)
    assert (notice.kind, notice.external_id) == ("listing", "71925545")
    # a courier took two: the total falls, what is sellable stays
    event["payload"] |= {"quantity_available_to": 165, "quantity_sellable_from": 165, "quantity_sellable_to": 165}
    assert queue._notices(event) == []


def test_an_event_that_makes_no_sense_is_kept_and_one_that_is_new_is_a_message() -> None:
    [odd] = queue._notices({"type": "ORDER_STATUS_UPDATED", "payload": [], "id": "e1", "sid": "S"})
    assert (odd.kind, odd.shop_id, odd.delivery_id) == ("unreadable", "S", "e1")
    [new] = queue._notices({"type": "MOON_LANDED", "payload": {"x": 1}, "id": "e2", "sid": "S"})
    assert (new.kind, new.external_id, new.body["payload"]) == ("message", "MOON_LANDED:e2", {"x": 1})


@pytest.mark.parametrize("name", ["parcel__canceled", "parcel__aftersale"])
def test_parcels(name: str) -> None:
    app, body = AppAccess("k", {"webhook_secret": "s" * 32}), raw_text(name).encode()
    headers = {"x-signature": signing.webhook_signature("s" * 32, body)}
    assert short(webhooks.WEBHOOKS.open(app, Delivery(body, headers))) == expected(name)
    with pytest.raises(Refused, match="bad_signature"):
        webhooks.WEBHOOKS.open(AppAccess("k", {}), Delivery(body, headers))


def test_a_signed_parcel_without_an_order_is_unreadable() -> None:
    app, body = AppAccess("k", {"webhook_secret": "s"}), b'{"data":{}}'
    with pytest.raises(Unreadable):
        webhooks.WEBHOOKS.open(app, Delivery(body, {"x-signature": signing.webhook_signature("s", body)}))


@pytest.mark.parametrize("entry", VECTORS)
def test_vectors(entry: dict[str, Any]) -> None:
    assert signing.of_entry(entry) == entry["expected_sign"]


# --- errors ---


@pytest.mark.parametrize(
    ("status", "name", "kind", "words"),
    [
        (400, "error_400__parameter", Rejected, "limit must not be greater than 100"),
        (400, "error_400__warehouse", Rejected, "Check the shop's warehouse ID"),
        (400, "error_400__deal", Rejected, "Thời gian"),
        (401, "error_401__token", NotAuthorised, "missing or expired"),
        (403, "error_403__scope", TryLater, "NOT granted enough"),
        (403, "error_403__legacy", TryLater, "Permission denied"),
        (429, "error_429__too_many", TryLater, "Slow down"),
    ],
)
def test_every_recorded_error(status: int, name: str, kind: type[Exception], words: str) -> None:
    found = errors.failure(status, raw(name))
    assert type(found) is kind
    assert words in str(found)


def test_every_documented_status_and_oauths_words() -> None:
    assert set(errors.STATUS) == {400, 401, 403, 404, 405, 406, 422, 429, 500, 503}
    for status in errors.STATUS:
        assert type(errors.failure(status, {"errors": ["x"]})) is errors.STATUS[status].kind
    for code, meaning in errors.OAUTH.items():
        found = errors.failure(400, {"error": code, "error_description": "why"})
        assert found is not None
        assert (type(found), found.code, "why" in str(found.reason)) == (meaning.kind, code, True)


def test_a_paused_link_answers_200_and_parcels_refuse_in_their_own_way() -> None:
    paused = errors.failure(200, {"msg": "The seller has paused the integration"})
    assert isinstance(paused, NotAuthorised)
    assert errors.failure(200, {"data": [], "msg": "x"}) is None
    body = {"success": False, "error": {"status_code": 401, "message": "m", "message_code": "INVALID_TOKEN"}}
    assert isinstance(errors.failure(400, body), NotAuthorised)


# --- words and numbers ---


@given(st.datetimes(min_value=datetime(2010, 1, 1), max_value=datetime(2040, 1, 1)))  # noqa: DTZ001 - made aware below
def test_a_time_goes_out_and_comes_back_to_the_second(at: datetime) -> None:
    aware = at.replace(tzinfo=UTC)
    down = fields.moment({"at": fields.local(aware)}, "at")
    up = fields.moment({"at": fields.local(aware, up=True)}, "at")
    assert down is not None
    assert up is not None
    assert down <= aware <= up
    assert (up - down).total_seconds() <= 1


@pytest.mark.parametrize(
    "answer",
    [
        ["2026-11-21 17:00:00"],
        {"data": ["2026-11-21 17:00:00"]},
        {"data": [{"expected_pickup_time": "2026-11-21 17:00:00"}]},
        [{"time": "2026-11-21 17:00:00"}],
    ],
)
def test_pickup_slots_in_any_shape(answer: Any) -> None:
    assert shipping.slots(answer) == ["2026-11-21 17:00:00"]


def test_the_warehouse_of_an_order() -> None:
    answer = raw("seller__inventories")
    assert shipping.inventory(answer, "sgn") == shipping.inventory(answer, "hn4") == "159368"
    assert shipping.inventory({}, "sgn") == ""
