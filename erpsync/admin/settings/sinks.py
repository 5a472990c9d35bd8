"""Admin of event sinks: where business events go, how far each is behind, and what can be done about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from erpsync.admin.kit import words
from erpsync.admin.kit.base import once
from erpsync.admin.kit.kinds import KindAdmin
from erpsync.admin.settings.sink_forms import ReplayForm, SinkForm, SwitchOnForm
from integrations.events import switching
from integrations.events.judging import Lag, lags
from integrations.events.sinks import sink_kinds
from integrations.events.sinks.base import SinkKind
from integrations.models import EventSink

# behind by more seconds than these is worth a look, or a person's work
LAG_AMBER, LAG_RED = 30.0, 300.0


@admin.register(EventSink)
class EventSinkAdmin(KindAdmin):
    list_display = ("name", "kind_label", "state_label", "lag_label", "shops_label", "trouble")
    search_fields = ("name",)
    ordering = ("name", "pk")
    sortable_by = ()
    form = SinkForm
    choose_title = _("Send events: in which way?")
    choose_intro = _("It starts now. The past can be sent afterwards.")
    actions_detail = ["send_test", "send_again", "switch_on", "switch_off", "change_secret"]
    empty_text = _("Nobody gets events yet. Add a webhook, and send a test event to it.")

    def kinds(self) -> Mapping[str, SinkKind]:
        return sink_kinds()

    def offered(self, request: HttpRequest) -> Mapping[str, SinkKind]:
        kinds = self.kinds().items()
        return {key: kind for key, kind in kinds if request.user.is_superuser or not kind.for_operators}

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        """Return whether the user may change a sink: one that reaches into the hub's own systems is looked at only."""
        return obj.kind in self.offered(request) and super().may(request, obj, role)

    def begin(self, obj: EventSink) -> None:
        switching.start_now(obj)

    def change(self, pk: int, fields: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        switching.change_sink(pk, {**fields, "secrets": secrets})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        kind = self.offered(request).get(request.GET.get("kind", ""))
        chosen = {"types": list(kind.default_types)} if kind else {}
        return {**chosen, **super().get_changeform_initial_data(request)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        state = ((_("State"), {"fields": (("state_label", "lag_label"), ("trouble", "secret"))}),) if obj else ()
        return (
            *state,
            (self.title_of(request, obj), {"fields": ["name", *self.declared_names(request, obj), "contact"]}),
            (_("What is sent"), {"fields": ["only_shops", "types", "sends_personal"]}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        return ("state_label", "lag_label", "trouble", "secret") if obj else ()

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Ask for the lag of all sinks of a page at once."""
        shown = super().get_changelist_instance(request)
        lags = _lags()
        for sink in shown.result_list:
            once(sink, "lag", partial(lags.get, sink.pk, Lag(sink.pk, 0, 0.0, 0, 0)))
        return shown

    # --- columns ---

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
        switching.change_secret(sink.pk)
        self.log_change(request, sink, _("New secret"))
        messages.success(request, _("The new secret is on this page."))
        return self.to_page(sink)


def _lags() -> dict[int, Lag]:
    return {lag.sink_id: lag for lag in lags()}
