"""State of the dashboard, by which its page knows whether its fragment has to be sent anew."""

from __future__ import annotations

from django.utils import timezone

from core.feed import feed_position

# seconds after which it is sent without an event: deadlines pass, and what people do here alone makes none
BEAT = 30


def state() -> str:
    """Return the entity tag of the dashboard as of now. Read it before the rows: what changes in between is sent the next time.

    One row is read: every change at a channel is an event with a feed position, counted within a second of its commit.
    """
    return f'W/"{feed_position()}-{int(timezone.now().timestamp()) // BEAT}"'
