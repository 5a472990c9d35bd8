"""Packing by scanning: a parcel is opened by any of its numbers, its pieces are counted up, and it is packed when all were scanned.

Each scan reads the orders anew: one that was cancelled meanwhile is refused in the middle of packing. All may be repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.db import decode, encode, execute, fetch, fetch_as
from core.transactions import in_transaction
from orders.packing_lists import Piece, line_pieces, merged, normal_code
from orders.queries import is_held_sql, is_packed_by_platform_sql
from orders.services.waves.states import advance_of
from orders.statuses import Status, statuses


class Outcome(StrEnum):
    """Outcome of a scan."""

    OPENED = "opened"
    COUNTED = "counted"
    PACKED = "packed"
    PACKED_BEFORE = "packed_before"
    UNKNOWN = "unknown"
    SEVERAL = "several"
    WRONG = "wrong"
    TOO_MANY = "too_many"
    UNFINISHED = "unfinished"
    CANCELLED = "cancelled"
    CANCELLING = "cancelling"
    HELD = "held"
    NOT_TO_PACK = "not_to_pack"


@dataclass(frozen=True, slots=True)
class Packing:
    """A parcel on the packing table: its orders, and of each kind of piece how many belong in it and how many were scanned."""

    id: int
    shop_id: int
    number: str
    tracking_number: str
    carrier: str
    packed_at: datetime | None
    packed_by: str
    order_ids: tuple[int, ...]
    order_numbers: tuple[str, ...]
    notes: tuple[str, ...]
    pieces: tuple[tuple[Piece, int], ...]

    @property
    def wanted(self) -> int:
        """Number of pieces that belong in it."""
        return sum(piece.quantity for piece, _scanned in self.pieces)

    @property
    def counted(self) -> int:
        """Number of pieces that were scanned."""
        return sum(scanned for _piece, scanned in self.pieces)


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan's outcome with the parcel on the table after it, None for no parcel. `about`: the piece or parcel that it was about."""

    outcome: Outcome
    packing: Packing | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class FoundParcel:
    """A current parcel that a code names; an order without parcels is its own."""

    shop_id: int
    number: str
    tracking_number: str
    carrier: str


_COLUMNS = """o.shop_id, coalesce(p.number, o.number) AS number, coalesce(p.tracking_number, '') AS tracking_number,
    coalesce(nullif(p.carrier, ''), o.carrier) AS carrier"""
_FIND = f"""
SELECT DISTINCT shop_id, number, tracking_number, carrier FROM (
    SELECT {_COLUMNS} FROM orders_parcel p JOIN orders_order o ON o.id = p.order_id
    WHERE p.tracking_number = ANY(%(codes)s) AND o.shop_id = ANY(%(shops)s) AND p.replaced_at IS NULL
        AND NOT {is_packed_by_platform_sql("p")}
    UNION SELECT {_COLUMNS} FROM orders_parcel p JOIN orders_order o ON o.id = p.order_id
    WHERE p.number = ANY(%(codes)s) AND o.shop_id = ANY(%(shops)s) AND p.replaced_at IS NULL
        AND NOT {is_packed_by_platform_sql("p")}
    UNION SELECT {_COLUMNS} FROM orders_order o
    LEFT JOIN orders_parcel p ON p.order_id = o.id AND p.replaced_at IS NULL AND NOT {is_packed_by_platform_sql("p")}
    WHERE o.number = ANY(%(codes)s) AND o.shop_id = ANY(%(shops)s)
) found ORDER BY shop_id, number
"""


@dataclass(frozen=True, slots=True)
class ParcelOrder:
    """An order in a parcel. `parcels`: how many current ones it has."""

    id: int
    number: str
    status: str
    note: str
    held: bool
    parcels: int


_ORDERS = f"""
SELECT o.id, o.number, o.status, o.note, {is_held_sql("o")} AS held,
    (SELECT count(*) FROM orders_parcel p WHERE p.order_id = o.id AND p.replaced_at IS NULL) AS parcels
FROM orders_order o WHERE o.id IN (
    SELECT p.order_id FROM orders_parcel p JOIN orders_order other ON other.id = p.order_id
    WHERE p.number = %(number)s AND other.shop_id = %(shop)s AND p.replaced_at IS NULL
    UNION SELECT id FROM orders_order WHERE shop_id = %(shop)s AND number = %(number)s)
ORDER BY o.id
"""

