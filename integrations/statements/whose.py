"""Whose file it is. Most files name no shop: their order numbers tell, known here or known in another shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from commissions.models import StatementFile
from commissions.services.statement_files import other_shops_orders
from core.db import fetch
from core.text import folded
from integrations.contract.file_reasons import (
    SHOP_NOT_PROVEN,
    SHOP_OF_ANOTHER,
    SHOP_OF_OTHER,
    SHOP_OTHER_NAME,
    SHOP_UNKNOWN,
)
from integrations.contract.reasons import Cause
from integrations.contract.statement_files import Contents
from inventory.models import Shop

_KNOWN = """
SELECT o.shop_id, count(*) FROM orders_order o JOIN inventory_shop s ON s.id = o.shop_id AND s.channel = %s
WHERE o.number = ANY(%s) GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Return whether a file is of the shop: a problem when it is not, a warning when only a person says so."""

    problem: Cause | None = None
    warning: Cause | None = None


def whose(contents: Contents, shop: Shop, *, confirmed: bool, visible: Collection[int]) -> Verdict:
    """Return whether a file is of this shop. `confirmed`: a person has checked it, which never beats orders of another shop.

    `visible`: shops whose names the person may see.
    """
    if not contents.lines and not contents.order_numbers and not contents.shop_name:
        return Verdict()
    known = _known(shop, contents)
    here = known.pop(shop.pk, 0)
    other, most = max(known.items(), key=lambda row: row[1], default=(0, 0))
    if most > here:
        return Verdict(problem=_of_other(contents, shop, other, most, here, visible))
    if here or _is_named(contents, shop):
        return Verdict()
    if confirmed:
        return Verdict(warning=SHOP_NOT_PROVEN)
    if contents.shop_name:
        return Verdict(
            problem=SHOP_OTHER_NAME(
                name=contents.shop_name, tax_code=", ".join(contents.tax_codes) or "–", shop=shop.name
            )
        )
    return Verdict(problem=SHOP_UNKNOWN(all=len(contents.order_numbers), shop=shop.name))


def _known(shop: Shop, contents: Contents) -> Counter[int]:
    """Return how many orders of a file each shop of the channel has, as orders or as lines of orders that are not read here."""
    numbers = sorted(contents.order_numbers)
    return Counter(dict(fetch(_KNOWN, shop.channel, numbers))) + Counter(other_shops_orders(shop.channel, numbers))


def _is_named(contents: Contents, shop: Shop) -> bool:
    """Return whether the file names the shop, or one that a file of this shop named before."""
    if not contents.shop_name and not contents.tax_codes:
        return False
    names, tax_codes = {folded(shop.name)}, set()
    for name, codes in _earlier(shop):
        names.add(folded(name))
        tax_codes |= set(codes)
    return (folded(contents.shop_name) in names - {""}) or bool(tax_codes.intersection(contents.tax_codes))


def _earlier(shop: Shop) -> Iterator[tuple[str, list[str]]]:
    yield from (
        StatementFile.objects.filter(shop=shop, state=StatementFile.State.IMPORTED)
        .order_by()
        .values_list("shop_name", "tax_codes")
        .distinct()
    )


def _of_other(
    contents: Contents, shop: Shop, other: int, known_there: int, here: int, visible: Collection[int]
) -> Cause:
    counts = {"n": known_there, "all": len(contents.order_numbers), "here": here}
    if other not in visible:
        return SHOP_OF_ANOTHER(**counts)
    return SHOP_OF_OTHER(other=Shop.objects.get(pk=other).name, shop=shop.name, **counts)
