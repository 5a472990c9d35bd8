"""Marketplace shops: items with variations, the stock each shows, and the SKU really behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from integrations.simulator.draws import Draws
from integrations.simulator.goods import Good

LIVE, UNLISTED, DELETED = "live", "unlisted", "deleted"
LISTED_SHARE = 0.92  # of the families are on sale in a shop
ODD_SKU_SHARE = 0.04  # of the variations carry no seller SKU, or one that fits nothing
PROMOTED_SHARE = 0.05
_PROMOTED_MIN = 24  # only where a campaign can never force an oversale


@dataclass
class Variation:
    """Sellable variation of an item. `sku` is the true one, `seller_sku` what the seller typed.

    `stock` is what the platform would still sell; `held` of it belong to a running campaign, and `open` units are in
    orders that have not shipped. Times are of the machine's clock.
    """

    id: str
    item_id: str
    sku: str
    seller_sku: str
    option: str
    price: int
    stock: int = 0
    held: int = 0
    open: int = 0
    updated_at: float = 0.0


@dataclass
class Item:
    """Listing. With one nameless variation it has no models. Times are of the machine's clock.

    `listed_as`: the name under which it came into its category, which a new name does not change.
    """

    id: str
    name: str
    category: str
    axis: str
    grams: int
    variations: list[Variation]
    status: str = LIVE
    created_at: float = 0.0
    updated_at: float = 0.0
    listed_as: str = ""

    def __post_init__(self) -> None:
        self.listed_as = self.listed_as or self.name

    @property
    def has_models(self) -> bool:
        """Return whether buyers choose an option."""
        return bool(self.axis)


@dataclass
class Shop:
    """Shop on one marketplace. Its parcels leave from one warehouse."""

    channel: str
    id: str
    name: str
    ships_from: str
    items: dict[str, Item] = field(default_factory=dict)

    def variations(self) -> Iterator[Variation]:
        """Iterate over the variations of items that are on sale."""
        return (found for item in self.items.values() if item.status == LIVE for found in item.variations)

    def by_sku(self, sku: str) -> Variation | None:
        """Return the variation that sells this (true) SKU."""
        return next((found for found in self.variations() if found.sku == sku), None)

    def variation(self, item_id: str, variation_id: str) -> Variation | None:
        """Return a variation by the platform's ids."""
        item = self.items.get(item_id)
        return next((found for found in item.variations if found.id == variation_id), None) if item else None


def stock_shop(
    shop: Shop,
    goods: Sequence[Good],
    draws: Draws,
    *,
    shown: Callable[[Good], int],
    ids: Callable[[str, bool], tuple[str, str]],
    listed_at: float,
    apart: bool = False,
) -> None:
    """Fill a shop with listings. `shown`: opening stock of a good; `ids`(key, has models): (item id, variation id).

    The item id for a key's family must be the same for all its goods. `apart`: every option is an item of its own, under
    its full name; then the key is always a SKU.
    """
    for family, members in groupby(goods, key=lambda good: good.family):
        if draws.share("listed", shop.id, family) >= LISTED_SHARE:
            continue
        options = list(members)
        if not apart:
            first = options[0]
            has_models = bool(first.option)
            item_id = ids(family, False)[0]
            item = Item(
                item_id, first.name, first.category, first.axis if has_models else "", first.grams, [],
                created_at=listed_at, updated_at=listed_at,
            )  # fmt: skip
            item.variations += [
                _variation(shop, good, draws, item_id, ids(good.sku, has_models)[1], shown(good), listed_at)
                for good in options
            ]
            shop.items[item_id] = item
            continue
        for good in options:
            item_id, variation_id = ids(good.sku, False)
            only = _variation(shop, good, draws, item_id, variation_id, shown(good), listed_at)
            shop.items[item_id] = Item(
                item_id,
                good.full_name,
                good.category,
                "",
                good.grams,
                [only],
                created_at=listed_at,
                updated_at=listed_at,
            )


def _variation(
    shop: Shop, good: Good, draws: Draws, item_id: str, variation_id: str, stock: int, listed_at: float
) -> Variation:
    promoted = draws.chance(PROMOTED_SHARE, "promoted", shop.id, good.sku) and stock >= _PROMOTED_MIN
    return Variation(
        id=variation_id,
        item_id=item_id,
        sku=good.sku,
        seller_sku=_typed(draws, shop.id, good.sku),
        option=good.option,
        price=good.price,
        stock=stock,
        held=min(4, stock // 6) if promoted else 0,
        updated_at=listed_at,
    )


def skus_of(lines: Iterable[tuple[str, int]], goods: dict[str, Good]) -> dict[str, int]:
    """Return the units by SKU that these (sku, quantity) lines take from the shelf: bundles become their components."""
    found: dict[str, int] = {}
    for sku, quantity in lines:
        for part, units in (goods[sku].components or {sku: 1}).items():
            found[part] = found.get(part, 0) + units * quantity
    return found


def _typed(draws: Draws, shop: str, sku: str) -> str:
    if not draws.chance(ODD_SKU_SHARE, "typed", shop, sku):
        return sku
    return draws.pick(("", f"{sku.replace('-', '')}X", f"SP {sku[:4].lower()}", "mã cũ 2019"), "odd", shop, sku)
