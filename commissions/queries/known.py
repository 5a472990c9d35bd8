"""The ledger as it was known on a day: entries recorded until its end. The same question has the same answer for ever."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from commissions.rules.rule_set import moment
from commissions.services import rule_book
from core.db import database_time

# no transaction lives as long as this
LONGEST_TRANSACTION = timedelta(hours=1)


class NotOver(ValueError):
    """The day is not over yet: more entries may be recorded on it."""


def known_until(day: date) -> datetime:
    """Return the end of a day in Vietnam, to be compared with `recorded_at` (exclusive). Raises NotOver.

    Entries are recorded by the clock under the shared lock of accruals. Soon after midnight some of the day may not be
    committed yet: taking the lock once waits for them.
    """
    end = moment(day + timedelta(days=1))
    now = database_time()
    if end > now:
        raise NotOver(day)
    if now - end < LONGEST_TRANSACTION:
        with transaction.atomic():
            rule_book.exclusive()
    return end
