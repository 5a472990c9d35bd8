"""Calls about the seller's shops, their warehouses and webhook addresses."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.request import Call, Fields, Refusal, invalid, required


def shops(backend: Backend, call: Call) -> Fields:
    """GET authorization/202309/shops: the shops of the token, with their ciphers."""
    mine = backend.state.tokens.shops_of(call.headers.get("x-tts-access-token", ""), call.moment)
    return {
        "shops": [
            {
                "id": shop,
                "name": backend.context.shops[shop].name,
                "region": facts.REGION,
                "seller_type": "LOCAL",
                "cipher": cipher,
                "code": f"VNLC{shop[-6:]}",
            }
            for cipher, shop in backend.state.ciphers.items()
            if shop in mine
        ]
    }


def warehouses(backend: Backend, call: Call) -> Fields:
    """GET logistics/202309/warehouses: one that sells, one that takes returns."""
    sales = backend.warehouse(call.shop)
    places = ((sales, "SALES_WAREHOUSE", True), (sales[:-1] + "9", "RETURN_WAREHOUSE", False))
    name = backend.shop(call).ships_from
    return {
        "warehouses": [
            {
                "id": place,
                "name": name,
                "type": kind,
                "sub_type": "DOMESTIC_WAREHOUSE",
                "effect_status": "ENABLED",
                "is_default": default,
                "address": {"region_code": facts.REGION, "city": "TP. Hồ Chí Minh", "distict": "Quận 1"},
            }
            for place, kind, default in places
        ]
    }


def get_hooks(backend: Backend, call: Call) -> Fields:
    """GET event/202309/webhooks."""
    found = [
        {"event_type": event, "address": address, "create_time": created, "update_time": updated}
        for (shop, event), (address, created, updated) in backend.state.hooks.own.items()
        if shop == call.shop
    ]
    return {"webhooks": found, "total_count": len(found)}


def put_hook(backend: Backend, call: Call) -> Fields:
    """PUT event/202309/webhooks: the address for one event of this shop."""
    key = (call.shop, _event(call))
    address = required(call.body, "address", str)
    _check_address(address)
    known = backend.state.hooks.own.get(key)
    backend.state.hooks.own[key] = (address, known[1] if known else call.now, call.now)
    return {}


def delete_hook(backend: Backend, call: Call) -> Fields:
    """DELETE event/202309/webhooks, with a JSON body."""
    backend.state.hooks.own.pop((call.shop, _event(call)), None)
    return {}


def _event(call: Call) -> str:
    event: str = required(call.body, "event_type", str)
    if event not in facts.EVENT_TYPES:
        raise invalid("event_type")
    return event


def _check_address(address: str) -> None:
    """Check an address: HTTPS, a domain name, no explicit port. Loopback passes: the simulator's hub is there."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host in {"127.0.0.1", "localhost"}:
        return
    try:
        ipaddress.ip_address(host)
        bare = True
    except ValueError:
        bare = False
    if parts.scheme != "https" or bare or "." not in host or parts.port or len(address) > facts.LONGEST_ADDRESS:
        raise Refusal(36009004, "Invalid webhook address. The `address` must be an HTTPS URL with a domain name.")
