"""Pages of rate tables: the list, an upload with its dry run, and the download of a version."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from commissions.models import CommissionRule, FeeCategory, RateTable
from commissions.services import rate_tables
from commissions.services.rate_tables import Change, NameTaken, Outdated, Row
from erpsync import permissions
from erpsync.admin.kit.base import list_of
from erpsync.admin.kit.file_input import FileInput
from erpsync.admin.kit.views import AdminView
from erpsync.admin.kit.words import channel_title
from erpsync.admin.money import rule_words
from erpsync.admin.money.rate_files import RateFile, rates_as_workbook, read_rates

SALT = "erpsync.rate-table"
MOST_CHANGES = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RatesForm(forms.Form):
    """Channel, name and file of a table."""

    channel = forms.ChoiceField(label=_("Channel"), widget=UnfoldAdminSelectWidget)
    name = forms.SlugField(
        label=_("Name of the table"), max_length=80, widget=UnfoldAdminTextInputWidget,
        help_text=_("Small letters, digits, hyphens. The same name again makes the next version."),
    )  # fmt: skip
    source = forms.CharField(
        label=_("Source"), max_length=200, widget=UnfoldAdminTextInputWidget, help_text=_("Where the rates are written."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("File"), widget=FileInput(),
        help_text=_(
            "Workbook or CSV with the columns category, title, rate, and parent if you like; the row * is for all other categories."
        ),
    )  # fmt: skip

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["channel"]
        field.choices = [(channel, channel_title(channel)) for channel in permissions.channels(request)]


class RatesView(AdminView):
    """Rate tables of the user's channels, the versions of each below one another."""

    title = _("Rate tables")
    template_name = "admin/rules/rates.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = RateTable.objects.filter(channel__in=permissions.channels(self.request)).select_related("created_by")
        tables = [(table, channel_title(table.channel), len(table.rates)) for table in found]
        return super().get_context_data(
            **kwargs, tables=tables, may_upload=permissions.may_change_rules(self.request, None),
            back=list_of(CommissionRule), opts=CommissionRule._meta,
        )  # fmt: skip


class RatesUploadView(AdminView):
    """Upload of a version: the file is read, what it would change is shown, and confirming stores it."""

    title = _("Upload a rate table")
    template_name = "admin/rules/rates_upload.html"

    def has_permission(self) -> bool:
        return permissions.may_change_rules(self.request, None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or RatesForm(self.request, initial=self.request.GET.dict())
        back = reverse("admin:commissions_commissionrule_rates")
        return super().get_context_data(**kwargs, form=form, back=back, opts=CommissionRule._meta)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "confirmed" in request.POST:
            return self._store(request.POST["confirmed"])
        form = RatesForm(request, request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        data = form.cleaned_data
        try:
            before = rate_tables.newest(data["channel"], data["name"])
        except NameTaken:
            form.add_error("name", _("A table of another channel has this name."))
            return self.render_to_response(self.get_context_data(form=form))
        found = read_rates(data["file"].read())
        return self.render_to_response(self.get_context_data(form=form, **self._dry_run(data, before, found)))

    def _dry_run(self, data: dict[str, Any], before: RateTable | None, found: RateFile) -> dict[str, Any]:
        changes = rate_tables.changes(before, found.rows, found.default)
        values = {
            "channel": data["channel"], "name": data["name"], "source": data["source"], "before": before.pk if before else None,
            "rows": [(row.category, str(row.rate), row.title, row.parent) for row in found.rows],
            "default": None if found.default is None else str(found.default),
        }  # fmt: skip
        return {
            "found": found,
            "n": len(found.rows),
            "before": before,
            "changes": shown(changes[:MOST_CHANGES], {row.category: row.title for row in found.rows}, data["channel"]),
            "more": max(len(changes) - MOST_CHANGES, 0),
            "is_same": not changes,
            "confirmed": "" if found.problems or not changes else signing.dumps(values, salt=SALT, compress=True),
        }

    def _store(self, signed: str) -> HttpResponse:
        try:
            values = signing.loads(signed, salt=SALT, max_age=3600)
        except signing.BadSignature as error:
            raise Http404 from error
        if values["channel"] not in permissions.channels(self.request):
            raise Http404
        rows = [Row(category, Decimal(rate), title, parent) for category, rate, title, parent in values["rows"]]
        try:
            table = rate_tables.add_version(
                values["channel"], values["name"], rows, None if values["default"] is None else Decimal(values["default"]),
                after=values["before"], actor_id=self.request.user.pk,
                source={"name": values["source"], "date": rule_words.today().isoformat(), "mark": "own"},
            )  # fmt: skip
        except (NameTaken, Outdated):
            messages.error(self.request, _("Somebody else stored a version meanwhile. Upload the file again."))
            return HttpResponseRedirect(self.request.get_full_path())
        text = gettext(
            "%(table)s is stored. Rules go on by the version that they name: choose this one in a new version of the rule."
        )
        messages.success(self.request, text % {"table": table.reference})
        return HttpResponseRedirect(reverse("admin:commissions_commissionrule_rates"))


def shown(changes: Sequence[Change], titles: dict[str, str], channel: str) -> list[tuple[Any, str, str]]:
    """Return (category, before, after) in words."""
    codes = [change.category for change in changes]
    stored = FeeCategory.objects.filter(channel=channel, code__in=codes).exclude(title="")
    names = dict(stored.values_list("code", "title")) | {code: title for code, title in titles.items() if title}

    def rate(value: Decimal | None) -> str:
        return "–" if value is None else rule_words.rate_text(value.normalize())

    return [
        (
            f"{change.category} {names.get(change.category, '')}".strip() or _("all other categories"),
            rate(change.before),
            rate(change.after),
        )
        for change in changes
    ]


def download(request: HttpRequest, table_id: int, **_theme: Any) -> HttpResponse:
    """Answer with a version as a workbook."""
    table = RateTable.objects.filter(pk=table_id, channel__in=permissions.channels(request)).first()
    if table is None:
        raise Http404
    name = f"{table.name}-{table.version}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(rates_as_workbook(table), content_type=XLSX, headers=headers)
