"""Pieces of goods as people pick and pack them: of orders, and of a wave as a pick list and packing lists."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core.db import decode, fetch, fetch_as
from orders.queries import is_left_sql
from orders.snapshots import SELLER


@dataclass(frozen=True, slots=True)
class Piece:
    """So many pieces of one kind of goods. `key` tells kinds apart; `codes`: what a scanner may read on it; `part_of`: the bundle sold."""

    key: str
    sku: str
    name: str
    variation: str
    picture: str
    quantity: int
    codes: frozenset[str]
    part_of: str = ""


@dataclass(frozen=True, slots=True)
class LinePieces:
    """Pieces to pack of a line of an order, and the parcel that it goes into ("" where the channel does not say)."""

    order_id: int
    parcel: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class PickedPiece:
    """A row of a pick list: where the pieces lie, how many in all, and how many for which place of the wave."""

    shelf: str
    piece: Piece
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PackingList:
    """Contents of the parcels of one order of a wave."""

    position: int
    order_id: int
    number: str
    shop: str
    carrier: str
    tracking_numbers: tuple[str, ...]
    note: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    order_id: int
    parcel: str
    quantity: int
    item_id: str
    variation_id: str
    sku: str
    title: str
    variation_name: str
    picture: str
    product_id: int | None
    parts: str


_LINES = f"""
SELECT line.order_id, line.parcel, line.quantity, line.item_id, line.variation_id, line.sku, line.title, line.variation_name,
    coalesce(listing.images ->> 0, '') AS picture, line.product_id, line.parts::text AS parts
FROM orders_orderline line LEFT JOIN inventory_listing listing ON listing.id = line.listing_id
WHERE line.order_id = ANY(%(orders)s) AND {is_left_sql("line")} AND line.fulfilled_by = '{SELLER}'
ORDER BY line.order_id, line.id
"""

_PRODUCTS = "SELECT id, sku, barcode, name FROM inventory_product WHERE id = ANY(%s)"


def normal_code(text: str) -> str:
    """Return a code as scanned codes are compared: without spaces around it, in capitals."""
    return text.strip().upper()


def line_pieces(order_ids: Collection[int]) -> list[LinePieces]:
    """Return what our warehouse packs of these orders, line by line, in two statements. A bundle is its parts."""
    lines = fetch_as(_Line, _LINES, orders=sorted(order_ids))
    parts = [{int(pk): Decimal(units) for pk, units in decode(line.parts).items()} for line in lines]
    wanted = {pk for each in parts for pk in each} | {line.product_id for line in lines if line.product_id}
    products = {row[0]: row[1:] for row in fetch(_PRODUCTS, sorted(wanted))} if wanted else {}
    return [
        LinePieces(line.order_id, line.parcel, _pieces(line, each, products))
        for line, each in zip(lines, parts, strict=True)
    ]


def _pieces(
    line: _Line, parts: Mapping[int, Decimal], products: Mapping[int, Sequence[Any]]
) -> tuple[Piece, ...]:  # fmt: skip
    counts = {pk: units * line.quantity for pk, units in parts.items() if pk in products}
    whole = counts and len(counts) == len(parts) and all(units == int(units) for units in counts.values())
    if not whole:
        # not mapped, or cut by the metre: the piece that was sold is what is picked
        return (_sold(line, products.get(line.product_id or 0)),)
    if set(counts) == {line.product_id}:
        [(sku, barcode, _name)] = [products[pk] for pk in counts]
        codes = _codes(sku, barcode, line.sku)
        return (replace(_sold(line, (sku, barcode, "")), quantity=int(*counts.values()), codes=codes),)
    return tuple(
        Piece(f"p{pk}", sku, name, "", "", int(counts[pk]), _codes(sku, barcode), line.title)
        for pk, (sku, barcode, name) in ((pk, products[pk]) for pk in counts)
    )


def _sold(line: _Line, product: Sequence[Any] | None) -> Piece:
    sku, barcode = (product[0], product[1]) if product else (line.sku, "")
    key = f"p{line.product_id}" if product else f"i{line.item_id}/{line.variation_id}/{line.sku}"
    name = line.title or sku or line.item_id
    return Piece(
        key, sku, name, line.variation_name, line.picture, line.quantity, _codes(sku, barcode, line.sku)
    )  # fmt: skip


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(normal_code(code) for code in codes if code.strip())


def merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return the pieces with those of one kind summed up, in the order of their first ones."""
    found: dict[str, Piece] = {}
    for piece in pieces:
        before = found.get(piece.key)
        if before is None:
            found[piece.key] = piece
        else:
            found[piece.key] = replace(
                before,
                quantity=before.quantity + piece.quantity,
                codes=before.codes | piece.codes,
                picture=before.picture or piece.picture,
                variation=before.variation or piece.variation,
            )
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Place:
    position: int
    order_id: int
    number: str
    shop: str
    carrier: str
    tracking: list[str]
    note: str


