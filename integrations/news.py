"""What a list says that the hub does not know: one query for any number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from integrations.connectors.base import Change
from integrations.models import Connection
from inventory.sql import columns, fetch

# how far the channel's clock and ours may differ
SKEW = timedelta(minutes=5)
# what was set aside so recently at the same version is not looked at again
JUDGED = timedelta(hours=2)

# News is what nobody waits for, nobody has set aside lately at that version, and the hub does not know: each of its rows is
# as new as the list says, and of two that are equally new in the same state. A list without times proves less: then a row is
# new enough when it was asked for well after the end of what the list covers, or, unless everything is to be looked at
# again, when the channel's word for its state is the same.
_ORDERS = "FROM orders_order r WHERE r.shop_id = %s AND r.number = n.external_id"
_LISTINGS = "FROM inventory_listing r WHERE r.shop_id = %s AND r.item_id = n.external_id"
_RETURNS = "FROM orders_return r WHERE r.shop_id = %s AND r.number = n.external_id"
_CUSTOMERS = "FROM orders_customeridentity r WHERE r.shop_id = %s AND r.external_id = n.external_id"
# a settlement has no row of its own: what was processed lately proves it known
_ROWS = {
    "order": _ORDERS, "invoice": _ORDERS, "product": _LISTINGS, "listing": _LISTINGS, "return": _RETURNS,
    "customer": _CUSTOMERS, "settlement": f"{_RETURNS} AND false",
}  # fmt: skip
_SAME_STATE = {_ORDERS: "n.state <> '' AND r.channel_status = n.state"}
# channels count in whole seconds: what changed twice within one has the same version and another state
_ALIKE = {_ORDERS: "n.state IN ('', r.channel_status)"}

_NEWS = """
SELECT n.external_id, n.version
FROM unnest(%s::text[], %s::timestamptz[], %s::text[]) AS n(external_id, version, state)
WHERE NOT EXISTS (
    SELECT FROM integrations_inboxevent e WHERE e.app_id = %s AND e.connection_id = %s AND e.kind = %s
        AND e.external_id = n.external_id AND e.state = 'pending' AND e.lease IS NULL)
AND NOT EXISTS (
    SELECT FROM integrations_inboxevent e WHERE {again} AND e.received_at > clock_timestamp() - %s::interval
        AND e.connection_id = %s AND e.kind = %s AND e.external_id = n.external_id AND e.version >= n.version
        AND (e.state IN ('ignored', 'dead') OR e.state = 'processed' AND NOT EXISTS (SELECT {rows})))
AND (SELECT bool_and(coalesce(r.version > n.version OR r.version = n.version AND {alike},
        n.version IS NULL AND (r.asked_at > %s OR {state}))) {rows})
    IS NOT TRUE
"""


def news(
    connection: Connection, kind: str, changes: Sequence[Change], *, until: datetime, strict: bool
) -> list[Change]:
    """The changes of a list read up to `until` that are news, each once. `strict`: a known state proves nothing."""
    newest: dict[str, Change] = {}
    for change in changes:
        known = newest.get(change.external_id)
        if known is None or (change.version and known.version and change.version > known.version):
            newest[change.external_id] = change
    if kind not in _ROWS or not newest:
        return list(newest.values())
    same_state = "false" if strict else _SAME_STATE.get(_ROWS[kind], "false")
    return [
        Change(*row)
        for row in fetch(
            _NEWS.replace("{rows}", _ROWS[kind]).replace("{state}", same_state).replace("{again}", str(not strict))
            .replace("{alike}", _ALIKE.get(_ROWS[kind], "true")),
            *columns(sorted((c.external_id, c.version, c.state) for c in newest.values()), 3),
            connection.authorisation.app_id, connection.pk, kind, JUDGED, connection.pk, kind,
            connection.shop_id, until + SKEW, connection.shop_id,
        )
    ]  # fmt: skip


def unseen_orders(connection: Connection, changes: Sequence[Change]) -> list[str]:
    """The orders among these that the hub has never read and that nobody is about to read."""
    rows = fetch(
        "SELECT n.id FROM (SELECT DISTINCT unnest(%s::text[]) AS id) n WHERE NOT EXISTS ("
        " SELECT FROM orders_order o WHERE o.shop_id = %s AND o.number = n.id AND o.asked_at > 'epoch')"
        " AND NOT EXISTS (SELECT FROM integrations_inboxevent e WHERE e.connection_id = %s AND e.kind = 'order'"
        " AND e.external_id = n.id AND e.state = 'pending') ORDER BY 1",
        [change.external_id for change in changes], connection.shop_id, connection.pk,
    )  # fmt: skip
    return [row[0] for row in rows]
