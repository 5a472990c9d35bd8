"""Admin of what sinks did not take yet, and of each attempt with its body and answer. Rows are seen by managers of the sink's shops."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, once
from erpsync.admin.kit.filters import choice_filter
from integrations.events import switching
from integrations.events.store import sent_body
from integrations.models import DeliveryAttempt, EventDelivery, EventSink


class OfSinkAdmin(BigShopAdmin):
    """Rows of sinks that the user may change."""

    sortable_by = ()

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(sink__in=permissions.of_shops_only(request, EventSink.objects.all()).values("pk"))

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        return permissions.of_shops_only(request, EventSink.objects.filter(pk=obj.sink_id)).exists()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        manages = request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER)
        return bool(super().has_view_permission(request) and manages)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sink")


@admin.register(EventDelivery)
class EventDeliveryAdmin(OfSinkAdmin):
    list_display = ("sink", "type", "subject", "state_label", "tries", "due_at", "reason")
    list_filter = (choice_filter("state", _("state")),)
    ordering = ("sink_id", "position")
    actions = ("try_again",)
    empty_text = _("Every event has been delivered.")
    fieldsets = (
        (None, {"fields": (("sink", "state_label"), ("type", "subject"), ("tries", "due_at"), "reason", "event_id")}),
    )

    @display(description=_("about"))
    def subject(self, row: EventDelivery) -> str:
        return f"{row.entity}/{row.entity_id}"

    @display(description=_("state"))
    def state_label(self, row: EventDelivery) -> SafeString:
        return words.label(row.get_state_display(), "danger" if row.state == row.State.PARKED else "warning")

    @action(description=_("Try again"), permissions=["manage"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[EventDelivery]) -> None:
        rows = self.permitted(request, queryset, permissions.MANAGER)
        n = sum(switching.retry_parked(sink_id, [row.pk for row in rows]) for sink_id in {row.sink_id for row in rows})
        text = ngettext("%(n)s dead letter is sent again.", "%(n)s dead letters are sent again.", n)
        messages.success(request, text % {"n": n})


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(OfSinkAdmin):
    list_display = ("at", "sink", "type", "outcome_label", "milliseconds", "is_test")
    list_filter = (choice_filter("outcome", _("outcome")),)
    list_defer = ("answer",)
    ordering = ("-id",)
    empty_text = _("Nothing was sent to a webhook in the last weeks.")
    fieldsets = (
        (None, {"fields": (("sink", "at"), ("type", "outcome_label"), ("milliseconds", "is_test"), "event_id", "sent", "answer_label")}),
    )  # fmt: skip

    @display(description=_("outcome"))
    def outcome_label(self, row: DeliveryAttempt) -> SafeString:
        text = f"{row.get_outcome_display()} ({row.status})" if row.status else row.get_outcome_display()
        return words.label(text, "success" if row.outcome == row.Outcome.DELIVERED else "danger")

    @display(description=_("What was sent"))
    def sent(self, row: DeliveryAttempt) -> SafeString | str:
        body = once(row, "body", lambda: sent_body(row.event_id, sends_personal=row.sink.sends_personal))
        return _pre(json.dumps(json.loads(body), indent=2, ensure_ascii=False)) if body else "–"

    @display(description=_("answer"))
    def answer_label(self, row: DeliveryAttempt) -> SafeString | str:
        return _pre(row.answer) if row.answer else "–"


def _pre(text: str) -> SafeString:
    return format_html('<pre class="whitespace-pre-wrap break-all">{}</pre>', text)
