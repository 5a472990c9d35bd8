"""The goods of a world: SKUs, families of options, bundles, and their opening stock."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.simulator.catalogue import EDITIONS, FAMILIES, Family
from integrations.simulator.draws import Draws

BUNDLE_SHARE = 0.04
SCARCE_SHARE = 0.15  # opens with 5 units or fewer over all warehouses
_TWINS = ("Combo", "Bộ đôi", "Set quà")


@dataclass(frozen=True)
class Good:
    """One SKU. `components` (sku -> units) make it a bundle, which holds no stock. Money in whole dong.

    Goods of one `family` are options of one thing and may share a listing; `option` is "" where there is only one.
    """

    sku: str
    barcode: str
    name: str
    category: str
    family: str
    axis: str
    option: str
    cost: int
    price: int
    grams: int
    components: Mapping[str, int] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """Name and option."""
        return f"{self.name} - {self.option}" if self.option else self.name


def make_goods(draws: Draws, wanted: int) -> list[Good]:
    """Return so many goods, always the same for a seed; the last few are bundles of the others."""
    bundles = max(1, round(wanted * BUNDLE_SHARE)) if wanted >= 5 else 0
    singles: list[Good] = []
    for family, name, number in _families():
        for option in family.options or ("",):
            if len(singles) == wanted - bundles:
                return singles + _bundles(draws, singles, bundles)
            singles.append(_good(draws, family, name, number, option))
    raise ValueError(f"at most {_most()} products can be made")


def opening_stock(draws: Draws, goods: Sequence[Good], warehouses: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return the units by (sku, warehouse) of all goods but bundles. The first warehouse holds most of them."""
    found: dict[tuple[str, str], int] = {}
    for place, good in enumerate(good for good in goods if not good.components):
        scarce = place % round(1 / SCARCE_SHARE) == 0
        total = draws.whole(1, 5, "stock", good.sku) if scarce else draws.whole(12, 120, "stock", good.sku)
        left = total
        for warehouse in warehouses[1:]:
            part = int(total * draws.between(0, 0.4 / len(warehouses), "spread", good.sku, warehouse))
            found[good.sku, warehouse] = part
            left -= part
        found[good.sku, warehouses[0]] = left
    return found


def _families() -> Iterator[tuple[Family, str, int]]:
    number = 0
    for edition in EDITIONS:
        for family in FAMILIES:
            number += 1
            yield family, f"{family.name} {edition}".strip(), number


def _most() -> int:
    return len(EDITIONS) * sum(len(family.options) or 1 for family in FAMILIES)


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(part[0] for part in plain.upper().split() if part[0].isascii() and part[0].isalpha())


def _ending(option: str) -> str:
    plain = unicodedata.normalize("NFD", option.replace("Đ", "D").replace("đ", "d")).upper()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())[:8]


def _good(draws: Draws, family: Family, name: str, number: int, option: str) -> Good:
    base = f"{_letters(family.name)[:4]}{number:03d}"
    sku = f"{base}-{_ending(option)}" if option else base
    price = round(family.price * draws.between(0.9, 1.25, "price", base) / 1000) * 1000
    return Good(
        sku=sku,
        barcode=_barcode(draws, sku),
        name=name,
        category=family.category,
        family=base,
        axis=family.axis,
        option=option,
        cost=round(price * draws.between(0.45, 0.7, "cost", base) / 500) * 500,
        price=price,
        grams=draws.whole(5, 120, "weight", base) * 10,
    )


def _bundles(draws: Draws, singles: Sequence[Good], wanted: int) -> list[Good]:
    found = []
    for number in range(1, wanted + 1):
        sku = f"COMBO{number:03d}"
        parts: dict[str, Good] = {}
        step = 0
        while len(parts) < 2 + number % 2:
            part = draws.pick(singles, "bundle", sku, step)
            parts.setdefault(part.family, part)
            step += 1
        chosen = list(parts.values())
        units = {part.sku: draws.whole(1, 2, "units", sku, part.sku) for part in chosen}
        full = sum(part.price * units[part.sku] for part in chosen)
        name = f"{draws.pick(_TWINS, 'title', sku)} {' + '.join(part.name for part in chosen)}"
        cost = sum(part.cost * units[part.sku] for part in chosen)
        grams = sum(part.grams * units[part.sku] for part in chosen)
        price = round(full * 0.9 / 1000) * 1000
        found.append(Good(sku, _barcode(draws, sku), name, "Combo", sku, "", "", cost, price, grams, units))
    return found


def _barcode(draws: Draws, sku: str) -> str:
    """Return an EAN-13 with Vietnam's prefix and a valid check digit."""
    digits = f"893{draws.number('barcode', sku) % 10**9:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
