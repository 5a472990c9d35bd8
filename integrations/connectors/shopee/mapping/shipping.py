"""Hand-over of a parcel: chosen from what Shopee offers, what was asked for, and what the shop prefers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.shopee.mapping import errors, fields
from integrations.contract.errors import Rejected
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.choices import (
    Choice,
    choice,
    day,
    settled,
)

Options = Mapping[str, Any]

PICKUP, DROPOFF, NON_INTEGRATED = METHODS = ("pickup", "dropoff", "non_integrated")
# options that imply a method
_IMPLIES = {"address_id": PICKUP, "pickup_time_id": PICKUP, "branch_id": DROPOFF, "sender_real_name": DROPOFF}
# the parcel is known at the courier's; before that, and when no courier came, it must be arranged
WAITING = frozenset({"LOGISTICS_NOT_START", "LOGISTICS_READY", "LOGISTICS_PENDING_ARRANGE", ""})
RETRY = "LOGISTICS_PICKUP_RETRY"


def arrangement(
    offered: Row, options: Options, *, prefers: str = PICKUP, sender: str = ""
) -> dict[str, dict[str, Any]]:
    """Return the one method to send, with the fields that it needs, from the answer of `get_shipping_parameter`.

    Options name a method, or only fields of one; else the preferred one is taken if it can be filled, else another.
    `sender` is the name for a drop-off that wants one. Raises Rejected saying what is missing.
    """
    options = settled(options)
    known = {"sender_real_name": sender, **options}
    needed = answers.part(offered, "info_needed")
    methods = [method for method in METHODS if isinstance(needed.get(method), list)]
    named = str(options.get("method") or next((_IMPLIES[name] for name in _IMPLIES if options.get(name)), ""))
    if named and named not in methods:
        raise errors.refusal("ship_order_unsupport_dropoff", ", ".join(methods))
    ranked = [named] if named else sorted(methods, key=lambda method: method != prefers)
    problem = errors.refusal("feature_not_supported")
    for number, method in enumerate(ranked):
        try:
            return {method: _FILL[method](fields.words(needed, method), answers.part(offered, method), known)}
        except Rejected as refusal:
            problem = problem if number else refusal
    raise problem


def choices(offered: Row, *, time_zone: str) -> list[Choice]:
    """Return all ways that the answer of `get_shipping_parameter` offers: addresses and times of a pick-up, branches of a drop-off."""
    needed = answers.part(offered, "info_needed")
    found: list[Choice] = []
    for method in METHODS:
        if isinstance(needed.get(method), list):
            found += _OFFER[method](fields.words(needed, method), answers.part(offered, method), time_zone)
    return found


def asks_for(offered: Row, name: str) -> bool:
    """Return whether a field that only a person knows may be needed. For own couriers the tracking number always is."""
    needed = answers.part(offered, "info_needed")
    always = name == "tracking_number" and isinstance(needed.get(NON_INTEGRATED), list)
    return always or any(name in fields.words(needed, method) for method in METHODS)


def _pickup_choices(needed: Sequence[str], offered: Row, time_zone: str) -> list[Choice]:
    addresses = sorted(answers.rows(offered, "address_list"), key=_rank)
    found = []
    for row in addresses:
        address = fields.text(row, "address_id")
        place = f", {fields.text(row, 'address')}" if len(addresses) > 1 else ""
        if "pickup_time_id" not in needed:
            found.append(choice(_("Pick-up") + place, method=PICKUP, address_id=address))
        for slot in answers.rows(row, "time_slot_list") if "pickup_time_id" in needed else ():
            label = f"{_('Pick-up')} {_slot_words(slot, time_zone)}{place}"
            slot_id = fields.text(slot, "pickup_time_id")
            found.append(choice(label, method=PICKUP, address_id=address, pickup_time_id=slot_id))
    return found


def _slot_words(slot: Row, time_zone: str) -> str:
    date, text = fields.count(slot, "date"), fields.text(slot, "time_text")
    return " ".join(filter(None, (day(date, time_zone) if date else "", text)))


def _dropoff_choices(needed: Sequence[str], offered: Row, time_zone: str) -> list[Choice]:
    if "branch_id" not in needed:
        return [choice(_("Drop-off"), method=DROPOFF)]
    return [
        choice(f"{_('Drop-off')} {fields.text(row, 'address') or branch}", method=DROPOFF, branch_id=branch)
        for row in answers.rows(offered, "branch_list")
        if (branch := fields.text(row, "branch_id"))
    ]


def _own_courier(needed: Sequence[str], offered: Row, time_zone: str) -> list[Choice]:
    return [choice(_("Your own courier"), method=NON_INTEGRATED)]


def _pickup(needed: Sequence[str], offered: Row, options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "address_id" in needed or "pickup_time_id" in needed:
        address = _address(offered, options, needs_slot="pickup_time_id" in needed)
        found["address_id"] = int(fields.first_id(address, "address_id"))
        if "pickup_time_id" in needed:
            found["pickup_time_id"] = _slot(address, options)
    return found | _named(needed, options, ("tracking_number",))


def _address(offered: Row, options: Options, *, needs_slot: bool) -> Row:
    """Return the named address, else the seller's pickup address, else the default one; one with a free slot before all."""
    named = str(options.get("address_id") or "")
    found = [row for row in answers.rows(offered, "address_list") if named in ("", fields.text(row, "address_id"))]
    if not found:
        raise errors.refusal("address_not_found", named)
    return min(found, key=lambda row: (needs_slot and not answers.rows(row, "time_slot_list"), _rank(row)))


