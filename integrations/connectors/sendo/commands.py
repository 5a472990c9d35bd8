"""What is done to an order once: accept it, say it was delivered, cancel it; and whether it was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.base import Command, CommandOutcome, Field
from integrations.connectors.choices import reason_fields
from integrations.connectors.sendo.calls import get, write
from integrations.connectors.sendo.mapping import errors, fields, orders
from integrations.connectors.sendo.reading import order_row
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import TryLater
from integrations.wire.http import Line

Settings = Mapping[str, str]

BY_SELLER, OUT_OF_STOCK = "CBS1", "CBS100"
# words of ours and of other channels -> the code; a code may be given as it is
REASONS = {"": BY_SELLER, "out_of_stock": OUT_OF_STOCK, "OUT_OF_STOCK": OUT_OF_STOCK, "CUSTOMER_REQUEST": BY_SELLER}
# Sendo does not say how long it checks an order
LOCKED_PAUSE = 120.0


@dataclass(frozen=True, slots=True)
class _Deed:
    """A command: the order_status it asks for, those in which it may be asked for, and those that say it is done."""

    wants: int
    possible: frozenset[int]
    done: frozenset[int]


_WAITING = frozenset({orders.NEW, orders.ACCEPTED, 11, 12, 14, 15, 19, 23})
_GOING = frozenset({orders.SHIPPING, orders.DELIVERED, orders.COMPLETED})
DEEDS: Mapping[str, _Deed] = {
    "ship": _Deed(orders.ACCEPTED, frozenset({orders.NEW}), _GOING | {orders.ACCEPTED}),
    "deliver": _Deed(
        orders.DELIVERED,
        frozenset({orders.ACCEPTED, orders.SHIPPING}),
        frozenset({orders.DELIVERED, orders.COMPLETED}),
    ),
    "cancel": _Deed(orders.CANCELLED, _WAITING, frozenset({orders.CANCELLED})),
}


def perform(line: Line, settings: Settings, command: Command) -> CommandOutcome:
    """Do it, once, unless it is done already.

    Raises Rejected when the order's status does not allow it, TryLater while Sendo checks the order.
    """
    deed, order = DEEDS[command.kind], _order(line, command.order_number)
    status = orders.status_of(order)
    if status in deed.done:
        return _outcome(command, order)
    if status not in deed.possible:
        raise errors.refusal(
            _("The order's status at Sendo does not allow this: %(status)s.") % {"status": status}, "status"
        )
    if order.get("can_action") is False:
        raise TryLater(
            _("Sendo is checking the order: nothing may be done until it has."), after=LOCKED_PAUSE, code="locked"
        )
    if write(line, "PUT", "salesorder", _body(settings, command, deed)) is not True:
        problem = errors.nonsense("salesorder: neither done nor refused")
        problem.maybe_done = True
        raise problem
    return _outcome(command, order)


def command_fields(line: Line, settings: Settings, command: Command) -> tuple[Field, ...]:
    """See the contract. The reasons to cancel are Sendo's list."""
    if command.kind == "cancel":
        told = answers.rows({"reasons": get(line, "salesorder/reason-collection")}, "reasons")
        return reason_fields(
            [(code, fields.text(row, "name") or code) for row in told if (code := fields.text(row, "code"))]
        )
    if command.kind == "ship":
        choices = (("", _("As the shop's settings say")), ("1", _("Yes")), ("0", _("No")))
        return (Field("allow_check", _("Buyers may look into the parcel"), required=False, choices=choices),)
    return ()


def outcome_of(line: Line, command: Command, *, settles: timedelta) -> CommandOutcome | None:
    """Was it done? Told by the order. Raises TryLater until an unanswered call must be over: only then is "no" an answer."""
    order = _order(line, command.order_number)
    if orders.status_of(order) in DEEDS[command.kind].done:
        return _outcome(command, order)
    left = (command.sent_at + settles - datetime.now(UTC)).total_seconds() if command.sent_at else 0
    if left > 0:
        raise TryLater(_("Sendo may still be at it."), after=left)
    return None


def _order(line: Line, number: str) -> Row:
    row = order_row(line, number)
    if orders.number_of(row) != number:
        raise errors.nonsense("salesorder: another order, or none")
    return orders.parts(row)[0]


def _body(settings: Settings, command: Command, deed: _Deed) -> dict[str, Any]:
    body: dict[str, Any] = {"order_number": command.order_number, "order_status": deed.wants}
    if deed.wants == orders.CANCELLED:
        reason = str(command.options.get("reason") or "")
        body["cancel_order_reason"] = REASONS.get(reason, reason)
    check = str(command.options.get("allow_check") or settings.get("allow_check") or "")
    if deed.wants == orders.ACCEPTED and check in ("0", "1"):
        body["allow_check"] = int(check)
    return body


def _outcome(command: Command, order: Row) -> CommandOutcome:
    told = {name: order[name] for name in ("order_status", "carrier_name", "tracking_link") if name in order}
    return CommandOutcome(command.order_number, fields.text(order, "tracking_number"), answers.plain(told))
