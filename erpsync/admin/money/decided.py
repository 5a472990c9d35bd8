"""What a person decides about a difference of money, with a note: disputed, written off, taken back."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from commissions.services.matching import Decisions, NotDecidable
from erpsync.admin.kit.base import BigShopAdmin
from erpsync.admin.kit.log_texts import said

_DECIDED = {"disputed": _("Disputed: %(note)s"), "written_off": _("Written off: %(note)s")}


class NoteForm(BaseDialogForm):
    """Dialog that asks why."""

    note = forms.CharField(label=_("Why"), max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


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
        """Store a decision and log it; say so where there is nothing to decide."""
        row, note = self.found(request, object_id), form.cleaned_data["note"].strip()
        try:
            self.decisions.decide(row.pk, state, note=note, actor_id=request.user.pk)
        except NotDecidable:
            messages.info(request, self.nothing_to_decide)
        else:
            self.log_rows(request, [row], said(_DECIDED[state], note=note))
        return self.to_page(row)


def dispute_action(explanation: Any) -> Any:
    """Return the button that marks a row as disputed."""

    @_asking_why(_("Dispute"), "gavel", explanation)
    def dispute(self: DecidedAdmin, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        return self.decide(request, form, object_id, "disputed")

    return dispute


def write_off_action(explanation: Any) -> Any:
    """Return the button that writes a row off."""

    @_asking_why(_("Write off"), "money_off", explanation)
    def write_off(self: DecidedAdmin, request: HttpRequest, form: NoteForm, object_id: str) -> HttpResponse:
        return self.decide(request, form, object_id, "written_off")

    return write_off


def _asking_why(title: Any, icon: str, explanation: Any) -> Any:
    dialog = {"title": title, "form_submit_text": title, "form_class": NoteForm, "description": explanation}
    return action(description=title, icon=icon, permissions=["operate"], dialog=dialog)