# the row is locked by either until the transaction ends
_OPEN = """
INSERT INTO orders_packedparcel AS k (shop_id, number, tracking_number, carrier)
VALUES (%(shop)s, %(number)s, %(tracking)s, %(carrier)s)
ON CONFLICT (shop_id, number) DO UPDATE SET tracking_number = excluded.tracking_number, carrier = excluded.carrier RETURNING id
"""
_ROW = """
SELECT k.id, k.shop_id, k.number, k.tracking_number, k.carrier, k.packed_at, coalesce(person.username, '') AS packed_by,
    k.scanned::text AS scanned, k.last_scan
FROM orders_packedparcel k LEFT JOIN auth_user person ON person.id = k.packed_by_id
WHERE k.id = %(id)s AND k.shop_id = ANY(%(shops)s) FOR NO KEY UPDATE OF k
"""


@in_transaction
def scan(
    code: str,
    shop_ids: Collection[int],
    *,
    parcel_id: int | None = None,
    scan_id: str = "",
    actor_id: int | None = None,
) -> Scan:
    """Take one scanned code, with the parcel on the table if there is one, in these shops. May be repeated with the same `scan_id`.

    The code of a piece counts it; any number of a parcel opens that parcel, unless pieces of another one were scanned already.
    """
    packing, last_scan = _packing(parcel_id, shop_ids) if parcel_id is not None else (None, "")
    is_repeated = bool(scan_id) and scan_id == last_scan
    if packing is None or (packing.packed_at is not None and not is_repeated):
        return _opened(code, shop_ids)
    if is_repeated:
        return Scan(Outcome.PACKED if packing.packed_at else Outcome.COUNTED, packing)
    if refusal := _refusal(packing):
        return Scan(refusal, packing, packing.order_numbers[0] if packing.order_numbers else packing.number)
    return _counted(packing, code, shop_ids, scan_id, actor_id)


def _opened(code: str, shop_ids: Collection[int]) -> Scan:
    found = find_parcels(code, shop_ids)
    if not found:
        return Scan(Outcome.UNKNOWN, None, code.strip())
    if len(found) > 1:
        return Scan(Outcome.SEVERAL, None, code.strip())
    [parcel] = found
    if refusal := _why_not(orders_in(parcel.shop_id, parcel.number)):
        return Scan(refusal, None, code.strip())
    [(pk,)] = fetch(
        _OPEN, shop=parcel.shop_id, number=parcel.number, tracking=parcel.tracking_number, carrier=parcel.carrier
    )  # fmt: skip
    packing, _last_scan = _packing(pk, shop_ids)
    assert packing is not None, "just opened"
    return Scan(Outcome.PACKED_BEFORE if packing.packed_at else Outcome.OPENED, packing, packing.number)


def _counted(
    packing: Packing, code: str, shop_ids: Collection[int], scan_id: str, actor_id: int | None
) -> Scan:  # fmt: skip
    wanted = normal_code(code)
    of_code = [(piece, scanned) for piece, scanned in packing.pieces if wanted in piece.codes]
    short = next((piece for piece, scanned in of_code if scanned < piece.quantity), None)
    if short is None:
        return _not_counted(packing, code, shop_ids, of_code)
    counts = {piece.key: scanned + (piece.key == short.key) for piece, scanned in packing.pieces}
    is_whole = all(counts[piece.key] >= piece.quantity for piece, _scanned in packing.pieces)
    execute(
        "UPDATE orders_packedparcel SET scanned = %(scanned)s::jsonb, last_scan = %(scan)s,"
        " packed_at = CASE WHEN %(whole)s THEN clock_timestamp() END, packed_by_id = CASE WHEN %(whole)s THEN %(actor)s::int END"
        " WHERE id = %(id)s",
        scanned=encode(counts), scan=scan_id[:64], whole=is_whole, actor=actor_id, id=packing.id,
    )  # fmt: skip
    if is_whole:
        advance_of(packing.order_ids)
    now, _last_scan = _packing(packing.id, shop_ids)
    return Scan(Outcome.PACKED if is_whole else Outcome.COUNTED, now, short.name)


