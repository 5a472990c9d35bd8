"""Money out: which orders' escrow was released, and what became of each dong of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.shopee import paging
from integrations.connectors.shopee.calls import ask, get, response
from integrations.connectors.shopee.mapping import errors, fields, income
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from integrations.wire.http import Line

BATCH = 50
_DETAIL = "payment/get_escrow_detail_batch"
GET, POST = METHODS = ("GET", "POST")
# order -> when its money was released
Released = Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Escrow:
    """How a shop's escrows are asked for: their answers name no currency, and sources disagree about the method."""

    currency: str
    method: str = GET


def read(
    line: Line, ids: Sequence[str], asked_at: datetime, escrow: Escrow, *, released: Released | None = None
) -> Truth:
    """The escrow of up to 50 orders, by order number. Whether it was released, only the list tells: see `changed`."""
    wanted = list(dict.fromkeys(ids))
    try:
        rows = _details(line, wanted, escrow.method)
    except Rejected as refusal:
        if len(wanted) == 1 and refusal.code in errors.NOT_FOUND:
            return Truth(gone=tuple(wanted))
        raise
    statements: dict[str, tuple[StatementLineSnapshot, ...]] = {}
    unreadable: dict[str, str] = {}
    for row in rows:
        number = fields.text(row, "order_sn")
        if number not in wanted:
            continue
        try:
            statements[number] = income.lines(
                row, asked_at, currency=escrow.currency, released_at=(released or {}).get(number)
            )
        except ValueError as error:
            unreadable[number] = str(error)
    return Truth(statements=statements, unreadable=unreadable)


def _details(line: Line, numbers: Sequence[str], method: str) -> list[Row]:
    """A list as `response`, each row with the escrow inside."""
    if method == POST:
        body = ask(line, _DETAIL, {"order_sn_list": list(numbers)})
    else:
        body = get(line, _DETAIL, (("order_sn_list", ",".join(numbers)),))
    return [answers.part(row, "escrow_detail") for row in answers.rows(body, "response")]


def changed(line: Line, escrow: Escrow, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of orders whose escrow was released in the span, with their lines: the time of release is told here only.

    The truth counts as asked for at `until`. An order whose lines cannot be read is told as unreadable; one that came already
    in this list is not told again.
    """
    seen: set[str] = set()
    for page in paging.changed(lambda start, end: _pages(line, start, end), since=since, until=until):
        fresh = tuple(change for change in page.changes if change.external_id not in seen)
        seen.update(change.external_id for change in fresh)
        for start in range(0, len(fresh), BATCH):
            batch = fresh[start : start + BATCH]
            yield Page(batch, _lines_of(line, batch, until, escrow))


def _lines_of(line: Line, batch: Sequence[Change], asked_at: datetime, escrow: Escrow) -> Truth:
    released = {change.external_id: change.version for change in batch if change.version}
    numbers = [change.external_id for change in batch]
    try:
        truth = read(line, numbers, asked_at, escrow, released=released)
    except Rejected as refusal:
        if len(numbers) == 1:
            return Truth(unreadable={numbers[0]: refusal.reason})
        alone = [_lines_of(line, [change], asked_at, escrow) for change in batch]
        return Truth(
            statements={number: rows for one in alone for number, rows in one.statements.items()},
            unreadable={number: reason for one in alone for number, reason in one.unreadable.items()},
            gone=tuple(number for one in alone for number in one.gone),
        )
    missing = set(numbers) - truth.statements.keys() - truth.unreadable.keys() - set(truth.gone)
    left_out = dict.fromkeys(sorted(missing), "Shopee left it out of its answer")
    return Truth(statements=truth.statements, gone=truth.gone, unreadable={**truth.unreadable, **left_out})


def _pages(line: Line, start: int, end: int) -> Iterator[Page]:
    number = 1
    while True:
        params = [("release_time_from", str(start)), ("release_time_to", str(end))]
        params += [("page_size", str(paging.PAGE_SIZE)), ("page_no", str(number))]
        listed = response(get(line, "payment/get_escrow_list", params))
        rows = answers.rows(listed, "escrow_list")
        yield Page(tuple(_changes(rows)))
        if listed.get("more") is not True or not rows:
            return
        number += 1


def _changes(rows: Sequence[Row]) -> Iterator[Change]:
    for row in rows:
        number = fields.text(row, "order_sn")
        try:
            version = fields.moment(row, "escrow_release_time")
        except ValueError:
            version = None
        if number:
            yield Change(number, version)
