"""What is done once: ship, cancel, answer a buyer's cancellation or return; and whether it was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from integrations.connectors.base import Command, CommandOutcome, Document
from integrations.connectors.tiktok_shop import calls, reading
from integrations.connectors.tiktok_shop.calls import Api
from integrations.connectors.tiktok_shop.mapping import errors, fields, orders, returns, shipping
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import ChannelError, Rejected, TryLater

# the words of these lists are not published; a shop's settings replace them
CANCEL_REASON = "seller_cancel_reason_out_of_stock"
REJECT_REASON = "seller_reject_apply_product_has_been_packed"
_PACKAGES = "/fulfillment/202309/packages"
_CANCELLATIONS = "/return_refund/202309/cancellations"
_RETURNS = "/return_refund/202309/returns"
_REASONS = "/return_refund/202309/reject_reasons"
SHIP, CANCEL, REJECT_CANCELLATION, REJECT_RETURN = "ship", "cancel", "reject_cancellation", "reject_return"
# the courier has been asked for, or has the goods
_ARRANGED = frozenset({"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"})
_CANCELLED = "CANCELLED"


def perform(api: Api, command: Command) -> CommandOutcome:
    """Do it, once. Raises Rejected with TikTok Shop's reason, TryLater with `maybe_done` when nobody knows."""
    return _PERFORM[command.kind](api, command)


def outcome_of(api: Api, command: Command, *, settles: timedelta) -> CommandOutcome | None:
    """Was it done? Raises TryLater while TikTok Shop may still be at it: only then is "no" an answer."""
    found = _DONE[command.kind](api, command)
    if found is None and command.sent_at is not None:
        left = (command.sent_at + settles - datetime.now(UTC)).total_seconds()
        if left > 0:
            raise TryLater("TikTok Shop may still be at it", after=left)
    return found


# --- shipping ---


def _ship(api: Api, command: Command) -> CommandOutcome:
    """Every package that waits, or the one that the options name. What is arranged already is left as it is."""
    row = _order(api, command.order_number)
    waiting = _waiting(row, command)
    if not waiting:
        if fields.text(row, "status") in _ARRANGED:
            return _shipped(api, row)
        raise errors.refusal("nothing_to_ship")
    bodies = {package: _handover(api, row, package, command) for package in waiting}
    try:
        problem = _arrange(api, bodies)
    except Rejected as refusal:
        problem = refusal
    if problem is not None:
        # refused because it was done meanwhile?
        row = _order(api, command.order_number)
        if _waiting(row, command) or not orders.packages(row):
            raise problem
    return _shipped(api, row)


def _arrange(api: Api, bodies: Mapping[str, Mapping[str, Any]]) -> Rejected | None:
    """One package alone, several in one call whose rows fail one by one; the first refusal."""
    if len(bodies) == 1:
        [(package, body)] = bodies.items()
        answer = api.write(f"{_PACKAGES}/{package}/ship", body, endpoint=f"{_PACKAGES}//ship")
    else:
        rows = [{"id": package, **body} for package, body in bodies.items()]
        answer = api.write(f"{_PACKAGES}/ship", {"packages": rows})
    for row in answers.rows(answer, "errors"):
        code, reason = errors.of_row(row)
        return Rejected(f"{fields.text(answers.part(row, 'detail'), 'package_id')}: {reason}", code=code)
    return None


def _handover(api: Api, row: Row, package: str, command: Command) -> dict[str, Any]:
    if fields.text(row, "shipping_type") == shipping.BY_SELLER:
        return shipping.self_shipment(command.options)
    prefers = api.access.settings.get("ship_by") or shipping.PICKUP
    return shipping.handover(_slots(api, package), command.options, prefers=prefers)


def shipping_offered(api: Api, command: Command) -> Row | None:
    """What TikTok Shop offers for the first package that waits, {} when the seller ships it; None when none waits."""
    row = _order(api, command.order_number)
    waiting = _waiting(row, command)
    if not waiting:
        return None
    return {} if fields.text(row, "shipping_type") == shipping.BY_SELLER else _slots(api, waiting[0])


def _slots(api: Api, package: str) -> Row:
    return api.get(f"{_PACKAGES}/{package}/handover_time_slots", endpoint=f"{_PACKAGES}//handover_time_slots")


