"""JSON bodies, no deeper than any operation needs: a deeper one would end in the interpreter's own limit, as an error of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 20


class Json(JSONParser):
    """Parser of JSON bodies. Raises ParseError for one that is nested more than `DEEPEST` times."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            found = super().parse(stream, media_type, parser_context)
            is_flat = _is_flat(found, DEEPEST)
        except RecursionError:
            is_flat = False
        if not is_flat:
            raise ParseError(_("The body is nested too deeply: at most %(most)d levels.") % {"most": DEEPEST})
        return found


def _is_flat(value: Any, levels: int) -> bool:
    """Return whether a value has at most so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_flat(each, levels - 1) for each in inner)
