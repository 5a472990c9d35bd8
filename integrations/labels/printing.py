"""Printing of labels by people: which parcels, in which order, and the mark that they were printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import execute, fetch, fetch_as, named_columns
from integrations.accounts.connections import NotPossible
from integrations.connectors import channels, connector_of
from integrations.labels import store
from integrations.labels.pdf import merged
from integrations.labels.store import WantedLabel
from integrations.models import Connection, PrintRun
from integrations.work import wakeups
from orders.models import Order
from orders.queries import is_packed_by_platform_sql, labels_wait_for_packing, sent_by_platform
from orders.statuses import statuses

# orders of one run: a file of so many labels is what a printer takes at a time
MOST = 1_000

# why an order has no label
NOT_ARRANGED, NO_LABELS, NOT_CONNECTED, BY_PLATFORM = "not_arranged", "no_labels", "not_connected", "by_platform"
NOT_PACKED = "not_packed"


@dataclass(frozen=True, slots=True)
class _Parcel:
    order_id: int
    shop_id: int
    number: str
    order_number: str
    tracking_number: str


# the parcels of the chosen orders, and those of other orders of the shop that travel in the same ones; not those that the
# platform packs
_PARCELS = f"""
WITH chosen AS (
    SELECT o.shop_id, coalesce(p.number, o.number) AS number FROM orders_order o
    LEFT JOIN orders_parcel p ON p.order_id = o.id AND p.replaced_at IS NULL WHERE o.id = ANY(%(orders)s)
)
SELECT o.id AS order_id, o.shop_id, p.number, o.number AS order_number, p.tracking_number
FROM orders_parcel p JOIN orders_order o ON o.id = p.order_id
JOIN (SELECT DISTINCT shop_id, number FROM chosen) c ON c.shop_id = o.shop_id AND c.number = p.number
WHERE p.replaced_at IS NULL AND NOT {is_packed_by_platform_sql("p")} ORDER BY o.id, p.id
"""


def print_labels(orders: Sequence[Order], actor: AbstractBaseUser | None) -> PrintRun:
    """Store a run with the labels of these orders, in their order, and have those fetched that are not here yet.

    A parcel with several orders comes once, at the place of the first. Orders without a label are named in `left_out`.
    Raises NotPossible for more than `MOST` orders.
    """
    if len(orders) > MOST:
        raise NotPossible(_("At most %(n)s orders at a time: choose fewer.") % {"n": MOST})
    connections = _connections({order.shop_id for order in orders})
    ids = [order.pk for order in orders]
    known = dict.fromkeys(labels_wait_for_packing(ids), NOT_PACKED) | dict.fromkeys(sent_by_platform(ids), BY_PLATFORM)
    reasons = {order.pk: known.get(order.pk) or _why_not(order, connections.get(order.shop_id)) for order in orders}
    printable = [order for order in orders if not reasons[order.pk]]
    with transaction.atomic():
        left_out = [
            {"order": order.pk, "number": order.number, "reason": reasons[order.pk]}
            for order in orders
            if reasons[order.pk]
        ]
        run = PrintRun.objects.create(actor_id=actor.pk if actor else None, left_out=left_out)
        wanted = _wanted(printable, {shop: found.pk for shop, found in connections.items()})
        _place(run, store.want(wanted))
    wakeups.enqueue_once("labels", {label.connection_id for label in wanted})
    return run


def _connections(shop_ids: Collection[int]) -> dict[int, Connection]:
    known = Connection.objects.filter(shop_id__in=shop_ids, is_active=True).select_related("authorisation__app")
    return {connection.shop_id: connection for connection in known if connection.shop_id is not None}


def _why_not(order: Order, connection: Connection | None) -> str:
    if connection is None or connection.channel not in channels():
        return NOT_CONNECTED
    if connector_of(connection.channel).labels is None:
        return NO_LABELS
    return "" if order.status in statuses("may_print") else NOT_ARRANGED


def _wanted(orders: Sequence[Order], connections: dict[int, int]) -> list[WantedLabel]:
    """Return the labels of the orders' parcels, each once, in the order of the orders."""
    rows = fetch_as(_Parcel, _PARCELS, orders=[order.pk for order in orders])
    of_order: dict[int, list[_Parcel]] = defaultdict(list)
    in_parcel: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in rows:
        of_order[row.order_id].append(row)
        in_parcel[row.shop_id, row.number].append(row.order_id)
    wanted: dict[tuple[int, str], WantedLabel] = {}
    for order in orders:
        parcels = of_order[order.pk] or [_Parcel(order.pk, order.shop_id, order.number, order.number, "")]
        for parcel in parcels:
            key = (order.shop_id, parcel.number)
            travellers = tuple(in_parcel.get(key, [order.pk]))
            wanted.setdefault(
                key,
                WantedLabel(
                    connections[order.shop_id], parcel.number, order.number, parcel.tracking_number, travellers
                ),
            )
    return list(wanted.values())


def _place(run: PrintRun, label_ids: Sequence[int]) -> None:
    execute(
        "INSERT INTO integrations_printrunlabel (run_id, label_id, position)"
        " SELECT %(run)s, * FROM unnest(%(labels)s::bigint[], %(places)s::int[])",
        run=run.pk, **named_columns("labels places", list(zip(label_ids, range(len(label_ids)), strict=True))),
    )  # fmt: skip


def retry(run: PrintRun, connection_ids: Collection[int]) -> int:
    """Want the refused labels of a run once more, of these connections; return how many."""
    refused = list(run.labels.filter(state="refused", connection_id__in=connection_ids).values_list("pk", flat=True))
    wakeups.enqueue_once("labels", store.want_again(refused))
    return len(refused)


def print_file(run: PrintRun, connection_ids: Collection[int], actor: AbstractBaseUser | None) -> bytes | None:
    """Return the labels of a run that are ready and PDFs as one file, in order, and mark them as printed; None without any.

    Only those of these connections: what a person may print may have changed since the run began.
    """
    rows = _files(run, connection_ids)
    if not rows:
        return None
    mark_printed([label_id for label_id, _content in rows], actor)
    PrintRun.objects.filter(pk=run.pk, printed_at__isnull=True).update(printed_at=timezone.now())
    return merged(bytes(content) for _label_id, content in rows)


def _files(run: PrintRun, connection_ids: Collection[int]) -> list[tuple[int, Any]]:
    return fetch(
        "SELECT l.id, l.content FROM integrations_printrunlabel p"
        " JOIN integrations_shippinglabel l ON l.id = p.label_id"
        " WHERE p.run_id = %s AND l.pages IS NOT NULL AND l.content IS NOT NULL AND l.connection_id = ANY(%s)"
        " ORDER BY p.position",
        run.pk, list(connection_ids),
    )  # fmt: skip


def mark_printed(label_ids: Sequence[int], actor: AbstractBaseUser | None) -> None:
    """Keep who printed labels, when, and how often."""
    execute(
        "UPDATE integrations_shippinglabel SET printed_at = clock_timestamp(), printed_by_id = %s,"
        " prints = least(prints + 1, 32767) WHERE id IN (SELECT id FROM integrations_shippinglabel WHERE id = ANY(%s)"
        " ORDER BY id FOR UPDATE)",
        actor.pk if actor else None, list(label_ids),
    )  # fmt: skip
