"""Lines of statement files against what is stored, and their storing. A scope (an order's escrow, a day of an order) is settled whole.

Where the channel itself told us about a scope, its lines stay: a file may only say the same sum. Where another file did, equal
lines are left alone and others are replaced, with both files named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commissions.models import StatementFile
from commissions.services.statements import announce, fitting, lock_lines, write_lines
from commissions.snapshots import StatementLineSnapshot
from core.db import fetch, fetch_as
from core.repeats import last_of_each

# how long the bytes of a file that nobody imported are kept
KEPT = timedelta(days=1)
# lines of one statement: a month of a large shop has 200,000, and the parameters of all at once took 800 MB
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A stored line that a file's scope or ids meet. `file_id` None: the channel itself told us."""

    id: int
    external_id: str
    scope: str
    fee: str
    amount: Decimal
    file_id: int | None
    file_name: str


@dataclass(frozen=True, slots=True)
class Change:
    """A line with another amount than stored. `before` None: there was none; `line` None: there is none any more."""

    line: StatementLineSnapshot | None
    before: StoredLine | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A scope of which the channel itself told us another sum."""

    order_number: str
    in_file: Decimal
    stored: Decimal


@dataclass(slots=True)
class Comparison:
    """Outcome that storing the lines of a file would have."""

    new: list[StatementLineSnapshot] = field(default_factory=list)
    same: list[StatementLineSnapshot] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def state_of(self) -> Mapping[str, str]:
        """Return "new", "same" or "changed" by order number; the strongest where an order has several."""
        found: dict[str, str] = {}
        for state, lines in (("same", self.same), ("new", self.new)):
            found |= {line.order_number: state for line in lines}
        return found | {change.line.order_number: "changed" for change in self.changed if change.line}


_STORED = """
WITH own AS (
    SELECT scope FROM commissions_statementline
    WHERE shop_id = %(shop)s AND external_id = ANY(%(ids)s) AND file_id IS NOT NULL AND scope <> ''
)
SELECT l.id, l.external_id, l.scope, l.fee, l.amount, l.file_id, coalesce(f.name, '') AS file_name
FROM commissions_statementline l LEFT JOIN commissions_statementfile f ON f.id = l.file_id
WHERE l.shop_id = %(shop)s AND (l.external_id = ANY(%(ids)s)
    OR (l.scope <> '' AND l.scope = ANY(%(scopes)s || ARRAY(SELECT scope FROM own)::varchar[])))
