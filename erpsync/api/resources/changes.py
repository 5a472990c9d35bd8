"""The change feed and single events: business events as they are sent to sinks, for readers who keep their own place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from core.event_types import event_types
from core.feed import feed_position
from core.permissions import VIEWER
from erpsync import permissions
from erpsync.api.kit.filters import LARGEST_ID, MOST_VALUES
from erpsync.api.kit.problems import CONTENT_TYPE, Problem
from erpsync.api.kit.resource import Endpoint
from erpsync.api.kit.schema import ProblemDetails
from integrations.events import feed
from integrations.events.messages import EventRow, message
from integrations.events.store import wanted_types

DEFAULT, MOST = 100, 500
LONGEST_WAIT = 30
PERSONAL = "customers:read"


class Told(NamedTuple):
    """Subject of the events of a kind: the resource whose scope they need, and the list that has the current state."""

    resource: str
    list: str = ""


# by the first word of a type
KINDS: Mapping[str, Told] = {
    "order": Told("orders", "orders"),
    "new_order": Told("orders", "orders"),
    "return": Told("returns", "returns"),
    "customer": Told("customers", "customers"),
    "stock": Told("stock", "stock-levels"),
    "listing": Told("listings", "listings"),
    "price": Told("listings", "listings"),
    "drift": Told("drift", "drifts"),
    "statement_line": Told("statements", "statement-lines"),
    "finding": Told("commissions", "findings"),
    "dead_letter": Told("inbox", "inbox-events"),
    "connection": Told("connections", "connections"),
    "event": Told("events"),
    "sink": Told("events"),
}

EVENT = {
    "type": "object",
    "description": "CloudEvents 1.0: docs/events/envelope.1.schema.json.",
    "additionalProperties": True,
}
PAGE = {
    "type": "object",
    "required": ["items", "position", "has_more"],
    "properties": {
        "items": {"type": "array", "items": EVENT},
        "position": {"type": "integer", "description": "Send it as `after` next time."},
        "has_more": {"type": "boolean", "description": "There is more now: ask again at once."},
    },
}
_AFTER = "A feed position. Without it: none yet, only the position of now."
_TYPES = 'With commas: "order.shipped", or "order." for all of orders.'
_ENTITY = 'With commas: "order", or "order/17" for one.'
_WAIT = "Seconds to wait for news when there are none."
PARAMETERS = [
    OpenApiParameter("after", {"type": "integer", "minimum": 0, "maximum": LARGEST_ID}, description=_AFTER),
    OpenApiParameter("types", OpenApiTypes.STR, description=_TYPES),
    OpenApiParameter("entity", OpenApiTypes.STR, description=_ENTITY),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}),
    OpenApiParameter("wait", {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0}, description=_WAIT),
]  # fmt: skip


class Feed(Endpoint):
    """Business events of the caller's shops; of each kind with the scope to read it, buyers' data with that for customers."""

    resource = "events"
    tag = "events"

    def known_parameters(self) -> list[str]:
        return [parameter.name for parameter in PARAMETERS] if self.action == "changes" else []

    @extend_schema(responses={200: EVENT}, operation_id="events_retrieve")
    def event(self, request: Request, pk: UUID) -> Response:
        """Return one event, whole: where webhooks point to that are too large to be sent."""
        row = feed.event_of(pk, self._shops())
        if row is None:
            raise NotFound
        if not _may_read(request, row.type):
            scope = f"{_told(row.type).resource}:read"
            raise Problem(403, "scope", _("This key lacks the scope %(scope)s.") % {"scope": scope}, scope=scope)
        return Response(self._shown(row))

    @extend_schema(
        parameters=PARAMETERS,
        responses={200: PAGE, (410, CONTENT_TYPE): ProblemDetails},
        operation_id="changes_list",
    )
    def changes(self, request: Request) -> Response:
        """Return the events after a position. A position stays what it is, after a restore as well; what is older than the hub keeps
        events is answered by 410 with the lists to read instead."""
        limit = self._number("limit", DEFAULT, 1, MOST)
        seconds = self._number("wait", 0, 0, LONGEST_WAIT)
        types = readable_types(request, _listed(request, "types"))
        if not request.query_params.get("after"):
            return Response({"items": [], "position": feed_position(), "has_more": False})
        after = self._number("after", 0, 0, LARGEST_ID)
        poll = self.poll
        if poll is not None and poll.is_repeated:
            after = poll.position
        elif not feed.is_complete_after(after, days=settings.EVENT_DAYS):
            raise _gone(types)
        page = feed.page_after(after, self._wanted(types), limit=limit)
        if poll is not None and seconds and not page.events and not page.has_more:
            poll.wait(after=page.position, seconds=seconds)
        items = [self._shown(row) for row in page.events]
        return Response({"items": items, "position": page.position, "has_more": page.has_more})

    def _shown(self, row: EventRow) -> Any:
        sends_personal = permissions.access_of(self.request).has_scope(PERSONAL)
        return msgspec.json.decode(message(row, sends_personal=sends_personal).body)

    def _shops(self) -> list[int] | None:
        access = permissions.access_of(self.request)
        return None if access.everything else access.shop_ids(VIEWER)

    def _wanted(self, types: Sequence[str]) -> feed.Wanted:
        entities = _listed(self.request, "entity")
        things = [entity for entity in entities if "/" in entity]
        return feed.Wanted(types, self._shops(), [entity for entity in entities if "/" not in entity], things)

    def _number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.request.query_params.get(name) or str(default)
        if not text.isascii() or not text.isdigit() or not least <= int(text[:20]) <= most:
            said = _("%(name)s is a number from %(least)d to %(most)d.") % {"name": name, "least": least, "most": most}
            raise Problem(400, name, said)
        return int(text)


def readable_types(request: Request, asked: Sequence[str]) -> list[str]:
    """Return the types that are asked for, or may be read: never none, which would stand for all. Raises Problem for unknown ones,
    those of another scope, and a caller who may read no type."""
    if unknown := [name for name in asked if not wanted_types([name])]:
        text = _("There is no event %(name)s.") % {"name": ", ".join(unknown)[:200]}
        raise Problem(400, "unknown_types", text, allowed=sorted(event_types()))
    found = wanted_types(asked)
    readable = [name for name in found if _may_read(request, name)]
    if asked and (denied := sorted(set(found) - set(readable))):
        raise _lacking(f"{_told(denied[0]).resource}:read")
    if not readable:
        raise _lacking("events:read")
    return readable


def _lacking(scope: str) -> Problem:
    return Problem(403, "scope", _("This key lacks the scope %(scope)s.") % {"scope": scope}, scope=scope)


def _may_read(request: Request, event_type: str) -> bool:
    return permissions.access_of(request).has_scope(f"{_told(event_type).resource}:read")


def _told(event_type: str) -> Told:
    """Return what a type tells about; of one that has no line here, nothing that any scope opens."""
    return KINDS.get(event_type.partition(".")[0], Told(""))


def _listed(request: Request, name: str) -> list[str]:
    values = [value.strip() for value in request.query_params.get(name, "").split(",") if value.strip()]
    if len(values) > MOST_VALUES:
        raise Problem(400, name, _("At most %(most)d values.") % {"most": MOST_VALUES})
    if any("\0" in value for value in values):
        raise Problem(400, name, _("%(name)s has a NUL character.") % {"name": name})
    return values


def _gone(types: Sequence[str]) -> Problem:
    names = sorted({told.list for told in map(_told, types) if told.list})
    text = _(
        "The events after this position are no longer all here. Read these lists, and go on from their feed_position."
    )
    return Problem(410, "position_gone", text, lists=[f"/api/v1/{name}" for name in names])
