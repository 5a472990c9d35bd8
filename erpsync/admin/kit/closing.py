"""Closing rows for a reason: one on its page, many from the list, and opening them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, list_of
from erpsync.admin.kit.close_page import ATTENTION, MOST, CloseForm, CloseView
from erpsync.admin.kit.log_texts import said

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object


class AttentionFilter(DropdownFilter):
    """Filter: waits for a person, or closed."""

    title = _("attention")
    parameter_name = ATTENTION

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Waits for a person")), ("closed", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.filter(closed_at__isnull=True, state=self.model_admin.waiting_state)
            case "closed":
                return queryset.filter(closed_at__isnull=False, state=self.model_admin.waiting_state)
        return queryset

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.model_admin = model_admin
        super().__init__(request, params, model, model_admin)


class ClosingActions(_Base):
    """Actions of a model with the columns of `Closable`, whose rows in `waiting_state` wait for a person until closed."""

    waiting_state: ClassVar[str]

    def close_rows(self, ids: Sequence[int], note: str, actor_id: int | None) -> int:
        """Close these rows and return how many were open."""
        raise NotImplementedError

    def reopen_rows(self, ids: Sequence[int]) -> int:
        """Open these rows again and return how many were closed."""
        raise NotImplementedError

    def is_open(self, row: Any) -> bool:
        return bool(row.state == self.waiting_state and row.closed_at is None)

    def closing_hidden(self, row: Any) -> set[str]:
        """Return those of the two buttons that do not apply to a row."""
        if row.state != self.waiting_state:
            return {"close_this", "reopen_this"}
        return {"reopen_this"} if row.closed_at is None else {"close_this"}

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_close"
        return (("close/", name, CloseView.as_view(model_admin=self)),)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        if obj is None or obj.closed_at is None:
            return shown
        return [*shown, (_("Closed"), {"fields": (("closed_by_label", "closed_at"), "close_reason")})]

    @display(description=_("closed by"))
    def closed_by_label(self, row: Any) -> str:
        return str(row.closed_by) if row.closed_by else str(_("the hub"))

    @display(description=_("why it was closed"))
    def close_reason(self, row: Any) -> str:
        return row.close_note or str(_("Another one like it succeeded later."))

    def closed_mark(self, row: Any, mark: SafeString) -> SafeString:
        """Return the label of a row's state, and, where it is closed, that it is."""
        return words.lines([mark, words.label(_("Closed"))]) if row.closed_at else mark

    def close_for(self, request: HttpRequest, rows: Collection[Any], note: str) -> None:
        """Close rows that the user may close, log each, and report how many."""
        note = note.strip()
        closed = self.close_rows([row.pk for row in rows], note, request.user.pk)
        self.log_rows(request, list(rows), said(_("Closed: %(note)s"), note=note))
        text = ngettext("%(n)s row is closed.", "%(n)s rows are closed.", closed) % {"n": closed}
        (messages.success if closed else messages.info)(request, text)

    def reopen_for(self, request: HttpRequest, rows: Collection[Any]) -> None:
        """Open rows again, log each, and report how many."""
        chosen = [row for row in rows if row.closed_at is not None]
        opened = self.reopen_rows([row.pk for row in chosen])
        self.log_rows(request, chosen, _("Opened again"))
        text = ngettext("%(n)s row is open again.", "%(n)s rows are open again.", opened) % {"n": opened}
        (messages.success if opened else messages.info)(request, text)

    @admin.action(description=_("Close with a reason"), permissions=["operate"])
    def close_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        rows = [row for row in self.permitted(request, queryset) if self.is_open(row)]
        if not rows:
            messages.info(request, _("Nothing was open among the chosen ones."))
            return None
        if len(rows) > MOST:
            return self.refuse_many(request, MOST)
        return HttpResponseRedirect(f"{list_of(self.model)}close/?ids={','.join(str(row.pk) for row in rows)}")

    @admin.action(description=_("Open again"), permissions=["operate"])
    def reopen_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.reopen_for(request, self.permitted(request, queryset))

    @action(
        description=_("Close with a reason"), icon="task_alt", permissions=["operate"],
        dialog={
            "title": _("Close with a reason"), "form_submit_text": _("Close with a reason"), "form_class": CloseForm,
            "description": _("It is not tried again and waits for nobody any more. It stays here, and can be opened again."),
        },
    )  # fmt: skip
    def close_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        self.close_for(request, [row], form.cleaned_data["note"])
        return self.to_page(row)

    @action(
        description=_("Open again"), icon="undo", permissions=["operate"],
        dialog={
            "title": _("Open again"), "form_submit_text": _("Open again"),
            "description": _("It waits for a person again, and can be tried again."),
        },
    )  # fmt: skip
    def reopen_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        self.reopen_for(request, [row])
        return self.to_page(row)
