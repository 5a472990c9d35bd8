"""Desired documents minus existing ones, in the transaction that changed the orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from django.db import transaction

from core.db import fetch_as
from integrations.connectors import connector_of
from integrations.contract.reasons import NOT_NEEDED
from integrations.documents.commands.store import Due
from integrations.documents.commands.wanted import WantedCommand, drop, want
from integrations.documents.difference import Existing, OrderFacts, Situation, Wanted, difference
from integrations.documents.existing import ByPlace, existing_of
from integrations.documents.targets import JOBS, TARGETS, Target
from integrations.work import wakeups
from orders.queries import has_unmapped_sql

# An order placed before its shop's stock is counted is history: it causes no document. A target that imports the shop's orders
# by itself is given none.
_ORDERS = f"""
SELECT o.id, o.number, o.shop_id, o.status, link.role, target.id AS target_id, app.channel,
       {has_unmapped_sql("o.id")} AS has_unmapped
FROM orders_order o
JOIN inventory_shop shop ON shop.id = o.shop_id
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_link link ON link.connection_id = mine.id AND link.role = ANY(%(roles)s)
    AND NOT link.settings @> '{{"imports_itself": true}}'
JOIN integrations_connection target ON target.id = link.target_id AND target.is_active
JOIN integrations_authorisation consent ON consent.id = target.authorisation_id
JOIN integrations_appregistration app ON app.id = consent.app_id
WHERE o.id = ANY(%(orders)s) AND (shop.stock_since IS NULL OR o.placed_at >= shop.stock_since)
ORDER BY o.id
"""


def want_documents(order_ids: Iterable[int]) -> None:
    """Want the documents that these orders lack at all targets and drop those they no longer need. May be repeated.

    Runs inside the transaction that changed the orders, in as many queries for one as for many.
    """
    orders = _orders(sorted(order_ids))
    if not orders:
        return
    existing = existing_of(sorted({order.id for order in orders}), _kinds(), lock=True)
    commands: list[WantedCommand] = []
    dropped: list[int] = []
    for role, target in _document_targets():
        theirs = [order for order in orders if order.role == role]
        wanted, not_needed = _differences(target, theirs, existing)
        dropped += [command.id for command in not_needed]
        commands += [_command(target, one) for one in target.complete(wanted)] if wanted else []
    drop(dropped, reason=NOT_NEEDED)
    want(commands)
    transaction.on_commit(partial(wake, [Due(command.target_id, command.lane) for command in commands]))


def wake(waiting: Iterable[Due]) -> None:
    """Enqueue the jobs that carry out the commands waiting at these connections. Call it after the commit."""
    by_job: dict[str, set[int]] = defaultdict(set)
    for due in waiting:
        by_job[JOBS[due.lane]].add(due.target_id)
    for job, connections in by_job.items():
        wakeups.enqueue_once(job, connections)


def _document_targets() -> Iterator[tuple[str, Target]]:
    return ((role, target) for role, target in TARGETS.items() if target.desired is not None)


def _kinds() -> frozenset[str]:
    return frozenset[str]().union(*(target.kinds for _, target in _document_targets()))


def _orders(order_ids: Sequence[int]) -> list[OrderFacts]:
    return fetch_as(OrderFacts, _ORDERS, orders=order_ids, roles=[role for role, _ in _document_targets()])


def _differences(
    target: Target, orders: Sequence[OrderFacts], existing: ByPlace
) -> tuple[list[Wanted], list[Existing]]:
    """Return (documents to want, waiting commands to drop) over all places of these orders."""
    assert target.desired is not None
    held = target.places(orders) if orders else {}
    written: dict[int, set[int | None]] = defaultdict(set)
    for (order_id, warehouse_id), commands in existing.items():
        if any(command.kind in target.kinds for command in commands):
            written[order_id].add(warehouse_id)
    wanted: list[Wanted] = []
    dropped: list[Existing] = []
    for order in orders:
        places = held.get(order.id, {})
        takes = frozenset(connector_of(order.channel).writes)
        for warehouse_id in sorted(places.keys() | written[order.id], key=lambda place: place or 0):
            past = [c for c in existing.get((order.id, warehouse_id), ()) if c.kind in target.kinds]
            units = places.get(warehouse_id)
            situation = Situation(
                order.status, order.has_unmapped, is_held=units is not None, units=units or {}, takes=takes,
                is_let_go=warehouse_id in places and units is None,
            )  # fmt: skip
            new, not_needed = difference(target.desired(situation, past), past)
            # commands about a document go to the target that holds it, also a former one
            there = order if warehouse_id in places or not past else replace(order, target_id=past[-1].target_id)
            # what only follows up another document is wanted even where it cannot be done: its refusal tells people
            wanted += [
                Wanted(there, warehouse_id, document) for document in new if document.kind in takes | target.told
            ]
            dropped += not_needed
    return wanted, dropped


def _command(target: Target, wanted: Wanted) -> WantedCommand:
    order, document = wanted.order, wanted.document
    return WantedCommand(
        target_id=order.target_id,
        kind=document.kind,
        reference=target.reference(order, document.kind, document.round, wanted.warehouse_id),
        order_id=order.id,
        warehouse_id=wanted.warehouse_id,
        subject=document.subject,
        lane=target.lane,
        options=document.options,
    )
