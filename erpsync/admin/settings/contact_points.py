"""Contact points: who is told of which alerts, in which way; made by managers for their shops, and tried by a button."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib import messages as notices
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from erpsync import permissions
from erpsync.admin.kit import declared, words
from erpsync.admin.kit.base import ShopAdmin
from erpsync.alerts.deliver import send_test
from erpsync.alerts.kinds import KINDS
from erpsync.alerts.places import PLACES
from erpsync.alerts.places.base import Place, Sent
from erpsync.models import ContactPoint


def visible_points(request: HttpRequest, points: QuerySet[ContactPoint]) -> QuerySet[ContactPoint]:
    """Return the contact points of shops in all of which the user is manager; superusers see all."""
    if request.user.is_superuser:
        return points
    mine = permissions.shop_ids(request, permissions.MANAGER)
    of_others = ContactPoint.only_shops.through.objects.exclude(shop_id__in=mine).values("contactpoint_id")
    return points.filter(only_shops__isnull=False).exclude(pk__in=of_others).distinct()


class ContactPointForm(ModelForm):  # type: ignore[type-arg]
    """The fixed fields, and those that the kind declares: secret ones are stored encrypted."""

    place: Place | None = None
    must_name_shops = True
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
        cleaned = super().clean() or {}
        fields = self.place.fields if self.place else ()
        values = declared.check(self, fields, {**self.instance.settings, **self.instance.secrets})
        for name, text in (self.place.problems(values) if self.place and values else {}).items():
            self.add_error(declared.PREFIX + name, gettext(text))
        secret = {field.name for field in fields if field.secret}
        self.values_to_store = {name: value for name, value in values.items() if name not in secret}
        self.secrets_to_store = {name: values[name] for name in secret if values.get(name)}
        if self.must_name_shops and not cleaned.get("only_shops"):
            self.add_error("only_shops", _("Choose the shops whose alerts are sent."))
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None):
            self.add_error("quiet_until", _("Enter both times of the quiet hours, or none."))
        return cleaned


@admin.register(ContactPoint)
class ContactPointAdmin(ShopAdmin):
    list_display = ("name", "kind_label", "state_label", "shops_label", "trouble")
    search_fields = ("name",)
    ordering = ("name", "pk")
    sortable_by = ()
    form = ContactPointForm
    actions_detail = ["try_it", "switch_on", "switch_off"]
    empty_text = _("Nobody is told of alerts yet. Add a mail address or a chat, and send a test to it.")

    def visible(self, request: HttpRequest, queryset: QuerySet[ContactPoint]) -> QuerySet[ContactPoint]:
        return visible_points(request, queryset)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactPoint]:
        return super().get_queryset(request).prefetch_related("only_shops")

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        """Whether the user may change a contact point: whoever sees one is manager of all its shops."""
        return visible_points(request, ContactPoint.objects.filter(pk=obj.pk)).exists()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request) and self.has_add_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) and (obj is None or self.may(request, obj, permissions.MANAGER))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Name the contact points alone: what goes with them (links to shops, news of alerts) has no page and no name."""
        _deleted, _counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return [str(point) for point in objs], {self.opts.verbose_name_plural: len(objs)}, forbidden, protected

    # --- the form of a kind ---

    def _place(self, request: HttpRequest, obj: ContactPoint | None) -> Place | None:
        return PLACES.get(obj.kind if obj else request.GET.get("kind", ""))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose the kind, then fill in its form."""
        if self._place(request, None) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        offered = [{"url": f"?kind={key}", "title": gettext(place.title)} for key, place in PLACES.items()]
        context = self.admin_site.each_context(request) | {
            "title": _("Send alerts: in which way?"), "opts": self.opts, "offered": offered,
            "intro": _("Each alert is sent once when it begins and once when it is over."),
        }  # fmt: skip
        return TemplateResponse(request, "admin/integrations/choose.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[forms.Form]:
        place = self._place(request, obj)
        extra = declared.form_fields(place.fields if place else (), {**obj.settings, **obj.secrets} if obj else {})
        kwargs["form"] = type(
            "PlaceForm", (ContactPointForm,),
            {"place": place, "must_name_shops": not request.user.is_superuser, **extra},
        )  # fmt: skip
        kwargs["fields"] = ContactPointForm.Meta.fields
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        place = self._place(request, obj)
        names = [declared.PREFIX + field.name for field in (place.fields if place else ())]
        state = ((_("State"), {"fields": (("state_label", "trouble"),)}),) if obj else ()
        return (
            *state,
            (gettext(place.title) if place else None, {"fields": ["name", *names]}),
            (_("What is sent"), {"fields": ["only_shops", "alert_kinds", "language", ("quiet_from", "quiet_until")]}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ("state_label", "trouble") if obj else ()

    def save_model(self, request: HttpRequest, obj: ContactPoint, form: Any, change: bool) -> None:
        obj.settings = form.values_to_store
        obj.secrets = {**obj.secrets, **form.secrets_to_store}
        if not change:
            place = self._place(request, None)
            assert place is not None, "the form is shown for a kind only"
            obj.kind = place.key
        obj.save()

    # --- columns ---

    @display(description=_("kind"))
    def kind_label(self, point: ContactPoint) -> str:
        return gettext(PLACES[point.kind].title) if point.kind in PLACES else point.kind

    @display(description=_("state"))
    def state_label(self, point: ContactPoint) -> SafeString:
        if point.is_active:
            return words.label(_("Failing"), "warning") if point.trouble else words.label(_("Active"), "success")
        return words.label(_("The other side wants no more") if point.off_at else _("Switched off"), "danger")

    @display(description=_("shops"))
    def shops_label(self, point: ContactPoint) -> str:
        return ", ".join(shop.name for shop in list(point.only_shops.all())[:5]) or str(_("all"))

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