ORDER BY l.id
"""


def compare(shop_id: int, lines: Iterable[StatementLineSnapshot]) -> Comparison:
    """Return what storing these lines of a file would do. Two queries for any number."""
    given = last_of_each((fitting(line) for line in lines), lambda line: line.external_id)
    groups: dict[str, list[StatementLineSnapshot]] = defaultdict(list)
    for line in given:
        groups[line.scope].append(line)
    scope_of = {line.external_id: line.scope for line in given}
    stored: dict[str, list[StoredLine]] = defaultdict(list)
    rows = fetch_as(StoredLine, _STORED, shop=shop_id, ids=sorted(scope_of), scopes=sorted(groups))
    # a line that is here under an older scope of the same settlement brings its neighbours along
    moved = {row.scope: scope_of[row.external_id] for row in rows if row.external_id in scope_of}
    for row in rows:
        stored[row.scope if row.scope in groups else moved.get(row.scope, row.scope)].append(row)
    found = Comparison()
    for scope, new in groups.items():
        _compare(found, new, stored[scope])
    return found


def _compare(found: Comparison, new: Sequence[StatementLineSnapshot], stored: Sequence[StoredLine]) -> None:
    own = [row for row in stored if row.file_id is None]
    total = sum((line.amount for line in new), Decimal(0))
    if not stored:
        found.new += new
    elif own:
        known = sum((row.amount for row in own), Decimal(0))
        if known == total:
            found.same += new
        else:
            found.conflicts.append(Conflict(new[0].order_number, total, known))
    elif _are_equal(new, stored, total):
        found.same += new
    else:
        before = {row.external_id: row for row in stored}
        for line in new:
            row = before.pop(line.external_id, None)
            if row and row.amount == line.amount:
                found.same.append(line)
            else:
                found.changed.append(Change(line, row))
        found.changed += [Change(None, row) for row in before.values()]


def _are_equal(new: Sequence[StatementLineSnapshot], stored: Sequence[StoredLine], total: Decimal) -> bool:
    """Return whether both say the same: line by line, or in sum where a file in another language calls its lines otherwise."""
    here = {row.external_id: row.amount for row in stored}
    given = {line.external_id: line.amount for line in new}
    return here == given or (here.keys() != given.keys() and sum(here.values()) == total)


def lock_compared(shop_id: int, lines: Sequence[StatementLineSnapshot]) -> None:
    """Lock the stored lines that these meet, so that what is compared next stays so until the end of the transaction."""
    lock_lines(shop_id, lines)


_DELETE = """
DELETE FROM commissions_statementline WHERE id = ANY(%s) AND file_id IS NOT NULL
RETURNING external_id, order_number, order_id, id, false
"""


def store(file: StatementFile, found: Comparison) -> None:
    """Store what a comparison found to be new or changed, inside the caller's transaction, after `lock_compared` and `compare`.

    A line whose order is not known here keeps its number, and is joined to the order when that comes. No event tells of lines
    of files: they are history that a person brings, and the channel's own lines may take their place.
    """
    gone = [change.before.id for change in found.changed if change.before and change.line is None]
    stored: list[tuple[str, str, int | None, int, bool]] = [(*row,) for row in fetch(_DELETE, gone)]
    given: list[tuple[StatementLineSnapshot, StoredLine | None]] = [(line, None) for line in found.new]
    given += [(change.line, change.before) for change in found.changed if change.line]
    for start in range(0, len(given), BATCH):
        part = [_noted(line, file, before) for line, before in given[start : start + BATCH]]
        stored += write_lines(file.shop_id, part, file_id=file.pk)
    announce(stored)


def _noted(line: StatementLineSnapshot, file: StatementFile, before: StoredLine | None) -> StatementLineSnapshot:
    """Return a line with the file in its raw answer, and what an earlier file said of it."""
    note: dict[str, Any] = {"file": file.name}
    if before:
        note["before"] = {"file": before.file_name, "amount": str(before.amount)}
    return replace(line, raw=dict(line.raw) | note)


_SUMS = """
SELECT statement, sum(amount) FROM commissions_statementline
WHERE shop_id = %(shop)s AND statement <> '' AND happened_at >= %(since)s AND happened_at < %(until)s GROUP BY statement
"""


def statement_sums(shop_id: int, *, since: datetime, until: datetime) -> dict[str, Decimal]:
    """Return the sum of each statement of a shop with lines in this time."""
    return dict(fetch(_SUMS, shop=shop_id, since=since, until=until))


def other_shops_orders(channel: str, numbers: Sequence[str]) -> dict[int, int]:
    """Return how many of these orders each shop of a channel has lines of, from files or from the channel."""
    rows = fetch(
        "SELECT l.shop_id, count(DISTINCT l.order_number) FROM commissions_statementline l"
        " JOIN inventory_shop s ON s.id = l.shop_id AND s.channel = %s"
        " WHERE l.order_number = ANY(%s) AND l.order_id IS NULL GROUP BY 1",
        channel, list(numbers),
    )  # fmt: skip
    return dict(rows)


def save_file(file: StatementFile) -> StatementFile:
    """Insert or update the row of a file."""
    file.save()
    return file


def earlier_payouts(shop_id: int, *, first: date | None, last: date | None) -> list[tuple[str, dict[str, Any]]]:
    """Return (file, transfer) of the imported files of a shop whose days overlap these, give or take two weeks."""
    files = StatementFile.objects.filter(shop_id=shop_id, state=StatementFile.State.IMPORTED).exclude(payouts=[])
    if first and last:
        files = files.filter(first_day__lte=last + timedelta(days=14), last_day__gte=first - timedelta(days=14))
    return [(name, payout) for name, payouts in files.values_list("name", "payouts") for payout in payouts]


def forget_content() -> int:
    """Delete the bytes of files that nobody imported within a day; return how many."""
    kept = StatementFile.objects.filter(content__isnull=False, uploaded_at__lt=timezone.now() - KEPT)
    return kept.update(content=None)
