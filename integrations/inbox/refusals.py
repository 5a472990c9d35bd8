"""Refused deliveries: counted per app and reason, with a sample of the headers. The body is never kept."""

from __future__ import annotations

import json
from collections.abc import Mapping

import structlog

from core.db import execute
from integrations.contract.webhooks import Delivery
from integrations.inbox.routing import storable

log = structlog.get_logger(__name__)

SAMPLE_LENGTH = 200
_SAMPLE_HEADERS = 30
_REASON_LENGTH = 32
_SECRET_PARTS = ("auth", "cookie", "sign", "token", "key", "secret", "hmac")

_COUNT = """
INSERT INTO integrations_refusal AS known (app_id, channel, reason, count, sample)
VALUES (%(app)s, %(channel)s, %(reason)s, 1, %(sample)s::jsonb)
ON CONFLICT (channel, app_id, reason) DO UPDATE SET
    count = known.count + 1, sample = excluded.sample, last_at = clock_timestamp()
"""


def count_refusal(app_id: int | None, channel: str, reason: str, delivery: Delivery, size: int) -> None:
    """Add one to the refusals of an app (None: unknown) for this reason, and keep this delivery as their sample."""
    log.info("delivery_refused", channel=channel, app=app_id, reason=reason, size=size)
    sample = {"headers": _sample(delivery.headers), "size": size, "topic": delivery.topic[:SAMPLE_LENGTH]}
    execute(
        _COUNT, app=app_id, channel=channel, reason=reason[:_REASON_LENGTH], sample=json.dumps(storable(sample))
    )  # fmt: skip


def _sample(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers for a person who investigates refusals: of secret ones only the length."""
    return {
        name: f"({len(value)} characters)" if any(part in name for part in _SECRET_PARTS) else value[:SAMPLE_LENGTH]
        for name, value in sorted(headers.items())[:_SAMPLE_HEADERS]
    }
