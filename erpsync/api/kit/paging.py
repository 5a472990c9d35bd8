"""Cursor paging by keyset: a page begins after the last row of the one before, whatever was added or changed meanwhile.

A cursor is signed and says for which list it is. It knows no position in a table, so that it works after a restore.

Every page says the feed position that was taken before the first page was read, which its cursors carry: what is changed while
a caller reads page after page is in the feed from there on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.feed import feed_position
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.rows import EXPAND, FIELDS

DEFAULT, MOST = 50, 200
LIMIT, CURSOR, SORT = "limit", "cursor", "sort"
NEXT, POSITION = "next_cursor", "feed_position"
_SALT = "erpsync.api.cursor"


@dataclass(frozen=True, slots=True)
class Order:
    """Order of a list: a column that is never empty, then the id."""

    column: str
    falling: bool

    @classmethod
    def of(cls, text: str) -> Order:
        return cls(text.removeprefix("-"), text.startswith("-"))

    def by(self) -> list[str]:
        sign = "-" if self.falling else ""
        return [f"{sign}{column}" for column in dict.fromkeys((self.column, "id"))]

    def after(self, value: Any, key: int) -> Q:
        """Return the condition for the rows after one: by the column's range first, which an index serves."""
        beyond = "lt" if self.falling else "gt"
        if self.column == "id":
            return Q(**{f"pk__{beyond}": key})
        later = Q(**{f"{self.column}__{beyond}": value}) | Q(**{f"pk__{beyond}": key})
        return Q(**{f"{self.column}__{beyond}e": value}) & later


class Cursors(BasePagination):
    """Pages of a resource, which declares `sorts` (the first is the default)."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._request = request
        order = Order.of(self._sort(request, view.sorts))
        limit = self._limit(request)
        list_id = _list_id(request, order)
        if given := request.query_params.get(CURSOR):
            value, key, self.position = _opened(given, list_id, queryset.model, order)
            queryset = queryset.filter(order.after(value, key))
        else:
            self.position = feed_position()
        rows = list(queryset.order_by(*order.by())[: limit + 1])
        self.next = _sealed(list_id, rows[limit - 1], order, self.position) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        answer = Response({"items": data, NEXT: self.next, POSITION: self.position})
        if self.next:
            query = {**self._request.query_params.dict(), CURSOR: self.next}
            answer["Link"] = f'<{self._request.build_absolute_uri(self._request.path)}?{urlencode(query)}>; rel="next"'
        return answer

    def _sort(self, request: Request, sorts: Sequence[str]) -> str:
        chosen = request.query_params.get(SORT) or sorts[0]
        if chosen not in sorts:
            raise Problem(
                400, "unknown_sort", _("There is no such order: %(name)s.") % {"name": chosen}, allowed=list(sorts)
            )
        return chosen

    def _limit(self, request: Request) -> int:
        text = request.query_params.get(LIMIT, str(DEFAULT))
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST:
            raise Problem(400, "limit", _("limit is a number from 1 to %(most)d.") % {"most": MOST})
        return int(text)

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", NEXT, POSITION],
            "properties": {
                "items": {"type": "array", "items": schema.get("items", schema)},
                NEXT: {"type": ["string", "null"], "description": "Send it as `cursor` for the next page."},
                POSITION: {
                    "type": "integer",
                    "description": "What changes from the first page on is at `/changes` after it.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _parameter(CURSOR, {"type": "string"}, "Where the page begins: `next_cursor` of the page before."),
            _parameter(LIMIT, {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}, "Rows of a page."),
            _parameter(SORT, {"type": "string", "enum": list(view.sorts), "default": view.sorts[0]}, "Order of the list."),
        ]  # fmt: skip


def _parameter(name: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _list_id(request: Request, order: Order) -> str:
    """Return the identity of a list: its address, filters and order, without what may differ from page to page."""
    kept = sorted(
        (name, value) for name, value in request.query_params.items() if name not in (CURSOR, LIMIT, FIELDS, EXPAND)
    )
    return hashlib.sha256(repr((request.path, kept, order)).encode()).hexdigest()[:12]


def _sealed(list_id: str, row: Model, order: Order, position: int) -> str:
    value = getattr(row, order.column)
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return signing.dumps([list_id, text, row.pk, position], salt=_SALT)


def _opened(text: str, list_id: str, model: type[Model], order: Order) -> tuple[Any, int, int]:
    try:
        of_list, value, key, *carried = signing.loads(text, salt=_SALT)
    except signing.BadSignature as error:
        raise Problem(400, "cursor", _("This is no cursor of this hub.")) from error
    if of_list != list_id:
        raise Problem(400, "cursor", _("This cursor belongs to another list: other filters, or another order."))
    # a cursor that was given before they carried a position goes with the whole feed
    return model._meta.get_field(order.column).to_python(value), key, carried[0] if carried else 0  # type: ignore[union-attr]
