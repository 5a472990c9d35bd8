"""Search by any part of a text, without accents: grams that an index holds, and a folded text that rechecks them.

A word of up to three characters is one gram, and is found whole only; a longer one is found by any part of four or more.
Two columns carry this: `search_text`, which is short, and `search_grams`, an array under a GIN index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Q, QuerySet, TextField

from core.text import folded

GRAM = 4
# most words of one search: each costs an index scan
MOST_WORDS = 8
# rows that a search picks by their ids
MOST_BY_ID = 1_000
_BREAKS = re.compile(r"[^\w]+|_+")
_PHONE = re.compile(r"\+?[0-9][0-9 .()-]*")


def search_columns() -> tuple[TextField[str, str], ArrayField[list[str], list[str]]]:
    """Return the columns `search_text` and `search_grams` of a model; the statement that writes a row fills them by `searched`."""
    text: TextField[str, str] = TextField(default="", db_default="", editable=False)
    return text, ArrayField(TextField(), default=list, db_default=[], editable=False)


def words(text: str) -> list[str]:
    """Return the words of a text, folded, in order."""
    return [word for word in _BREAKS.split(folded(text)) if word]


def code_words(code: str) -> list[str]:
    """Return the words of a SKU or a number, and all of it as one: "AO-01" is found as "ao01" too."""
    parts = words(code)
    return parts if len(parts) < 2 else [*parts, "".join(parts)]


def listing_words(sku: str, barcode: str, name: str, item_id: str = "") -> list[str]:
    """Return the words that a product or a listing is found by."""
    return [*code_words(sku), *words(barcode), *words(name), *words(item_id)]


def phone_words(phone: str) -> list[str]:
    """Return a telephone number (as +84901234567) as it is searched for: without the country."""
    return [_national(phone)] if phone else []


def grams(found: Iterable[str]) -> list[str]:
    """Return the grams of words, each once, in order."""
    return sorted({gram for word in found for gram in _grams(word)})


def _grams(word: str) -> list[str]:
    return [word] if len(word) <= GRAM else [word[n : n + GRAM] for n in range(len(word) - GRAM + 1)]


def searched(found: Iterable[str]) -> tuple[str, list[str]]:
    """Return `search_text` and `search_grams` of a row with these words."""
    unique = list(dict.fromkeys(found))
    return " ".join(["", *unique, ""]), grams(unique)


def matches(term: str, prefix: str = "", *, by_index: bool = True) -> Q | None:
    """Return the condition that a row has every word of a term, None where there is no word. `prefix`: the way to the row.

    Without `by_index` the grams are left out: for a walk along another index, which meets a frequent word soon.
    """
    typed = words(term)[:MOST_WORDS]
    if not typed:
        return None
    found = reduce(and_, (_has(word, prefix, by_index) for word in typed))
    if _PHONE.fullmatch(term.strip()) and len(digits := re.sub(r"\D", "", term)) >= GRAM:
        found = reduce(
            or_, (found, *(_has(form, prefix, by_index) for form in {digits, _national(digits)} if len(form) >= GRAM))
        )
    return found


def found_in(rows: QuerySet[Any], term: str) -> Q:
    """Return the condition for those of these rows that have every word of a term, as `matches` says: by id where they are few.

    Of a frequent word ("Nguyễn": 67,000 orders of a million) the index yields all before the first page is known: 0.4 s. A walk along the
    list's own order meets a page of them within some hundred rows. `rows` have the columns themselves, and no slice.
    """
    by_index, by_text = matches(term), matches(term, by_index=False)
    if by_index is None or by_text is None:
        return Q(pk__in=())
    ids = list(rows.filter(by_index).order_by().values_list("pk", flat=True)[: MOST_BY_ID + 1])
    return Q(pk__in=ids) if len(ids) <= MOST_BY_ID else by_text


def _has(word: str, prefix: str, by_index: bool) -> Q:
    has_text = Q(**{f"{prefix}search_text__contains": word if len(word) >= GRAM else f" {word} "})
    return Q(**{f"{prefix}search_grams__contains": _grams(word)}) & has_text if by_index else has_text


def _national(digits: str) -> str:
    """Return a number without +84 or the leading 0: all of its forms have this part."""
    bare = re.sub(r"\D", "", digits)
    return bare[2:] if bare.startswith("84") and len(bare) > 10 else bare.removeprefix("0")
