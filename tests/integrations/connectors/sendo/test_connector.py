"""The connector against answers that no simulator gives: silence, contradictions, other shapes. Each costs a retry or a clear word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.sendo.connector import CONNECTOR
from integrations.connectors.sendo.consent import renew
from integrations.connectors.sendo.simulator.wire import jwt
from integrations.contract.access import AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.publisher import PricePush, StockPush
from integrations.contract.reads import Answer
from integrations.contract.writes import WriteRequest
from orders.snapshots import OrderSnapshot
from tests.integrations.connectors.bound import Bound

from .conftest import KEYS, SHOP, Asked, Sendo, Tokens, bad, good, listed, order, product
from .samples import content

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SEARCH, PRODUCTS, UPDATE, MASK = (
    "POST salesorder/search", "POST product/search", "PUT salesorder", "POST product/update-by-field-mask",
)  # fmt: skip


def read(account: Bound, kind: str, *ids: str) -> Answer:
    return account.read(kind, ids, since=NOW, asked_at=NOW)


def listed_ids(account: Bound, kind: str, since: datetime, until: datetime) -> list[str]:
    return [change.external_id for page in account.changed(kind, since=since, until=until) for change in page.changes]


# --- login ---


def login(app: AppAccess, shop_id: str = SHOP) -> Any:
    return renew(app, refresh_token="", shop_id=shop_id)


def test_a_login_sends_the_keys_and_nothing_else(sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", good({"token": "opaque", "expires": "2026-01-10T22:00:00+07:00"}))
    grant = login(app)
    assert (grant.access_token, grant.expires_in, grant.shop_ids) == ("opaque", 28_800.0, ())
    [asked] = sendo.asked
    assert (asked.body, asked.authorization) == (KEYS, "")


@pytest.mark.parametrize(("left", "life"), [(3600, 3600), (99 * 3600, 28_800), (-5, 28_800), (100, 28_800)])
def test_the_token_may_shorten_its_life_and_never_stretch_it(
    left: int, life: int, sendo: Sendo, app: AppAccess
) -> None:
    claims = {"StoreId": SHOP, "exp": int(datetime.now(UTC).timestamp()) + left}
    sendo.on("POST /login", good({"token": jwt(claims, "k")}))
    grant = login(app)
    assert grant.shop_ids == (SHOP,)
    assert grant.expires_in == pytest.approx(life, abs=3)


@pytest.mark.parametrize(
    "answer", [good(None), good({}), good({"token": 5.5}), good([]), (200, "<html>"), (404, "gone")]
)
def test_a_login_without_a_token_is_tried_later(answer: Any, sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", answer)
    with pytest.raises(TryLater):
        login(app)


def test_refused_keys_are_reported_with_sendos_words(sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", bad("shop_key or secret_key is invalid"))
    with pytest.raises(NotAuthorised, match=r"Copy both.*is invalid"):
        login(app)


@pytest.mark.parametrize("answer", [(200, {"exp": "token expired"}), (401, "")])
def test_a_dead_token_is_replaced_once(answer: Any, sendo: Sendo, account: Bound, tokens: Tokens) -> None:
    sendo.on(PRODUCTS, answer, listed())
    assert account.check().name == SHOP
    assert tokens.renewals == ["token-1"]
    assert [asked.authorization for asked in sendo.asked] == ["bearer token-1", "bearer token-2"]


# --- reading ---


def test_silence_about_a_thing_never_makes_it_gone(sendo: Sendo, account: Bound) -> None:
    results: list[Any] = [None, {}, [], True, "x"]
    for result in results:
        sendo.on("GET salesorder/16", good(result))
        sendo.on("GET product", good(result))
        assert read(account, "order", "16") == Answer()
        assert read(account, "listing", "5") == Answer()


def test_an_answer_about_something_else_is_not_taken(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("17")))
    sendo.on("GET product", good(product(6)))
    assert read(account, "order", "16") == Answer()
    assert read(account, "listing", "5") == Answer()


def test_a_clear_no_makes_it_gone_and_any_other_refusal_is_reported(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", bad("no", code=404))
    sendo.on("GET salesorder/17", bad("Không được phép"))
    sendo.on("GET product", bad("Sản phẩm không tồn tại"))
    answer = read(account, "order", "16", "17")
    assert answer.gone == ("16",)
    assert "Không được phép" in str(answer.unreadable["17"])
    assert read(account, "listing", "5").gone == ("5",)


def test_a_platform_that_left_loses_nothing(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", (404, "<html>nothing here</html>"))
    with pytest.raises(TryLater, match="moved or closed") as caught:
        read(account, "order", "16")
    assert caught.value.after == 600.0


def test_an_odd_field_costs_no_order(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("16")))
    sendo.on("GET salesorder/17", good(order("17", total_amount="x")))
    answer = read(account, "order", "16", "17")
    assert [(one.number, one.problems) for one in answer.of(OrderSnapshot)] == [
        ("16", ()),
        ("17", ("odd_field:total_amount",)),
    ]
    assert answer.unreadable == {}


def test_many_orders_are_looked_for_in_a_list_and_the_rest_one_by_one(sendo: Sendo, account: Bound) -> None:
    numbers = [str(number) for number in range(100, 110)]
    sendo.on(SEARCH, listed(*(order(number) for number in numbers[:9]), following=None))
    sendo.on("GET salesorder/109", good(order("109")))
    connector_since = datetime.now(UTC)
    answer = account.read("order", numbers, since=connector_since, asked_at=connector_since)
    assert sorted(one.number for one in answer.of(OrderSnapshot)) == numbers
    assert sendo.calls() == [SEARCH, "GET salesorder/109"]


def test_a_list_is_not_read_longer_than_asking_for_each_would_take(sendo: Sendo, account: Bound) -> None:
    numbers = [str(number) for number in range(100, 110)]
    pages = iter(range(1000))
    sendo.on(SEARCH, lambda asked: listed(order("1"), following=f"t{next(pages)}"))
    for number in numbers:
        sendo.on(f"GET salesorder/{number}", good(order(number)))
    now = datetime.now(UTC)
    assert len(account.read("order", numbers, since=now, asked_at=now).of(OrderSnapshot)) == 10
    assert sendo.calls().count(SEARCH) == 2


# --- lists ---


def windows(sendo: Sendo) -> list[tuple[str, str]]:
    bodies = [asked.body for asked in sendo.asked if "order_status_date_from" in asked.body]
    return [(body["order_status_date_from"], body["order_status_date_to"]) for body in bodies]


def test_lists_are_cut_in_three_days_of_vietnam_and_leave_none_out(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, listed())
    since, until = datetime(2026, 3, 1, 16, 59, tzinfo=UTC), datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
    assert listed_ids(account, "order", since, until) == []
    assert windows(sendo) == [("2026/03/01", "2026/03/03"), ("2026/03/04", "2026/03/06"), ("2026/03/07", "2026/03/07")]
    assert all(asked.body["page_size"] == 50 for asked in sendo.asked)


def test_the_present_is_read_with_all_new_orders_of_seven_days(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, lambda asked: listed(order("9")) if "order_status" in asked.body else listed())
    now = datetime.now(UTC)
    assert listed_ids(account, "order", now, now) == ["9"]
    assert sendo.asked[-1].body == {"page_size": 50, "order_status": 2}


def test_rows_outside_the_span_are_left_to_others(sendo: Sendo, account: Bound) -> None:
    since, until = datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2026, 3, 1, 6, tzinfo=UTC)
    hour = {
        name: int((since + timedelta(hours=number)).timestamp()) for number, name in enumerate(("at0", "at1", "at2"))
    }
    rows = [
        order("1", 6, updated_date_time_stamp=hour["at0"] - 1),
        order("2", 6, updated_date_time_stamp=hour["at0"]),
        order("3", 6, updated_date_time_stamp=hour["at2"] + 9 * 3600, order_status_date_time_stamp=hour["at1"]),
        order("4", 6, updated_date_time_stamp=int(until.timestamp()) + 1, order_status_date_time_stamp=int(until.timestamp()) + 1),
        order("5", 6, updated_date_time_stamp="x"),
        {"sku_details": []},
    ]  # fmt: skip
    sendo.on(SEARCH, listed(*rows))
    assert listed_ids(account, "order", since, until) == ["2", "3", "5"]


def test_a_new_order_is_listed_with_its_word_and_any_other_with_its_time(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, listed(order("1", can_action=False), order("2", 3, updated_date_time_stamp=1607511400)))
    long_ago = datetime(2020, 12, 9, tzinfo=UTC)
    [page] = account.changed("order", since=long_ago, until=long_ago + timedelta(hours=12))
    assert [(one.external_id, one.state, one.version) for one in page.changes] == [
        ("1", "2 locked", None), ("2", "3", datetime.fromtimestamp(1607511400, UTC)),
    ]  # fmt: skip
    assert page.answer is not None
    assert [one.number for one in page.answer.of(OrderSnapshot)] == ["1", "2"]


OLD = (datetime(2020, 12, 9, tzinfo=UTC), datetime(2020, 12, 9, 12, tzinfo=UTC))


def by_token(pages: dict[str, Any]) -> Callable[[Asked], Any]:
    return lambda asked: pages[asked.body.get("token", "")]


def test_a_token_is_followed_to_the_end(sendo: Sendo, account: Bound) -> None:
    pages = {"": listed(order("1"), following="a"), "a": listed(order("2"), following=None)}
    sendo.on(SEARCH, by_token(pages))
    assert listed_ids(account, "order", *OLD) == ["1", "2"]
    assert [asked.body.get("token") for asked in sendo.asked] == [None, "a"]


def test_the_published_pages(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, (200, content("orders__page").decode()), (200, content("orders__last_page").decode()))
    sendo.on(PRODUCTS, (200, content("products__page").decode()))
    long_ago = datetime(2020, 12, 9, tzinfo=UTC)
    assert listed_ids(account, "order", long_ago, long_ago + timedelta(hours=20)) == ["1607511339", "1607511339"]
    assert sendo.asked[1].body["token"] == "FAKE_NEXT_PAGE_TOKEN"
    assert listed_ids(account, "listing", *OLD) == ["35858106"]


def test_the_published_login(sendo: Sendo, app: AppAccess) -> None:
    sendo.on("POST /login", (200, content("login__ok").decode()))
    assert login(app).access_token == "FAKE.jwt.token"


def test_an_empty_page_behind_a_token_is_believed_the_second_time(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, by_token({"": listed(order("1"), following="a"), "a": listed()}))
    assert listed_ids(account, "order", *OLD) == ["1", "1"]
    assert len(sendo.asked) == 4


def test_a_dead_token_that_shows_as_an_empty_page_hides_no_row(sendo: Sendo, account: Bound) -> None:
    first = listed(order("1"), following="a")
    sendo.on(SEARCH, first, listed(), first, listed(order("2"), following=None))
    assert set(listed_ids(account, "order", *OLD)) == {"1", "2"}


def test_tokens_that_always_die_are_no_end_of_the_list(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, by_token({"": listed(order("1"), following="a"), "a": bad("token")}))
    with pytest.raises(TryLater, match="die before the list is read"):
        listed_ids(account, "order", *OLD)


def test_a_token_that_leads_back_ends_nowhere_near_for_ever(sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, by_token({"": listed(order("1"), following="a"), "a": listed(order("2"), following="a")}))
    assert set(listed_ids(account, "order", *OLD)) == {"1", "2"}
    assert len(sendo.asked) < 12


@pytest.mark.parametrize("result", [None, True, [], {"data": None}, {"data": {}}, {}])
def test_a_list_that_is_none_is_tried_later(result: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on(SEARCH, good(result))
    sendo.on(PRODUCTS, good(result))
    for kind in ("order", "listing"):
        with pytest.raises(TryLater, match="makes no sense"):
            listed_ids(account, kind, *OLD)


def test_products_are_asked_for_by_day_or_all(sendo: Sendo, account: Bound) -> None:
    sendo.on(PRODUCTS, listed({"id": 5}, {"id": 0}, {}, {"id": 6, "updated_date_timestamp": 1607511400}))
    since, until = datetime(2020, 12, 9, 18, tzinfo=UTC), datetime(2020, 12, 10, 12, tzinfo=UTC)
    day_began, updated = datetime(2020, 12, 9, 17, tzinfo=UTC), datetime.fromtimestamp(1607511400, UTC)
    for asked_since, version in ((since, day_began), (None, None)):
        [page] = account.changed("listing", since=asked_since, until=until)
        assert [(one.external_id, one.version) for one in page.changes] == [("5", version), ("6", updated)]
    assert [asked.body for asked in sendo.asked] == [
        {"page_size": 50, "date_from": "2020-12-10", "date_to": "2020-12-10"}, {"page_size": 50},
    ]  # fmt: skip


# --- pushes ---


def test_products_without_variants_need_no_reading(sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good())
    outcomes = account.publish_stock([StockPush("5", "", 0, warehouse="w"), StockPush("6", "", 2)])
    assert [(outcome.item_id, outcome.warehouse, outcome.accepted) for outcome in outcomes] == [
        ("5", "w", True),
        ("6", "", True),
    ]
    [asked] = sendo.asked
    assert asked.body == [
        {"id": 5, "stock_quantity": 0, "stock_availability": False, "field_mask": ["quantity"]},
        {"id": 6, "stock_quantity": 2, "stock_availability": True, "field_mask": ["quantity"]},
    ]


@pytest.mark.parametrize("result", [True, None, 1, [], [{"id": 5}]])
def test_a_success_is_a_success_whatever_its_result(result: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good(result))
    assert account.publish_stock([StockPush("5", "", 1)])[0].accepted


def test_a_success_that_says_no_is_a_refusal(sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good(False))
    with pytest.raises(Rejected, match="success and no"):
        account.publish_stock([StockPush("5", "", 1)])


def test_a_row_that_is_refused_inside_a_success_is_refused_alone(sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, good([{"id": 5, "success": False, "message": "no"}, {"id": 6, "success": True}]))
    outcomes = account.publish_stock([StockPush("5", "", 1), StockPush("6", "", 1)])
    assert [(outcome.accepted, str(outcome.reason)) for outcome in outcomes] == [(False, "no"), (True, "")]


@pytest.mark.parametrize("answer", [None, (200, "<html>"), (200, {}), (502, "")])
def test_a_push_whose_answer_was_lost_may_have_been_taken(answer: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on(MASK, answer)
    with pytest.raises(TryLater) as caught:
        account.publish_stock([StockPush("5", "", 1)])
    assert caught.value.maybe_done
    assert len(sendo.asked) == 1


@pytest.mark.parametrize("changes", [{"status": 1}, {"status": 4}, {"status": 5}, {"status": 6}])
def test_a_product_that_cannot_be_changed_says_so(changes: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on("GET product", good(product(5, **changes)))
    [outcome] = account.publish_stock([StockPush("5", "1_1", 1)])
    assert (outcome.accepted, outcome.code) == (False, "status")
    assert sendo.calls() == ["GET product"]


def test_a_product_missing_from_the_answer_is_not_pushed_now(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET product", good(None))
    with pytest.raises(TryLater, match="makes no sense") as caught:
        account.publish_stock([StockPush("5", "1_1", 1)])
    assert not caught.value.maybe_done


def test_odd_ids_and_prices_are_refused_here(sendo: Sendo, account: Bound) -> None:
    assert account.publish_stock([StockPush("x", "", 1)])[0].code == "bad_id"
    with pytest.raises(Rejected, match="whole dong"):
        account.publish_price([PricePush("5", "", Decimal("1.5"))])
    assert sendo.asked == []


# --- commands ---


def test_a_refusal_to_act_costs_no_write(sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("16", 2, can_action=False)))
    for kind in ("ship", "cancel"):
        with pytest.raises(TryLater, match="checking") as caught:
            account.perform(WriteRequest(kind, "16", "r"))
        assert (caught.value.maybe_done, caught.value.code) == (False, "locked")
    assert set(sendo.calls()) == {"GET salesorder/16"}


@pytest.mark.parametrize(
    ("kind", "status", "ends"),
    [
        ("ship", 2, "done"), ("ship", 3, "known"), ("ship", 6, "known"), ("ship", 8, "known"),
        ("ship", 13, "refused"), ("ship", 11, "refused"), ("ship", 23, "refused"),
        ("deliver", 2, "refused"), ("deliver", 3, "done"), ("deliver", 6, "done"), ("deliver", 7, "known"), ("deliver", 8, "known"),
        ("cancel", 2, "done"), ("cancel", 3, "done"), ("cancel", 12, "done"), ("cancel", 13, "known"),
        ("cancel", 6, "refused"), ("cancel", 8, "refused"), ("cancel", 21, "refused"), ("cancel", 99, "refused"),
    ],
)  # fmt: skip
def test_a_command_is_sent_only_where_it_can_be_done(
    kind: str, status: int, ends: str, sendo: Sendo, account: Bound
) -> None:
    sendo.on("GET salesorder/16", good(order("16", status, can_action=True)))
    sendo.on(UPDATE, good())
    if ends == "refused":
        with pytest.raises(Rejected, match=f"does not allow this: {status}"):
            account.perform(WriteRequest(kind, "16", "r"))
    else:
        assert account.perform(WriteRequest(kind, "16", "r")).external_id == "16"
    assert sendo.calls().count(UPDATE) == (1 if ends == "done" else 0)


@pytest.mark.parametrize(
    ("kind", "settings", "options", "body"),
    [
        ("ship", {}, {}, {"order_status": 3}),
        ("ship", {"allow_check": "1"}, {}, {"order_status": 3, "allow_check": 1}),
        ("ship", {"allow_check": "1"}, {"allow_check": "0"}, {"order_status": 3, "allow_check": 0}),
        ("cancel", {"allow_check": "1"}, {}, {"order_status": 13, "cancel_order_reason": "CBS1"}),
        ("cancel", {}, {"reason": "out_of_stock"}, {"order_status": 13, "cancel_order_reason": "CBS100"}),
        ("cancel", {}, {"reason": "CBS7"}, {"order_status": 13, "cancel_order_reason": "CBS7"}),
        ("deliver", {}, {}, {"order_status": 7}),
    ],
)
def test_what_is_sent(
    kind: str, settings: dict[str, str], options: dict[str, str], body: dict[str, Any], sendo: Sendo,
    connect: Callable[..., Bound],
) -> None:  # fmt: skip
    sendo.on("GET salesorder/16", good(order("16", 3 if kind == "deliver" else 2)))
    sendo.on(UPDATE, good())
    connect(**settings).perform(WriteRequest(kind, "16", "r", options=options))
    assert sendo.asked[-1].body == {"order_number": "16"} | body


@pytest.mark.parametrize("answer", [None, (200, {}), (500, ""), good(None), good(False), good({})])
def test_an_update_that_nobody_confirmed_may_have_been_done(answer: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(order("16")))
    sendo.on(UPDATE, answer)
    with pytest.raises(TryLater) as caught:
        account.perform(WriteRequest("ship", "16", "r"))
    assert caught.value.maybe_done
    assert sendo.calls().count(UPDATE) == 1


def test_the_order_shows_the_outcome_of_a_command(sendo: Sendo, account: Bound) -> None:
    command = WriteRequest("ship", "16", "r", sent_at=datetime.now(UTC))
    sendo.on("GET salesorder/16", good(order("16", 3, tracking_number="SE1", carrier_name="GHN")))
    outcome = account.outcome_of(command)
    assert outcome is not None
    assert (outcome.external_id, outcome.code, outcome.raw["carrier_name"]) == ("16", "SE1", "GHN")
    sendo.on("GET salesorder/16", good(order("16", 2)))
    assert account.outcome_of(command) is None


@pytest.mark.parametrize("result", [None, order("17"), []])
def test_an_order_missing_from_the_answer_proves_nothing(result: Any, sendo: Sendo, account: Bound) -> None:
    sendo.on("GET salesorder/16", good(result))
    for attempt in (account.perform, account.outcome_of):
        with pytest.raises(TryLater, match="makes no sense"):
            attempt(WriteRequest("ship", "16", "r"))


def test_its_tables_name_no_more_than_it_can() -> None:
    assert set(CONNECTOR.writes) == {"ship", "deliver", "cancel"}
    assert set(CONNECTOR.reads) == {"order", "listing"}