def _waiting(row: Row, command: Command) -> list[str]:
    named = str(command.options.get("package_number") or "")
    return [
        package
        for package, status in orders.packages(row).items()
        if named in ("", package) and status in ("", orders.TO_FULFILL)
    ]


def _shipped(api: Api, row: Row) -> CommandOutcome:
    """The order's first package, and its tracking number as far as there is one yet."""
    number, packages = orders.order_id(row), list(orders.packages(row))
    tracking = ""
    if packages:
        try:
            told = api.get(f"{_PACKAGES}/{packages[0]}", endpoint=f"{_PACKAGES}/")
            tracking = fields.text(told, "tracking_number")
        except ChannelError:
            # done is done: the number comes with the order
            tracking = ""
    return CommandOutcome(packages[0] if packages else number, tracking, {"packages": packages})


def _is_shipped(api: Api, command: Command) -> CommandOutcome | None:
    row = _order(api, command.order_number)
    done = fields.text(row, "status") in _ARRANGED or (orders.packages(row) and not _waiting(row, command))
    return _shipped(api, row) if done and fields.text(row, "status") != _CANCELLED else None


def label(api: Api, order_number: str, parcel: str) -> Document:
    """The shipping label of a package. Raises Rejected before the shipment was arranged."""
    package = parcel or next(iter(orders.packages(_order(api, order_number))), "")
    if not package:
        raise errors.refusal("nothing_to_ship")
    path, params = f"{_PACKAGES}/{package}/shipping_documents", (("document_type", "SHIPPING_LABEL"),)
    told = api.get(path, params, endpoint=f"{_PACKAGES}//shipping_documents")
    try:
        content, kind = calls.fetch_file(api.access.app, fields.text(told, "doc_url"))
    except ValueError:
        raise TryLater("TikTok Shop is still making the label") from None
    return Document(content, kind, f"{order_number}-{package}.pdf")


# --- cancelling ---


def _cancel(api: Api, command: Command) -> CommandOutcome:
    """The whole order, by SKUs and pieces."""
    row = _order(api, command.order_number)
    pieces = Counter(
        fields.text(unit, "sku_id")
        for unit in answers.rows(row, "line_items")
        if fields.text(unit, "display_status") != _CANCELLED
    )
    body = {
        "order_id": command.order_number,
        "cancel_reason": _reason(api, command, "cancel_reason", CANCEL_REASON),
        "skus": [{"sku_id": sku, "quantity": quantity} for sku, quantity in pieces.items()],
    }
    answer = api.write(_CANCELLATIONS, body)
    return CommandOutcome(fields.text(answer, "cancel_id"), raw=answers.plain(answer))


def _is_cancelled(api: Api, command: Command) -> CommandOutcome | None:
    row = _order(api, command.order_number)
    return CommandOutcome(command.order_number, raw=_told(row)) if fields.text(row, "status") == _CANCELLED else None


def _answer_cancellation(verb: str) -> Callable[[Api, Command], CommandOutcome]:
    def answer(api: Api, command: Command) -> CommandOutcome:
        number = _waiting_cancellation(api, command)
        api.write(
            f"{_CANCELLATIONS}/{number}/{verb}", _refusing(api, command) if verb == "reject" else {}, _once(command),
            endpoint=f"{_CANCELLATIONS}//{verb}", again=True,
        )  # fmt: skip
        return CommandOutcome(number)

    return answer


def _waiting_cancellation(api: Api, command: Command) -> str:
    """The buyer's wish that nobody has answered. Raises Rejected when there is none."""
    waiting = next((one for one in _cancellations(api, command) if _waits(one)), None)
    if waiting is None:
        raise errors.refusal("not_asked")
    return fields.ident(waiting, "cancel_id")


def _is_declined(api: Api, command: Command) -> CommandOutcome | None:
    """Nobody waits for an answer any more, and the order lives."""
    row = _order(api, command.order_number)
    if fields.flag(row, "is_buyer_request_cancel") or fields.text(row, "status") == _CANCELLED:
        return None
    return CommandOutcome(command.order_number, raw=_told(row))


def _cancellations(api: Api, command: Command) -> Sequence[Row]:
    body = {"order_ids": [command.order_number]}
    answer = api.search(f"{_CANCELLATIONS}/search", body, (("page_size", "50"),))
    found = answers.rows(answer, "cancellations")
    return [row for row in found if fields.text(row, "order_id") == command.order_number]


