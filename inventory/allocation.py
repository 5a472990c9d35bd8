"""Allocation of stock to listings. Pure arithmetic: no database, no clock, the same answer every time.

While there is plenty, every listing shows what its shop may sell. Where little is left, listings take turns, one piece
at a time by priority, so that all numbers shown together are never more than the stock. What a campaign holds comes before
all turns: its channel shows no fewer, whatever is pushed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

ProductId = int
WarehouseId = int
Stock = Mapping[tuple[ProductId, WarehouseId], Decimal]


@dataclass(frozen=True, slots=True)
class Claim:
    """One listing's claim on stock: the parts one sold piece takes, its shop's rules, and the pieces a campaign holds."""

    listing_id: int
    parts: Mapping[ProductId, Decimal]
    warehouses: frozenset[WarehouseId]
    priority: int = 100
    safety_stock: int = 0
    share_percent: int = 100
    scarce_below: int = 10
    held: int = 0


def wanted_stock(claims: Iterable[Claim], available: Stock) -> dict[int, int]:
    """Return the number each listing should show, by listing id. `available` is per product and warehouse and may be negative.

    For every product that is scarce, the sum of shown pieces times units is at most its stock, for all claims together
    and for each set of warehouses that claims share.
    """
    ordered = sorted(claims, key=lambda claim: (claim.priority, claim.listing_id))
    scarce = _scarce_products(ordered, available)
    shown = {claim.listing_id: _ceiling(claim, available, scarce) for claim in ordered}
    contested = [claim for claim in ordered if scarce & claim.parts.keys()]
    shown.update(_take_turns(contested, shown, _Pools(contested, available, scarce)))
    return shown


def _pool(product: ProductId, warehouses: Iterable[WarehouseId], available: Stock) -> Decimal:
    return sum((available.get((product, warehouse), Decimal(0)) for warehouse in warehouses), Decimal(0))


def _scarce_products(claims: Sequence[Claim], available: Stock) -> set[ProductId]:
    warehouses: dict[ProductId, set[WarehouseId]] = defaultdict(set)
    threshold: dict[ProductId, int] = defaultdict(int)
    for claim in claims:
        for product in claim.parts:
            warehouses[product] |= claim.warehouses
            threshold[product] = max(threshold[product], claim.scarce_below)
    return {product for product in warehouses if _pool(product, warehouses[product], available) < threshold[product]}


def _ceiling(claim: Claim, available: Stock, scarce: set[ProductId]) -> int:
    """Return the pieces this listing could show if it were the only one. The percentage is for plenty: of three units a half is one."""
    pieces = []
    for product, units in claim.parts.items():
        stock = _pool(product, claim.warehouses, available)
        if product not in scarce:
            stock = stock * claim.share_percent / 100
        pieces.append(int((stock - claim.safety_stock) // units))
    return max(0, min(pieces, default=0))


class _Pools:
    """Remaining units of each scarce product, in every set of warehouses that some claim sells from and in all together.

    A claim that sells from a subset of a pool's warehouses eats from that pool too.
    """

    def __init__(self, claims: Sequence[Claim], available: Stock, scarce: set[ProductId]) -> None:
        sets: dict[ProductId, set[frozenset[WarehouseId]]] = defaultdict(set)
        for claim in claims:
            for product in scarce & claim.parts.keys():
                sets[product].add(claim.warehouses)
        self._left: dict[ProductId, dict[frozenset[WarehouseId], Decimal]] = {}
        for product, chosen in sets.items():
            pools = chosen | {frozenset().union(*chosen)}
            self._left[product] = {pool: _pool(product, pool, available) for pool in pools}

    def take(self, claim: Claim) -> bool:
        """Take one piece for a claim if every pool it eats from still has it."""
        touched = [
            (left, pool, claim.parts[product])
            for product, left in self._left.items()
            if product in claim.parts
            for pool in left
            if claim.warehouses <= pool
        ]
        if any(left[pool] < units for left, pool, units in touched):
            return False
        for left, pool, units in touched:
            left[pool] -= units
        return True


def _take_turns(claims: Sequence[Claim], ceiling: Mapping[int, int], pools: _Pools) -> dict[int, int]:
    shown = {claim.listing_id: 0 for claim in claims}
    for claim in claims:
        while shown[claim.listing_id] < min(claim.held, ceiling[claim.listing_id]) and pools.take(claim):
            shown[claim.listing_id] += 1
    waiting = [claim for claim in claims if shown[claim.listing_id] < ceiling[claim.listing_id]]
    turn = 0
    while waiting:
        turn += 1
        again = []
        for claim in waiting:
            if shown[claim.listing_id] >= turn:
                again.append(claim)
            elif pools.take(claim):
                shown[claim.listing_id] += 1
                if shown[claim.listing_id] < ceiling[claim.listing_id]:
                    again.append(claim)
        waiting = again
    return shown
