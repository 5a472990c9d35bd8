"""Admin of the inbox: events with their outcome and reason, dead letters with advice, retry and closing."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin.channels.dry_run_page import DryRunView
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, ConnectionScopedAdmin, list_of, once, page_of
from erpsync.admin.kit.closing import AttentionFilter, ClosingActions
from erpsync.admin.kit.filters import ConnectionShopFilter, choice_filter, declared
from erpsync.admin.kit.save_case import case_file
from erpsync.admin.kit.traced import Traced
from erpsync.replay.export import StoredAnswer, may_be_saved
from integrations.connectors import channels, connector_of
from integrations.inbox.closing import DEAD_LETTERS
from integrations.inbox.refetch import try_again
from integrations.ingest.resources import kind_named, kinds
from integrations.models import Connection, InboxEvent
from orders.models import Order

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
UNKNOWN_SHOP_ADVICE = _(
    "If the shop is yours, connect it and try this again; if it is somebody else's, close this with a reason."
)
OTHER_ADVICE = _("Read the reason, put right what it names, then try again.")

MOST_RETRIED = 5000


class KindFilter(DropdownFilter):
    """Filter by kind."""

    title = _("kind")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        read = {kind for channel in channels() for kind in connector_of(channel).reads}
        # a notice that carries its snapshot is of a kind that nothing needs to read
        return [(kind, kind_label(kind)) for kind in sorted(read | kinds().keys() | {"unreadable"})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[InboxEvent]) -> QuerySet[InboxEvent]:
        return queryset.filter(kind=self.value()) if self.value() in declared(self) else queryset


def stored_answer(event: InboxEvent) -> StoredAnswer | None:
    """Return what the channel answered: of a dead letter what was kept of it, of an order what it was stored from; else None."""
    if event.answer and event.finished_at:
        kept = json.loads(event.answer)
        return StoredAnswer(event.finished_at, kept.get("row", {}), kept.get("calls", ()))
    shop = event.connection.shop if event.connection else None
    if event.kind != "order" or event.state == InboxEvent.State.DEAD or shop is None:
        return None
    order = Order.objects.filter(shop=shop, number=event.external_id).first()
    return StoredAnswer(order.asked_at, order.raw) if order else None


@admin.register(InboxEvent)
class InboxEventAdmin(Traced, ClosingActions, ConnectionScopedAdmin, BigShopAdmin):
    waiting_state = InboxEvent.State.DEAD
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
    list_filter = (
        ConnectionShopFilter,
        AttentionFilter,
        choice_filter("state", _("state")),
        KindFilter,
        "source",
    )
    list_defer = ("raw", "body", "answer")
    search_fields = ("external_id",)
    search_help_text = _("The channel's id, whole.")
    ordering = ("-id",)
    sortable_by = ()
    actions = ("retry_chosen", "close_chosen", "reopen_chosen")
    actions_list = ["retry_all"]
    actions_detail = ["dry_run", "retry_this", "close_this", "reopen_this", "save_as_case"]
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
        (_("What was said"), {"fields": ("notice", "raw_body", "channel_answer")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxEvent]:
        return (
            super()
            .get_queryset(request)
            .select_related("connection__shop", "app", "closed_by")
            .defer("app__credentials")
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[InboxEvent], search_term: str
    ) -> tuple[QuerySet[InboxEvent], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id=term) if term else queryset), False

    @display(description=_("about"), header=True)
    def thing(self, event: InboxEvent) -> list[str]:
        return words.Header([event.external_id, kind_label(event.kind)])

    @display(description=_("shop"), header=True)
    def shop_label(self, event: InboxEvent) -> list[str]:
        name = str(event.connection or _("no connected shop"))
        return words.Header([name, words.channel_title(event.app.channel)])

    @display(description=_("state"))
    def state_label(self, event: InboxEvent) -> SafeString:
        if event.state == "pending" and event.lease is not None:
            return words.label(_("In work"), "primary")
        return self.closed_mark(event, words.label(event.get_state_display(), words.EVENT_COLOURS[event.state]))

    @display(description=_("reason"))
    def reason_label(self, event: InboxEvent) -> Any:
        return words.reason(event.reason, event.reason_code)

    @display(description=_("what to do"))
    def advice(self, event: InboxEvent) -> Any:
        waits = event.state in ("dead", "pending") and event.closed_at is None
        if not waits or not (event.reason or event.reason_code):
            return "–"
        if event.reason_code == "unknown_shop":
            page = f"{list_of(Connection)}add/?app={event.app_id}"
            return format_html("{} {}", UNKNOWN_SHOP_ADVICE, words.link(page, _("Connect a shop")))
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

    @display(description=_("what the channel answered"))
    def channel_answer(self, event: InboxEvent) -> Any:
        return words.raw_json(json.loads(event.answer)) if event.answer else "–"

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
        dead = self.get_queryset(request).filter(state="dead", closed_at=None)
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
        hidden = self.closing_hidden(row) | (set() if self.is_open(row) else {"dry_run", "retry_this"})
        may_save = once(row, "may_save", lambda: may_be_saved(row.connection, row.kind))
        return hidden if may_save else hidden | {"save_as_case"}

    @action(description=_("Dry run"), icon="science", permissions=["operate"])
    def dry_run(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return DryRunView.as_view(model_admin=self)(request, event=self.found(request, object_id))

    @action(description=_("Save as a case"), icon="download", permissions=["operate"])
    def save_as_case(self, request: HttpRequest, object_id: str) -> HttpResponse:
        event = self.found(request, object_id)
        return case_file(
            request, event.connection, event.kind, event.external_id, page_of(event), stored=stored_answer(event),
            notice=event.body,
        )  # fmt: skip

    def close_rows(self, ids: Sequence[int], note: str, actor_id: int | None) -> int:
        return DEAD_LETTERS.close(ids, note=note, actor_id=actor_id)

    def reopen_rows(self, ids: Sequence[int]) -> int:
        return DEAD_LETTERS.reopen(ids)

    def try_in_earnest(self, request: HttpRequest, events: Sequence[InboxEvent]) -> None:
        """Requeue these dead letters, and report how many there were."""
        again = try_again([event.pk for event in events])
        text = ngettext("%(n)s dead letter is tried again.", "%(n)s dead letters are tried again.", again)
        messages.success(request, text % {"n": again})
        if again < len(events):
            messages.info(request, _("What is no dead letter, or is closed, was left as it is."))
