"""Bulk mapping: listings that probably name a product, for a person to tick; and the undo of the last bulk mapping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from core.db import decode, encode, execute, fetch
from core.search import words
from core.transactions import in_transaction
from inventory.services.mapping import map_listings

# reasons, the strongest first
NAME, SKU, SKU_STEM = "name", "sku", "sku_stem"

# listings are read in pieces: 100,000 titles at once would be 100 MB
PIECE = 5_000
# a SKU of one or two characters names nothing
_SHORTEST = 3


class Match(NamedTuple):
    """A listing that probably is a product, and why."""

    listing_id: int
    product_id: int
    reason: str


_PRODUCTS = """
SELECT id, sku, name FROM inventory_product WHERE is_active AND (%(products)s::bigint[] IS NULL OR id = ANY(%(products)s))
"""
_UNMAPPED = """
SELECT id, sku, title, variation_name FROM inventory_listing
WHERE id > %(after)s AND product_id IS NULL AND status <> 'deleted' AND shop_id = ANY(%(shops)s)
    AND (%(listings)s::bigint[] IS NULL OR id = ANY(%(listings)s))
ORDER BY id LIMIT %(piece)s
"""


def likely_matches(
    shop_ids: Collection[int], *, product_ids: Collection[int] | None = None, listing_ids: Collection[int] | None = None
) -> Iterator[Match]:
    """Yield the unmapped listings of these shops that name one product, by id.

    By name: title and variation have the words of the product's name, in any order, without accents. By SKU: letters and
    digits are the same; or they are but for one letter at the end. Where two products are named, none is.
    """
    book = _Book(fetch(_PRODUCTS, products=None if product_ids is None else list(product_ids)))
    after = 0
    params = {"shops": list(shop_ids), "listings": None if listing_ids is None else list(listing_ids), "piece": PIECE}
    while rows := fetch(_UNMAPPED, after=after, **params):
        for listing, sku, title, variation in rows:
            if found := book.named_by(sku, f"{title} {variation}"):
                yield Match(listing, *found)
        after = rows[-1][0]


class _Book:
    """Products by name, by SKU, and by SKU without a letter at its end."""

    def __init__(self, products: Iterable[tuple[int, str, str]]) -> None:
        self.names, self.codes, self.stems = (defaultdict[str, set[int]](set) for _ in range(3))
        for product, sku, name in products:
            code = _code(sku)
            if key := _name(name):
                self.names[key].add(product)
            self.codes[code].add(product)
            self.stems[_stem(code)].add(product)

    def named_by(self, sku: str, name: str) -> tuple[int, str] | None:
        """Return the one product that is named, and the reason; None where there is none, or several."""
        code = _code(sku)
        by_name, by_code = self.names.get(_name(name), set()), self.codes.get(code, set()) if code else set()
        if named := by_name | by_code:
            return (min(named), NAME if by_name else SKU) if len(named) == 1 else None
        # a letter on one side only: A and B are two sizes
        named = (self.codes.get(_stem(code) or code, set()) | self.stems.get(code, set())) if code else set()
        return (min(named), SKU_STEM) if len(named) == 1 else None


def _name(text: str) -> str:
    return " ".join(sorted(set(words(text))))


def _code(sku: str) -> str:
    code = "".join(words(sku))
    return code if len(code) >= _SHORTEST else ""


def _stem(code: str) -> str:
    return code[:-1] if len(code) > _SHORTEST and code[-1].isalpha() and code[-2].isdigit() else ""


class BulkMapping(NamedTuple):
    """A bulk mapping that may be undone: who did it, when, and how many listings."""

    id: int
    made_at: datetime
    listings: int


@in_transaction
def map_in_bulk(pairs: Sequence[tuple[int, int]], actor_id: int) -> int:
    """Map (listing, product) pairs and remember them, to be undone as one. Returns how many."""
    if pairs:
        map_listings([(listing, product, 1) for listing, product in pairs])
        execute(
            "INSERT INTO inventory_bulkmapping (actor_id, pairs) VALUES (%s, %s::jsonb)",
            actor_id, encode([list(pair) for pair in sorted(pairs)]),
        )  # fmt: skip
    return len(pairs)


def last_bulk_mapping(actor_id: int) -> BulkMapping | None:
    """Return the last bulk mapping of a person, None when there is none or it was undone."""
    rows = fetch(
        "SELECT id, created_at, jsonb_array_length(pairs), undone_at FROM inventory_bulkmapping WHERE actor_id = %s"
        " ORDER BY id DESC LIMIT 1",
        actor_id,
    )
    return BulkMapping(*rows[0][:3]) if rows and rows[0][3] is None else None


@in_transaction
def undo_bulk_mapping(mapping_id: int, actor_id: int, shop_ids: Collection[int]) -> int:
    """Undo a person's bulk mapping and return how many listings are unmapped again. May be repeated.

    Listings of shops where the person may no longer do it, and those mapped otherwise since, stay as they are.
    """
    taken = fetch(
        "UPDATE inventory_bulkmapping SET undone_at = clock_timestamp() WHERE id = %s AND actor_id = %s AND undone_at IS NULL"
        " RETURNING pairs",
        mapping_id, actor_id,
    )  # fmt: skip
    if not taken:
        return 0
    rows = fetch(
        "SELECT l.id, l.units FROM inventory_listing l JOIN jsonb_array_elements(%s::jsonb) pair"
        " ON l.id = (pair ->> 0)::bigint AND l.product_id = (pair ->> 1)::bigint WHERE l.shop_id = ANY(%s) ORDER BY l.id",
        encode(decode(taken[0][0])), list(shop_ids),
    )  # fmt: skip
    map_listings([(listing, None, units) for listing, units in rows])
    return len(rows)
