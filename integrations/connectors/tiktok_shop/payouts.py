"""Payouts: the list of withdrawals, which has settlements into the balance and transfers to the bank."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from commissions.snapshots import PayoutSnapshot
from integrations.connectors.tiktok_shop import paging
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import fields, payouts
from integrations.connectors.tiktok_shop.reads import earliest_order
from integrations.contract.access import Access
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.paging import past_end

BATCH = 100
_PAGE = 100
_WITHDRAWALS = "/finance/202309/withdrawals"


def read_payouts(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return some withdrawals, from the list since they can have been made."""
    wanted = set(ids)
    rows = [row for page in _pages(shop_client(access), since, asked_at) for row in page]
    return _answer([row for row in rows if fields.text(row, "id") in wanted], asked_at)


def changed_payouts(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of withdrawals that are done, by the time they were made: the list has no other."""
    for rows in _pages(shop_client(access), since, until):
        done = [row for row in rows if fields.text(row, "status") == payouts.DONE and fields.text(row, "id")]
        changes = tuple(
            Change(fields.text(row, "id"), fields.or_none(fields.moment, row, "create_time")) for row in done
        )
        if changes:
            yield Page(changes, _answer(done, until))


# a transfer to a bank takes some days to be done, and keeps the time it was made at
PAYOUTS = Reader(
    read=read_payouts, changed=changed_payouts, batch=BATCH, overlap=timedelta(days=7), earliest=earliest_order
)


def _pages(client: ShopClient, since: datetime | None, until: datetime) -> Iterator[list[Row]]:
    """Yield the pages of the list. Its order is not documented: tokens are followed, not times."""
    end = past_end(until)
    first = max(1, math.floor(since.timestamp())) if since else 1
    times = paging.span("create_time", first, math.ceil(end.timestamp()) + 1 if end else None)
    token = ""
    while True:
        params = [("types", ",".join(payouts.TYPES)), *((name, str(at)) for name, at in times.items())]
        answer = client.get(_WITHDRAWALS, [*paging.page(_PAGE, token), *params])
        rows = answers.rows(answer, "withdrawals")
        yield rows
        following = fields.text(answer, "next_page_token")
        if not rows or following in ("", token):
            return
        token = following


def _answer(rows: Sequence[Row], asked_at: datetime) -> Answer:
    found: list[PayoutSnapshot] = []
    gone: list[str] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        number = fields.text(row, "id")
        try:
            payout = payouts.payout(row, asked_at)
        except ValueError as error:
            unreadable[number] = str(error)
            continue
        if payout is None:
            gone.append(number)
        else:
            found.append(payout)
    return Answer(snapshots=tuple(found), gone=tuple(gone), unreadable=unreadable)
