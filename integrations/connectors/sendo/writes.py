"""Commands to Sendo: accept an order (ship), report it delivered, cancel it; each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connectors.sendo import command_fields
from integrations.connectors.sendo.client import shop_client, write
from integrations.connectors.sendo.mapping import errors, fields, orders
from integrations.connectors.sendo.reads import known_order
from integrations.contract.access import Access
from integrations.contract.errors import TryLater
from integrations.contract.writes import WriteFields, WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.known_orders import with_known

BY_SELLER, OUT_OF_STOCK = "CBS1", "CBS100"
# words of ours and of other channels -> the code; a code may be given as it is
REASONS = {"": BY_SELLER, "out_of_stock": OUT_OF_STOCK, "OUT_OF_STOCK": OUT_OF_STOCK, "CUSTOMER_REQUEST": BY_SELLER}
# Sendo does not say how long it checks an order
LOCKED_PAUSE = 120.0


@dataclass(frozen=True, slots=True)
class _Transition:
    """The order_status that a command asks for, those in which it may be asked for, and those in which it is done."""

    wanted: int
    possible: frozenset[int]
    done: frozenset[int]


_WAITING = frozenset({orders.NEW, orders.ACCEPTED, 11, 12, 14, 15, 19, 23})
_UNDER_WAY = frozenset({orders.SHIPPING, orders.DELIVERED, orders.COMPLETED})
_SHIP = _Transition(orders.ACCEPTED, frozenset({orders.NEW}), _UNDER_WAY | {orders.ACCEPTED})
_DELIVER = _Transition(
    orders.DELIVERED, frozenset({orders.ACCEPTED, orders.SHIPPING}), frozenset({orders.DELIVERED, orders.COMPLETED})
)
_CANCEL = _Transition(orders.CANCELLED, _WAITING, frozenset({orders.CANCELLED}))


def _writer(transition: _Transition, options: WriteFields | None = None) -> Writer:
    """Return how a command is carried out that moves an order to another status."""

    def perform(access: Access, command: WriteRequest) -> WriteOutcome:
        return _perform(access, command, transition)

    def outcome_of(access: Access, command: WriteRequest) -> WriteOutcome | None:
        order = known_order(shop_client(access), command.order_number)
        return _outcome(command, order) if orders.status_of(order) in transition.done else None

    return Writer(perform=perform, outcome_of=outcome_of, fields=options)


def _perform(access: Access, command: WriteRequest, transition: _Transition) -> WriteOutcome:
    """Move the order, once, unless it is there already.

    Raises Rejected when the order's status does not allow it, TryLater while Sendo checks the order.
    """
    client = shop_client(access)
    return with_known(
        orders.parts(command.known)[0] if command.known else {},
        lambda: known_order(client, command.order_number),
        lambda order: _move(client, access.settings, command, order, transition),
        waits=lambda order: orders.status_of(order) in transition.possible and order.get("can_action") is not False,
    )


def _move(
    client: ChannelClient, settings: Mapping[str, str], command: WriteRequest, order: Row, transition: _Transition
) -> WriteOutcome:
    status = orders.status_of(order)
    if status in transition.done:
        return _outcome(command, order)
    if status not in transition.possible:
        raise errors.refusal(errors.STATUS_FORBIDS(status=status), "status")
    if order.get("can_action") is False:
        raise TryLater(errors.LOCKED, after=LOCKED_PAUSE, code="locked")
    if write(client, "PUT", "salesorder", _body(settings, command, transition)) is not True:
        problem = errors.malformed("salesorder: neither done nor refused")
        problem.maybe_done = True
        raise problem
    return _outcome(command, order)


def _body(settings: Mapping[str, str], command: WriteRequest, transition: _Transition) -> dict[str, Any]:
    body: dict[str, Any] = {"order_number": command.order_number, "order_status": transition.wanted}
    if transition.wanted == orders.CANCELLED:
        reason = str(command.options.get("reason") or "")
        body["cancel_order_reason"] = REASONS.get(reason, reason)
    check = str(command.options.get("allow_check") or settings.get("allow_check") or "")
    if transition.wanted == orders.ACCEPTED and check in ("0", "1"):
        body["allow_check"] = int(check)
    return body


def _outcome(command: WriteRequest, order: Row) -> WriteOutcome:
    kept = {name: order[name] for name in ("order_status", "carrier_name", "tracking_link") if name in order}
    return WriteOutcome(command.order_number, fields.text(order, "tracking_number"), answers.plain(kept))


WRITES = {
    # takes the option allow_check
    "ship": _writer(_SHIP, command_fields.ship_fields),
    # for shops with their own couriers
    "deliver": _writer(_DELIVER),
    # takes the option reason: CBS1 or CBS100
    "cancel": _writer(_CANCEL, command_fields.cancel_fields),
}
