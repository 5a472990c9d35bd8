"""Asking a channel again for the current state of things: as if it had notified us of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from django.db import transaction

from integrations.inbox.store import Incoming, add
from integrations.models import Connection
from integrations.work import wakeups


@transaction.atomic
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


@transaction.atomic
def refetch_by_shop(kind: str, external_ids: Mapping[int, Collection[str]], source: str) -> int:
    """Ask for things of several shops (shop id -> ids at the channel), all or none; return how many. As `refetch`.

    Shops that are not connected are left out.
    """
    known = Connection.objects.filter(shop_id__in=external_ids).select_related("authorisation", "shop")
    return sum(
        refetch(connection, kind, external_ids[connection.own_shop.pk], source) for connection in known.order_by("pk")
    )