def _rank(address: Row) -> int:
    flags = fields.words(address, "address_flag")
    return 0 if "pickup_address" in flags else 1 if "default_address" in flags else 2


def _slot(address: Row, options: Options) -> str:
    """Return the named slot as it is, else the recommended one, else the first. A named one is not looked up: Shopee knows."""
    named = str(options.get("pickup_time_id") or "")
    slots = answers.rows(address, "time_slot_list")
    ranked = sorted(slots, key=lambda slot: "recommended" not in fields.words(slot, "flags"))
    found = named or next((slot_id for slot in ranked if (slot_id := fields.text(slot, "pickup_time_id"))), "")
    if not found:
        raise errors.refusal("no_available_time_slot")
    return found


def _dropoff(needed: Sequence[str], offered: Row, options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "branch_id" in needed:
        first = next(iter(answers.rows(offered, "branch_list")), {})
        branch = str(options.get("branch_id") or fields.text(first, "branch_id"))
        if not branch.isdecimal():
            raise errors.refusal("ship_order_need_branch_id")
        found["branch_id"] = int(branch)
    return found | _named(needed, options, ("sender_real_name", "tracking_number", "slug"))


def _non_integrated(needed: Sequence[str], offered: Row, options: Options) -> dict[str, Any]:
    return _named((*needed, "tracking_number"), options, ("tracking_number",))


def _named(needed: Sequence[str], options: Options, names: Sequence[str]) -> dict[str, Any]:
    """Return what only a person knows: refused when it is needed and missing, left out when it is not needed."""
    wanted = [name for name in names if name in needed]
    missing = [name for name in wanted if not options.get(name)]
    if missing:
        raise errors.refusal("ship_order_need_tracking_number", ", ".join(missing))
    return {name: str(options[name]) for name in wanted}


_FILL: Mapping[str, Callable[[Sequence[str], Row, Options], dict[str, Any]]] = {
    PICKUP: _pickup,
    DROPOFF: _dropoff,
    NON_INTEGRATED: _non_integrated,
}
_OFFER: Mapping[str, Callable[[Sequence[str], Row, str], list[Choice]]] = {
    PICKUP: _pickup_choices,
    DROPOFF: _dropoff_choices,
    NON_INTEGRATED: _own_courier,
}
