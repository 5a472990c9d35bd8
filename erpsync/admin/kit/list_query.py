"""The query of a list as it is kept: filters, search words and order, in a form that people and erasures can read."""

from __future__ import annotations

from django.http import QueryDict

# the page and the notice of a query that made no sense are no filter
_ESCAPED = str.maketrans({char: f"%{ord(char):02X}" for char in "%&=#+;\r\n\t\0"})
_OF_THE_MOMENT = ("p", "e", "all", "_popup", "_to_field", "_changelist_filters")


def query_of(params: QueryDict) -> str:
    """Return the filters, search words and order of a list's address, without its page; words stay as people read them.

    A name that was searched for has to be found again when its bearer is erased: only what would break the address is escaped.
    """
    kept = ((name, value) for name, values in params.lists() if name not in _OF_THE_MOMENT for value in values)
    return "&".join(f"{name.translate(_ESCAPED)}={value.translate(_ESCAPED)}" for name, value in kept)
