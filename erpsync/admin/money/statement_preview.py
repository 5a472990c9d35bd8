"""Dry-run page of an upload: what each file says, what its import would change, and after the import what it changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from commissions.models import StatementFile, StatementLine
from commissions.services.statement_files import Comparison
from commissions.snapshots import StatementLineSnapshot
from core.reasons import Reason
from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.views import AdminView
from erpsync.admin.money.statement_words import STATE_COLOURS, TOTALS, kind_title, line_kind
from integrations.statements.examining import Examined
from integrations.statements.importing import import_upload, preview

State = StatementFile.State
MOST_ORDERS = 100
_RANK = {"changed": 0, "new": 1, "same": 2}
CHANGES = {
    "changed": (_("Changed"), "warning"), "new": (_("New"), "success"), "same": (_("Here already"), "default"),
}  # fmt: skip


class PreviewView(AdminView):
    """Page of an upload with a button that imports it. Its files are seen by members of their shop, imported by operators."""

    title = _("Import a statement")
    template_name = "admin/statements/preview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shop = self._shop()
        found = preview(self.kwargs["upload"], visible=permissions.shop_ids(self.request))
        files = [shown(file, examined) for file, examined in found]
        is_ready = all(examined is not None and not examined.problems for _file, examined in found)
        brings = any(file["counts"]["new"] or file["counts"]["changed"] for file in files)
        return super().get_context_data(
            **kwargs,
            shop=shop,
            channel=words.channel_title(shop.channel),
            files=files,
            is_ready=is_ready and permissions.may(self.request, shop.pk, permissions.OPERATOR),
            is_held=any(file["is_refused"] for file in files),
            is_imported=all(file["is_imported"] for file in files),
            brings=brings,
            again=f"{reverse('admin:commissions_statementfile_import')}?shop={shop.pk}",
            back=list_of(StatementLine),
            opts=StatementFile._meta,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        shop = self._shop()
        if not permissions.may(request, shop.pk, permissions.OPERATOR):
            raise Http404
        actor: Any = request.user
        if import_upload(self.kwargs["upload"], actor=actor, visible=permissions.shop_ids(request)):
            messages.success(request, _("The statement is imported."))
        else:
            messages.error(request, _("Nothing was imported: what came meanwhile changed the check. See below."))
        return HttpResponseRedirect(request.get_full_path())

    def _shop(self) -> Any:
        """Return the shop of the upload. Raises Http404 for one that the user may not see."""
        file = StatementFile.objects.filter(upload=self.kwargs["upload"]).select_related("shop").first()
        if file is None or not permissions.may(self.request, file.shop_id, permissions.VIEWER):
            raise Http404
        return file.shop


def shown(file: StatementFile, examined: Examined | None) -> dict[str, Any]:
    """Return what the page shows of a file: as it is checked now, else as it was stored."""
    comparison = examined.comparison if examined else None
    problems = [str(Reason.from_json(reason)) for reason in file.problems]
    warnings = [str(Reason.from_json(reason)) for reason in file.warnings]
    if examined:
        problems = [str(problem) for problem in examined.problems]
    orders = _orders(comparison, file.shop.currency) if comparison and not problems else []
    return {
        "row": file,
        "url": page_of(file),
        "kind": kind_title(file),
        "mark": words.label(file.get_state_display(), STATE_COLOURS[file.state]),
        "is_refused": file.state == State.REFUSED or bool(problems),
        "is_imported": file.state == State.IMPORTED,
        "has_lines": file.state == State.IMPORTED and file.new_lines + file.changed_lines > 0,
        "is_gone": file.state == State.CHECKED and examined is None,
        "problems": problems,
        "warnings": warnings,
        "totals": totals(file),
        "counts": _counts(file, comparison),
        "orders": orders[:MOST_ORDERS],
        "more": max(len(orders) - MOST_ORDERS, 0),
        "lines_url": f"{list_of(StatementLine)}?file__id__exact={file.pk}",
    }


def totals(file: StatementFile) -> list[tuple[Any, str]]:
    """Return (name, amount) of the file's own sums."""
    currency = file.shop.currency
    return [(TOTALS.get(name, name), words.money(Decimal(amount), currency)) for name, amount in file.totals.items()]


def _counts(file: StatementFile, comparison: Comparison | None) -> dict[str, int]:
    if comparison is None:
        return {"new": file.new_lines, "changed": file.changed_lines, "same": file.same_lines}
    return {"new": len(comparison.new), "changed": len(comparison.changed), "same": len(comparison.same)}


def _orders(found: Comparison, currency: str) -> list[dict[str, Any]]:
    """Return the orders of a file with their lines, those that change first."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    before: Mapping[str, Decimal] = {
        change.line.external_id: change.before.amount for change in found.changed if change.line and change.before
    }
    changed = [change.line for change in found.changed if change.line]
    for line in (*changed, *found.new, *found.same):
        lines[line.order_number].append(_line(line, before.get(line.external_id), currency))
        sums[line.order_number] += line.amount
    states = found.state_of()
    rows = [
        {
            "number": number,
            "sum": words.money(sums[number], currency),
            "n": len(lines[number]),
            "state": states[number],
            "mark": words.label(*CHANGES[states[number]]),
            "lines": lines[number],
        }
        for number in lines
    ]
    return sorted(rows, key=_by_state)


def _by_state(row: Mapping[str, Any]) -> tuple[int, bool, str]:
    return (_RANK[row["state"]], row["number"] == "", row["number"])


def _line(line: StatementLineSnapshot, before: Decimal | None, currency: str) -> dict[str, Any]:
    heading = str(line.raw.get("heading") or line.fee)
    return {
        "fee": heading,
        "kind": line_kind(line.kind),
        "amount": words.money(line.amount, currency),
        "before": "" if before is None else words.money(before, currency),
    }
