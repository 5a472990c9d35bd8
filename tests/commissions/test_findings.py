"""Findings: differences grouped by cause, the same whatever came first, closed by themselves, decided by people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from commissions.models import CommissionRule, FeeMatch, Finding, FindingItem, RateTable, StatementLine
from commissions.services.findings import decisions
from commissions.services.findings.refresh import refresh
from commissions.services.seen import NotDecidable, Seen
from commissions.services.statements import store_settlements
from commissions.snapshots import SettlementSnapshot, StatementLineSnapshot
from core.conflicts import ChangedMeanwhile
from core.outbox import OutboxEvent
from inventory.models import Shop
from orders.services.upsert import upsert_orders
from orders.snapshots import LineSnapshot, OrderSnapshot
from tests.commissions.ledger import PLACED, rule

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 20, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(name="Gian hàng", channel="shopee")


def sell(
    shop: Shop,
    numbers: Sequence[int],
    *,
    price: int = 100_000,
    status: str = "delivered",
    step: timedelta = DAY,
    item: str = "i",
) -> None:
    """Store orders of one line, one every `step`."""
    snapshots = [
        OrderSnapshot(
            f"A{n}", status, status, "VND", PLACED + step * n, PLACED + step * n,
            (LineSnapshot("1", item, "v", 1, sku="AO", price=Decimal(price + 1000 * n), paid_price=Decimal(price + 1000 * n)),),
            version=PLACED + step * n,
        )
        for n in numbers
    ]  # fmt: skip
    with transaction.atomic():
        upsert_orders(shop, snapshots, source="webhook")


def settle(shop: Shop, amounts: Iterable[tuple[int, int]], kind: str = "commission", part: str = "") -> None:
    """Store a line of each (order, amount)."""
    at = PLACED + DAY * 30
    lines = tuple(
        StatementLineSnapshot(
            f"A{n}:{kind}{part}", kind, kind, Decimal(amount), "VND", at, order_number=f"A{n}", happened_at=at
        )
        for n, amount in amounts
    )
    with transaction.atomic():
        store_settlements(shop, [SettlementSnapshot(f"S{part}", lines)])


def fee(n: int, percent: str = "10", price: int = 100_000) -> int:
    """Return what is charged of order n at a rate."""
    return -int((Decimal(price + 1000 * n) * Decimal(percent) / 100).quantize(Decimal(1)))


def found(shop: Shop) -> list[tuple[str, str, int, int, int]]:
    refresh(shop.pk, now=NOW)
    rows = Finding.objects.filter(shop=shop).order_by("kind", "since")
    return [(row.kind, row.state, row.orders, row.open_orders, int(row.amount)) for row in rows]


def test_a_rate_that_is_another_one_from_a_day_on_is_proposed(shop: Shop) -> None:
    row = rule()
    sell(shop, range(12))
    settle(shop, ((n, fee(n)) for n in range(5)))
    settle(shop, ((n, fee(n, "11.5")) for n in range(5, 12)))
    amount = sum(fee(n) - fee(n, "11.5") for n in range(5, 12))
    assert found(shop) == [("wrong_rate", "open", 7, 7, amount)]
    finding = Finding.objects.get()
    assert finding.proposal == {"before": "10", "after": "11.5"}
    assert (finding.rule, finding.fee_kind) == (row, "commission")
    assert (finding.since, finding.until) == ((PLACED + 5 * DAY).date(), None)


def test_a_rate_that_was_another_one_for_some_days_has_an_end(shop: Shop) -> None:
    rule()
    sell(shop, range(12))
    settle(shop, ((n, fee(n, "10.05" if 3 <= n < 8 else "10")) for n in range(12)))
    refresh(shop.pk, now=NOW)
    finding = Finding.objects.get()
    assert (finding.kind, finding.proposal) == ("wrong_rate", {"before": "10", "after": "10.05"})
    assert (finding.since, finding.until) == ((PLACED + 3 * DAY).date(), (PLACED + 7 * DAY).date())


def test_a_fixed_fee_that_is_another_one_is_proposed(shop: Shop) -> None:
    rule(strategy="FIXED", formula_json={"amount": "3000", "per": "order"}, fee_kind="order_fee")
    rule("xtra", fee_kind="voucher_programme")
    sell(shop, range(6))
    settle(shop, ((n, fee(n) - 4000) for n in range(6)), "service_fee")
    refresh(shop.pk, now=NOW)
    finding = Finding.objects.get()
    assert finding.proposal == {"before": "3000", "after": "4000"}
    assert finding.rule is not None
    assert finding.rule.fee_kind == "order_fee"


def test_a_fee_charged_twice_is_one_incident_that_closes_itself_but_for_what_is_not_given_back(shop: Shop) -> None:
    rule()
    sell(shop, range(10), step=timedelta(hours=1))
    settle(shop, ((n, fee(n)) for n in range(10)))
    settle(shop, ((n, fee(n)) for n in range(8)), part=":again")
    assert found(shop) == [("double_charge", "open", 8, 8, -sum(map(fee, range(8))))]
    settle(shop, ((n, -fee(n)) for n in range(5)), part=":back")
    assert found(shop) == [("double_charge", "open", 8, 3, -sum(map(fee, range(5, 8))))]
    settle(shop, ((n, -fee(n)) for n in range(5, 8)), "adjustment")
    assert found(shop) == [("double_charge", "closed", 8, 0, 0)]
    assert [event.type for event in OutboxEvent.objects.filter(entity="finding").order_by("version")] == [
        "finding.opened", "finding.closed",
    ]  # fmt: skip


def test_fees_are_told_apart(shop: Shop) -> None:
    rule()
    sell(shop, [0], status="cancelled")
    sell(shop, [1, 2])
    settle(shop, [(0, -4_000), (1, fee(1) - 500), (2, fee(2) + 700)])
    settle(shop, [(1, -900)], "penalty")
    assert found(shop) == [
        ("cancelled_fee", "open", 1, 1, 4_000),
        ("overcharged", "open", 1, 1, 500),
        ("undercharged", "open", 1, 1, -700),
        ("unknown_fee", "open", 1, 1, 900),
    ]
    settle(shop, [(2, -700)], part=":rest")
    assert found(shop)[2] == ("undercharged", "closed", 1, 0, 0)


# a dong too much of three fees of 1,010 dong on average is less than 0.1 % of them, of 505 it is more
@pytest.mark.parametrize(("percent", "expected"), [("1", []), ("0.5", [("tolerance", "open", 3, 3, 3)])])
def test_small_differences_to_one_side_are_a_finding_above_a_share_of_the_fee(
    shop: Shop, percent: str, expected: list[object]
) -> None:
    rule(formula_json={"base": {"kind": "item"}, "rate": percent})
    sell(shop, range(3))
    settle(shop, ((n, fee(n, percent) - 1) for n in range(3)))
    assert found(shop) == expected


def test_both_sides_of_the_tolerance_do_not_make_up_for_each_other(shop: Shop) -> None:
    rule(formula_json={"base": {"kind": "item"}, "rate": "0.2"})
    sell(shop, range(4))
    settle(shop, ((n, fee(n, "0.2") + (1 if n % 2 else -1)) for n in range(4)))
    assert found(shop) == [("tolerance", "open", 2, 2, 2), ("tolerance", "open", 2, 2, -2)]


def test_any_order_of_news_ends_in_the_same_open_findings(shop: Shop) -> None:
    rule()
    steps: list[Callable[[Shop], None]] = [
        lambda one: sell(one, range(5), step=timedelta(hours=1)),
        lambda one: settle(one, ((n, fee(n)) for n in range(5))),
        lambda one: settle(one, ((n, fee(n)) for n in range(4)), part=":again"),
        lambda one: settle(one, ((n, -fee(n)) for n in range(3)), "adjustment"),
    ]
    for place, order in enumerate(permutations(steps)):
        one = Shop.objects.create(name=f"Gian {place}", channel="shopee")
        for step in order:
            step(one)
            refresh(one.pk, now=NOW)
        assert [row for row in found(one) if row[1] == "open"] == [("double_charge", "open", 4, 1, 10_300)]
        states = FeeMatch.objects.filter(shop=one).order_by("placed_at").values_list("state", flat=True)
        assert list(states) == ["corrected"] * 3 + ["double", "matched"]


def test_a_correction_that_fits_two_fees_is_not_taken_by_itself(shop: Shop) -> None:
    rule()
    rule("pay", fee_kind="payment_fee")
    sell(shop, [0])
    settle(shop, [(0, fee(0) - 500)])
    settle(shop, [(0, fee(0) - 500)], "payment_fee")
    settle(shop, [(0, 500)], "adjustment")
    assert found(shop) == [("ambiguous", "open", 1, 1, 500), ("ambiguous", "open", 1, 1, 500)]
    assert not StatementLine.objects.filter(corrects__isnull=False).exists()


def test_a_correction_is_tied_to_what_it_corrects(shop: Shop) -> None:
    rule()
    rule("pay", fee_kind="payment_fee")
    sell(shop, [0])
    settle(shop, [(0, fee(0) - 500)])
    settle(shop, [(0, fee(0) - 700)], "payment_fee")
    settle(shop, [(0, 700)], "adjustment")
    tied = StatementLine.objects.get(kind="adjustment").corrects
    assert tied is not None
    assert (tied.kind, tied.state, tied.corrected) == ("payment_fee", "corrected", 700)
    assert found(shop) == [("overcharged", "open", 1, 1, 500)]


def seen(finding: Finding) -> Seen:
    """What a page shows now."""
    return decisions.shown(Finding.objects.get(pk=finding.pk))


def test_a_finding_that_grew_since_it_was_seen_is_not_decided(shop: Shop) -> None:
    rule()
    sell(shop, range(2))
    settle(shop, [(0, fee(0) - 500)])
    refresh(shop.pk, now=NOW)
    finding = Finding.objects.get()
    before = seen(finding)
    settle(shop, [(1, fee(1) - 600)])
    assert found(shop) == [("overcharged", "open", 2, 2, 1_100)]
    with pytest.raises(ChangedMeanwhile):
        decisions.decide(finding.pk, "written_off", seen=before, note="Small", actor_id=None)
    assert found(shop) == [("overcharged", "open", 2, 2, 1_100)]
    assert not FeeMatch.objects.filter(state="written_off").exists()


def test_a_decision_stops_the_clock_and_stands_while_the_amount_does(shop: Shop) -> None:
    rule()
    person = User.objects.create_user("ha")
    sell(shop, range(2))
    settle(shop, [(0, fee(0) - 500)])
    refresh(shop.pk, now=NOW)
    finding = Finding.objects.get()
    decisions.decide(finding.pk, "written_off", seen=seen(finding), note="Small", actor_id=person.pk)
    assert found(shop) == [("overcharged", "written_off", 1, 1, 500)]
    assert FeeMatch.objects.filter(state="written_off", decided_by=person, note="Small").count() == 1
    settle(shop, [(1, fee(1) - 600)])
    assert found(shop) == [("overcharged", "open", 2, 2, 1_100)]
    decisions.decide(finding.pk, "disputed", seen=seen(finding), note="Ticket 7", actor_id=person.pk)
    refresh(shop.pk, now=NOW + 100 * DAY)
    finding.refresh_from_db()
    assert (finding.state, finding.severity) == ("disputed", 1)
    decisions.reopen(finding.pk)
    assert set(FeeMatch.objects.exclude(difference=0).values_list("state", flat=True)) == {"over"}
    refresh(shop.pk, now=NOW + 100 * DAY)
    finding.refresh_from_db()
    assert (finding.state, finding.severity, finding.decided_by) == ("open", 2, None)
    settle(shop, [(0, 500), (1, 600)], "adjustment")
    assert found(shop) == [("overcharged", "closed", 2, 0, 0)]
    with pytest.raises(NotDecidable):
        decisions.decide(finding.pk, "disputed", seen=seen(finding), note="", actor_id=person.pk)


def test_a_finding_keeps_its_row_and_what_people_said_while_it_grows(shop: Shop) -> None:
    rule()
    sell(shop, range(8))
    settle(shop, ((n, fee(n, "12")) for n in range(2)))
    assert found(shop) == [("overcharged", "open", 2, 2, -fee(0, "2") - fee(1, "2"))]
    settle(shop, ((n, fee(n, "12")) for n in range(2, 5)))
    refresh(shop.pk, now=NOW)
    finding = Finding.objects.get(kind="wrong_rate")
    assert not Finding.objects.exclude(pk=finding.pk).exists()
    decisions.comment(finding.pk, "Asked", author_id=None)
    settle(shop, ((n, fee(n, "12")) for n in range(5, 8)))
    refresh(shop.pk, now=NOW)
    assert (Finding.objects.get().pk, Finding.objects.get().orders) == (finding.pk, 8)
    CommissionRule.objects.update(formula_json={"base": {"kind": "item"}, "rate": "12"})
    FindingItem.objects.all().delete()
    FeeMatch.objects.update(state="matched", difference=0)
    refresh(shop.pk, now=NOW)
    assert Finding.objects.get().state == "closed"


def test_the_number_of_queries_does_not_depend_on_the_number_of_orders(shop: Shop) -> None:
    rule()
    counts = []
    for numbers in (range(5), range(5, 60)):
        sell(shop, numbers, step=timedelta(hours=1))
        settle(shop, ((n, fee(n, "11")) for n in numbers), part=f":{len(counts)}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            refresh(shop.pk, now=NOW)
        counts.append(len(queries))
    # the first refresh inserts the finding, the second has one query less or as many
    assert counts[1] <= counts[0]


def test_a_listing_that_is_charged_as_another_category_is_told_apart_from_a_new_rate(shop: Shop) -> None:
    RateTable.objects.create(
        channel="shopee", name="t", version=1, rates={"10": "8", "20": "12.5"}, default=Decimal(10)
    )
    rule(formula_json={"base": {"kind": "after_seller_discount"}, "table": "t/1"})
    sell(shop, range(8))
    settle(shop, ((n, fee(n, "12.5")) for n in range(8)))
    # all orders of the rate are charged otherwise: the rate is another one
    assert found(shop) == [("wrong_rate", "open", 8, 8, sum(fee(n) - fee(n, "12.5") for n in range(8)))]
    # an order of another listing at the same rate is charged rightly since: then it is the listing's category
    sell(shop, [9], item="other")
    settle(shop, [(9, fee(9))], part="9")
    [(kind, state, orders, _, _)] = [row for row in found(shop) if row[1] == "open"]
    assert (kind, state, orders) == ("wrong_category", "open", 8)
    finding = Finding.objects.get(kind="wrong_category")
    assert finding.proposal == {"before": "10", "after": "12.5", "item": "i"}
    assert finding.rule_id is None
