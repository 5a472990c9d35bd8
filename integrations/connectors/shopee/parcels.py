"""Orders as commands see them: the parcels that wait, and the ways of shipping that Shopee offers for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connectors.shopee import reads
from integrations.connectors.shopee.client import get, response
from integrations.connectors.shopee.mapping import errors, fields, orders, shipping
from integrations.contract.writes import WriteRequest
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.http import ChannelClient


def order_row(client: ChannelClient, number: str) -> Row:
    """Return the order as Shopee writes it. Raises Rejected when there is none."""
    found = next(iter(reads.order_rows(client, [number])), None)
    if found is None:
        raise errors.refusal("error_order_not_found", number)
    return found


def waiting(order: Row, command: WriteRequest) -> Sequence[Row]:
    """Return the parcels that wait, or the one that the option `package_number` names. Raises Rejected for an unknown one."""
    packages = answers.rows(order, "package_list")
    if named := str(command.options.get("package_number") or ""):
        packages = [package for package in packages if fields.text(package, "package_number") == named]
        if not packages:
            raise errors.refusal("package_number_not_exist", named)
    statuses = shipping.WAITING | {shipping.RETRY}
    # an order without parcels yet is Shopee's to refuse
    return [package for package in packages or [{}] if fields.text(package, "logistics_status") in statuses]


def names(order: Row, package: Row) -> dict[str, str]:
    """Return what names a parcel in a call: the order's number, of a split order the parcel's too."""
    found = {"order_sn": fields.text(order, "order_sn")}
    if len(answers.rows(order, "package_list")) > 1:
        found["package_number"] = fields.text(package, "package_number")
    return found


def needs_another_pickup(package: Row) -> bool:
    """Return whether no courier came. Such a parcel still carries the flag `is_shipment_arranged` of its first time."""
    return fields.text(package, "logistics_status") == shipping.RETRY


def are_arranged(client: ChannelClient, numbers: Sequence[str]) -> bool:
    """Return whether Shopee has arranged all these parcels, or is at it: the order shows that only later."""
    arranged = {
        fields.text(package, "package_number")
        for package in reads.package_rows(client, numbers)
        if package.get("is_shipment_arranged") is True
    }
    return arranged >= set(numbers)


def offer(client: ChannelClient, named: dict[str, str]) -> Row:
    """Return the ways of shipping that Shopee offers for a parcel."""
    return response(get(client, "logistics/get_shipping_parameter", tuple(named.items())))


def arrangement(
    client: ChannelClient,
    settings: Mapping[str, str],
    command: WriteRequest,
    named: dict[str, str],
    *,
    prefers: str = "",
) -> dict[str, dict[str, Any]]:
    """Return the one method to send for a parcel, with its fields: chosen from what Shopee offers for it now."""
    return shipping.arrangement(
        offer(client, named),
        command.options,
        prefers=prefers or settings.get("ship_by") or shipping.PICKUP,
        sender=settings.get("sender_real_name", ""),
    )


def facts(order: Row) -> dict[str, Any]:
    """Return the facts of an order that an outcome keeps."""
    return {"order_status": fields.text(order, "order_status"), "packages": list(orders.package_numbers(order))}
