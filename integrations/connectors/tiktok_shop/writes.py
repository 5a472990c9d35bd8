"""Commands: shipping here, cancellations and returns in their modules; each with the look-up of a lost one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.tiktok_shop import cancellations, command_fields, mass_shipping, parcels, returns
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import errors, fields, orders, shipping
from integrations.connectors.tiktok_shop.parcels import PACKAGES
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.reasons import with_words
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.known_orders import with_known

# the courier has been asked for, or has the goods
_ARRANGED = frozenset({"AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"})
_CANCELLED = "CANCELLED"


def ship(access: Access, command: WriteRequest) -> WriteOutcome:
    """Ship every package that waits, or the one that `package_number` names. One that is arranged already is left as it is.

    Options: `handover` (one of those offered), or `method`, `pickup_time_id`; of a package that the seller ships,
    `tracking_number` and `shipping_provider_id`.
    """
    client = shop_client(access)
    return with_known(
        command.known,
        lambda: parcels.order_row(client, command.order_number),
        lambda order: _ship(client, command, order),
        waits=lambda order: parcels.waiting(order, command),
    )


def _ship(client: ShopClient, command: WriteRequest, order: Row) -> WriteOutcome:
    waiting = parcels.waiting(order, command)
    if not waiting:
        if fields.text(order, "status") in _ARRANGED:
            return _shipped(client, order)
        raise errors.refusal("nothing_to_ship")
    bodies = {package: _handover(client, order, package, command) for package in waiting}
    try:
        problem = _arrange(client, bodies)
    except Rejected as refusal:
        problem = refusal
    if problem is not None:
        # refused because it was done meanwhile?
        order = parcels.order_row(client, command.order_number)
        if parcels.waiting(order, command) or not orders.packages(order):
            raise problem
    return _shipped(client, order)


def find_shipped(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if no package waits any more and the order is not cancelled."""
    client = shop_client(access)
    order = parcels.order_row(client, command.order_number)
    status = fields.text(order, "status")
    is_shipped = status in _ARRANGED or (orders.packages(order) and not parcels.waiting(order, command))
    return _shipped(client, order) if is_shipped and status != _CANCELLED else None


def _handover(client: ShopClient, order: Row, package: str, command: WriteRequest) -> dict[str, Any]:
    if parcels.is_shipped_by_seller(order):
        return shipping.self_shipment(command.options)
    prefers = client.access.settings.get("ship_by") or shipping.PICKUP
    return shipping.handover(parcels.offer(client, package), command.options, prefers=prefers)


def _arrange(client: ShopClient, bodies: Mapping[str, Mapping[str, Any]]) -> Rejected | None:
    """Ship one package alone, several in one call whose rows fail one by one; return the first refusal."""
    if len(bodies) == 1:
        [(package, body)] = bodies.items()
        answer = client.write(f"{PACKAGES}/{package}/ship", body, endpoint=f"{PACKAGES}//ship")
    else:
        rows = [{"id": package, **body} for package, body in bodies.items()]
        answer = client.write(f"{PACKAGES}/ship", {"packages": rows})
    for row in answers.rows(answer, "errors"):
        code, reason = errors.of_row(row)
        return Rejected(with_words(reason, f"({fields.text(answers.part(row, 'detail'), 'package_id')})"), code=code)
    return None


def _shipped(client: ShopClient, order: Row) -> WriteOutcome:
    """Return the order's first package, and its tracking number as far as there is one yet."""
    number, found = orders.order_id(order), list(orders.packages(order))
    tracking = ""
    if found:
        try:
            package = client.get(f"{PACKAGES}/{found[0]}", endpoint=f"{PACKAGES}/")
            tracking = fields.text(package, "tracking_number")
        except ChannelError:
            # the shipment is arranged all the same: the number comes with the order
            tracking = ""
    return WriteOutcome(found[0] if found else number, tracking, {"packages": found})


WRITES: Mapping[str, Writer] = {
    "ship": Writer(
        perform=ship, outcome_of=find_shipped, fields=command_fields.ship_fields, together=mass_shipping.TOGETHER
    ),
    "cancel": Writer(
        perform=cancellations.cancel, outcome_of=cancellations.find_cancelled, fields=command_fields.cancel_fields
    ),
    "accept_cancellation": Writer(perform=cancellations.accept, outcome_of=cancellations.find_cancelled),
    "reject_cancellation": Writer(
        perform=cancellations.reject,
        outcome_of=cancellations.find_rejected,
        fields=command_fields.reject_cancellation_fields,
    ),
    **returns.WRITES,
}