def _waits(row: Row) -> bool:
    return fields.text(row, "cancel_status") == returns.CANCEL_PENDING


# --- returns ---


def _answer_return(verb: str) -> Callable[[Api, Command], CommandOutcome]:
    def answer(api: Api, command: Command) -> CommandOutcome:
        row = _return(api, command)
        decision = returns.decision(row)
        if not decision:
            raise errors.refusal("no_decision", fields.text(row, "return_status"))
        body: dict[str, Any] = {"decision": f"{verb.upper()}_{decision}"}
        body |= _refusing(api, command) if verb == "reject" else {}
        number = returns.return_id(row)
        api.write(f"{_RETURNS}/{number}/{verb}", body, _once(command), endpoint=f"{_RETURNS}//{verb}", again=True)
        return CommandOutcome(number, raw=body)

    return answer


def _is_answered(*statuses: str) -> Callable[[Api, Command], CommandOutcome | None]:
    def look(api: Api, command: Command) -> CommandOutcome | None:
        row = _return(api, command)
        status = returns.STATUS.get(fields.text(row, "return_status"), "")
        return CommandOutcome(returns.return_id(row)) if status in statuses and not returns.decision(row) else None

    return look


def _return(api: Api, command: Command) -> Row:
    """The return that the options name, else the order's newest. Raises Rejected when there is none."""
    named = str(command.options.get("return_number") or command.external_id)
    wanted = {"return_ids": [named]} if named else {"order_ids": [command.order_number]}
    found = [
        row
        for row in reading.return_rows(api, wanted)
        if named in ("", fields.text(row, "return_id")) and fields.text(row, "order_id") == command.order_number
    ]
    if not found:
        raise errors.refusal("gone", named or command.order_number)
    return max(found, key=lambda row: fields.count(row, "create_time"))


def refusal_reasons(api: Api, command: Command) -> Sequence[Row]:
    """Why the buyer's wish that the command is about may be refused: rows of `name` and `text`."""
    is_return = command.kind == REJECT_RETURN
    number = returns.return_id(_return(api, command)) if is_return else _waiting_cancellation(api, command)
    return answers.rows(api.get(_REASONS, (("return_or_cancel_id", number),)), "reasons")


# --- common ---


def _order(api: Api, number: str) -> Row:
    """The order as TikTok Shop writes it. Raises Rejected when there is none."""
    found = next((row for row in reading.order_rows(api, [number]) if fields.text(row, "id") == number), None)
    if found is None:
        raise errors.refusal("gone", number)
    return found


def _told(row: Row) -> dict[str, Any]:
    return {"status": fields.text(row, "status"), "packages": orders.packages(row)}


def _reason(api: Api, command: Command, name: str, default: str) -> str:
    return str(command.options.get("reason") or api.access.settings.get(name) or default)


def _refusing(api: Api, command: Command) -> dict[str, Any]:
    comment = str(command.options.get("text") or "")
    body: dict[str, Any] = {"reject_reason": _reason(api, command, "reject_reason", REJECT_REASON)}
    return body | ({"comment": comment} if comment else {})


def _once(command: Command) -> list[tuple[str, str]]:
    """The same command has the same key, so that an answer given twice counts once."""
    return [("idempotency_key", str(uuid5(NAMESPACE_URL, command.reference)))]


_PERFORM: Mapping[str, Callable[[Api, Command], CommandOutcome]] = {
    SHIP: _ship,
    CANCEL: _cancel,
    "accept_cancellation": _answer_cancellation("approve"),
    REJECT_CANCELLATION: _answer_cancellation("reject"),
    "accept_return": _answer_return("approve"),
    REJECT_RETURN: _answer_return("reject"),
}
_DONE: Mapping[str, Callable[[Api, Command], CommandOutcome | None]] = {
    SHIP: _is_shipped,
    CANCEL: _is_cancelled,
    "accept_cancellation": _is_cancelled,
    REJECT_CANCELLATION: _is_declined,
    "accept_return": _is_answered("approved", "in_transit", "received", "refunded"),
    REJECT_RETURN: _is_answered("refused"),
}
COMMANDS = frozenset(_PERFORM)
