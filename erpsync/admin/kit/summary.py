"""The one message after a bulk action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erpsync.admin.kit import words

# so many rows are named in the address of a list
LINKED = 300


def summarise(
    request: HttpRequest, done_text: str, none_text: Any, done: int, left_out: Mapping[str, Sequence[int]], url: str
) -> None:
    """Report how many rows it was done for, and the others by reason, each reason a link to exactly those rows.

    Nothing is green for none. `done_text` takes `n`; `left_out`: ids by the reason, which goes on from "3 rows ...".
    """
    parts = parts_of(done_text, none_text, done, left_out, url)
    level = messages.WARNING if left_out or not done else messages.SUCCESS
    messages.add_message(request, level, format_html_join(" ", "{}", ((part,) for part in parts)))


def parts_of(done_text: str, none_text: Any, done: int, left_out: Mapping[str, Sequence[int]], url: str) -> list[Any]:
    """Return the sentences of `summarise`."""
    parts: list[Any] = [done_text % {"n": words.units(done)} if done else none_text]
    for why, ids in left_out.items():
        text = ngettext("%(n)s row %(why)s.", "%(n)s rows %(why)s.", len(ids)) % {
            "n": words.units(len(ids)),
            "why": why,
        }
        parts.append(words.link(f"{url}?id__in={','.join(map(str, ids[:LINKED]))}", text))
    if done:
        parts.append(_("The list shows it within seconds: load it again."))
    return parts
