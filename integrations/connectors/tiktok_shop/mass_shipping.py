"""Packages of many orders shipped in one call, for commands that say the same about packages of one warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.connectors.tiktok_shop import parcels, reads
from integrations.connectors.tiktok_shop.client import ShopClient, shop_client
from integrations.connectors.tiktok_shop.mapping import fields, orders, shipping
from integrations.connectors.tiktok_shop.parcels import PACKAGES
from integrations.contract.access import Access
from integrations.contract.errors import ChannelError, Rejected
from integrations.contract.writes import Together, WriteOutcome, WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.together import groups, said

# packages of one call; the platform names no number: this is the page of its package search
BATCH = 50

Outcomes = dict[str, WriteOutcome | ChannelError]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An order's command, and the packages of it that wait."""

    command: WriteRequest
    packages: tuple[str, ...]

    @property
    def order(self) -> Row:
        return self.command.known


def ship_together(access: Access, commands: Sequence[WriteRequest]) -> Outcomes:
    """Ship the packages of many orders, as `ship` does for one: what is offered for the first of a group is taken for all.

    An order that is not known, that the seller ships, or of which a package is refused has no entry.
    """
    client, found = shop_client(access), Outcomes()
    for group in groups(
        filter(None, map(_waiting, commands)),
        lambda one: (fields.text(one.order, "warehouse_id"), said(one.command)),
        most=BATCH,
        size=lambda one: len(one.packages),
    ):
        found |= _arranged(client, group)
    return found


TOGETHER = Together(perform=ship_together, batch=BATCH)


def _waiting(command: WriteRequest) -> _Waiting | None:
    if not command.known or parcels.is_shipped_by_seller(command.known):
        return None
    packages = tuple(parcels.waiting(command.known, command))
    return _Waiting(command, packages) if 0 < len(packages) <= BATCH else None


def _arranged(client: ShopClient, group: Sequence[_Waiting]) -> Outcomes:
    prefers = client.access.settings.get("ship_by") or shipping.PICKUP
    try:
        offered = parcels.offer(client, group[0].packages[0])
        body = shipping.handover(offered, group[0].command.options, prefers=prefers)
        rows = [{"id": package, **body} for one in group for package in one.packages]
        answer = client.write(f"{PACKAGES}/ship", {"packages": rows})
    except Rejected:
        return {}
    except ChannelError as error:
        return {one.command.reference: error for one in group}
    errors = answers.rows(answer, "errors")
    refused = {fields.text(answers.part(row, "detail"), "package_id") for row in errors}
    if "" in refused:
        # an error of a package that it does not name
        return {}
    shipped = [one for one in group if refused.isdisjoint(one.packages)]
    tracking = _tracking_numbers(client, [one.command.order_number for one in shipped])
    return {one.command.reference: _outcome(one, tracking) for one in shipped}


def _tracking_numbers(client: ShopClient, numbers: Sequence[str]) -> dict[str, str]:
    """Return package -> tracking number, as far as there is one yet. One call; {} when it fails: they come with the orders."""
    try:
        rows = reads.order_rows(client, numbers) if numbers else []
    except ChannelError:
        return {}
    units = [unit for row in rows for unit in answers.rows(row, "line_items")]
    return {fields.text(unit, "package_id"): fields.text(unit, "tracking_number") for unit in units}


def _outcome(one: _Waiting, tracking: dict[str, str]) -> WriteOutcome:
    packages = list(orders.packages(one.order))
    return WriteOutcome(packages[0], tracking.get(packages[0], ""), {"packages": packages})
