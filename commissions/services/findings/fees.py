"""Findings about fees: the fee checks of a shop that differ, grouped by cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from commissions.findings.categories import Misfiled, misfiled
from commissions.findings.desired import FEE_MATCH, Desired, Item
from commissions.findings.kinds import Kind
from commissions.findings.rates import Deviation, deviations
from commissions.models import FeeMatch
from commissions.rules.rule_set import ZONE
from commissions.services.findings.observed import agreeing, observed
from core.db import fetch

State = FeeMatch.State
# fees charged twice are one incident while no more time lies between two of its orders
SAME_INCIDENT = timedelta(days=1)
# tolerated differences to one side are a finding above this share of the fee, or above this amount
TOLERATED_SHARE, TOLERATED_SUM = Decimal("0.001"), Decimal(50_000)
_SETTLED = frozenset({State.MATCHED, State.TOLERATED, State.CORRECTED, State.DUE})
_KINDS = {
    State.OVER: Kind.OVERCHARGED,
    State.UNDER: Kind.UNDERCHARGED,
    State.UNEXPECTED: Kind.UNEXPECTED_FEE,
    State.UNKNOWN: Kind.UNKNOWN_FEE,
    State.AMBIGUOUS: Kind.AMBIGUOUS,
}

# a decided check is grouped as if nobody had decided
_CHECKS = """
SELECT m.id, m.kind, m.rule_id, m.difference, m.doubled, m.state,
    CASE WHEN m.state NOT IN ('disputed', 'written_off') THEN m.state
        WHEN m.doubled > 0 AND m.difference > 0 THEN 'double'
        WHEN m.expected = 0 AND m.rule_id IS NULL THEN 'unknown'
        WHEN m.expected = 0 THEN 'unexpected'
        WHEN m.difference < 0 THEN 'under' ELSE 'over' END, m.currency, m.placed_at, o.status = 'cancelled'
FROM commissions_feematch m JOIN orders_order o ON o.id = m.order_id
WHERE m.shop_id = %(shop)s AND (m.doubled > 0 OR m.state = ANY(%(states)s))
ORDER BY m.placed_at, m.id
"""
_TOLERATED = """
WITH small AS (
    SELECT id, kind, rule_id, difference, currency, placed_at, date_trunc('month', placed_at AT TIME ZONE %(zone)s) AS month
    FROM commissions_feematch WHERE shop_id = %(shop)s AND state = 'tolerated' AND rule_id IS NOT NULL
), whole AS (
    SELECT rule_id, kind, currency, date_trunc('month', placed_at AT TIME ZONE %(zone)s) AS month, sum(expected) AS fee
    FROM commissions_feematch WHERE shop_id = %(shop)s AND settled_at IS NOT NULL AND rule_id IN (SELECT rule_id FROM small)
    GROUP BY 1, 2, 3, 4
)
SELECT small.rule_id, small.kind, small.currency, small.month::date, small.difference > 0 AS is_above, whole.fee,
    small.id, small.difference, small.placed_at
FROM small JOIN whole USING (rule_id, kind, currency, month) ORDER BY 1, 2, 3, 4, 5, small.placed_at, small.id
"""


class Check(NamedTuple):
    """A fee check that differs, or of which a fee was charged once more. `cause`: its state, had nobody decided."""

    id: int
    kind: str
    rule_id: int | None
    difference: Decimal
    doubled: Decimal
    state: str
    cause: str
    currency: str
    placed_at: datetime
    is_cancelled: bool

    @property
    def is_double(self) -> bool:
        return self.doubled > 0 and (self.cause == State.DOUBLE or self.state in _SETTLED)

    @property
    def item(self) -> Item:
        left = Decimal(0) if self.state in _SETTLED else self.difference
        return Item((FEE_MATCH, self.id), self.doubled if self.is_double else self.difference, left, self.placed_at)


def desired(shop_id: int) -> Iterator[Desired]:
    """Yield the findings about a shop's fees. The number of queries does not depend on the number of orders."""
    checks = [Check(*row) for row in fetch(_CHECKS, shop=shop_id, states=[*FeeMatch.OPEN, State.WRITTEN_OFF])]
    yield from _doubles([check for check in checks if check.is_double])
    differing = [check for check in checks if not check.is_double and check.state not in _SETTLED]
    explained: set[int] = set()
    for finding in _other_rates(shop_id, [check for check in differing if check.cause in (State.OVER, State.UNDER)]):
        explained.update(item.subject[1] for item in finding.items)
        yield finding
    yield from _others(check for check in differing if check.id not in explained)
    yield from _one_sided(shop_id)


def _doubles(checks: Iterable[Check]) -> Iterator[Desired]:
    ordered = sorted(checks, key=lambda one: (one.kind, one.rule_id or 0, one.currency, one.placed_at, one.id))
    for (kind, rule_id, currency), group in groupby(ordered, key=lambda one: (one.kind, one.rule_id, one.currency)):
        for span in _spans(list(group)):
            yield Desired(
                Kind.DOUBLE_CHARGE, f"double:{kind}:{rule_id}:{currency}", [check.item for check in span], currency,
                rule_id=rule_id, fee_kind=kind, until=_day(span[-1].placed_at),
            )  # fmt: skip


