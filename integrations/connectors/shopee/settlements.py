"""Settlements: the orders whose escrow was released, and the parts of each amount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from commissions.snapshots import PayoutSnapshot, SettlementSnapshot
from integrations.connectors.shopee import paging
from integrations.connectors.shopee.client import get, post_repeatable, response, shop_client
from integrations.connectors.shopee.mapping import errors, fields, income
from integrations.connectors.shopee.mapping.settled_amounts import settled_amounts
from integrations.contract.access import Access
from integrations.contract.errors import Rejected
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from orders.snapshots import SettledAmountsSnapshot

BATCH = 50
_DETAIL = "payment/get_escrow_detail_batch"
# values of the registration's setting `escrow_method`: sources disagree about the method
GET, POST = "GET", "POST"
# order -> when its money was released
Released = Mapping[str, datetime]


def read_settlements(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return the escrow of up to 50 orders, by order number. Only the list says whether it was released: see `changed_settlements`."""
    return _escrows(access, list(dict.fromkeys(ids)), asked_at, released={})


def changed_settlements(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of orders whose escrow was released in the span, with their lines and payouts: only this list has the time of
    release, and what was released.

    The lines count as asked for at `until`. An order whose lines cannot be read is unreadable; one that came already in
    this list is not repeated.
    """
    client = shop_client(access)
    seen: set[str] = set()
    for page in paging.changed(
        lambda start, end: _pages(client, start, end, access.currency, until), since=since, until=until
    ):
        fresh = tuple(change for change in page.changes if change.external_id not in seen)
        seen.update(change.external_id for change in fresh)
        for start in range(0, len(fresh), BATCH):
            batch = fresh[start : start + BATCH]
            answer = _lines_of(access, batch, until)
            yield Page(batch, replace(answer, snapshots=(*answer.snapshots, *_payouts(page, batch))))


SETTLEMENTS = Reader(
    read=read_settlements,
    changed=changed_settlements,
    batch=BATCH,
    window=paging.WINDOW,
    overlap=timedelta(minutes=10),
)


def _escrows(access: Access, numbers: Sequence[str], asked_at: datetime, *, released: Released) -> Answer:
    try:
        rows = _details(access, numbers)
    except Rejected as refusal:
        if len(numbers) == 1 and refusal.code in errors.NOT_FOUND:
            return Answer(gone=tuple(numbers))
        raise
    found: dict[str, tuple[SettledAmountsSnapshot, SettlementSnapshot]] = {}
    unreadable: dict[str, str] = {}
    for row in rows:
        number = fields.text(row, "order_sn")
        if number not in numbers:
            continue
        try:
            lines = income.lines(row, asked_at, currency=access.currency, released_at=released.get(number))
            amounts = settled_amounts(row, asked_at)
        except ValueError as error:
            unreadable[number] = str(error)
        else:
            found[number] = (amounts, SettlementSnapshot(number, lines))
    return Answer(snapshots=tuple(one for pair in found.values() for one in pair), unreadable=unreadable)


def _details(access: Access, numbers: Sequence[str]) -> list[Row]:
    """Return the escrows of some orders. The answer is a list as `response`, each row with the escrow inside."""
    client = shop_client(access)
    if access.app.settings.get("escrow_method") == POST:
        body = post_repeatable(client, _DETAIL, {"order_sn_list": list(numbers)})
    else:
        body = get(client, _DETAIL, (("order_sn_list", ",".join(numbers)),))
    return [answers.part(row, "escrow_detail") for row in answers.rows(body, "response")]


def _lines_of(access: Access, batch: Sequence[Change], asked_at: datetime) -> Answer:
    """Return the escrows of some released orders; of a refused batch one by one."""
    released = {change.external_id: change.version for change in batch if change.version}
    numbers = [change.external_id for change in batch]
    try:
        answer = _escrows(access, numbers, asked_at, released=released)
    except Rejected as refusal:
        if len(numbers) == 1:
            return Answer(unreadable={numbers[0]: refusal.reason})
        alone = [_lines_of(access, [change], asked_at) for change in batch]
        return Answer(
            snapshots=tuple(snapshot for one in alone for snapshot in one.snapshots),
            unreadable={number: reason for one in alone for number, reason in one.unreadable.items()},
            gone=tuple(number for one in alone for number in one.gone),
        )
    found = {settlement.external_id for settlement in answer.of(SettlementSnapshot)}
    missing = set(numbers) - found - answer.unreadable.keys() - set(answer.gone)
    left_out = dict.fromkeys(sorted(missing), "Shopee left it out of its answer")
    return Answer(snapshots=answer.snapshots, gone=answer.gone, unreadable={**answer.unreadable, **left_out})


def _payouts(page: Page, batch: Sequence[Change]) -> Iterator[PayoutSnapshot]:
    wanted = {change.external_id for change in batch}
    listed = page.answer.of(PayoutSnapshot) if page.answer else ()
    yield from (payout for payout in listed if payout.order_number in wanted)


def _pages(client: ChannelClient, start: int, end: int, currency: str, asked_at: datetime) -> Iterator[Page]:
    number = 1
    while True:
        params = [("release_time_from", str(start)), ("release_time_to", str(end))]
        params += [("page_size", str(paging.PAGE_SIZE)), ("page_no", str(number))]
        listed = response(get(client, "payment/get_escrow_list", params))
        rows = answers.rows(listed, "escrow_list")
        payouts = tuple(payout for row in rows if (payout := income.payout(row, currency, asked_at)))
        yield Page(tuple(paging.changes(rows, "order_sn", "escrow_release_time")), Answer(snapshots=payouts))
        if listed.get("more") is not True or not rows:
            return
        number += 1