def _not_counted(
    packing: Packing, code: str, shop_ids: Collection[int], of_code: Sequence[tuple[Piece, int]]
) -> Scan:  # fmt: skip
    if of_code:
        return Scan(Outcome.TOO_MANY, packing, of_code[0][0].name)
    found = find_parcels(code, shop_ids)
    if any((parcel.shop_id, parcel.number) == (packing.shop_id, packing.number) for parcel in found):
        return Scan(Outcome.OPENED, packing, packing.number)
    if found:
        return Scan(Outcome.UNFINISHED, packing, packing.number) if packing.counted else _opened(code, shop_ids)
    return Scan(Outcome.WRONG, packing, code.strip())


def find_parcels(code: str, shop_ids: Collection[int]) -> list[FoundParcel]:
    """Return the current parcels of these shops that a tracking, parcel or order number names."""
    bare = code.strip()
    return fetch_as(FoundParcel, _FIND, codes=sorted({bare, bare.upper()}), shops=sorted(shop_ids)) if bare else []


def orders_in(shop_id: int, number: str) -> list[ParcelOrder]:
    """Return the orders that travel in a parcel."""
    return fetch_as(ParcelOrder, _ORDERS, shop=shop_id, number=number)


def _why_not(orders: Sequence[ParcelOrder]) -> Outcome | None:
    """Return why nothing of these orders is packed; None when one of them is to be."""
    if any(order.held for order in orders):
        return Outcome.HELD
    if any(order.status in statuses("may_ship") for order in orders):
        return None
    off = {Status.CANCELLED: Outcome.CANCELLED, Status.CANCELLING: Outcome.CANCELLING}
    return next((off[Status(o.status)] for o in orders if o.status in off), Outcome.NOT_TO_PACK)


def _refusal(packing: Packing) -> Outcome | None:
    return _why_not(orders_in(packing.shop_id, packing.number))


def _packing(pk: int, shop_ids: Collection[int]) -> tuple[Packing | None, str]:
    """Return a parcel, whose row is locked, and the id of its last scan."""
    rows = fetch_as(dict[str, Any], _ROW, id=pk, shops=sorted(shop_ids))
    if not rows:
        return None, ""
    [row] = rows
    orders = [
        order for order in orders_in(row["shop_id"], row["number"]) if order.status not in {Status.CANCELLED, Status.CANCELLING}
    ]  # fmt: skip
    scanned: Mapping[str, int] = decode(row.pop("scanned"))
    last_scan = row.pop("last_scan")
    pieces = _pieces(row["number"], orders)
    return (
        Packing(
            **row, order_ids=tuple(order.id for order in orders), order_numbers=tuple(order.number for order in orders),
            notes=tuple(order.note for order in orders if order.note),
            pieces=tuple((piece, min(scanned.get(piece.key, 0), piece.quantity)) for piece in pieces),
        ),
        last_scan,
    )  # fmt: skip


def _pieces(number: str, orders: Sequence[ParcelOrder]) -> tuple[Piece, ...]:
    """Return what goes into a parcel: lines that name it, and those that name none or are of an order with one parcel."""
    alone = {order.id for order in orders if order.parcels < 2 or order.number == number}
    lines = line_pieces([order.id for order in orders])
    return merged(
        piece
        for line in lines
        if line.parcel in ("", number) or line.order_id in alone
        for piece in line.pieces
    )  # fmt: skip


@in_transaction
def reopen(parcel_id: int) -> bool:
    """Let a parcel be packed anew, from its first piece on, and return whether it had been begun."""
    return bool(
        execute(
            "UPDATE orders_packedparcel SET scanned = '{}', last_scan = '', packed_at = NULL, packed_by_id = NULL"
            " WHERE id = %s AND (packed_at IS NOT NULL OR scanned <> '{}')",
            parcel_id,
        )
    )