def _spans(checks: Sequence[Check]) -> Iterator[list[Check]]:
    span: list[Check] = []
    for check in checks:
        if span and check.placed_at - span[-1].placed_at > SAME_INCIDENT:
            yield span
            span = []
        span.append(check)
    yield span


def _other_rates(shop_id: int, checks: Sequence[Check]) -> Iterator[Desired]:
    """Yield the listings that are charged as another category, and of the rest the rates that are others than the rules'."""
    if not checks:
        return
    by_id = {check.id: check for check in checks}
    seen = observed(list(by_id))
    moved = misfiled(seen.fees, seen.tables)
    rates = deviations(seen.rates)
    if not moved and not rates:
        return
    rule_ids = {one.rule_id for one in moved} | {one.rule_id for one in rates}
    last = agreeing(shop_id, sorted(rule_ids), min([one.since for one in moved] + [one.since for one in rates]))
    taken: set[int] = set()
    for one in moved:
        # where all listings of the rate are charged otherwise, the rate is another one and not the category
        if last.get((one.rule_id, one.before), one.since) > one.since:
            taken.update(one.ids)
            yield _misfiled(one, [by_id[key] for key in one.ids])
    if taken:
        rates = deviations(one for one in seen.rates if one.id not in taken)
    yield from _wrong_rates(by_id, _best(rates), last)


def _misfiled(one: Misfiled, checks: Sequence[Check]) -> Desired:
    return Desired(
        Kind.WRONG_CATEGORY, f"category:{one.rule_id}:{one.item}:{one.before}", [check.item for check in checks],
        checks[0].currency, fee_kind=checks[0].kind,
        proposal={"before": f"{one.before:f}", "after": f"{one.after:f}", "item": one.item},
    )  # fmt: skip


def _wrong_rates(
    by_id: Mapping[int, Check], found: Sequence[Deviation], last: Mapping[tuple[int, Decimal | None], datetime]
) -> Iterator[Desired]:
    for one in found:
        members = [by_id[key] for key in one.ids]
        agrees = max(
            (at for key, at in last.items() if key[0] == one.rule_id and key[1] in (one.before, None)), default=None
        )
        yield Desired(
            Kind.WRONG_RATE, f"rate:{one.rule_id}:{one.before}", [check.item for check in members], members[0].currency,
            rule_id=one.rule_id, fee_kind=members[0].kind,
            until=_day(one.until) if agrees is not None and agrees > one.until else None,
            proposal={"before": f"{one.before:f}", "after": f"{one.after:f}"},
        )  # fmt: skip


def _best(found: Sequence[Deviation]) -> list[Deviation]:
    """Return deviations that share no order: those that explain most orders first, then those with the fewest digits."""
    taken: set[int] = set()
    chosen = []
    for one in sorted(
        found, key=lambda one: (-len(one.ids), len(one.after.as_tuple().digits), one.rule_id, one.before)
    ):
        if taken.isdisjoint(one.ids):
            taken.update(one.ids)
            chosen.append(one)
    return sorted(chosen, key=lambda one: (one.since, one.rule_id, one.before))


def _others(checks: Iterable[Check]) -> Iterator[Desired]:
    groups: dict[tuple[Kind, str, int | None, str, date], list[Check]] = {}
    for check in checks:
        kind = (
            Kind.CANCELLED_FEE if check.cause == State.UNEXPECTED and check.is_cancelled else _KINDS[State(check.cause)]
        )
        rule_id = None if kind in (Kind.CANCELLED_FEE, Kind.UNEXPECTED_FEE) else check.rule_id
        month = _day(check.placed_at).replace(day=1)
        groups.setdefault((kind, check.kind, rule_id, check.currency, month), []).append(check)
    for (kind, fee, rule_id, currency, month), group in groups.items():
        family = f"{kind}:{fee}:{rule_id}:{currency}:{month:%Y-%m}"
        yield Desired(
            kind, family, [check.item for check in group], currency, is_single=True, rule_id=rule_id, fee_kind=fee,
            until=_day(group[-1].placed_at),
        )  # fmt: skip


def _one_sided(shop_id: int) -> Iterator[Desired]:
    """Yield tolerated differences of a rule and month that all go one way and are too much in sum."""
    rows = fetch(_TOLERATED, shop=shop_id, zone=str(ZONE))
    for (rule_id, kind, currency, month, is_above, fee), group in groupby(rows, key=lambda row: row[:6]):
        items = [Item((FEE_MATCH, pk), amount, amount, at) for *_key, pk, amount, at in group]
        total = abs(sum((item.amount for item in items), Decimal(0)))
        if total > fee * TOLERATED_SHARE or total > TOLERATED_SUM:
            side = "above" if is_above else "below"
            family = f"{Kind.TOLERANCE}:{side}:{kind}:{rule_id}:{currency}:{month:%Y-%m}"
            yield Desired(
                Kind.TOLERANCE, family, items, currency, is_single=True, rule_id=rule_id, fee_kind=kind,
                until=_day(items[-1].since),
            )  # fmt: skip


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()
