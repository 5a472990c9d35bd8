"""Our connector and the simulated Sendo, each written from the facts alone, meet over real HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.connectors.sendo.consent import renew
from integrations.connectors.sendo.simulator import facts
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.writes import WriteRequest
from inventory.snapshots import ListingSnapshot
from orders.snapshots import OrderSnapshot

from .simulated import Place, changed, read
from .simulated import all_checked as all_checked  # noqa: PLC0414
from .simulated import hooked as hooked  # noqa: PLC0414
from .simulated import place as place  # noqa: PLC0414


def test_the_newest_login_is_the_only_one_that_counts(place: Place) -> None:
    first, second = place.tokens(), place.tokens()
    assert place.account(first).check().name == place.shop["shop_id"]
    second.renewed("")
    assert place.account(second).check().name == place.shop["shop_id"]
    assert (first.logins, second.logins) == (0, 1)
    place.account(first).check()
    assert first.logins == 1
    place.account(second).check()
    assert second.logins == 2


def test_a_login_lives_eight_hours_and_names_its_shop(place: Place) -> None:
    grant = renew(place.app, refresh_token="", shop_id=place.shop["shop_id"])
    assert (grant.shop_ids, grant.refresh_token) == ((place.shop["shop_id"],), "")
    assert grant.expires_in is not None
    assert 8 * 3600 - 10 < grant.expires_in <= 8 * 3600


def test_wrong_keys_and_keys_of_another_shop_say_so(place: Place) -> None:
    wrong = replace(place.app, credentials={**place.app.credentials, "secret_key": "wrong"})
    with pytest.raises(NotAuthorised, match="Copy both from Seller Centre"):
        renew(wrong, refresh_token="", shop_id=place.shop["shop_id"])
    with pytest.raises(Rejected, match=f"belong to Sendo shop {place.shop['shop_id']}, not to 77"):
        renew(place.app, refresh_token="", shop_id="77")


def test_too_many_logins_are_tried_later(place: Place) -> None:
    for _ in range(facts.LOGINS_PER_SECOND):
        place.tokens().renewed("")
    with pytest.raises(TryLater):
        place.tokens().renewed("")


def test_all_orders_are_listed_once_whatever_the_pages(place: Place) -> None:
    place.ask("POST", "/start", {"orders": 130, "interval_ms": 0, "pos_share": 0})
    place.until(lambda: len(place.truth("orders")) == 130)
    place.ask("POST", "/settle")
    account, numbers = place.account(), {row["id"] for row in place.truth("orders")}
    since = datetime.now(UTC) - timedelta(hours=1)
    pages = list(account.changed("order", since=since, until=datetime.now(UTC)))
    assert {change.external_id for page in pages for change in page.changes} == numbers
    orders = {order.number: order for page in pages if page.answer for order in page.answer.of(OrderSnapshot)}
    assert {number: order.status for number, order in orders.items()} == {
        row["id"]: row["status"] for row in place.truth("orders")
    }
    assert changed(account, "order", datetime.now(UTC) + timedelta(minutes=3)) == []


def test_a_list_and_a_read_tell_the_same(place: Place) -> None:
    number = place.order(2)
    account = place.account()
    pages = account.changed("order", since=datetime.now(UTC) - timedelta(hours=1), until=datetime.now(UTC))
    listed = next(page.answer.of(OrderSnapshot)[0] for page in pages if page.answer and page.answer.of(OrderSnapshot))
    [single] = read(account, "order", number).of(OrderSnapshot)
    assert replace(listed, asked_at=single.asked_at) == single
    [line] = single.lines
    assert (line.quantity, single.total) == (2, line.price * 2)
    assert single.recipient["phone"]


def test_many_orders_are_read_with_few_calls(place: Place) -> None:
    place.ask("POST", "/start", {"orders": 40, "interval_ms": 0, "pos_share": 0})
    place.until(lambda: len(place.truth("orders")) == 40)
    numbers = [row["id"] for row in place.truth("orders")]
    before = place.ask("GET", "/calls")["made"]
    answer = read(place.account(), "order", *numbers, "999")
    assert {order.number for order in answer.of(OrderSnapshot)} == set(numbers)
    assert answer.gone == ("999",)
    assert place.ask("GET", "/calls")["made"] - before == 2


def test_listings_are_read_with_their_variants(place: Place) -> None:
    account = place.account()
    ids = list(dict.fromkeys(change.external_id for change in changed(account, "listing", None)))
    rows = {(row["item"], row["variation"]): row for row in place.truth("listings")}
    assert set(ids) == {item for item, _ in rows}
    found: dict[tuple[str, str], Any] = {}
    for start in range(0, len(ids), 20):
        answer = read(account, "listing", *ids[start : start + 20])
        found |= {(one.item_id, one.variation_id): one for one in answer.of(ListingSnapshot)}
    assert set(found) == set(rows)
    for key, listing in found.items():
        row = rows[key]
        assert (listing.sku, listing.stock[0].sellable, listing.status) == (row["seller_sku"], row["stock"], "active")
        assert bool(listing.variation_name) == bool(listing.variation_id)
    assert read(account, "listing", "12345").gone == ("12345",)


def test_an_order_that_is_checked_waits_and_the_end_of_the_check_is_seen_by_its_word(
    place: Place, all_checked: None
) -> None:
    number = place.order()
    account = place.account()
    [order] = read(account, "order", number).of(OrderSnapshot)
    assert (order.status, order.channel_status) == ("on_hold", "2 locked")
    with pytest.raises(TryLater, match="checking"):
        account.perform(WriteRequest("ship", number, "r1"))
    place.until(lambda: not place.is_checked(number) and place.order_row(number)["status"] == "to_ship")
    since = datetime.now(UTC) - timedelta(minutes=1)
    change = {change.external_id: change for change in changed(account, "order", since)}[number]
    assert (change.state, change.version) == ("2", None)
    assert [one.status for one in read(account, "order", number).of(OrderSnapshot)] == ["to_ship"]


def test_new_orders_ends_of_checks_and_cancellations_are_notified(hooked: Place, all_checked: None) -> None:
    number = hooked.order()
    hooked.until(lambda: not hooked.is_checked(number) and hooked.order_row(number)["status"] == "to_ship")
    hooked.account().perform(WriteRequest("cancel", number, "r1"))
    hooked.until(lambda: len(hooked.got) >= 3)
    assert [(notice.kind, notice.external_id, notice.shop_id) for notice in hooked.got] == [("order", number, None)] * 3
    assert [(n.body["type"], n.body.get("order_action")) for n in hooked.got] == [
        ("SALESORDER.CREATE", None), ("SALESORDER.UPDATE", "UNLOCK"), ("SALESORDER.UPDATE", "CANCEL"),
    ]  # fmt: skip
    assert hooked.app.credentials["shop_key"] not in json.dumps([dict(notice.body) for notice in hooked.got])


def test_a_dead_page_token_starts_the_list_anew(place: Place) -> None:
    place.ask("POST", "/start", {"orders": 120, "interval_ms": 0, "pos_share": 0})
    place.until(lambda: len(place.truth("orders")) == 120)
    found, killed = set(), 0
    for page in place.account().changed("order", since=datetime.now(UTC) - timedelta(hours=1), until=datetime.now(UTC)):
        found |= {change.external_id for change in page.changes}
        if killed < 2:
            with place.simulation.world.lock:
                place.platform.backend.book.pages.clear()
            killed += 1
    assert found == {row["id"] for row in place.truth("orders")}


@pytest.mark.parametrize("fault", ["server_error", "rate_limited", "answer_lost"])
def test_trouble_is_tried_later(fault: str, place: Place) -> None:
    place.ask("POST", "/faults", {fault: 1.0, "rate_limit_seconds": 0.05})
    with pytest.raises(TryLater):
        place.account().check()


def test_a_past_is_read_day_by_day_without_a_gap(place: Place) -> None:
    past = place.ask(
        "POST", "/history", {"channel": "sendo", "shop": place.shop["shop_id"], "orders": 300, "days": 20}
    )["ids"]
    account, now = place.account(), datetime.now(UTC)
    found: dict[str, int] = {}
    before = place.ask("GET", "/calls")["made"]
    for days in range(30, 0, -1):
        since = now - timedelta(days=days)
        for page in account.changed("order", since=since, until=since + timedelta(days=1)):
            assert page.answer is not None
            assert {order.status for order in page.answer.of(OrderSnapshot)} <= {"completed"}
            for change in page.changes:
                found[change.external_id] = found.get(change.external_id, 0) + 1
    assert set(found) == set(past)
    assert max(found.values()) == 1
    # a day of the past touches two days of Vietnam, each day's orders fit into a page or two
    assert place.ask("GET", "/calls")["made"] - before < 70
