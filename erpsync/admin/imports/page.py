"""Pages of imports: the upload with its dry run, and the template. They hang on the list whose rows they change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.conflicts import ChangedMeanwhile
from core.transactions import in_transaction
from erpsync import permissions
from erpsync.admin.imports.changes import Kind, Outcome
from erpsync.admin.imports.kinds import KINDS
from erpsync.admin.imports.reading import Line, NotATable, read_lines
from erpsync.admin.kit.base import Head, ShopAdmin, list_of
from erpsync.admin.kit.file_input import FileInput
from erpsync.admin.kit.log_texts import said
from erpsync.exports.writers import CONTENT_TYPES, as_workbook

SALT = "erpsync.import"
_LOOK_AGAIN = _("Something changed meanwhile. Nothing is stored: look at the changes again.")
_TICK = _("Nothing is stored: tick the box if the marked prices are right.")
_LOGGED = _("%(kind)s: %(before)s → %(after)s")
MOST_SHOWN, VALID_SECONDS = 200, 3600


class UploadForm(forms.Form):
    """The file, CSV or workbook."""

    file = forms.FileField(
        label=_("File"),
        widget=FileInput({"accept": ".csv,.xlsx"}),
        help_text=_("Excel (.xlsx) or CSV. Nothing is stored before you have seen every change."),
    )


class ImportsList(ShopAdmin):
    """List whose rows can be changed by a spreadsheet. `import_names`: which of `KINDS`."""

    import_names: ClassVar[tuple[str, ...]]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = (
            ("import/<str:kind_name>/", self.import_view, f"{name}_import"),
            ("import/<str:kind_name>/template/", self.template_view, f"{name}_import_template"),
        )
        mine = [path(route, self.admin_site.admin_view(view), name=name) for route, view, name in pages]
        return [*mine, *super().get_urls()]

    def list_head(self, request: HttpRequest) -> list[Head]:
        links = [
            (self._page(name), KINDS[name].title)
            for name in self.import_names
            if permissions.shop_ids(request, KINDS[name].role)
        ]
        return [Head("admin/imports/links.html", {"import_links": links}), *super().list_head(request)]

    def _page(self, name: str, page: str = "import") -> str:
        return _address(self.model, name, page)

    def _kind(self, request: HttpRequest, name: str) -> Kind:
        if name not in self.import_names:
            raise Http404
        if not permissions.shop_ids(request, KINDS[name].role):
            raise PermissionDenied
        return KINDS[name]

    def template_view(self, request: HttpRequest, kind_name: str) -> HttpResponseBase:
        """An empty workbook with the columns' names."""
        columns = self._kind(request, kind_name).columns
        with as_workbook([str(title) for title in columns.values()], []) as file:
            headers = {"Content-Disposition": f'attachment; filename="{kind_name}.xlsx"'}
            return HttpResponse(file.read(), content_type=CONTENT_TYPES["xlsx"], headers=headers)

    def import_view(self, request: HttpRequest, kind_name: str) -> HttpResponseBase:
        """Upload, dry run, and on confirmation all changes in one transaction."""
        kind = self._kind(request, kind_name)
        if "confirmed" in request.POST:
            return self._confirm(request, kind_name, kind)
        form = UploadForm(request.POST or None, request.FILES or None)
        shown: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            try:
                lines = read_lines(form.cleaned_data["file"].read(), kind.columns, kind.needed)
            except NotATable as refused:
                form.add_error("file", str(refused))
            else:
                shown = dry_run(request, kind_name, lines)
        return self._page_of(request, kind_name, kind, form, shown)

    def _page_of(
        self, request: HttpRequest, name: str, kind: Kind, form: UploadForm, shown: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "title": kind.title, "opts": self.opts, "form": form,
            "help_text": kind.help_text, "template": self._page(name, "import_template"), "back": list_of(kind.model),
            "columns": [str(title) for title in kind.columns.values()], **shown,
        }  # fmt: skip
        return TemplateResponse(request, "admin/imports/upload.html", context)

    def _confirm(self, request: HttpRequest, name: str, kind: Kind) -> HttpResponse:
        try:
            signed = signing.loads(request.POST["confirmed"], salt=SALT, max_age=VALID_SECONDS)
        except signing.BadSignature as error:
            raise Http404 from error
        if (signed["kind"], signed["user"]) != (name, request.user.pk):
            raise Http404
        lines = [Line(number, values) for number, values in signed["lines"]]
        try:
            outcome, refusal = self._store(request, kind, lines, signed["outcome"], looked="looked" in request.POST)
        except ChangedMeanwhile:
            outcome, refusal = in_transaction(kind.check)(request, lines), _LOOK_AGAIN
        if refusal:
            messages.warning(request, refusal)
            return self._page_of(request, name, kind, UploadForm(), _shown(request, name, lines, outcome))
        done = ngettext("%(n)s row is stored.", "%(n)s rows are stored.", len(outcome.changes))
        messages.success(request, done % {"n": len(outcome.changes)})
        return HttpResponseRedirect(list_of(kind.model))

    @in_transaction
    def _store(
        self, request: HttpRequest, kind: Kind, lines: Sequence[Line], seen: str, *, looked: bool
    ) -> tuple[Outcome, Any]:
        """Check the rows and store their changes; return the outcome, and why nothing is stored. `seen`: what was confirmed.
        Raises ChangedMeanwhile, with nothing stored."""
        outcome = kind.check(request, lines)
        if outcome.wrong or _digest(outcome) != seen:
            return outcome, _LOOK_AGAIN
        if outcome.asks and not looked:
            return outcome, _TICK
        kind.store(outcome.changes)
        self._log(request, kind, outcome)
        return outcome, ""

    def _log(self, request: HttpRequest, kind: Kind, outcome: Outcome) -> None:
        rows: Any = kind.model._default_manager.filter(pk__in=[change.pk for change in outcome.changes])
        actor: Any = request.user.pk
        content_type = ContentType.objects.get_for_model(kind.model)
        texts = {
            change.pk: json.dumps(said(_LOGGED, kind=[kind.title], before=change.before, after=change.after))
            for change in outcome.changes
        }
        LogEntry.objects.bulk_create(
            LogEntry(
                user_id=actor, content_type=content_type, object_id=str(row.pk), object_repr=str(row)[:200],
                action_flag=CHANGE, change_message=texts[row.pk],
            )
            for row in rows.iterator(chunk_size=1_000)
        )  # fmt: skip


