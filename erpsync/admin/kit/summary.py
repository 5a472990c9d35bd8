"""The one message after a bulk action."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erpsync.admin.kit import words

# so many rows are named in the address of a list
LINKED = 300


_Row = TypeVar("_Row", bound=Model)
LeftOut = Mapping[str, Sequence[int]]


def summarise(
    request: HttpRequest,
    done_text: str,
    none_text: Any,
    done: int,
    left_out: LeftOut,
    url: str,
    *,
    follows: bool = True,
) -> None:
    """Report how many rows it was done for, and the others by reason, each reason a link to exactly those rows.

    Nothing is green for none. `done_text` takes `n`; `left_out`: ids by the reason, which goes on from "3 rows ..."; `follows`: a
    worker does it within seconds.
    """
    parts = parts_of(done_text, none_text, done, left_out, url, follows=follows)
    level = messages.WARNING if left_out or not done else messages.SUCCESS
    messages.add_message(request, level, format_html_join(" ", "{}", ((part,) for part in parts)))


def parted(rows: Iterable[_Row], why_not: Callable[[_Row], str]) -> tuple[list[_Row], dict[str, list[int]]]:
    """Return the rows that it may be done for, and the ids of the others by reason; `why_not` returns "" for none."""
    able, left_out = list[_Row](), defaultdict[str, list[int]](list)
    for row in rows:
        if why := why_not(row):
            left_out[why].append(row.pk)
        else:
            able.append(row)
    return able, left_out


def parts_of(
    done_text: str, none_text: Any, done: int, left_out: LeftOut, url: str, *, follows: bool = True
) -> list[Any]:
    """Return the sentences of `summarise`."""
    parts: list[Any] = [done_text % {"n": words.units(done)} if done else none_text]
    for why, ids in left_out.items():
        text = ngettext("%(n)s row %(why)s.", "%(n)s rows %(why)s.", len(ids)) % {
            "n": words.units(len(ids)),
            "why": why,
        }
        parts.append(words.link(f"{url}?id__in={','.join(map(str, ids[:LINKED]))}", text))
    if done and follows:
        parts.append(_("The list shows it within seconds: load it again."))
    return parts
