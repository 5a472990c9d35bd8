"""Returns: what Shopee says of them, what changed, and the seller's word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from integrations.connectors.base import Change, Command, CommandOutcome, Page, Truth
from integrations.connectors.shopee import paging
from integrations.connectors.shopee.calls import get, post, response
from integrations.connectors.shopee.mapping import errors, fields, returns
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected
from integrations.wire.http import Line
from orders.snapshots import ReturnSnapshot

# details come one a call
BATCH = 20
ACCEPT, REJECT = "accept_return", "reject_return"
_ACCEPTED = frozenset({"PROCESSING", "ACCEPTED"})
_DISPUTED = frozenset({"SELLER_DISPUTE", "JUDGING"})


def read(line: Line, ids: Sequence[str], asked_at: datetime) -> Truth:
    """The truth of some returns, one call each; one that Shopee does not know is gone."""
    found: list[ReturnSnapshot] = []
    gone: list[str] = []
    unreadable: dict[str, str] = {}
    for number in dict.fromkeys(ids):
        try:
            found.append(returns.snapshot(_detail(line, number), asked_at))
        except ValueError as error:
            unreadable[number] = str(error)
        except Rejected as refusal:
            if refusal.code in errors.NOT_FOUND:
                gone.append(number)
            else:
                unreadable[number] = refusal.reason
    return Truth(returns=tuple(found), gone=tuple(gone), unreadable=unreadable)


def changed(line: Line, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    """Pages of returns whose update time lies in the span, with that time."""
    return paging.changed(lambda start, end: _pages(line, start, end), since=since, until=until)


def _pages(line: Line, start: int, end: int) -> Iterator[Page]:
    number = 0
    while True:
        params = [("page_no", str(number)), ("page_size", str(paging.PAGE_SIZE))]
        params += [("update_time_from", str(start)), ("update_time_to", str(end))]
        listed = response(get(line, "returns/get_return_list", params))
        rows = answers.rows(listed, "return")
        yield Page(tuple(_changes(rows)))
        if listed.get("more") is not True or not rows:
            return
        number += 1


def _changes(rows: Sequence[Row]) -> Iterator[Change]:
    for row in rows:
        number = fields.text(row, "return_sn")
        try:
            version = fields.moment(row, "update_time")
        except ValueError:
            version = None
        if number:
            yield Change(number, version, fields.text(row, "status"))


def _detail(line: Line, number: str) -> Row:
    return response(get(line, "returns/get_return_detail", (("return_sn", number),)))


# --- the seller's word ---


def accept(line: Line, settings: Mapping[str, str], command: Command) -> CommandOutcome:
    """Let the buyer have it."""
    number = _named(command)
    post(line, "returns/confirm", {"return_sn": number})
    return CommandOutcome(number)


def reject(line: Line, settings: Mapping[str, str], command: Command) -> CommandOutcome:
    """Object: Shopee judges. Options: `reason` (Shopee's number of the reason), `text`, `email`."""
    number = _named(command)
    email = str(command.options.get("email") or settings.get("dispute_email") or "")
    if not email:
        raise errors.refusal("error_param", "email: enter the e-mail for disputes in the shop's settings")
    body: dict[str, object] = {"return_sn": number, "email": email}
    if reason := str(command.options.get("reason") or ""):
        if not reason.isdecimal():
            raise errors.refusal("error_param", "dispute_reason_id: Shopee's number of the reason")
        body["dispute_reason_id"] = int(reason)
    if text := str(command.options.get("text") or ""):
        body["dispute_text_reason"] = text
    post(line, "returns/dispute", body)
    return CommandOutcome(number)


def done(line: Line, command: Command) -> CommandOutcome | None:
    """Was the word taken? The return's status tells."""
    number = _named(command)
    word = fields.text(_detail(line, number), "status")
    return CommandOutcome(number, raw={"status": word}) if word in DONE[command.kind] else None


def _named(command: Command) -> str:
    found = str(command.options.get("return_number") or "")
    if not found:
        raise errors.refusal("error_param", "return_number")
    return found


PERFORM: Mapping[str, Callable[[Line, Mapping[str, str], Command], CommandOutcome]] = {ACCEPT: accept, REJECT: reject}
DONE: Mapping[str, frozenset[str]] = {ACCEPT: _ACCEPTED, REJECT: _DISPUTED}
