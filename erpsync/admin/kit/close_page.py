"""Page and dialog that close rows for a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.views import OperatorView
from integrations.models import LONGEST_NOTE

# name of the filter by what waits for a person
ATTENTION = "attention"
SHOWN = 20
# so many are chosen in a list at most
MOST = 300


def _note() -> forms.CharField:
    return forms.CharField(
        label=_("Why nothing more is to be done"), max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Kept with your name; whoever looks at it later reads this."),
    )  # fmt: skip


class CloseForm(BaseDialogForm):
    """Dialog that asks for the reason."""

    note = _note()


class ManyForm(forms.Form):
    """Form on the page that closes many."""

    note = _note()


class CloseView(OperatorView):
    """Page with the chosen rows and one reason for all of them."""

    title = _("Close with a reason")
    template_name = "admin/close.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self._rows()
        page = {"n": len(rows), "rows": rows[:SHOWN], "more": max(len(rows) - SHOWN, 0), "back": self._back()}
        return super().get_context_data(**{"form": ManyForm()} | page | kwargs, opts=self.model_admin.opts)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ManyForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        self.model_admin.close_for(request, self._rows(), form.cleaned_data["note"])
        return HttpResponseRedirect(self._back())

    def _back(self) -> str:
        return f"{list_of(self.model_admin.model)}?{ATTENTION}=yes"

    def _rows(self) -> list[Any]:
        """Return the chosen rows that are open and that the user may close."""
        ids = [int(value) for value in self.request.GET.get("ids", "").split(",")[:MOST] if value.isdecimal()]
        queryset = self.model_admin.get_queryset(self.request).filter(pk__in=ids)
        may = self.model_admin.may_operate
        return [row for row in queryset if self.model_admin.is_open(row) and may(self.request, row)]
