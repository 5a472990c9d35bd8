"""Admin of refused deliveries, as counts with advice."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin
from integrations.models import Refusal

REASONS = {
    "bad_signature": _("Wrong signature"), "missing_signature": _("No signature"), "stale": _("Too old"),
    "not_understood": _("Not understood"), "too_large": _("Too large"), "too_slow": _("Too slow"), "unknown_app": _("Unknown address"),
    "unknown_topic": _("Unknown topic"), "unknown_channel": _("Unknown channel"),
}  # fmt: skip
REFUSAL_ADVICE = {
    "bad_signature": _("Compare the secret and the callback address with the channel's console: one letter is enough."),
    "missing_signature": _(
        "Somebody who is not the channel may be calling, or signing is switched off in its console."
    ),
    "stale": _("The sender's clock or ours is wrong, or an old delivery was sent once more."),
    "not_understood": _("It made no sense, and nothing showed that the channel sent it. If many come, tell support."),
    "too_slow": _("The body did not come within the seconds that a sender has. The channel sends it again."),
    "too_large": _("Deliveries over 1 MB are not accepted."),
    "unknown_app": _("The address in the channel's console belongs to no app registration: copy it again."),
}


@admin.register(Refusal)
class RefusalAdmin(ShopAdmin):
    """Admin of refused deliveries: counts only, since a refused delivery is never stored."""

    list_display = ("reason_label", "channel_label", "app_name", "count", "last_at", "first_at")
    ordering = ("-last_at",)
    empty_text = _(
        "No delivery was refused. Wrong signatures, oversized bodies and unknown addresses are counted here."
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("reason_label", "channel_label"),
                    "advice",
                    ("app_name", "count"),
                    ("first_at", "last_at"),
                    "last",
                )
            },
        ),
    )

    def visible(self, request: HttpRequest, queryset: QuerySet[Refusal]) -> QuerySet[Refusal]:
        if request.user.is_superuser:
            return queryset
        return queryset.filter(app_id__in=permissions.apps(request).values("pk"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refusal]:
        return super().get_queryset(request).select_related("app").defer("app__credentials")

    @display(description=_("reason"))
    def reason_label(self, refusal: Refusal) -> SafeString:
        return words.label(REASONS.get(refusal.reason, refusal.reason), "warning")

    @display(description=_("channel"))
    def channel_label(self, refusal: Refusal) -> str:
        return words.channel_title(refusal.channel)

    @display(description=_("app"))
    def app_name(self, refusal: Refusal) -> str:
        return refusal.app.name if refusal.app else "–"

    @display(description=_("what to do"))
    def advice(self, refusal: Refusal) -> Any:
        return REFUSAL_ADVICE.get(refusal.reason, "–")

    @display(description=_("last sample"))
    def last(self, refusal: Refusal) -> Any:
        text = json.dumps(refusal.sample, ensure_ascii=False, indent=2)
        return format_html('<pre class="overflow-auto text-xs max-h-96">{}</pre>', text)
