"""How a parcel is handed over: chosen from what Shopee offers, what was asked for, and what the shop prefers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from integrations.connectors.choices import Choice, choice, day, settled
from integrations.connectors.shopee.mapping import errors, fields
from integrations.wire import answers
from integrations.wire.answers import Row
from integrations.wire.errors import Rejected

Options = Mapping[str, Any]

PICKUP, DROPOFF, NON_INTEGRATED = METHODS = ("pickup", "dropoff", "non_integrated")
# options that only make sense for one method
_TELLING = {"address_id": PICKUP, "pickup_time_id": PICKUP, "branch_id": DROPOFF, "sender_real_name": DROPOFF}
# the parcel is known at the courier's; before that, and when no courier came, it must be arranged
WAITING = frozenset({"LOGISTICS_NOT_START", "LOGISTICS_READY", "LOGISTICS_PENDING_ARRANGE", ""})
RETRY = "LOGISTICS_PICKUP_RETRY"


def arrangement(told: Row, options: Options, *, prefers: str = PICKUP, sender: str = "") -> dict[str, dict[str, Any]]:
    """The one method to send, with the fields that it needs, from the answer of `get_shipping_parameter`.

    Options name a method, or only fields of one; else the preferred one is taken if it can be filled, else another.
    `sender` is the name for a drop-off that wants one. Raises Rejected saying what is missing.
    """
    options = settled(options)
    known = {"sender_real_name": sender, **options}
    needed = answers.part(told, "info_needed")
    offered = [method for method in METHODS if isinstance(needed.get(method), list)]
    named = str(options.get("method") or next((_TELLING[name] for name in _TELLING if options.get(name)), ""))
    if named and named not in offered:
        raise errors.refusal("ship_order_unsupport_dropoff", ", ".join(offered))
    ranked = [named] if named else sorted(offered, key=lambda method: method != prefers)
    problem = errors.refusal("feature_not_supported")
    for number, method in enumerate(ranked):
        try:
            return {method: _FILL[method](fields.words(needed, method), answers.part(told, method), known)}
        except Rejected as refusal:
            problem = problem if number else refusal
    raise problem


def choices(told: Row, *, time_zone: str) -> list[Choice]:
    """All ways that the answer of `get_shipping_parameter` offers: addresses and times of a pick-up, branches of a drop-off."""
    needed = answers.part(told, "info_needed")
    found: list[Choice] = []
    for method in METHODS:
        if isinstance(needed.get(method), list):
            found += _OFFER[method](fields.words(needed, method), answers.part(told, method), time_zone)
    return found


def asks_for(told: Row, name: str) -> bool:
    """May a field that only a person can tell be needed? For own couriers the tracking number always is."""
    needed = answers.part(told, "info_needed")
    always = name == "tracking_number" and isinstance(needed.get(NON_INTEGRATED), list)
    return always or any(name in fields.words(needed, method) for method in METHODS)


def _pickup_choices(needed: Sequence[str], told: Row, time_zone: str) -> list[Choice]:
    addresses = sorted(answers.rows(told, "address_list"), key=_rank)
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


def _dropoff_choices(needed: Sequence[str], told: Row, time_zone: str) -> list[Choice]:
    if "branch_id" not in needed:
        return [choice(_("Drop-off"), method=DROPOFF)]
    return [
        choice(f"{_('Drop-off')} {fields.text(row, 'address') or branch}", method=DROPOFF, branch_id=branch)
        for row in answers.rows(told, "branch_list")
        if (branch := fields.text(row, "branch_id"))
    ]


def _own_courier(needed: Sequence[str], told: Row, time_zone: str) -> list[Choice]:
    return [choice(_("Your own courier"), method=NON_INTEGRATED)]


def _pickup(needed: Sequence[str], told: Row, options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "address_id" in needed or "pickup_time_id" in needed:
        address = _address(told, options, needs_slot="pickup_time_id" in needed)
        found["address_id"] = int(fields.item_id(address, "address_id"))
        if "pickup_time_id" in needed:
            found["pickup_time_id"] = _slot(address, options)
    return found | _named(needed, options, ("tracking_number",))


def _address(told: Row, options: Options, *, needs_slot: bool) -> Row:
    """The named address, else the seller's pickup address, else the default one; one with a free slot before all."""
    named = str(options.get("address_id") or "")
    found = [row for row in answers.rows(told, "address_list") if named in ("", fields.text(row, "address_id"))]
    if not found:
        raise errors.refusal("address_not_found", named)
    return min(found, key=lambda row: (needs_slot and not answers.rows(row, "time_slot_list"), _rank(row)))


def _rank(address: Row) -> int:
    flags = fields.words(address, "address_flag")
    return 0 if "pickup_address" in flags else 1 if "default_address" in flags else 2


def _slot(address: Row, options: Options) -> str:
    """The named slot as it is, else the recommended one, else the first. A named one is not looked up: Shopee knows."""
    named = str(options.get("pickup_time_id") or "")
    slots = answers.rows(address, "time_slot_list")
    ranked = sorted(slots, key=lambda slot: "recommended" not in fields.words(slot, "flags"))
    found = named or next((slot_id for slot in ranked if (slot_id := fields.text(slot, "pickup_time_id"))), "")
    if not found:
        raise errors.refusal("no_available_time_slot")
    return found


def _dropoff(needed: Sequence[str], told: Row, options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "branch_id" in needed:
        first = next(iter(answers.rows(told, "branch_list")), {})
        branch = str(options.get("branch_id") or fields.text(first, "branch_id"))
        if not branch.isdecimal():
            raise errors.refusal("ship_order_need_branch_id")
        found["branch_id"] = int(branch)
    return found | _named(needed, options, ("sender_real_name", "tracking_number", "slug"))


def _non_integrated(needed: Sequence[str], told: Row, options: Options) -> dict[str, Any]:
    return _named((*needed, "tracking_number"), options, ("tracking_number",))


def _named(needed: Sequence[str], options: Options, names: Sequence[str]) -> dict[str, Any]:
    """What only a person can tell: refused when it is needed and was not told, left out when nobody needs it."""
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
