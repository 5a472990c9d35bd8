"""The marketplaces' tree of categories over the assortment, three levels deep: group of goods, kind, narrower kind."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

from integrations.simulator.shops import Item

# words of a name that make the kind and the narrower kind: "Áo", "Áo thun cotton"
_KIND_WORDS, _LEAF_WORDS = 1, 3


class Category(NamedTuple):
    """A category. `parent` is 0 at the root."""

    id: int
    name: str
    parent: int
    is_leaf: bool


def path(item: Item) -> tuple[Category, ...]:
    """Return the categories of a listing from the root to the leaf."""
    words = item.listed_as.split()
    names = (item.category, " ".join(words[:_KIND_WORDS]), " ".join(words[:_LEAF_WORDS]))
    found: list[Category] = []
    for level, name in enumerate(names):
        parent = found[-1].id if found else 0
        found.append(Category(_number(*names[: level + 1]), name, parent, level == len(names) - 1))
    return tuple(found)


def leaf(item: Item) -> Category:
    """Return the category that a listing is in."""
    return path(item)[-1]


def category_ids(item: Item | None) -> tuple[str, ...]:
    """Return the ids of a listing's categories from the leaf to the root; none without a listing."""
    return tuple(str(category.id) for category in reversed(path(item))) if item else ()


def tree(items: Iterable[Item]) -> list[Category]:
    """Return all categories of some listings, each once, parents before what is below them."""
    found = {category.id: category for item in items for category in path(item)}
    return list(found.values())


def _number(*names: str) -> int:
    """Return a number of eight digits that these names always have."""
    return 10_000_000 + zlib.crc32("/".join(names).encode()) % 90_000_000
