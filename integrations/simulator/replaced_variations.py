"""Variations that a seller deletes and makes anew under another id, and goods that a point of sale gives another code."""

from __future__ import annotations

import time
from dataclasses import replace

from integrations.simulator.book import Book
from integrations.simulator.draws import Draws
from integrations.simulator.order import Order
from integrations.simulator.shops import Variation

REPLACING = (5.0, 40.0)  # logical seconds from an order until a seller makes its variation anew
RECODED = 0.5  # share of the goods


def replace_variation(book: Book, order: Order) -> None:
    """Delete the variation that an order began with and make it anew under another id, without stock."""
    shop, line = book.shops[order.channel][order.shop], order.lines[0]
    item, old = shop.items[line.item_id], shop.variation(line.item_id, line.variation_id)
    if old is None or not item.has_models or not may_be_replaced(book.draws, old):
        return
    new = replace(
        old, id=_like(book.draws, old.id, shop.id, item.id), stock=0, open=0, updated_at=time.time()
    )  # fmt: skip
    item.variations[item.variations.index(old)] = new
    item.updated_at = new.updated_at
    book.plant("replaced", order.channel, old.id)
    book.note(
        "replaced", channel=order.channel, shop=order.shop, item=item.id, old=old.id, id=new.id, sku=new.sku,
        wire=new.updated_at,
    )  # fmt: skip


def _like(draws: Draws, old: str, *parts: object) -> str:
    """Return another id of the same form: platforms' ids are numbers, some behind the id of an attribute."""
    attribute, line, number = old.rpartition("_")
    lowest = 10 ** (len(number) - 1)
    return attribute + line + str(lowest + draws.number("anew", old, *parts) % (9 * lowest))


def may_be_replaced(draws: Draws, variation: Variation) -> bool:
    """Return whether a variation may be made anew: a person can find it again by its SKU, and no campaign holds units.

    The SKUs that a point of sale may give other codes are left alone (`may_be_recoded`): nobody could map those again.
    """
    return variation.seller_sku == variation.sku and not variation.held and not may_be_recoded(draws, variation.sku)


def may_be_recoded(draws: Draws, sku: str) -> bool:
    """Return whether a point of sale may give this good another code."""
    return draws.chance(RECODED, "recoded", sku)
