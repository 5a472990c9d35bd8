"""Failed answers of channels, kept with the events that they are about."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from core.db import columns, execute
from core.transactions import in_transaction

_KEEP = """
WITH mine AS (
    SELECT id FROM integrations_inboxevent WHERE id = ANY(%(ids)s) AND lease = %(lease)s AND state = 'pending'
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE integrations_inboxevent e SET answer = n.answer
FROM unnest(%(ids)s::bigint[], %(answers)s::text[]) AS n(id, answer) WHERE e.id = n.id AND e.id IN (SELECT id FROM mine)
"""


def keep_answers(lease: UUID, answers: Mapping[int, str]) -> None:
    """Keep what a channel answered with the events that are still ours. May be repeated: the last one stands."""
    if answers:
        _keep(lease, answers)


@in_transaction
def _keep(lease: UUID, answers: Mapping[int, str]) -> None:
    ids, texts = columns(sorted(answers.items()), 2)
    execute(_KEEP, lease=lease, ids=ids, answers=texts)
