"""Hand-over of a package: chosen from what TikTok Shop offers, what was asked for, and what the shop prefers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.tiktok_shop.mapping import errors, fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.choices import (
    Choice,
    choice,
    settled,
    span,
)

Options = Mapping[str, Any]

PICKUP, DROP_OFF = METHODS = ("PICKUP", "DROP_OFF")
BY_SELLER = "SELLER"
_OFFERS = {PICKUP: "can_pickup", DROP_OFF: "can_drop_off"}


def self_shipment(options: Options) -> dict[str, Any]:
    """Return the body for a package that the seller ships. Raises Rejected without tracking number or provider."""
    tracking = str(options.get("tracking_number") or "").strip()
    provider = str(options.get("shipping_provider_id") or "").strip()
    if not tracking or not provider:
        raise errors.refusal("self_shipment")
    return {"self_shipment": {"tracking_number": tracking, "shipping_provider_id": provider}}


def handover(offered: Row, options: Options, *, prefers: str) -> dict[str, Any]:
    """Return the body for a package that TikTok Shop ships, from the answer of `handover_time_slots`.

    A method that was asked for is sent even if it is not offered: TikTok Shop knows best why. A slot is named or the first free one.
    """
    options = settled(options)
    named = str(options.get("method") or "").upper()
    if named in METHODS:
        method = named
    else:
        methods = [one for one in METHODS if fields.flag(offered, _OFFERS[one])]
        method = prefers if prefers in methods or not methods else methods[0]
    body: dict[str, Any] = {"handover_method": method}
    if method == PICKUP and (slot := _slot(offered, options)):
        body["pickup_slot"] = slot
    return body


def choices(offered: Row, *, time_zone: str) -> list[Choice]:
    """Return all ways that the answer of `handover_time_slots` offers: free pick-up times, and the drop-off."""
    found: list[Choice] = []
    if fields.flag(offered, _OFFERS[PICKUP]):
        for row in answers.rows(offered, "pickup_slots"):
            if _is_free(row):
                hours = span(fields.count(row, "start_time"), fields.count(row, "end_time"), time_zone)
                label = f"{_('Pick-up')} {hours}"
                found.append(choice(label, method=PICKUP, pickup_time_id=fields.text(row, "start_time")))
    if fields.flag(offered, _OFFERS[DROP_OFF]):
        found.append(choice(_("Drop-off"), method=DROP_OFF))
    return found


def _is_free(slot: Row) -> bool:
    # the key is misspelt on the wire
    return fields.flag(slot, "avaliable") or fields.flag(slot, "available")


def _slot(offered: Row, options: Options) -> dict[str, int] | None:
    start = str(options.get("pickup_time_id") or options.get("start_time") or "")
    for row in answers.rows(offered, "pickup_slots"):
        if (start == fields.text(row, "start_time")) if start else _is_free(row):
            return {name: fields.count(row, name) for name in ("start_time", "end_time")}
    return None
