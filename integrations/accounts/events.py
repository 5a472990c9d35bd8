"""`connection.red` and `connection.green`: a consent ended, or holds again."""

from __future__ import annotations

from core.db import decode, fetch
from core.event_types import Channel, EventType, Payload, Text, When, publish
from core.json_sql import utc_sql
from core.outbox import ALL_EVENTS, Event, emit

SOURCE = "/erpsync/integrations"


class ConnectionChanged(Payload):
    """An account can be reached no more, or again. `fix_path`: the page of the hub where a person mends it."""

    connection: Text
    channel: Channel
    shop_id: str | None
    state: Text
    previous_state: Text
    since: When
    fix_path: str


RED = publish("connection.red", ConnectionChanged, schema="connection.changed")
GREEN = publish("connection.green", ConnectionChanged, schema="connection.changed")
# the state of a consent -> what it means for its connections; one that ends soon still holds
_TYPES: dict[str, EventType] = {"red": RED, "green": GREEN}

_DUE = f"""
WITH connection AS (
    SELECT c.id, c.shop_id, app.channel, CASE WHEN a.state = 'red' THEN 'red' ELSE 'green' END AS state, coalesce((
        SELECT e.data ->> 'state' FROM {ALL_EVENTS} e WHERE e.entity = 'connection' AND e.entity_id = c.id::text
        ORDER BY e.version DESC LIMIT 1), 'green') AS before
    FROM integrations_connection c JOIN integrations_authorisation a ON a.id = c.authorisation_id
    JOIN integrations_appregistration app ON app.id = a.app_id WHERE a.id = %(authorisation)s
)
SELECT id, shop_id, state, jsonb_build_object('connection', id::text, 'channel', channel, 'shop_id', shop_id::text,
    'state', state, 'previous_state', before, 'since', {utc_sql("clock_timestamp()")},
    'fix_path', '/admin/integrations/connection/' || id || '/change/')::text
FROM connection WHERE state <> before ORDER BY id
"""


def emit_states(authorisation_id: int) -> None:
    """Emit the connections of a consent whose state is another than their last event says. The caller holds the consent's row."""
    rows = fetch(_DUE, authorisation=authorisation_id)
    emit([
        Event(_TYPES[state].name, SOURCE, "connection", str(pk), decode(data), (shop,) if shop else ())
        for pk, shop, state, data in rows
    ])  # fmt: skip
