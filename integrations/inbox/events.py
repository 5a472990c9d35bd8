"""`dead_letter.added`: an inbox event for which no further try will help."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from msgspec import Meta

from core.db import decode, fetch
from core.event_types import Channel, Payload, Text, When, publish
from core.json_sql import utc_sql
from core.outbox import Event, emit

SOURCE = "/erpsync/integrations"


class DeadLetter(Payload):
    """An inbox event that needs a person. `code`: the class of what went wrong; its words are shown in the hub only."""

    dead_letter_id: Text
    channel: Channel
    connection: str | None
    shop_id: str | None
    kind: str
    external_id: str
    code: str
    attempts: Annotated[int, Meta(ge=1)]
    first_failed_at: When
    last_failed_at: When


DEAD_LETTER_ADDED = publish("dead_letter.added", DeadLetter)

_DEAD = f"""
SELECT e.id, c.shop_id, jsonb_build_object('dead_letter_id', e.id::text, 'channel', app.channel,
    'connection', e.connection_id::text, 'shop_id', c.shop_id::text, 'kind', e.kind, 'external_id', e.external_id,
    'code', e.reason_code, 'attempts', greatest(e.tries, 1), 'first_failed_at', {utc_sql("e.received_at")},
    'last_failed_at', {utc_sql("e.finished_at")})::text
FROM integrations_inboxevent e JOIN integrations_appregistration app ON app.id = e.app_id
LEFT JOIN integrations_connection c ON c.id = e.connection_id
WHERE e.id = ANY(%(events)s) AND e.state = 'dead' ORDER BY e.id
"""


def emit_dead_letters(event_ids: Collection[int]) -> None:
    """Emit those of these inbox events that are dead letters. The caller has just ended them, and holds their rows."""
    if not event_ids:
        return
    rows = fetch(_DEAD, events=sorted(event_ids))
    emit([
        Event(DEAD_LETTER_ADDED.name, SOURCE, "dead_letter", str(pk), decode(data), (shop,) if shop else ())
        for pk, shop, data in rows
    ])  # fmt: skip
