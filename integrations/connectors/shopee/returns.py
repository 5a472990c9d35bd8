"""Returns: their current state, what changed, and the seller's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from integrations.connectors.shopee import command_fields, paging
from integrations.connectors.shopee.client import get, post, response, shop_client
from integrations.connectors.shopee.mapping import errors, fields, returns
from integrations.contract.access import Access
from integrations.contract.reads import Answer, Page, Reader
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.partial_answers import from_reads

# details come one a call
BATCH = 20
_ACCEPTED = frozenset({"PROCESSING", "ACCEPTED"})
_REJECTED = frozenset({"SELLER_DISPUTE", "JUDGING"})


def read_returns(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    """Return some returns, one call each; one that Shopee does not know is gone."""
    client = shop_client(access)
    return from_reads(
        ids,
        lambda number: [returns.snapshot(_detail(client, number), asked_at)],
        is_gone=lambda refusal: refusal.code in errors.NOT_FOUND,
    )


def changed_returns(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Yield pages of returns whose update time lies in the span, with that time."""
    client = shop_client(access)
    return paging.changed(lambda start, end: _pages(client, start, end), since=since, until=until)


RETURNS = Reader(read=read_returns, changed=changed_returns, batch=BATCH, window=paging.WINDOW)


def _pages(client: ChannelClient, start: int, end: int) -> Iterator[Page]:
    number = 0
    while True:
        params = [("page_no", str(number)), ("page_size", str(paging.PAGE_SIZE))]
        params += [("update_time_from", str(start)), ("update_time_to", str(end))]
        listed = response(get(client, "returns/get_return_list", params))
        rows = answers.rows(listed, "return")
        yield Page(tuple(paging.changes(rows, "return_sn", "update_time", "status")))
        if listed.get("more") is not True or not rows:
            return
        number += 1


def _detail(client: ChannelClient, number: str) -> Row:
    return response(get(client, "returns/get_return_detail", (("return_sn", number),)))


# --- the seller's answers ---


def accept(access: Access, command: WriteRequest) -> WriteOutcome:
    """Accept a return, named by the option `return_number`."""
    number = _number(command)
    post(shop_client(access), "returns/confirm", {"return_sn": number})
    return WriteOutcome(number)


def reject(access: Access, command: WriteRequest) -> WriteOutcome:
    """Object to a return: Shopee judges. Further options: `reason` (Shopee's number of the reason), `text`, `email`."""
    number = _number(command)
    email = str(command.options.get("email") or access.settings.get("dispute_email") or "")
    if not email:
        raise errors.refusal("error_param", "email: enter the e-mail for disputes in the shop's settings")
    body: dict[str, object] = {"return_sn": number, "email": email}
    if reason := str(command.options.get("reason") or ""):
        if not reason.isdecimal():
            raise errors.refusal("error_param", "dispute_reason_id: Shopee's number of the reason")
        body["dispute_reason_id"] = int(reason)
    if text := str(command.options.get("text") or ""):
        body["dispute_text_reason"] = text
    post(shop_client(access), "returns/dispute", body)
    return WriteOutcome(number)


def find_accepted(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the return's status says that it was accepted."""
    return _found_in(_ACCEPTED, access, command)


def find_rejected(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the return's status says that the seller objected."""
    return _found_in(_REJECTED, access, command)


def _found_in(statuses: frozenset[str], access: Access, command: WriteRequest) -> WriteOutcome | None:
    number = _number(command)
    word = fields.text(_detail(shop_client(access), number), "status")
    return WriteOutcome(number, raw={"status": word}) if word in statuses else None


def _number(command: WriteRequest) -> str:
    found = str(command.options.get("return_number") or "")
    if not found:
        raise errors.refusal("error_param", "return_number")
    return found


WRITES: Mapping[str, Writer] = {
    "accept_return": Writer(perform=accept, outcome_of=find_accepted),
    "reject_return": Writer(perform=reject, outcome_of=find_rejected, fields=command_fields.reject_return_fields),
}
