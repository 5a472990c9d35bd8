"""What TikTok Shop settled: statements, and the transactions behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.base import Change, Page, Truth
from integrations.connectors.tiktok_shop.calls import Api
from integrations.connectors.tiktok_shop.mapping import fields, statements
from integrations.connectors.tiktok_shop.reading import walk
from integrations.wire import answers
from integrations.wire.answers import Row

BATCH = 10
_PAGE = 100
_STATEMENTS = "/finance/202309/statements"
_TRANSACTIONS = "/finance/202501/statements/{}/statement_transactions"
# a statement a day: so many pages of the newest are looked through for one that is asked for
_PAGES_BACK = 8
# less than statements can lie apart: a watermark never passes the next one
_PAID_LATER = timedelta(milliseconds=1)


def changed_statements(api: Api, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of statements by their own time; one that was paid meanwhile counts as changed."""

    def search(first: int, last: int | None, token: str) -> tuple[list[Row], str]:
        times = [("statement_time_ge", str(first)), *([("statement_time_lt", str(last))] if last else [])]
        answer = api.get(_STATEMENTS, [*_paging("statement_time", "ASC", token), *times])
        return answers.rows(answer, "statements"), fields.text(answer, "next_page_token")

    for rows in walk(search, "statement_time", since, until):
        yield Page(tuple(_change(row) for row in rows if fields.text(row, "id")))


def _change(row: Row) -> Change:
    """A statement has no update time. One that was paid is a newer one than it was before."""
    status = fields.text(row, "payment_status")
    try:
        made = fields.moment(row, "statement_time")
    except ValueError:
        made = None
    version = made + _PAID_LATER if made and status == statements.PAID else made
    return Change(fields.text(row, "id"), version, status)


def read_statements(api: Api, ids: Sequence[str], asked_at: datetime) -> Truth:
    """The lines of some statements. Which of them are paid only their list tells, newest first."""
    rows = _listed(api, set(ids))
    found: dict[str, tuple[StatementLineSnapshot, ...]] = {}
    unreadable: dict[str, str] = {}
    for number, row in rows.items():
        try:
            found[number] = tuple(
                line
                for transaction in _transactions(api, number)
                for line in statements.lines(transaction, row, asked_at)
            )
        except ValueError as error:
            unreadable[number] = str(error)
    gone = tuple(ids) if len(ids) == 1 and not rows else ()
    return Truth(statements=found, gone=gone, unreadable=unreadable)


def _listed(api: Api, wanted: set[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    token = ""
    for _ in range(_PAGES_BACK):
        answer = api.get(_STATEMENTS, _paging("statement_time", "DESC", token))
        rows = answers.rows(answer, "statements")
        found |= {number: row for row in rows if (number := fields.text(row, "id")) in wanted}
        following = fields.text(answer, "next_page_token")
        if wanted <= found.keys() or not rows or following in ("", token):
            break
        token = following
    return found


def _transactions(api: Api, number: str) -> Iterator[Row]:
    """All of a statement, which is closed: its pages do not move."""
    token = ""
    while True:
        path = _TRANSACTIONS.format(number)
        answer = api.get(path, _paging("order_create_time", "ASC", token), endpoint=_TRANSACTIONS)
        rows = answers.rows(answer, "transactions")
        yield from rows
        following = fields.text(answer, "next_page_token")
        if not rows or following in ("", token):
            return
        token = following


def _paging(sort: str, order: str, token: str) -> list[tuple[str, str]]:
    found = [("page_size", str(_PAGE)), ("sort_field", sort), ("sort_order", order)]
    return [*found, ("page_token", token)] if token else found
