"""Numbers changed by hand at the channels, and whether the check finds them and puts them right."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from core.db import database_time, fetch
from erpsync.rehearsal.simulator import SimulatorClient
from integrations.connectors import connector_of
from integrations.models import Connection
from integrations.publishing.drift import SHARES, check_numbers

# what somebody adds to a number
ADDED = 7
# how often a check that was cut off goes on, and after how many seconds: the simulator's bursts of refusals last 2 s
TRIES, PAUSE = 5, 1.0


@dataclass(frozen=True, slots=True)
class DriftFigures:
    """Numbers that were changed by hand: how many, and how many of them the hub found."""

    injected: int = 0
    found: int = 0


# a number that may still arrive is not compared: it is pushed once more when that time is over, which puts it right as well
_AS_EXPECTED = """
SELECT DISTINCT ON (app.channel) app.channel, c.external_id, l.item_id, l.variation_id, s.expected
FROM inventory_listingstock s JOIN inventory_listing l ON l.id = s.listing_id AND l.status = 'active'
JOIN integrations_connection c ON c.shop_id = l.shop_id AND c.id = ANY(%(connections)s)
JOIN integrations_authorisation a ON a.id = c.authorisation_id JOIN integrations_appregistration app ON app.id = a.app_id
JOIN inventory_shop shop ON shop.id = l.shop_id AND NOT shop.keeps_stock
WHERE s.expected = s.wanted AND s.expected > 0 AND s.pushing IS NULL AND s.unsettled IS NULL AND s.promotion_reserved = 0
ORDER BY app.channel, l.id DESC
"""
_FOUND = """
SELECT count(*) FROM inventory_stockdrift d JOIN inventory_listingstock s ON s.id = d.stock_id
JOIN inventory_listing l ON l.id = s.listing_id
WHERE (l.item_id, l.variation_id) = ANY(SELECT * FROM unnest(%(items)s::text[], %(variations)s::text[]))
"""


def change_by_hand(simulator: SimulatorClient, connections: Sequence[Connection]) -> list[tuple[str, str]]:
    """Change one number at each channel; return their (item, variation), as the hub names them."""
    shown = {
        (row["channel"], row["shop"], row["item"], row["variation"]): row["stock"]
        for row in simulator.get("/truth")["listings"]
    }
    changed = []
    for channel, shop, item, variation, expected in fetch(_AS_EXPECTED, connections=[c.pk for c in connections]):
        there = [key for key in shown if key[:3] == (channel, shop, item) and variation in ("", key[3])]
        if len(there) == 1 and shown[there[0]] == expected:
            simulator.post(
                "/by_hand", channel=channel, shop=shop, item=item, variation=there[0][3], stock=expected + ADDED
            )
            changed.append((item, variation))
    return changed


def check(connections: Sequence[Connection]) -> None:
    """Run the checks of one hour: where no list carries numbers, each sees a share of the shop.

    One that a limit or a fault cut off goes on a moment later: in an hour it would five minutes later.
    """
    for connection in connections:
        for _ in range(SHARES):
            _check(connection)


def _check(connection: Connection) -> None:
    publisher = connector_of(connection.channel).publisher
    if publisher is None or publisher.shown is None:
        return
    for _ in range(TRIES):
        began = database_time()
        check_numbers(connection.pk)
        connection.refresh_from_db(fields=["shown_at", "shown_after"])
        has_read = connection.shown_at is not None and connection.shown_at > began
        if has_read and (publisher.shown.listed is None or not connection.shown_after):
            return
        time.sleep(PAUSE)


def found(changed: Sequence[tuple[str, str]]) -> DriftFigures:
    """Count the changed numbers that the hub recorded."""
    items, variations = [item for item, _ in changed], [variation for _, variation in changed]
    [(count,)] = fetch(_FOUND, items=items, variations=variations) if changed else [(0,)]
    return DriftFigures(len(changed), int(count))
