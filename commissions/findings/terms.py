"""Payout terms: one row per channel with its confidence; and the days that follow from a term.

Where the mark is "not verified" the row is only a suggestion: nothing is late until a person has set a term for the shop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from commissions.rules.rule_set import ZONE

NOT_VERIFIED = "not_verified"
# so many days after a statement was closed its transfer is at the bank: a week's rhythm, and the bank's three working days
TRANSFER_DAYS = 10


class Term(NamedTuple):
    """Money of an order is due `days` calendar days after it was delivered or completed, then on the next `weekday` (0: Monday).

    Late: `grace_days` working days after that. `mark`: of `commissions.rules.words.MARKS`.
    """

    after: str
    days: int = 0
    weekday: int | None = None
    grace_days: int = 2
    mark: str = "own"

    @property
    def counts(self) -> bool:
        return self.mark != NOT_VERIFIED


# a row per channel: channels' help pages and public descriptions of 2023 to 2026; the days of grace are inferred
TERMS: Mapping[str, Term] = {
    channel: Term(**term) for channel, term in json.loads(Path(__file__).with_name("terms.json").read_text()).items()
}


def due_day(term: Term, at: datetime) -> date:
    """Return the day, in Vietnam, on which the money of an order delivered or completed at a time is due."""
    day = at.astimezone(ZONE).date() + timedelta(days=term.days)
    if term.weekday is None:
        return day
    return day + timedelta(days=(term.weekday - day.weekday() - 1) % 7 + 1)


def late_at(term: Term, at: datetime) -> datetime:
    """Return from when on the money of an order delivered or completed at a time is late."""
    day, left = due_day(term, at), term.grace_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return datetime.combine(day + timedelta(days=1), time(), ZONE)
