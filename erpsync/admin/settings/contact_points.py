"""Contact points: who is told of which alerts, in which way; made by managers for their shops, and tried by a button."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib import messages as notices
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from erpsync.admin.kit import words
from erpsync.admin.kit.kinds import KindAdmin, KindForm
from erpsync.alerts.deliver import send_test
from erpsync.alerts.kinds import KINDS
from erpsync.alerts.places import PLACES
from erpsync.alerts.places.base import Place, Sent
from erpsync.models import ContactPoint


class ContactPointForm(KindForm):
    """The fixed fields, and those that the kind declares: secret ones are stored encrypted."""

    no_shops = _("Choose the shops whose alerts are sent.")
    alert_kinds = forms.MultipleChoiceField(
        label=_("alerts"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen: all of them, those of later versions too."),
    )  # fmt: skip

    class Meta:
        model = ContactPoint
        fields = ("name", "only_shops", "alert_kinds", "language", "quiet_from", "quiet_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "alert_kinds" in self.fields:
            chosen = self.fields["alert_kinds"]
            assert isinstance(chosen, forms.MultipleChoiceField), "declared above"
            chosen.choices = [(key, str(kind.title)) for key, kind in KINDS.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None):
            self.add_error("quiet_until", _("Enter both times of the quiet hours, or none."))
        return cleaned


@admin.register(ContactPoint)
class ContactPointAdmin(KindAdmin):
    list_display = ("name", "kind_label", "state_label", "shops_label", "trouble")
    search_fields = ("name",)
    ordering = ("name", "pk")
    sortable_by = ()
    form = ContactPointForm
    choose_title = _("Send alerts: in which way?")
    choose_intro = _("Each alert is sent once when it begins and once when it is over.")
    actions_detail = ["try_it", "switch_on", "switch_off"]
    empty_text = _("Nobody is told of alerts yet. Add a mail address or a chat, and send a test to it.")

    def kinds(self) -> Mapping[str, Place]:
        return PLACES

    @transaction.atomic
    def change(self, pk: int, fields: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        [point] = ContactPoint.objects.select_for_update(no_key=True).filter(pk=pk)
        ContactPoint.objects.filter(pk=pk).update(**fields, secrets={**point.secrets, **secrets})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Name the contact points alone: what goes with them (links to shops, news of alerts) has no page and no name."""
        _deleted, _counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return [str(point) for point in objs], {self.opts.verbose_name_plural: len(objs)}, forbidden, protected

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        state = ((_("State"), {"fields": (("state_label", "trouble"),)}),) if obj else ()
        return (
            *state,
            (self.title_of(request, obj), {"fields": ["name", *self.declared_names(request, obj)]}),
            (_("What is sent"), {"fields": ["only_shops", "alert_kinds", "language", ("quiet_from", "quiet_until")]}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ("state_label", "trouble") if obj else ()

    # --- columns ---

    @display(description=_("state"))
    def state_label(self, point: ContactPoint) -> SafeString:
        if point.is_active:
            return words.label(_("Failing"), "warning") if point.trouble else words.label(_("Active"), "success")
        return words.label(_("The other side wants no more") if point.off_at else _("Switched off"), "danger")

    # --- what can be done ---

    def hidden_actions(self, row: ContactPoint) -> Collection[str]:
        return {"switch_on"} if row.is_active else {"switch_off"}

    @action(
        description=_("Send a test"), icon="science", permissions=["manage"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Send a test"), "form_submit_text": _("Send"),
            "description": _("One message marked as a test is sent now, and the answer is shown."),
        },
    )  # fmt: skip
    def try_it(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        point = self.found(request, object_id)
        outcome = send_test(point)
        self.log_change(request, point, _("Sent a test"))
        if isinstance(outcome, Sent):
            notices.success(request, _("The test was accepted."))
        else:
            notices.error(request, _("The test was not accepted: %(answer)s") % {"answer": outcome.reason})
        return self.to_page(point)

    @action(
        description=_("Switch on"), icon="play_arrow", permissions=["manage"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Switch on"), "form_submit_text": _("Switch on"),
            "description": _("Alerts that begin from now on are sent."),
        },
    )  # fmt: skip
    def switch_on(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        point = self.found(request, object_id)
        ContactPoint.objects.filter(pk=point.pk).update(is_active=True, off_at=None, trouble="", paused_until=None)
        self.log_change(request, point, _("Switched on"))
        notices.success(request, _("Alerts are sent."))
        return self.to_page(point)

    @action(
        description=_("Switch off"), icon="pause", permissions=["manage"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Switch off"), "form_submit_text": _("Switch off"),
            "description": _("No alerts are sent any more."),
        },
    )  # fmt: skip
    def switch_off(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        point = self.found(request, object_id)
        ContactPoint.objects.filter(pk=point.pk).update(is_active=False, off_at=None)
        self.log_change(request, point, _("Switched off"))
        notices.success(request, _("No alerts are sent any more."))
        return self.to_page(point)
