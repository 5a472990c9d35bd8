"""Returns: their current state, what changed, and the seller's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connectors.tiktok_shop import buyer_requests, command_fields, paging
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import errors, fields, returns
from integrations.connectors.tiktok_shop.reads import earliest_order, left_out
from integrations.contract.access import Access
from integrations.contract.reads import Answer, Page, Reader
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.partial_answers import from_rows

BATCH = 50
_ACCEPTED = frozenset({"approved", "in_transit", "received", "refunded"})
_REJECTED = frozenset({"refused"})


def read_returns(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return up to 50 returns. One that is left out is in neither list; left out when asked for alone, it is gone."""
    wanted = list(dict.fromkeys(ids))
    rows = buyer_requests.return_rows(shop_client(access), {"return_ids": wanted})
    gone = left_out(wanted, rows, "return_id")
    return from_rows(rows, lambda row: [returns.returned(row, asked_at)], _return_id, gone=gone)


def changed_returns(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of returns whose update time lies in the span, whole."""
    client = shop_client(access)

    def search(first: int, last: int | None, token: str) -> tuple[list[Row], str]:
        page = paging.page(BATCH, token, sort="update_time")
        answer = client.search(f"{buyer_requests.RETURNS}/search", paging.span("update_time", first, last), page)
        return answers.rows(answer, "return_orders"), fields.text(answer, "next_page_token")

    for rows in paging.walk(search, "update_time", since, until):
        changes = paging.changes(rows, "return_id", "update_time", "return_status")
        yield Page(changes, from_rows(rows, lambda row: [returns.returned(row, until)], _return_id))


def _return_id(row: Row) -> str:
    return fields.text(row, "return_id")


RETURNS = Reader(read=read_returns, changed=changed_returns, batch=BATCH, earliest=earliest_order)


# --- the seller's answers ---


def accept(access: Access, command: WriteRequest) -> WriteOutcome:
    """Accept the return that the option `return_number` names, else the order's newest."""
    return _answer("approve", access, command)


def reject(access: Access, command: WriteRequest) -> WriteOutcome:
    """Refuse a return. Further options: `reason`, `text`."""
    return _answer("reject", access, command)


def find_accepted(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the return was accepted and nothing is to be decided."""
    return _decided_as(_ACCEPTED, access, command)


def find_rejected(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the return was refused and nothing is to be decided."""
    return _decided_as(_REJECTED, access, command)


def _answer(verb: str, access: Access, command: WriteRequest) -> WriteOutcome:
    client = shop_client(access)
    row = buyer_requests.return_row(client, command)
    decision = returns.decision(row)
    if not decision:
        raise errors.refusal("no_decision", fields.text(row, "return_status"))
    body: dict[str, Any] = {"decision": f"{verb.upper()}_{decision}"}
    number = returns.return_id(row)
    body |= _refusal(client, command, number) if verb == "reject" else {}
    client.write(
        f"{buyer_requests.RETURNS}/{number}/{verb}",
        body,
        buyer_requests.idempotency(command),
        endpoint=f"{buyer_requests.RETURNS}//{verb}",
        repeatable=True,
    )
    return WriteOutcome(number, raw=body)


def _refusal(client: ShopClient, command: WriteRequest, number: str) -> dict[str, Any]:
    is_chosen = bool(command.options.get("reason"))
    usual = "" if is_chosen else buyer_requests.reason_for(buyer_requests.refusal_reasons(client, number))
    return buyer_requests.refusal(client, command, usual)


def _decided_as(statuses: frozenset[str], access: Access, command: WriteRequest) -> WriteOutcome | None:
    row = buyer_requests.return_row(shop_client(access), command)
    status = returns.STATUS.get(fields.text(row, "return_status"), "")
    return WriteOutcome(returns.return_id(row)) if status in statuses and not returns.decision(row) else None


WRITES: Mapping[str, Writer] = {
    "accept_return": Writer(perform=accept, outcome_of=find_accepted),
    "reject_return": Writer(perform=reject, outcome_of=find_rejected, fields=command_fields.reject_return_fields),
}