def _address(model: type[Model], name: str, page: str = "import") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=(name,))


def _digest(outcome: Outcome) -> str:
    """Return what stands for these changes: another one when anything about them is another."""
    return hashlib.sha256(repr(outcome.changes).encode()).hexdigest()


def dry_run(request: HttpRequest, name: str, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the template context that shows what rows would do, and confirms it."""
    return _shown(request, name, lines, in_transaction(KINDS[name].check)(request, lines))


def _shown(request: HttpRequest, name: str, lines: Sequence[Line], outcome: Outcome) -> dict[str, Any]:
    kind = KINDS[name]
    changing = {change.number for change in outcome.changes}
    signed = {
        "kind": name, "user": request.user.pk, "outcome": _digest(outcome),
        "lines": [(line.number, line.values) for line in lines if line.number in changing],
    }  # fmt: skip
    shown = sorted(outcome.changes, key=lambda change: (not change.questions, change.number))
    return {
        "outcome": outcome,
        "confirm_url": _address(kind.model, name),
        "changed": len(outcome.changes),
        "wrong": outcome.wrong[:MOST_SHOWN],
        "more_wrong": max(len(outcome.wrong) - MOST_SHOWN, 0),
        "changes": shown[:MOST_SHOWN],
        "more": max(len(shown) - MOST_SHOWN, 0),
        "asked": len(outcome.asks),
        "confirmed": "" if outcome.wrong or not outcome.changes else signing.dumps(signed, salt=SALT, compress=True),
    }
