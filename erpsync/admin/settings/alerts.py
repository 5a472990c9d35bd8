"""Alerts of the user's shops: what is wrong now, what has passed, and the way to the fix."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin
from erpsync.admin.kit.channel_words import verbatim
from erpsync.admin.kit.filters import declared, shop_filter
from erpsync.alerts import messages
from erpsync.alerts.kinds import KINDS, Severity
from erpsync.models import Alert

_COLOURS = {Severity.CRITICAL: "danger", Severity.ERROR: "danger", Severity.WARNING: "warning"}


class FiringFilter(DropdownFilter):
    """Filter by whether the condition still holds."""

    title = _("state")
    parameter_name = "firing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", pgettext_lazy("alert", "Firing")), ("no", pgettext_lazy("alert", "Resolved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        value = self.value()
        return queryset.filter(resolved_at__isnull=value == "yes") if value in declared(self) else queryset


@admin.register(Alert)
class AlertAdmin(BigShopAdmin):
    list_display = ("state_label", "title", "place", "sentence", "since", "ended", "fix", "runbook")
    list_filter = (FiringFilter, shop_filter("shop_id"))
    ordering = ("-id",)
    sortable_by = ()
    list_display_links = None
    list_select_related = ("shop",)
    fields = readonly_fields = list_display
    empty_text = _(
        "No alert: all that is watched is in order. Choose under “Contact points” who is told when it is not."
    )

    @display(description=_("state"))
    def state_label(self, alert: Alert) -> SafeString:
        if alert.resolved_at:
            return words.label(pgettext_lazy("alert", "Resolved"), "success")
        return words.label(pgettext_lazy("alert", "Firing"), _COLOURS[KINDS[alert.kind].severity])

    @display(description=_("alert"))
    def title(self, alert: Alert) -> str:
        return str(KINDS[alert.kind].title)

    @display(description=_("shop"))
    def place(self, alert: Alert) -> str:
        return messages.place_of(alert) or str(_("the hub"))

    @display(description=_("measured"))
    def sentence(self, alert: Alert) -> str:
        return messages.sentence(alert)

    @display(description=_("since"))
    def since(self, alert: Alert) -> str:
        return words.moment(alert.fired_at)

    @display(description=_("resolved"))
    def ended(self, alert: Alert) -> str:
        return words.moment(alert.resolved_at)

    @display(description=_("to the fix"))
    def fix(self, alert: Alert) -> SafeString:
        return words.link(messages.fix_path(alert), _("Open"))

    @display(description=_("run-book"))
    def runbook(self, alert: Alert) -> SafeString | str:
        url = messages.runbook_url(alert.kind)
        return words.link(url, _("Run-book")) if url else verbatim(f"docs/runbook/{alert.kind}.md")
