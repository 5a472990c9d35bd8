"""Asking a channel again for the current state of things: as if it had notified us of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from django.db import transaction

from core.transactions import in_transaction
from integrations.inbox.store import SAID, Incoming, add, retry_dead
from integrations.models import Connection, InboxEvent
from integrations.work import wakeups

# what is to be read again: ids at the channel, by kind of event
ReadAgain = Mapping[str, Collection[str]]


@in_transaction
def refetch(connection: Connection, kind: str, external_ids: Collection[str], source: str) -> int:
    """Add an inbox event per thing and wake a worker after the commit; return how many things. May be repeated.

    `source`: one of `InboxEvent.Source`. Things of that kind that already wait are not asked for twice.
    """
    ids = sorted(set(external_ids))
    app_id = connection.authorisation.app_id
    add([Incoming(app_id, connection.pk, kind, external_id, source) for external_id in ids])
    if ids:
        transaction.on_commit(partial(wakeups.enqueue_once, "drain", [connection.pk]))
    return len(ids)


def refetch_later(
    connection: Connection, kind: str, external_ids: Collection[str], source: str, *, after: float
) -> None:
    """As `refetch`, within `after` seconds: nothing is known of the things but our own write. Inside the caller's transaction."""
    app_id = connection.authorisation.app_id
    add(
        [
            Incoming(app_id, connection.pk, kind, external_id, source, body={SAID: []}, after=after)
            for external_id in sorted(set(external_ids))
        ]
    )


@in_transaction
def refetch_by_shop(kind: str, external_ids: Mapping[int, Collection[str]], source: str) -> int:
    """Ask for things of several shops (shop id -> ids at the channel), all or none; return how many. As `refetch`.

    Shops that are not connected are left out.
    """
    known = Connection.objects.filter(shop_id__in=external_ids).select_related("authorisation", "shop")
    return sum(
        refetch(connection, kind, external_ids[connection.own_shop.pk], source) for connection in known.order_by("pk")
    )


@in_transaction
def try_again(event_ids: Sequence[int]) -> int:
    """Requeue these dead letters and wake the workers. Returns how many there were. May be repeated."""
    drains: dict[str, set[int]] = defaultdict(set)
    known = InboxEvent.objects.filter(pk__in=event_ids, state=InboxEvent.State.DEAD)
    for event in known.only("app_id", "connection_id"):
        drains["drain_app" if event.connection_id is None else "drain"].add(event.connection_id or event.app_id)
    again = retry_dead(event_ids)
    for job, keys in drains.items():
        transaction.on_commit(partial(wakeups.enqueue_once, job, keys))
    return again
