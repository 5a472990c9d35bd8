"""Arranging of shipments by rules: the command that people press, asked for by the hub, and a log of what was taken and what was left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from core.db import database_time, execute, fetch, fetch_as
from core.reasons import Cause, Reason, as_reason, declare
from core.transactions import in_transaction
from integrations.accounts.connections import NotPossible
from integrations.documents.commands.request import ask
from integrations.models import ArrangeRule, ArrangeRun
from integrations.work.locks import advisory_lock
from orders.models import Order
from orders.queries import has_unmapped_sql, held, is_held_sql
from orders.services.attention import lock_orders
from orders.snapshots import SELLER
from orders.statuses import Status

HELD = declare("arrange.held", _("Held back by a person, or its buyer is."))
TOO_EARLY = declare("arrange.too_early", _("To be arranged after %(minutes)s minutes."))
OTHER_WAREHOUSE = declare("arrange.other_warehouse", _("Its goods are not all reserved in the rule's warehouse."))
OTHER_COURIER = declare("arrange.other_courier", _("Its courier is another one: %(courier)s"))
UNMAPPED = declare("arrange.unmapped", _("An item is not mapped: its goods would leave no stock."))
REFUSED_BEFORE = declare("arrange.refused_before", _("Arranging it was refused before: look at its commands."))
NOT_NOW = declare("arrange.not_now", _("Not possible:"))

# orders that a rule looks at in a run; the next run goes on
MOST = 300
# orders of a run that are listed as left
MOST_LISTED = 300


@dataclass(frozen=True, slots=True)
class _Order:
    id: int
    shop_id: int
    number: str
    carrier: str
    since: datetime
    held: bool
    unmapped: bool
    elsewhere: bool
    refused: bool


# not those that the platform sends, and those whose command is on its way or done: nobody waits for a rule there
_ORDERS = f"""
SELECT o.id, o.shop_id, o.number, o.carrier, coalesce(o.paid_at, o.placed_at) AS since, {is_held_sql("o")} AS held,
    {has_unmapped_sql("o.id")} AS unmapped,
    %(warehouse)s::bigint IS NOT NULL AND NOT coalesce((
        SELECT bool_and(level.warehouse_id = %(warehouse)s::bigint) FROM inventory_reservation r
        JOIN inventory_stocklevel level ON level.id = r.level_id
        WHERE r.shop_id = o.shop_id AND r.order_number = o.number AND r.quantity > 0), false) AS elsewhere,
    EXISTS (SELECT FROM integrations_command c WHERE c.order_id = o.id AND c.kind = 'ship' AND c.state = 'refused') AS refused
FROM orders_order o
WHERE o.shop_id = ANY(%(shops)s) AND o.status = '{Status.TO_SHIP}'
    AND EXISTS (SELECT FROM orders_orderline line WHERE line.order_id = o.id AND line.fulfilled_by = '{SELLER}')
    AND NOT EXISTS (SELECT FROM integrations_command c WHERE c.order_id = o.id AND c.kind = 'ship'
        AND c.state IN ('wanted', 'sent', 'done'))
ORDER BY held, refused, unmapped, o.ship_by NULLS LAST, o.id LIMIT %(most)s
"""


def arrange_by_rules() -> None:
    """Let every rule that is switched on arrange what is due. One process at a time; may be killed at any moment and repeated."""
    with advisory_lock("arrange_by_rules") as acquired:
        if acquired:
            for rule in ArrangeRule.objects.filter(is_active=True).order_by("pk"):
                run_rule(rule)


def run_rule(rule: ArrangeRule) -> None:
    """Arrange what a rule says now, and keep a log row of it."""
    now = database_time()
    zones = dict(rule.only_shops.values_list("pk", "time_zone"))
    shops = sorted(shop for shop, zone in zones.items() if _is_open(rule, now.astimezone(ZoneInfo(zone)).time()))
    if not shops:
        return
    taken: list[dict[str, object]] = []
    left: list[dict[str, object]] = []
    for order in fetch_as(_Order, _ORDERS, shops=shops, warehouse=rule.warehouse_id, most=MOST):
        entry: dict[str, object] = {"order": order.id, "number": order.number}
        why = _why_not(rule, order, now) or _arranged(order.id)
        if why is None:
            taken.append(entry)
        else:
            left.append(entry | {"reason": as_reason(why).as_json()})
    _log(rule, taken, left[:MOST_LISTED])


def _is_open(rule: ArrangeRule, at: time) -> bool:
    """Return whether a time of day is within the rule's hours, which may go over midnight."""
    begin, end = rule.from_time or time.min, rule.until_time or time.max
    return begin <= at <= end if begin <= end else at >= begin or at <= end


def _why_not(rule: ArrangeRule, order: _Order, now: datetime) -> Cause | None:
    if order.held:
        return HELD
    if order.refused:
        return REFUSED_BEFORE
    if order.unmapped:
        return UNMAPPED
    if order.elsewhere:
        return OTHER_WAREHOUSE
    wanted = {name.strip().casefold() for name in rule.carriers.split(",") if name.strip()}
    if wanted and order.carrier.strip().casefold() not in wanted:
        return OTHER_COURIER(courier=order.carrier or "–")
    if (now - order.since).total_seconds() < rule.delay_minutes * 60:
        return TOO_EARLY(minutes=rule.delay_minutes)
    return None


@in_transaction
def _arranged(order_id: int) -> Reason | None:
    """Want the shipment of an order; return why not, None when it is wanted. A person who holds it back meanwhile is first."""
    lock_orders([order_id])
    if held([order_id]):
        return as_reason(HELD)
    try:
        ask(Order.objects.select_related("shop").get(pk=order_id), "ship")
    except NotPossible as refused:
        return NOT_NOW(str(refused))
    return None


def _log(rule: ArrangeRule, taken: Sequence[Mapping[str, object]], left: Sequence[Mapping[str, object]]) -> None:
    """Keep a run that took something, or left other orders or for other reasons than the one before."""
    before = ArrangeRun.objects.filter(rule=rule).order_by("-pk").values_list("left_out", flat=True).first()
    if taken or _settled(left) != _settled(before or []):
        execute(
            "INSERT INTO integrations_arrangerun (rule_id, taken, left_out) VALUES (%s, %s::jsonb, %s::jsonb)",
            rule.pk, json.dumps(taken), json.dumps(left),
        )  # fmt: skip


def _settled(left: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return what a person could do something about: the orders that only wait for their time are other ones each minute."""
    return [row for row in left if row["reason"]["code"] != TOO_EARLY.code]


def delete_old_runs(*, days: int) -> int:
    """Delete the log of runs that is older than so many days, except each rule's last row."""
    return len(
        fetch(
            "DELETE FROM integrations_arrangerun r WHERE created_at < clock_timestamp() - make_interval(days => %s)"
            " AND EXISTS (SELECT FROM integrations_arrangerun newer WHERE newer.rule_id = r.rule_id AND newer.id > r.id) RETURNING id",
            days,
        )
    )
