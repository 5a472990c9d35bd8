"""The dashboard's line about event sinks: which one is furthest behind, and by how much."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of
from erpsync.admin.settings.sinks import LAG_RED
from integrations.events.judging import lags
from integrations.models import EventSink


def worst(request: HttpRequest) -> dict[str, Any] | None:
    """Return the line about the active sinks that the user manages; None where there are none."""
    sinks = permissions.of_shops_only(request, EventSink.objects.filter(is_active=True))
    names = dict(sinks.order_by().values_list("pk", "name"))
    if not names:
        return None
    lag = max((lag for lag in lags() if lag.sink_id in names), key=lambda lag: (lag.seconds, lag.events))
    text = _("Events: no receiver is behind.")
    if lag.events or lag.waiting:
        said = {"sink": names[lag.sink_id], "time": words.span(lag.seconds), "n": words.units(lag.events)}
        text = _("Events: “%(sink)s” is furthest behind, by %(time)s; %(n)s events are not sent yet.") % said
    return {"text": text, "url": list_of(EventSink), "alarm": lag.seconds >= LAG_RED}
