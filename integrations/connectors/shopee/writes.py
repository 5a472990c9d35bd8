"""Commands: shipping here, cancellations and returns in their modules; each with the look-up of a lost one."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.connectors.shopee import cancellations, command_fields, mass_shipping, parcels, returns
from integrations.connectors.shopee.client import get, post, response, shop_client
from integrations.connectors.shopee.mapping import errors, fields, orders, shipping
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, Rejected, TryLater
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient
from integrations.wire.known_orders import with_known

# the courier has been asked for, or has the goods
_ARRANGED = frozenset({"PROCESSED", "SHIPPED", "TO_CONFIRM_RECEIVE", "COMPLETED", "TO_RETURN"})


def ship(access: Access, command: WriteRequest) -> WriteOutcome:
    """Arrange every parcel that waits, or the one that `package_number` names. One that is arranged already is left as it is.

    Options: `handover` (one of those offered), or `method`, `address_id`, `pickup_time_id`, `branch_id`,
    `sender_real_name`, `tracking_number`, `slug`.
    """
    client = shop_client(access)
    return with_known(
        command.known,
        lambda: parcels.order_row(client, command.order_number),
        lambda order: _ship(client, access.settings, command, order),
        waits=lambda order: parcels.waiting(order, command),
    )


def _ship(client: ChannelClient, settings: Mapping[str, str], command: WriteRequest, order: Row) -> WriteOutcome:
    is_begun = False
    for package in parcels.waiting(order, command):
        try:
            _arrange(client, settings, command, order, package)
        except TryLater as error:
            error.maybe_done = error.maybe_done or is_begun
            raise
        except Rejected as refusal:
            if not _is_arranged_by(client, package, refusal):
                raise
        is_begun = True
    return _shipped(client, order)


def find_shipped(access: Access, command: WriteRequest) -> WriteOutcome | None:
    """Return the outcome if the order, or the flag of each waiting parcel, says that shipping was arranged."""
    client = shop_client(access)
    order = parcels.order_row(client, command.order_number)
    return _shipped(client, order) if _is_shipped(client, command, order) else None


def _arrange(
    client: ChannelClient, settings: Mapping[str, str], command: WriteRequest, order: Row, package: Row
) -> None:
    named = parcels.names(order, package)
    again = parcels.needs_another_pickup(package)
    chosen = parcels.arrangement(client, settings, command, named, prefers=shipping.PICKUP if again else "")
    post(client, "logistics/update_shipping_order" if again else "logistics/ship_order", named | chosen)


def _is_arranged_by(client: ChannelClient, package: Row, refusal: Rejected) -> bool:
    """Return whether a shipment was refused because it is arranged. While Shopee is at it, only the parcel says so."""
    number = fields.text(package, "package_number")
    if refusal.code == errors.ALREADY_SHIPPED or not number or parcels.needs_another_pickup(package):
        return refusal.code == errors.ALREADY_SHIPPED
    return parcels.are_arranged(client, [number])


def _is_shipped(client: ChannelClient, command: WriteRequest, order: Row) -> bool:
    if fields.text(order, "order_status") in _ARRANGED:
        return True
    waiting = parcels.waiting(order, command)
    numbers = [fields.text(package, "package_number") for package in waiting]
    if "" in numbers or any(parcels.needs_another_pickup(package) for package in waiting):
        return False
    return parcels.are_arranged(client, numbers)


def _shipped(client: ChannelClient, order: Row) -> WriteOutcome:
    """Return the order's first parcel, and its tracking number as far as there is one yet."""
    number, packages = orders.order_sn(order), orders.package_numbers(order)
    params = [("order_sn", number), *([("package_number", packages[0])] if len(packages) > 1 else [])]
    try:
        tracking = fields.text(response(get(client, "logistics/get_tracking_number", params)), "tracking_number")
    except ChannelError:
        # the shipment is arranged all the same: the number comes with a later push
        tracking = ""
    return WriteOutcome(packages[0] if packages else number, tracking, parcels.facts(order))


WRITES: Mapping[str, Writer] = {
    "ship": Writer(
        perform=ship, outcome_of=find_shipped, fields=command_fields.ship_fields, together=mass_shipping.TOGETHER
    ),
    "cancel": Writer(
        perform=cancellations.cancel, outcome_of=cancellations.find_cancelled, fields=command_fields.cancel_fields
    ),
    "accept_cancellation": Writer(perform=cancellations.accept, outcome_of=cancellations.find_cancelled),
    "reject_cancellation": Writer(perform=cancellations.reject, outcome_of=cancellations.find_rejected),
    **returns.WRITES,
}
