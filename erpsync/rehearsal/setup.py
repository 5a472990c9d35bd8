"""Setup of the hub before the day: connect the shops, read their catalogues, map by name what no SKU identifies."""

from __future__ import annotations

from core.db import fetch
from erpsync.rehearsal.processes import Say
from erpsync.rehearsal.simulator import SimulatorClient
from integrations.accounts.links import IMPORTS_ITSELF, link
from integrations.accounts.registrations import register_app
from integrations.connectors import connector_of
from integrations.contract.connector import Role
from integrations.demo import connect_accounts, read_accounts, read_catalogues
from integrations.models import AppRegistration, Connection, Link
from integrations.simulator.draws import Draws
from integrations.simulator.faults import CALM
from inventory.services.mapping import exact_matches, map_listings

# Faults during consent cannot be recovered from (a code whose response is lost), so all are off but these.
_ALWAYS = frozenset({"clock_skew_seconds", "token_life_seconds", "rate_limit_seconds", "webhook_delay_seconds"})
# A day in half a minute is a rush no shop sees. Published limits hold; where a platform publishes none for writes, our own
# cautious default would only stretch the day.
_RUSH = {"limit_write": "50"}

_BY_NAME = """
SELECT l.id, min(p.id), 1 FROM inventory_listing l
JOIN inventory_product p ON p.name = concat_ws(' - ', l.title, nullif(l.variation_name, ''))
WHERE l.product_id IS NULL AND l.status <> 'deleted' GROUP BY l.id HAVING count(*) = 1
"""
_UNMAPPED = """
SELECT count(*) FROM inventory_listing l JOIN inventory_shop s ON s.id = l.shop_id
WHERE l.product_id IS NULL AND NOT s.keeps_stock AND l.status <> 'deleted'
"""


class SetupFailed(RuntimeError):
    """The shops could not be set up; the message says what is missing."""


def connect_shops(simulator: SimulatorClient, say: Say) -> list[Connection]:
    """Connect every account, read and map all listings. Raises DemoFailed, SetupFailed."""
    simulator.post("/faults", **{name: 0.0 for name in CALM if name not in _ALWAYS})
    connections, _ = connect_accounts(read_accounts(simulator.url), simulator.url, None, say)
    for app in AppRegistration.objects.all():
        register_app(app.channel, app.name, {}, settings=_RUSH)
    read_catalogues(connections, say)
    map_listings([(listing, product, units) for listing, product, units in fetch(_BY_NAME)])
    [(left,)] = fetch(_UNMAPPED)
    if left:
        raise SetupFailed(f"{left} listings have a name that no product has")
    return connections


def let_pos_import(simulator: SimulatorClient, seed: str, share: float) -> None:
    """Let the POS import some of its marketplace shops by itself, as their owners may have set it up: a draw of (seed, shop)."""
    draws = Draws(seed)
    for found in Link.objects.filter(role=Role.POS).select_related("connection__authorisation__app", "target"):
        shop = (found.connection.channel, found.connection.external_id)
        # the customer book is linked to the POS as well, and sells nothing
        sells = Role.MARKETPLACE in connector_of(shop[0]).roles
        if sells and draws.chance(share, "imports", *shop):
            simulator.post("/imports", channel=shop[0], shop=shop[1])
            link(found.connection, Role.POS, found.target, {IMPORTS_ITSELF: True})


def map_what_is_new() -> None:
    """Map listings by exact SKU, as a person does who looks at what has come up since."""
    map_listings(exact_matches())
