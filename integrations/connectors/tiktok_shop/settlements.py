"""Settlements: statements, and the transactions behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from commissions.snapshots import SettlementSnapshot
from integrations.connectors.tiktok_shop import paging
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import fields, statements
from integrations.connectors.tiktok_shop.reads import earliest_order
from integrations.contract.access import Access
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire import answers
from integrations.wire.answers import Row

BATCH = 10
_PAGE = 100
_STATEMENTS = "/finance/202309/statements"
_TRANSACTIONS = "/finance/202501/statements/{}/statement_transactions"
# a statement a day: so many pages of the newest are searched for one that is asked for
_PAGES_BACK = 8
# less than statements can lie apart: a watermark never passes the next one
_PAID_LATER = timedelta(milliseconds=1)


def read_settlements(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return the lines of some statements. Only their list, newest first, says which of them are paid."""
    client = shop_client(access)
    rows = _listed(client, set(ids))
    found: list[SettlementSnapshot] = []
    unreadable: dict[str, str] = {}
    for number, row in rows.items():
        try:
            lines = tuple(
                line
                for transaction in _transactions(client, number)
                for line in statements.lines(transaction, row, asked_at)
            )
        except ValueError as error:
            unreadable[number] = str(error)
        else:
            found.append(SettlementSnapshot(number, lines))
    gone = tuple(ids) if len(ids) == 1 and not rows else ()
    return Answer(snapshots=tuple(found), gone=gone, unreadable=unreadable)


def changed_settlements(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of statements by their own time; one that was paid meanwhile counts as changed."""
    client = shop_client(access)

    def search(first: int, last: int | None, token: str) -> tuple[list[Row], str]:
        times = [("statement_time_ge", str(first)), *([("statement_time_lt", str(last))] if last else [])]
        answer = client.get(_STATEMENTS, [*paging.page(_PAGE, token, sort="statement_time"), *times])
        return answers.rows(answer, "statements"), fields.text(answer, "next_page_token")

    for rows in paging.walk(search, "statement_time", since, until):
        yield Page(tuple(_change(row) for row in rows if fields.text(row, "id")))


# a statement is paid some days after it was made, and only its list says so
SETTLEMENTS = Reader(
    read=read_settlements,
    changed=changed_settlements,
    batch=BATCH,
    overlap=timedelta(days=7),
    earliest=earliest_order,
)


def _change(row: Row) -> Change:
    """Return the change of a statement. It has no update time: one that was paid is newer than it was before."""
    status = fields.text(row, "payment_status")
    made = fields.or_none(fields.moment, row, "statement_time")
    version = made + _PAID_LATER if made and status == statements.PAID else made
    return Change(fields.text(row, "id"), version, status)


def _listed(client: ShopClient, wanted: set[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    token = ""
    for _ in range(_PAGES_BACK):
        answer = client.get(_STATEMENTS, paging.page(_PAGE, token, sort="statement_time", order="DESC"))
        rows = answers.rows(answer, "statements")
        found |= {number: row for row in rows if (number := fields.text(row, "id")) in wanted}
        following = fields.text(answer, "next_page_token")
        if wanted <= found.keys() or not rows or following in ("", token):
            break
        token = following
    return found


def _transactions(client: ShopClient, number: str) -> Iterator[Row]:
    """Yield all transactions of a statement, which is closed: its pages do not move."""
    token = ""
    while True:
        path, page = _TRANSACTIONS.format(number), paging.page(_PAGE, token, sort="order_create_time")
        answer = client.get(path, page, endpoint=_TRANSACTIONS)
        rows = answers.rows(answer, "transactions")
        yield from rows
        following = fields.text(answer, "next_page_token")
        if not rows or following in ("", token):
            return
        token = following
