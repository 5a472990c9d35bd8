"""Before the day: the shops are connected, their catalogues read, and what no SKU names is mapped by name, as people would."""

from __future__ import annotations

from django.db import transaction

from erpsync.rehearsal.house import Say
from erpsync.rehearsal.world import World
from integrations.demo import connect_accounts, read_accounts, read_catalogues
from integrations.models import AppRegistration, Connection
from integrations.simulator.faults import CALM
from inventory.services.listings import map_listings
from inventory.sql import fetch

# Nobody could recover what chaos does to a person at the keyboard (a code whose answer is lost); these stay as they are.
_ALWAYS = frozenset({"clock_skew_seconds", "token_life_seconds", "rate_limit_seconds", "webhook_delay_seconds"})
# A day in half a minute is a rush no shop sees. Limits that a platform publishes hold; where it publishes none for writes
# our own caution would only stretch the day.
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


class NotOpened(RuntimeError):
    """The day cannot begin; the message says what is missing."""


def open_shops(world: World, say: Say) -> list[Connection]:
    """Connect every account, read and map all there is. Raises DemoFailed, NotOpened."""
    world.post("/faults", **{name: 0.0 for name in CALM if name not in _ALWAYS})
    connections, _ = connect_accounts(read_accounts(world.url), world.url, None, say)
    for app in AppRegistration.objects.all():
        app.settings |= _RUSH
        app.save(update_fields=["settings"])
    read_catalogues(connections, say)
    with transaction.atomic():
        map_listings([(listing, product, units) for listing, product, units in fetch(_BY_NAME)])
    [(left,)] = fetch(_UNMAPPED)
    if left:
        raise NotOpened(f"{left} listings have a name that no product has")
    return connections
