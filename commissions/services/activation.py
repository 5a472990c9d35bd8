"""Activation: a version takes effect, and the orders since its start are accrued again, in id order, by a job that may be killed."""

from __future__ import annotations

import time
from copy import copy
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from commissions.models import CommissionRule
from commissions.rules.conflicts import Tie, never_applying, tie_problems, ties
from commissions.rules.problems import Malformed, Problem
from commissions.rules.rule_set import RuleSet, at_odds, moment
from commissions.services import rule_book, rule_examples
from commissions.services.accrual import accrue
from commissions.services.matching import match
from core.db import execute, fetch
from core.transactions import in_transaction

State = CommissionRule.State
BATCH = 500

_LOCK_ORDERS = """
SELECT id FROM orders_order WHERE id IN (
    SELECT o.id FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
    WHERE shop.channel = %s AND o.placed_at >= %s AND o.id > %s ORDER BY o.id LIMIT %s)
ORDER BY id FOR NO KEY UPDATE
"""


_PROGRESS = """
SELECT count(*) FILTER (WHERE o.id <= %s), count(*) FROM orders_order o JOIN inventory_shop shop ON shop.id = o.shop_id
WHERE shop.channel = %s AND o.placed_at >= %s
"""


class Progress(NamedTuple):
    """Orders accrued again, and all that are to be."""

    done: int
    whole: int


class Obstacles(NamedTuple):
    """Problems among the active versions and one more; `ties`: the pairs that tie, with example orders.

    `beaten_by`: names of the rules that always win over it, so that it can never apply. This does not stand against it.
    """

    problems: list[Problem]
    ties: list[Tie]
    beaten_by: list[str]


class NotActivated(Exception):
    """A version cannot be activated; `code`: `state` (it was active before) or `starts` (an active version starts that day)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@in_transaction
def activate(rule_id: int, *, actor_id: int | None) -> None:
    """Let a version take effect; `reaccrue` then accrues the orders since its start again.

    Waits for accruals under way, so that none is by the former versions afterwards. Raises NotActivated, and Malformed with what is
    wrong among the active versions and this one.
    """
    rule_book.exclusive()
    row = CommissionRule.objects.select_for_update().get(pk=rule_id)
    if row.state not in (State.DRAFT, State.SHADOW):
        raise NotActivated("state")
    if CommissionRule.objects.filter(state=State.ACTIVE, key=row.key, starts=row.starts).exists():
        raise NotActivated("starts")
    rules = _with(row)
    if wrong := _wrong(rules) or rule_examples.problems(row, rules):
        raise Malformed(wrong)
    row.state = State.ACTIVE
    row.activated_at, row.activated_by_id, row.reaccrued_to = timezone.now(), actor_id, 0
    row.save(update_fields=["state", "activated_at", "activated_by", "reaccrued_to"])


@in_transaction
def run_in_shadow(rule_id: int) -> None:
    """Let a draft be computed beside the active versions, without an entry, until it is activated or withdrawn.

    Raises NotActivated where it is no draft, and Malformed with what is wrong among the active versions and this one.
    """
    row = CommissionRule.objects.select_for_update().get(pk=rule_id)
    if row.state != State.DRAFT:
        raise NotActivated("state")
    if wrong := _wrong(_with(row)):
        raise Malformed(wrong)
    row.state, row.shadowed_at = State.SHADOW, timezone.now()
    row.save(update_fields=["state", "shadowed_at"])


def obstacles(row: CommissionRule) -> Obstacles:
    """Return what stands against activating a version now. Nothing is stored."""
    rules = _with(row)
    beaten_by = [
        winner.name for rule, winner in never_applying(rules) if (rule.key, rule.version) == (row.key, row.version)
    ]
    return Obstacles(_wrong(rules) or rule_examples.problems(row, rules), list(ties(rules)), beaten_by)


def progress(row: CommissionRule) -> Progress | None:
    """Return how far the orders since a version's start are accrued again; None when nothing is left."""
    if row.reaccrued_to is None:
        return None
    [(done, whole)] = fetch(_PROGRESS, row.reaccrued_to, row.channel, moment(row.starts))
    return Progress(done, whole)


def pending() -> list[int]:
    """Return the versions whose orders are not all accrued again yet."""
    return list(CommissionRule.objects.filter(reaccrued_to__isnull=False).order_by("pk").values_list("pk", flat=True))


def _with(row: CommissionRule) -> RuleSet:
    """Return the active versions of a channel, and this one as if it were active."""
    wanted = copy(row)
    wanted.state = State.ACTIVE
    active = CommissionRule.objects.filter(state=State.ACTIVE, channel=row.channel)
    return rule_book.rule_set([*active.exclude(pk=row.pk), wanted])


def _wrong(rules: RuleSet) -> list[Problem]:
    return [*at_odds(rules), *tie_problems(rules)]


def reaccrue(*, budget_seconds: float) -> bool:
    """Accrue orders since the start of newly activated versions again; return whether none is left. May be killed and repeated."""
    ends = time.monotonic() + budget_seconds
    left = CommissionRule.objects.filter(reaccrued_to__isnull=False).order_by("activated_at", "pk")
    for row in left:
        while _next_batch(row.pk, row.channel, moment(row.starts)):
            if time.monotonic() >= ends:
                return False
    return True


@in_transaction
def _next_batch(rule_id: int, channel: str, since: datetime) -> bool:
    """Accrue the next orders of a version's channel; return whether there were any."""
    [(after,)] = fetch("SELECT reaccrued_to FROM commissions_commissionrule WHERE id = %s", rule_id)
    ids = [row[0] for row in fetch(_LOCK_ORDERS, channel, since, after, BATCH)]
    if ids:
        accrue(ids)
        match(ids)
    execute("UPDATE commissions_commissionrule SET reaccrued_to = %s WHERE id = %s", max(ids, default=None), rule_id)
    return bool(ids)
