"""The quota of a caller: GCRA in Redis, said in headers with every answer."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.utils.translation import gettext as _

from core.gcra import Taken, pace_of, take
from erpsync.api.kit.problems import Problem

WINDOW_SECONDS = 60
# a sixth of a minute's requests may come at once, the rest flows
BURST_PART = 6
# a person who looks at the API with a browser or a script of one's own
PERSON_PER_MINUTE = 300


def count(caller: str, per_minute: int) -> Taken:
    """Count a request of a caller. Raises Problem 429 with the time to wait."""
    taken = take(f"erpsync:api:quota:{caller}", pace_of(per_minute, WINDOW_SECONDS, max(1, per_minute // BURST_PART)))
    if taken.wait > 0:
        raise Problem(
            429, "quota", _("The quota of this key is used up. Wait as long as Retry-After says."), after=taken.wait
        )
    return taken


def headers(taken: Taken, per_minute: int) -> dict[str, Any]:
    """Return the headers of a quota: those of the current draft (draft-ietf-httpapi-ratelimit-headers) and its older ones."""
    reset = ceil(taken.full_in)
    return {
        "RateLimit-Policy": f'"minute";q={per_minute};w={WINDOW_SECONDS}',
        "RateLimit": f'"minute";r={taken.left};t={reset}',
        "RateLimit-Limit": str(per_minute),
        "RateLimit-Remaining": str(taken.left),
        "RateLimit-Reset": str(reset),
    }
