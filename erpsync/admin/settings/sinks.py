"""Admin of event sinks: where business events go, how far each is behind, and what can be done about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from erpsync import permissions
from erpsync.admin.kit import declared, words
from erpsync.admin.kit.base import ShopAdmin, once
from erpsync.admin.settings.sink_forms import ReplayForm, SinkForm, SwitchOnForm
from integrations.events import switching
from integrations.events.judging import Lag, lags
from integrations.events.sinks import sink_kinds
from integrations.events.sinks.base import SinkKind
from integrations.models import EventSink

# behind by more seconds than these is worth a look, or a person's work
LAG_AMBER, LAG_RED = 30.0, 300.0


def visible_sinks(request: HttpRequest, sinks: QuerySet[EventSink]) -> QuerySet[EventSink]:
    """Return the sinks of shops in all of which the user is manager; superusers see all."""
    if request.user.is_superuser:
        return sinks
    mine = permissions.shop_ids(request, permissions.MANAGER)
    of_others = EventSink.only_shops.through.objects.exclude(shop_id__in=mine).values("eventsink_id")
    return sinks.filter(only_shops__isnull=False).exclude(pk__in=of_others).distinct()


@admin.register(EventSink)
class EventSinkAdmin(ShopAdmin):
    list_display = ("name", "kind_label", "state_label", "lag_label", "shops_label", "trouble")
    search_fields = ("name",)
    ordering = ("name", "pk")
    sortable_by = ()
    form = SinkForm
    actions_detail = ["send_test", "send_again", "switch_on", "switch_off", "change_secret"]
    empty_text = _("Nobody gets events yet. Add a webhook, and send a test event to it.")

    def visible(self, request: HttpRequest, queryset: QuerySet[EventSink]) -> QuerySet[EventSink]:
        return visible_sinks(request, queryset)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EventSink]:
        return super().get_queryset(request).prefetch_related("only_shops")

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        """Whether the user may change a sink: whoever sees one is manager of all its shops."""
        return visible_sinks(request, EventSink.objects.filter(pk=obj.pk)).exists()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request) and self._manages(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._manages(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._manages(request) and (obj is None or self.may(request, obj, permissions.MANAGER))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def _manages(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser or permissions.shop_ids(request, permissions.MANAGER))

    # --- the form of a kind ---

    def _offered(self, request: HttpRequest) -> dict[str, SinkKind]:
        return {k: kind for k, kind in sink_kinds().items() if request.user.is_superuser or not kind.for_operators}

    def _kind(self, request: HttpRequest, obj: EventSink | None) -> SinkKind | None:
        return sink_kinds().get(obj.kind) if obj else self._offered(request).get(request.GET.get("kind", ""))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose the kind, then fill in its form."""
        if self._kind(request, None) or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        offered = [
            {"url": f"?kind={key}", "title": gettext(kind.title)} for key, kind in self._offered(request).items()
        ]
        context = self.admin_site.each_context(request) | {
            "title": _("Send events: in which way?"), "opts": self.opts, "offered": offered,
            "intro": _("It starts now. The past can be sent afterwards."),
        }  # fmt: skip
        return TemplateResponse(request, "admin/integrations/choose.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[forms.Form]:
        kind = self._kind(request, obj)
        fields = kind.fields if kind else ()
        extra = declared.form_fields(fields, {**obj.settings, **obj.secrets} if obj else {})
        kwargs["form"] = type(
            "KindForm", (SinkForm,),
            {"kind": kind, "must_name_shops": not request.user.is_superuser, **extra},
        )  # fmt: skip
        kwargs["fields"] = SinkForm.Meta.fields
        return super().get_form(request, obj, change=change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        kind = self._kind(request, None)
        chosen = {"types": list(kind.default_types)} if kind else {}
        return {**chosen, **super().get_changeform_initial_data(request)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        kind = self._kind(request, obj)
        names = [declared.PREFIX + field.name for field in (kind.fields if kind else ())]
        state = ((_("State"), {"fields": (("state_label", "lag_label"), ("trouble", "secret"))}),) if obj else ()
        return (
            *state,
            (gettext(kind.title) if kind else None, {"fields": ["name", *names, "contact"]}),
            (_("What is sent"), {"fields": ["only_shops", "types", "sends_personal"]}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ("state_label", "lag_label", "trouble", "secret") if obj else ()

    def save_model(self, request: HttpRequest, obj: EventSink, form: Any, change: bool) -> None:
        obj.settings = form.values_to_store
        obj.secrets = {**obj.secrets, **form.secrets_to_store}
        if not change:
            kind = self._kind(request, None)
            assert kind is not None, "the form is shown for a kind only"
            obj.kind = kind.key
            switching.start_now(obj)
        obj.save()

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Ask for the lag of all sinks of a page at once."""
        shown = super().get_changelist_instance(request)
        lags = _lags()
        for sink in shown.result_list:
            once(sink, "lag", partial(lags.get, sink.pk, Lag(sink.pk, 0, 0.0, 0, 0)))
        return shown

    # --- columns ---

    @display(description=_("kind"))
    def kind_label(self, sink: EventSink) -> str:
        kind = sink_kinds().get(sink.kind)
        return gettext(kind.title) if kind else sink.kind

    @display(description=_("state"))
    def state_label(self, sink: EventSink) -> SafeString:
        if not sink.is_active:
            return words.label(sink.get_off_reason_display() or _("Switched off"), "danger")
        return words.label(_("Failing"), "warning") if sink.failures else words.label(_("Active"), "success")

    @display(description=_("behind"))
    def lag_label(self, sink: EventSink) -> SafeString:
        lag = once(sink, "lag", lambda: _lags().get(sink.pk, Lag(sink.pk, 0, 0.0, 0, 0)))
        if not (lag.events or lag.waiting or lag.parked):
            return words.label(_("none"), "success")
        parts = [words.span(lag.seconds)] if lag.seconds >= 1 else []
        counts = ((lag.waiting, gettext("waiting")), (lag.parked, gettext("dead letters")))
        parts += [f"{words.units(count)} {word}" for count, word in counts if count]
        colour = "danger" if lag.parked or lag.seconds >= LAG_RED else "warning" if lag.seconds >= LAG_AMBER else "info"
        return words.label(" · ".join(parts) or words.units(lag.events), colour)

    @display(description=_("shops"))
    def shops_label(self, sink: EventSink) -> str:
        return ", ".join(shop.name for shop in list(sink.only_shops.all())[:5]) or str(_("all"))

    @display(description=_("Secret"))
    def secret(self, sink: EventSink) -> str:
        """Show it to those who may change it: the receiver needs it to check the signatures."""
        return str(sink.secrets.get("current", "–"))

    # --- what can be done ---

    def hidden_actions(self, row: EventSink) -> Collection[str]:
        hidden = {"switch_on"} if row.is_active else {"switch_off", "send_again"}
        return hidden | (set() if row.secrets.get("current") else {"change_secret"})

    @action(
        description=_("Send a test event"), icon="science", permissions=["manage"], variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Send a test event"), "form_submit_text": _("Send"),
            "description": _("One event marked as a test is sent now, and the answer is shown."),
        },
    )  # fmt: skip
    def send_test(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        sink = self.found(request, object_id)
        outcome = switching.send_test(sink)
        if switching.is_delivered(outcome):
            messages.success(request, _("The test event arrived."))
        else:
            answer = f"{outcome.status or ''} {outcome.answer}".strip() or gettext("no answer")
            messages.error(request, _("The test event did not arrive: %(answer)s") % {"answer": answer[:200]})
        return self.to_page(sink)

    @action(
        description=_("Send again"), icon="replay", permissions=["manage"],
        dialog={
            "title": _("Send past events again"), "form_class": ReplayForm, "form_submit_text": _("Send again"),
            "description": _("They keep their ids and are marked as a replay."),
        },
    )  # fmt: skip
    def send_again(self, request: HttpRequest, form: ReplayForm, object_id: str) -> HttpResponse:
        sink = self.found(request, object_id)
        since, until = form.span()
        data = form.cleaned_data
        n = switching.replay(sink.pk, since=since, until=until, types=data["types"], entity=data["entity"])
        self.log_change(request, sink, _("Sent again"))
        text = ngettext("%(n)s event is sent again.", "%(n)s events are sent again.", n)
        messages.success(request, text % {"n": words.units(n)})
        return self.to_page(sink)

    @action(
        description=_("Switch on"), icon="play_arrow", permissions=["manage"], variant=ActionVariant.PRIMARY,
        dialog={"title": _("Switch on"), "form_class": SwitchOnForm, "form_submit_text": _("Switch on")},
    )  # fmt: skip
    def switch_on(self, request: HttpRequest, form: SwitchOnForm, object_id: str) -> HttpResponse:
        sink = self.found(request, object_id)
        switching.switch_on(sink.pk, **form.place())
        self.log_change(request, sink, _("Switched on"))
        messages.success(request, _("Events are sent."))
        return self.to_page(sink)

    @action(
        description=_("Switch off"), icon="pause", permissions=["manage"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Switch off"), "form_submit_text": _("Switch off"),
            "description": _("Nothing is sent any more. It keeps its place, and can go on from there."),
        },
    )  # fmt: skip
    def switch_off(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        sink = self.found(request, object_id)
        switching.switch_off(sink.pk, EventSink.Off.PERSON)
        self.log_change(request, sink, _("Switched off"))
        messages.success(request, _("Nothing is sent any more."))
        return self.to_page(sink)

    @action(
        description=_("New secret"), icon="key", permissions=["manage"],
        dialog={
            "title": _("New secret"), "form_submit_text": _("Make a new secret"),
            "description": _("Events are signed with both for a day: give the receiver the new one until then."),
        },
    )  # fmt: skip
    def change_secret(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        sink = self.found(request, object_id)
        switching.change_secret(sink)
        self.log_change(request, sink, _("New secret"))
        messages.success(request, _("The new secret is on this page."))
        return self.to_page(sink)


def _lags() -> dict[int, Lag]:
    return {lag.sink_id: lag for lag in lags()}
