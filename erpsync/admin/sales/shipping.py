"""Arranging the shipments of many orders: within the request for a few, by a job that notes its progress for more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.contrib.auth.models import AnonymousUser
from django.db import DataError, IntegrityError
from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from erpsync import permissions
from erpsync.models import ShipRun
from erpsync.schedule import run_soon
from integrations.accounts.connections import NotPossible
from integrations.contract.errors import UNEXPECTED_ERRORS
from integrations.documents.commands.request import ask
from integrations.work.locks import advisory_lock
from orders.models import Order
from orders.queries import held, sent_by_platform
from orders.snapshots import SELLER
from orders.statuses import Status, statuses

log = structlog.get_logger(__name__)

# more orders than this are asked for by a job: each takes some ten statements
MOST_AT_ONCE = 20
KEPT = timedelta(days=30)
# the progress is noted after so many orders; a job that was killed repeats at most these, which asks for nothing twice
_NOTED = 20

LeftOut = dict[str, list[int]]


def why_not_shipped(order: Order, by_platform: Collection[int], held_back: Collection[int]) -> str:
    """Return why the shipment of an order is not arranged together with others; "" where it may be.

    `by_platform`: the orders that the platform sends; `held_back`: those that people hold back, or whose buyers.
    """
    if order.pk in held_back:
        return _("is held back, or its buyer is: release it first, or arrange it on its own page")
    if order.status == Status.PACKED:
        return _("is arranged already")
    if order.status not in statuses("may_ship"):
        return _("is: %(status)s") % {"status": order.get_status_display() or order.channel_status}
    if order.pk in by_platform:
        return _("is sent by the platform from its own warehouse")
    if any(line.product_id is None and line.quantity and line.fulfilled_by == SELLER for line in order.lines.all()):
        return _("has an item that is not mapped: its goods would leave no stock. Arrange it on its own page")
    return ""


def arrange(orders: Sequence[Order], actor: Any) -> LeftOut:
    """Ask for the shipments of orders; return those that were left out, by the reason. May be repeated."""
    left_out: LeftOut = {}
    ids = [order.pk for order in orders]
    prefetch_related_objects(orders, "lines")
    by_platform, held_back = sent_by_platform(ids), held(ids)
    for order in orders:
        if why := why_not_shipped(order, by_platform, held_back) or _refusal(order, actor):
            left_out.setdefault(why, []).append(order.pk)
    return left_out


def _refusal(order: Order, actor: Any) -> str:
    try:
        ask(order, "ship", actor=actor)
    except NotPossible as refused:
        return str(refused)
    return ""


def start(orders: Sequence[Order], actor: Any) -> ShipRun:
    """Keep what is wanted for `run_due`, and have a worker look at it now; the schedule finds it within a minute anyway."""
    run = ShipRun.objects.create(
        order_ids=[order.pk for order in orders], actor=actor, language=translation.get_language() or "vi"
    )
    run_soon("erpsync.admin.sales.shipping.run_due")
    return run


def run_due() -> None:
    """Ask for the shipments of all unfinished runs, one process at a time. A job; may be repeated, also after it was killed."""
    ShipRun.objects.filter(finished_at__lt=timezone.now() - KEPT).delete()
    with advisory_lock("ship_runs") as ours:
        if ours:
            for run in ShipRun.objects.filter(finished_at=None).select_related("actor").order_by("id"):
                with translation.override(run.language):
                    _run(run)


def _run(run: ShipRun) -> None:
    row = ShipRun.objects.filter(pk=run.pk)
    while run.done < len(run.order_ids):
        ids = run.order_ids[run.done : run.done + _NOTED]
        left_out = _left_out(ids, run.actor)
        _add(run.left_out, left_out)
        run.done += len(ids)
        run.asked += len(ids) - sum(map(len, left_out.values()))
        row.update(done=run.done, asked=run.asked, left_out=run.left_out)
    row.update(finished_at=timezone.now())


def _left_out(ids: Sequence[int], actor: Any) -> LeftOut:
    """Arrange together, and one by one where that fails: an order with an error of ours does not hold up the others."""
    try:
        return _arrange_permitted(ids, actor)
    except (DataError, IntegrityError, *UNEXPECTED_ERRORS):
        if len(ids) == 1:
            log.exception("ship_run_failed", order=ids[0])
            return {_("could not be arranged: an error in the hub. Arrange it again"): list(ids)}
    found: LeftOut = {}
    for pk in ids:
        _add(found, _left_out([pk], actor))
    return found


def _add(left_out: LeftOut, more: LeftOut) -> None:
    for why, orders in more.items():
        left_out.setdefault(why, []).extend(orders)


def _arrange_permitted(ids: Sequence[int], actor: Any) -> LeftOut:
    """Arrange what the person may arrange now: a role may have been taken away since it was asked for."""
    request = HttpRequest()
    request.user = actor if actor is not None and actor.is_active else AnonymousUser()
    mine = set(permissions.shop_ids(request, permissions.OPERATOR))
    found = Order.objects.select_related("shop").defer("raw", "search_text", "search_grams").in_bulk(ids)
    orders = [found[pk] for pk in ids if pk in found]
    left_out = arrange([order for order in orders if order.shop_id in mine], actor)
    if denied := [order.pk for order in orders if order.shop_id not in mine]:
        left_out[_("was left out: your role in its shop does not allow this")] = denied
    return left_out
