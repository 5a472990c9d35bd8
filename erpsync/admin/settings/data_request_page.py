"""Page on which a person is found, their data handed out, or erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.views import AdminView
from erpsync.models import DataRequest
from erpsync.subjects import requests
from erpsync.subjects.erase import open_orders, preview
from erpsync.subjects.export import archive, rows_by_table
from erpsync.subjects.find import Found, Terms, find
from erpsync.subjects.registry import HOLDS


def named(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by what a row of the table is, for people."""
    return {str(HOLDS.get(table, table)): number for table, number in counts.items()}


class TermsForm(forms.Form):
    """Form of the search terms."""

    phone = forms.CharField(
        label=_("telephone"),
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("In any form, whole."),
    )
    email = forms.EmailField(label=_("e-mail"), required=False, widget=UnfoldAdminTextInputWidget)
    buyer = forms.CharField(
        label=_("buyer's id or code"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget,
        help_text=_("At a channel, the POS or the CRM."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.terms(cleaned).is_sound:
            raise forms.ValidationError(
                gettext("Give a whole telephone number, an e-mail address or a buyer's id: none with stars.")
            )
        return cleaned

    def terms(self, cleaned: Mapping[str, Any] | None = None) -> Terms:
        values = self.cleaned_data if cleaned is None else cleaned
        return Terms(values.get("phone", ""), values.get("email", ""), values.get("buyer", ""))


class FindView(AdminView):
    """Find, then hand out or erase. All by POST: a telephone number stands in no address and no log."""

    title = _("Find a person")
    template_name = "admin/data_requests/find.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", TermsForm())
        return super().get_context_data(**kwargs, opts=DataRequest._meta, back=list_of(DataRequest))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = TermsForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        terms, verb = form.terms(), request.POST.get("verb")
        reason = request.POST.get("reason", "").strip()
        if verb in ("export", "erase") and not reason:
            messages.error(request, gettext("Nothing was done: say who asked, and how."))
        elif verb == "export":
            return self._export(terms, reason)
        elif verb == "erase" and (answer := self._erase(terms, reason)):
            return answer
        return self.render_to_response(self.get_context_data(form=form, **self._found(terms), reason=reason))

    def _shops(self) -> list[int] | None:
        """Return the shops whose data the user sees here: of managers theirs, None for all."""
        access = permissions.access_of(self.request)
        return None if access.everything else access.shop_ids(permissions.MANAGER)

    def _found(self, terms: Terms) -> dict[str, Any]:
        shops = self._shops()
        found = find(terms, shops=shops)
        return {
            "searched": True,
            "counts": [(name, words.units(n)) for name, n in named(preview(found, shops=shops)).items()],
            "open_orders": open_orders(found) if found else 0,
            "may_erase": bool(found) and self._may_erase(found if shops is None else find(terms)),
        }

    def _may_erase(self, found: Found) -> bool:
        return permissions.may_erase(self.request, found.shops)

    def _export(self, terms: Terms, reason: str) -> HttpResponse:
        shops = self._shops()
        rows = rows_by_table(find(terms, shops=shops), shops=shops)
        with transaction.atomic():
            row = requests.note_export(
                {table: len(found) for table, found in rows.items()},
                reason=reason,
                user_id=self.request.user.pk,
                shops=shops,
            )
            self.model_admin.log_addition(self.request, row, _("A person's data were handed out"))
        answer = HttpResponse(archive(rows), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="data-{row.pk}.zip"'
        answer["Cache-Control"] = "no-store"
        return answer

    def _erase(self, terms: Terms, reason: str) -> HttpResponse | None:
        """Keep the request for the job; None, with a message, where it may not be."""
        request, found = self.request, find(terms)
        if not self._may_erase(found):
            messages.error(
                request,
                gettext("Nothing was done: this person is not yours to erase."),
            )
        elif request.POST.get("confirmed") != "yes":
            messages.error(request, gettext("Nothing was done: confirm that it cannot be undone."))
        elif open_orders(found):
            messages.error(request, gettext("Nothing was done: an order of this person is not over."))
        else:
            with transaction.atomic():
                row = requests.ask_erasure(terms, reason=reason, user_id=request.user.pk)
                self.model_admin.log_addition(request, row, _("The erasure of a person was asked for"))
            transaction.on_commit(requests.wake)
            messages.success(request, gettext("The person is being erased. This page says when it is done."))
            return HttpResponseRedirect(page_of(row))
        return None
