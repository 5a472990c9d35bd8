"""Statement files that people uploaded: what each was, who imported it, and what came of it. Read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from commissions.models import StatementFile, StatementLine
from core.reasons import Reason
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin, list_of
from erpsync.admin.kit.filters import shop_filter
from erpsync.admin.money.statement_preview import PreviewView, totals
from erpsync.admin.money.statement_upload import UploadView
from erpsync.admin.money.statement_words import STATE_COLOURS, kind_title


@admin.register(StatementFile)
class StatementFileAdmin(ShopAdmin):
    """Admin of statement files with the pages that import them."""

    list_display = ("file", "shop_label", "days", "state_label", "brought", "uploaded_at", "uploaded_by")
    list_filter = (shop_filter("shop_id"), "state")
    list_select_related = ("shop", "uploaded_by")
    list_defer = ("content",)
    search_fields = ("name",)
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ["import_files"]
    empty_text = _("No statement was imported from a file yet. Download one in the seller centre and import it here.")
    fieldsets = (
        (None, {"fields": (
            ("file", "shop"), ("state_label", "days"), ("shop_name", "codes"), "problem_list", "warning_list", "own_totals",
            ("rows", "brought"), "lines_link", ("uploaded_by", "uploaded_at"), ("imported_by", "imported_at"),
            ("size", "sha256"),
        )}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementFile]:
        # the bytes are nobody's business on a page
        return super().get_queryset(request).defer("content")

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("import/", "commissions_statementfile_import", UploadView.as_view(model_admin=self)),
            ("upload/<uuid:upload>/", "commissions_statementfile_upload", PreviewView.as_view(model_admin=self)),
        )

    @action(description=_("Import a statement"), icon="upload_file", permissions=["operate"], url_path="new-import")
    def import_files(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:commissions_statementfile_import"))

    # --- columns ---

    @display(description=_("file"), header=True)
    def file(self, file: StatementFile) -> list[str]:
        return words.Header([file.name, str(kind_title(file))])

    @display(description=_("shop"), header=True)
    def shop_label(self, file: StatementFile) -> list[str]:
        return words.Header([file.shop.name, words.channel_title(file.shop.channel)])

    @display(description=_("days"))
    def days(self, file: StatementFile) -> str:
        ends = (file.first_day, file.last_day)
        return " – ".join(date_format(day, "SHORT_DATE_FORMAT") for day in ends if day) or "–"

    @display(description=_("state"))
    def state_label(self, file: StatementFile) -> SafeString:
        return words.label(file.get_state_display(), STATE_COLOURS[file.state])

    @display(description=_("new / changed / here already"))
    def brought(self, file: StatementFile) -> str:
        return f"{file.new_lines} / {file.changed_lines} / {file.same_lines}"

    @display(description=_("tax codes"))
    def codes(self, file: StatementFile) -> str:
        return ", ".join(file.tax_codes) or "–"

    @display(description=_("problems"))
    def problem_list(self, file: StatementFile) -> SafeString | str:
        return _listed(file.problems)

    @display(description=_("warnings"))
    def warning_list(self, file: StatementFile) -> SafeString | str:
        return _listed(file.warnings)

    @display(description=_("totals"))
    def own_totals(self, file: StatementFile) -> SafeString | str:
        return format_html_join("", "<div>{}: {}</div>", totals(file)) or "–"

    @display(description=_("statement lines"))
    def lines_link(self, file: StatementFile) -> Any:
        if file.state == StatementFile.State.IMPORTED:
            return words.link(f"{list_of(StatementLine)}?file__id__exact={file.pk}", _("Lines of this file"))
        page = reverse("admin:commissions_statementfile_upload", args=(file.upload,))
        return words.link(page, _("Check of this upload"))


def _listed(reasons: list[Any]) -> SafeString | str:
    """Return stored reasons one below the other, in the reader's language."""
    found = [(str(Reason.from_json(reason)),) for reason in reasons]
    return format_html_join("", '<div class="mb-2">{}</div>', found) or "–"