_PLACES = """
SELECT place.position, o.id AS order_id, o.number, shop.name AS shop, coalesce(nullif(o.carrier, ''), max(p.carrier), '') AS carrier,
    coalesce(array_agg(p.tracking_number ORDER BY p.id) FILTER (WHERE p.tracking_number <> ''), '{}') AS tracking, o.note
FROM orders_waveorder place JOIN orders_order o ON o.id = place.order_id JOIN inventory_shop shop ON shop.id = o.shop_id
LEFT JOIN orders_parcel p ON p.order_id = o.id AND p.replaced_at IS NULL
WHERE place.wave_id = %(wave)s AND place.left_at IS NULL
GROUP BY place.position, o.id, shop.name ORDER BY place.position
"""


def packing_lists(wave_id: int) -> list[PackingList]:
    """Return the packing list of each order of a wave, in its order, in three statements. Orders that fell out are not in it."""
    places = fetch_as(_Place, _PLACES, wave=wave_id)
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for line in line_pieces([place.order_id for place in places]):
        pieces[line.order_id] += line.pieces
    return [
        PackingList(
            place.position, place.order_id, place.number, place.shop, place.carrier, tuple(place.tracking), place.note,
            merged(pieces[place.order_id]),
        )
        for place in places
    ]  # fmt: skip


def pick_list(lists: Sequence[PackingList]) -> list[PickedPiece]:
    """Return the pieces of these packing lists by kind, from shelf to shelf; those without one last, in the order of their SKUs."""
    shelves = _shelves([each.order_id for each in lists])
    found: dict[str, list[tuple[int, Piece]]] = defaultdict(list)
    for each in lists:
        for piece in each.pieces:
            found[piece.key].append((each.position, piece))
    rows = []
    for picked in found.values():
        [whole] = merged(piece for _position, piece in picked)
        shelf = shelves.get(whole.key, "")
        rows.append(PickedPiece(shelf, whole, tuple((position, piece.quantity) for position, piece in picked)))
    return sorted(
        rows, key=lambda row: (not row.shelf, _way(row.shelf), row.piece.sku, row.piece.name, row.piece.variation)
    )


# where the stock is that these orders hold, or held until they were shipped
_SHELVES = """
SELECT level.product_id, string_agg(DISTINCT level.shelf, ', ' ORDER BY level.shelf)
FROM orders_order o
JOIN inventory_reservation r ON r.shop_id = o.shop_id AND r.order_number = o.number AND (r.quantity > 0 OR r.deducted > 0)
JOIN inventory_stocklevel level ON level.id = r.level_id
WHERE o.id = ANY(%s) AND level.shelf <> '' GROUP BY level.product_id
"""


def _shelves(order_ids: Sequence[int]) -> dict[str, str]:
    """Return the shelves of what these orders hold, by the key of the piece."""
    return {f"p{product}": shelf for product, shelf in fetch(_SHELVES, list(order_ids))}


def _way(shelf: str) -> list[tuple[int, str]]:
    """Return the key that sorts shelves as people number them: A2 before A10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d+|\D+", shelf.upper())]
