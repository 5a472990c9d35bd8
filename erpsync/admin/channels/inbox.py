"""Admin of the inbox: events with their outcome and reason, dead letters with advice, refused deliveries as counts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from erpsync.admin.channels.dry_run_page import DryRunView
from erpsync.admin.kit import permissions, words
from erpsync.admin.kit.base import BigShopAdmin, ConnectionScopedAdmin, ShopAdmin
from erpsync.admin.kit.filters import choice_filter, shop_filter
from integrations import inbox
from integrations.connectors import channels, connector_of
from integrations.ingest.resources import kind_named, kinds
from integrations.models import InboxEvent, Refusal
from integrations.work import wakeups

# kinds that no resource answers
_OTHER_KINDS = {"unreadable": _("Unreadable"), "shop": _("Shop"), "authorisation": _("Authorisation")}


def kind_label(kind: str) -> str:
    """Return the title of a kind of event."""
    return str(_OTHER_KINDS.get(kind) or kind_named(kind).label)


# what a person can do about an event that did not work out, by its code
ADVICE = {
    "not_authorised": _("The channel no longer accepts our token: open the connection and connect the shop again."),
    "unreadable": _("The delivery was genuine but made no sense. Look at the raw body below, and tell support."),
    "no_answer": _("The channel did not mention it in its answer. It may be deleted there; try again, else ignore it."),
    "stale": _("A newer answer was stored before this one. No action is needed."),
    "unknown_kind": _("The hub does nothing about this kind of news. No action is needed."),
    "cannot_be_read": _("Have the channel send the notice again, from its console, once what was missing is here."),
    "unsupported": _("The channel cannot do this. No action is needed."),
    "database": _("The database was busy or away. It is tried again by itself."),
}  # fmt: skip
OTHER_ADVICE = _("Read the reason, put right what it names, then try again.")

REASONS = {
    "bad_signature": _("Wrong signature"), "missing_signature": _("No signature"), "stale": _("Too old"),
    "too_large": _("Too large"), "unknown_app": _("Unknown address"), "unknown_topic": _("Unknown topic"),
    "unknown_channel": _("Unknown channel"),
}  # fmt: skip
REFUSAL_ADVICE = {
    "bad_signature": _("Compare the secret and the callback address with the channel's console: one letter is enough."),
    "missing_signature": _(
        "Somebody who is not the channel may be calling, or signing is switched off in its console."
    ),
    "stale": _("The sender's clock or ours is wrong, or an old delivery was sent once more."),
    "too_large": _("Deliveries over 1 MB are not accepted."),
    "unknown_app": _("The address in the channel's console belongs to no app registration: copy it again."),
}

MOST_RETRIED = 5000


class KindFilter(DropdownFilter):
    """Filter by kind."""

    title = _("kind")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        declared = {kind for channel in channels() for kind in connector_of(channel).reads}
        # a notice that carries its snapshot is of a kind that nothing needs to read
        return [(kind, kind_label(kind)) for kind in sorted(declared | kinds().keys() | {"unreadable"})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[InboxEvent]) -> QuerySet[InboxEvent]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


def try_again(events: Sequence[InboxEvent]) -> int:
    """Requeue these dead letters and wake the workers. Returns how many. May be repeated."""
    drains: dict[str, set[int]] = defaultdict(set)
    for event in events:
        if event.connection_id is None:
            drains["drain_app"].add(event.app_id)
        else:
            drains["drain"].add(event.connection_id)
    with transaction.atomic():
        again = inbox.retry_dead([event.pk for event in events])
        for job, keys in drains.items():
            transaction.on_commit(partial(wakeups.enqueue_once, job, keys))
    return again


@admin.register(InboxEvent)
class InboxEventAdmin(ConnectionScopedAdmin, BigShopAdmin):
    list_display = (
        "thing",
        "shop_label",
        "state_label",
        "reason_label",
        "source_label",
        "seen",
        "tries",
        "received_at",
        "next_try",
    )
    list_filter = (shop_filter("connection__shop_id"), choice_filter("state", _("state")), KindFilter, "source")
    list_defer = ("raw", "body")
    search_fields = ("external_id",)
    search_help_text = _("The channel's id, whole.")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("retry_chosen",)
    actions_list = ["retry_all"]
    actions_detail = ["dry_run", "retry_this"]
    empty_text = _("Nothing matches. Webhooks and sweeps write here what changed at the channels.")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("thing", "shop_label"),
                    ("state_label", "source_label"),
                    "reason_label",
                    "advice",
                    ("seen", "tries"),
                    ("received_at", "finished_at"),
                    ("version", "next_try"),
                    "delivery_id",
                )
            },
        ),
        (_("What was said"), {"fields": ("notice", "raw_body")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxEvent]:
        return super().get_queryset(request).select_related("connection__shop", "app").defer("app__credentials")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[InboxEvent], search_term: str
    ) -> tuple[QuerySet[InboxEvent], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id=term) if term else queryset), False

    @display(description=_("about"), header=True)
    def thing(self, event: InboxEvent) -> list[str]:
        return [event.external_id, kind_label(event.kind)]

    @display(description=_("shop"), header=True)
    def shop_label(self, event: InboxEvent) -> list[str]:
        name = str(event.connection or _("no connected shop"))
        return [name, words.channel_title(event.app.channel)]

    @display(description=_("state"))
    def state_label(self, event: InboxEvent) -> SafeString:
        if event.state == "pending" and event.lease is not None:
            return words.label(_("In work"), "primary")
        return words.label(event.get_state_display(), words.EVENT_COLOURS[event.state])

    @display(description=_("reason"))
    def reason_label(self, event: InboxEvent) -> str:
        return event.reason or event.reason_code or "–"

    @display(description=_("what to do"))
    def advice(self, event: InboxEvent) -> Any:
        if event.state not in ("dead", "pending") or not (event.reason or event.reason_code):
            return "–"
        return ADVICE.get(event.reason_code, OTHER_ADVICE)

    @display(description=_("source"))
    def source_label(self, event: InboxEvent) -> str:
        return event.get_source_display()

    @display(description=_("next try"))
    def next_try(self, event: InboxEvent) -> Any:
        return words.moment(event.due_at if event.state == "pending" else None)

    @display(description=_("notice"))
    def notice(self, event: InboxEvent) -> Any:
        return words.raw_json(event.body) if event.body else "–"

    @display(description=_("raw body"))
    def raw_body(self, event: InboxEvent) -> Any:
        if not event.raw:
            return "–"
        text = bytes(event.raw)[:20_000].decode("utf-8", "backslashreplace")
        return format_html('<pre class="overflow-auto text-xs max-h-96">{}</pre>', text)

    @admin.action(description=_("Try again"), permissions=["operate"])
    def retry_chosen(self, request: HttpRequest, queryset: QuerySet[InboxEvent]) -> None:
        self.try_in_earnest(request, self.permitted(request, queryset))

    @action(
        description=_("Try all dead letters again"),
        icon="replay",
        permissions=["operate"],
        dialog={
            "title": _("Try all dead letters again"),
            "description": _("Every dead letter of the shops in which you may do this is taken up once more."),
            "form_submit_text": _("Try again"),
        },
    )
    def retry_all(self, request: HttpRequest, form: Any) -> HttpResponse:
        dead = self.get_queryset(request).filter(state="dead")
        if not request.user.is_superuser:
            dead = self.with_role(request, dead, permissions.OPERATOR)
        self.try_in_earnest(request, list(dead[:MOST_RETRIED]))
        return self.to_list()

    @action(
        description=_("Try again"),
        icon="replay",
        permissions=["operate"],
        dialog={
            "title": _("Try again"),
            "description": _("The event is said once more, and the channel is asked for the truth."),
            "form_submit_text": _("Try again"),
        },
    )
    def retry_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        event = self.found(request, object_id)
        self.try_in_earnest(request, [event])
        return self.to_list()

    def hidden_actions(self, row: InboxEvent) -> Collection[str]:
        return () if row.state == InboxEvent.State.DEAD else self.actions_detail

    @action(description=_("Dry run"), icon="science", permissions=["operate"])
    def dry_run(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return DryRunView.as_view(model_admin=self)(request, event=self.found(request, object_id))

    def try_in_earnest(self, request: HttpRequest, events: Sequence[InboxEvent]) -> None:
        """Requeue these dead letters, and report how many there were."""
        again = try_again(events)
        text = ngettext("%(n)s dead letter is tried again.", "%(n)s dead letters are tried again.", again)
        messages.success(request, text % {"n": again})
        if again < len(events):
            messages.info(request, _("What is not a dead letter was left as it is."))


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
