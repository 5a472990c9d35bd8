"""Many parcels arranged in one call, for commands that say the same about parcels of one courier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations.connectors.shopee import parcels, reads
from integrations.connectors.shopee.client import post, response, shop_client
from integrations.connectors.shopee.mapping import fields, orders
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.writes import Together, WriteOutcome, WriteRequest
from integrations.wire import answers
from integrations.wire.http import ChannelClient
from integrations.wire.together import groups, said

_MASS = "logistics/mass_ship_order"
# parcels of one call
BATCH = 50

Outcomes = dict[str, WriteOutcome | ChannelError]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An order's command, the parcels of it that wait, and their courier."""

    command: WriteRequest
    numbers: tuple[str, ...]
    courier: str


def ship_together(access: Access, commands: Sequence[WriteRequest]) -> Outcomes:
    """Arrange the parcels of many orders, as `ship` does for one: what is offered for the first of a group is taken for all.

    An order that is not known, or of which Shopee refuses a parcel, has no entry: alone it is read and asked about anew.
    """
    client, found = shop_client(access), Outcomes()
    known = filter(None, map(_waiting, commands))
    for group in groups(
        known, lambda one: (one.courier, said(one.command)), most=BATCH, size=lambda one: len(one.numbers)
    ):
        found |= _arranged(client, access.settings, group)
    return found


TOGETHER = Together(perform=ship_together, batch=BATCH)


def _waiting(command: WriteRequest) -> _Waiting | None:
    """Return the parcels of an order as it is known; None for what is to be shipped by itself."""
    try:
        packages = parcels.waiting(command.known, command) if command.known else ()
    except Rejected:
        return None
    numbers = tuple(fields.text(package, "package_number") for package in packages)
    couriers = {fields.text(package, "logistics_channel_id") for package in packages}
    is_alone = command.options.get("tracking_number") or any(map(parcels.needs_another_pickup, packages))
    if is_alone or not all(numbers) or len(couriers) != 1 or len(numbers) > BATCH:
        return None
    return _Waiting(command, numbers, couriers.pop())


def _arranged(client: ChannelClient, settings: Mapping[str, str], group: Sequence[_Waiting]) -> Outcomes:
    first, numbers = group[0], [number for one in group for number in one.numbers]
    named = {"order_sn": first.command.order_number, "package_number": first.numbers[0]}
    try:
        chosen = parcels.arrangement(client, settings, first.command, named)
        rows = [{"package_number": number} for number in numbers]
        answer = response(post(client, _MASS, {"package_list": rows, **chosen}))
    except Rejected:
        return {}
    except ChannelError as error:
        return {one.command.reference: error for one in group}
    done = {fields.text(row, "package_number") for row in answers.rows(answer, "success_list")}
    shipped = [one for one in group if done.issuperset(one.numbers)]
    tracking = _tracking_numbers(client, [one.numbers[0] for one in shipped])
    return {one.command.reference: _outcome(one, tracking) for one in shipped}


def _tracking_numbers(client: ChannelClient, numbers: Sequence[str]) -> dict[str, str]:
    """Return parcel -> tracking number, as far as there is one yet. One call; {} when it fails: they come with later pushes."""
    try:
        rows = reads.package_rows(client, numbers)
    except ChannelError:
        return {}
    return {fields.text(row, "package_number"): fields.text(row, "tracking_number") for row in rows}


def _outcome(one: _Waiting, tracking: Mapping[str, str]) -> WriteOutcome:
    order = one.command.known
    return WriteOutcome(orders.package_numbers(order)[0], tracking.get(one.numbers[0], ""), parcels.facts(order))
