"""Admin of events that break their schema: each holds back the later ones of its thing until a person decides."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from core import outbox
from core.outbox import BrokenEvent, OutboxEvent
from erpsync import permissions
from erpsync.admin import worklists
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin
from erpsync.admin.kit.log_texts import said
from integrations.models import LONGEST_NOTE


class ReasonForm(BaseDialogForm):
    """Dialog that asks for the reason."""

    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_NOTE, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Kept with your name; whoever looks at it later reads this."),
    )  # fmt: skip


@admin.register(BrokenEvent)
class BrokenEventAdmin(ShopAdmin):
    """List, page and decisions; sound events are seen by the API and in what sinks got."""

    list_display = ("time", "type", "about", "flaw", "held_back", "state_label")
    ordering = ("-serial",)
    sortable_by = ()
    actions_detail = ["check_again", "leave_out"]
    empty_text = _("Every event fits its schema. One that does not waits here, with those after it of the same thing.")
    fieldsets = (
        (None, {"fields": (("state_label", "held_back"), ("type", "about"), ("time", "version"), "flaw", "advice", "carried")}),
    )  # fmt: skip

    def visible(self, request: HttpRequest, queryset: QuerySet[BrokenEvent]) -> QuerySet[BrokenEvent]:
        return worklists.broken_events(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BrokenEvent]:
        later = OutboxEvent.objects.filter(
            entity=OuterRef("entity"), entity_id=OuterRef("entity_id"), version__gt=OuterRef("version"), position=None
        )
        counted = later.order_by().values("entity").annotate(n=Count("pk")).values("n")
        return super().get_queryset(request).annotate(later=Coalesce(Subquery(counted), 0))

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        """Return whether the user may decide: whoever sees one is manager of all its shops."""
        return worklists.broken_events(request).filter(pk=obj.pk).exists()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        manages = request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER)
        return bool(super().has_view_permission(request) and manages)

    @display(description=_("about"))
    def about(self, event: BrokenEvent) -> str:
        return event.subject

    @display(description=_("held back"))
    def held_back(self, event: Any) -> str:
        return "–" if event.is_left_out else words.units(event.later)

    @display(description=_("state"))
    def state_label(self, event: BrokenEvent) -> SafeString:
        return words.label(_("left out"), "info") if event.is_left_out else words.label(_("waits"), "danger")

    @display(description=_("what to do"))
    def advice(self, event: BrokenEvent) -> Any:
        if event.is_left_out:
            return _("Nothing: the later events of this thing go out without it.")
        return _(
            "Put the data right at its source or update the hub, then check again. If receivers can do without, leave it out."
        )

    @display(description=_("what it carries"))
    def carried(self, event: BrokenEvent) -> SafeString:
        """Show the fields' names and the kinds of their values: a value may be a buyer's."""
        shape = json.dumps(_shape(event.data), indent=2, ensure_ascii=False)
        return format_html('<pre class="whitespace-pre-wrap break-all">{}</pre>', shape)

    def hidden_actions(self, row: BrokenEvent) -> set[str]:
        return {"check_again", "leave_out"} if row.is_left_out else set()

    @action(
        description=_("Check again"), icon="replay", permissions=["manage"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Check again"), "form_class": ReasonForm, "form_submit_text": _("Check again"),
            "description": _("If it fits its schema now, it goes out with those that wait for it."),
        },
    )  # fmt: skip
    def check_again(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        event = self.found(request, object_id)
        self.log_change(request, event, said(_("Checked again: %(reason)s"), reason=form.cleaned_data["reason"]))
        if outbox.check_again([event.pk]):
            messages.success(request, _("It fits its schema now, and goes out with those after it."))
            return self.to_list()
        messages.error(request, _("It still does not fit its schema: %(flaw)s") % {"flaw": event.flaw})
        return self.to_page(event)

    @action(
        description=_("Leave out"), icon="playlist_remove", permissions=["manage"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Leave out"), "form_class": ReasonForm, "form_submit_text": _("Leave out"),
            "description": _("It is never sent; the later events of the same thing go out. This cannot be undone."),
        },
    )  # fmt: skip
    def leave_out(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        event = self.found(request, object_id)
        outbox.leave_out([event.pk])
        self.log_change(request, event, said(_("Left out: %(reason)s"), reason=form.cleaned_data["reason"]))
        messages.success(request, _("The later events of this thing go out without it."))
        return self.to_page(event)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value[:1]]
    return type(value).__name__
