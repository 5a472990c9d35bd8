"""Decisions about a difference of money, each with a note: disputed, written off, taken back."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from commissions.services.seen import Decisions, NotDecidable, Seen
from core.conflicts import ChangedMeanwhile
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin
from erpsync.admin.kit.log_texts import said

_DECIDED = {"disputed": _("Disputed: %(note)s"), "written_off": _("Written off: %(note)s")}


class NoteForm(BaseDialogForm):
    """Dialog that says what is decided about, and asks why. What it showed comes back with the answer."""

    model: ClassVar[type[Model]]
    form_before_template = "admin/money/decided_about.html"
    seen = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(label=_("Why"), max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        page: Any = admin.site.get_model_admin(self.model)
        self._row = page.found(request, object_id)
        self._shown = page.decisions.shown(self._row)
        self.fields["seen"].initial = str(self._shown)

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        amount = words.money(self._shown.amount, self._row.currency)
        return {"state": self._row.get_state_display(), "amount": amount}


class DecidedAdmin(BigShopAdmin):
    """Admin of a model about which is decided. A subclass gives `dispute` and `write_off` their explanations."""

    decisions: Decisions
    nothing_to_decide: ClassVar[Any]

    @action(
        description=_("Take the decision back"), icon="undo", permissions=["operate"],
        dialog={
            "title": _("Take the decision back"), "form_submit_text": _("Take the decision back"), "form_class": BaseDialogForm,
            "description": _("Its state is again what both sides say."),
        },
    )  # fmt: skip
    def reopen(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        row = self.found(request, object_id)
        self.decisions.reopen(row.pk)
        self.log_rows(request, [row], _("Decision taken back"))
        return self.to_page(row)

    def decide(self, request: HttpRequest, form: NoteForm, object_id: str, state: str) -> HttpResponse:
        """Store a decision and log it; say so where the row changed since the dialog opened, or nothing is left to decide."""
        row, note = self.found(request, object_id), form.cleaned_data["note"].strip()
        try:
            seen = Seen.of(form.cleaned_data["seen"])
            self.decisions.decide(row.pk, state, seen=seen, note=note, actor_id=request.user.pk)
        except ChangedMeanwhile:
            messages.warning(request, _("It changed meanwhile, so nothing is stored. Look at it again, then decide."))
        except NotDecidable:
            messages.info(request, self.nothing_to_decide)
        else:
            self.log_rows(request, [row], said(_DECIDED[state], note=note))
        return self.to_page(row)


def dispute_action(model: type[Model], explanation: Any) -> Any:
    """Return the button that marks a row as disputed."""

    @_asking_why(model, _("Dispute"), "gavel", explanation)
    def dispute(self: DecidedAdmin, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        return self.decide(request, form, object_id, "disputed")

    return dispute


def write_off_action(model: type[Model], explanation: Any) -> Any:
    """Return the button that writes a row off."""

    @_asking_why(model, _("Write off"), "money_off", explanation)
    def write_off(self: DecidedAdmin, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        return self.decide(request, form, object_id, "written_off")

    return write_off


def _asking_why(model: type[Model], title: Any, icon: str, explanation: Any) -> Any:
    form = type("NoteForm", (NoteForm,), {"model": model})
    dialog = {"title": title, "form_submit_text": title, "form_class": form, "description": explanation}
    return action(description=title, icon=icon, permissions=["operate"], dialog=dialog)
