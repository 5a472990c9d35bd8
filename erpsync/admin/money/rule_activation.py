"""Activation of a version: the difference first, then from its day; and how far the orders since then are accrued again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commissions.models import CommissionRule
from commissions.rules.problems import Malformed
from commissions.services import activation, trials
from commissions.services.activation import NotActivated, Obstacles
from erpsync import permissions
from erpsync.admin.kit.base import page_of
from erpsync.admin.money import rule_words
from erpsync.admin.money.rule_trial import RuleView, shop_ids_of, shown
from integrations.work import wakeups

NOT_ACTIVATED = {
    "state": _("This version was active before, or is withdrawn."),
    "starts": _("Another version of this rule starts on the same day. Give this one another day."),
}


class ActivateView(RuleView):
    """Dry run with a button that activates. Only for those who may change the rule."""

    template_name = "admin/rules/activate.html"

    def has_permission(self) -> bool:
        return permissions.may_change_rules(self.request, self.row.shop_id) and permissions.may_add_version(
            self.request, self.row.key
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: Obstacles = kwargs.pop("obstacles", None) or activation.obstacles(self.row)
        context: dict[str, Any] = {
            "problems": [str(problem.reason) for problem in found.problems],
            "ties": [tie_text(tie.example) for tie in found.ties],
            "beaten_by": ", ".join(found.beaten_by),
            "starts": date_format(self.row.starts, "SHORT_DATE_FORMAT"),
            "is_past": self.row.starts <= rule_words.today(),
        }
        if context["is_past"]:
            comparison = trials.compare(
                self.row, shop_ids_of(self.request, self.row), self.row.starts, rule_words.currency_of(self.row.shop)
            )
            context |= shown(comparison, self.money)
        return super().get_context_data(**kwargs, **context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_permission():
            raise PermissionDenied
        try:
            activation.activate(self.row.pk, actor_id=request.user.pk)
        except NotActivated as refused:
            messages.error(request, NOT_ACTIVATED[refused.code])
        except Malformed:
            messages.error(request, _("Nothing was activated: see what stands against it."))
        else:
            wakeups.enqueue_once("reaccrue", [self.row.pk])
            self.model_admin.log_change(request, self.row, _("Activated"))
            messages.success(
                request, gettext("Active. Orders since its start are accrued again; this page says how far that is.")
            )
            return HttpResponseRedirect(page_of(self.row))
        return self.render_to_response(self.get_context_data())


def beaten_by(row: CommissionRule) -> str:
    """Return the rules because of which a version that is or may become active can never apply; "" where it can."""
    if row.state == CommissionRule.State.RETIRED:
        return ""
    return ", ".join(activation.obstacles(row).beaten_by)


def tie_text(example: Any) -> str:
    """Return an example order on which two rules tie, in words."""
    [line] = example["lines"]
    parts = [
        (_("SKU %(name)s"), line["sku"]), (_("category %(name)s"), line["category"]),
        (_("campaign %(name)s"), ", ".join(line["campaigns"])), (_("paid by %(name)s"), example["payment_method"]),
    ]  # fmt: skip
    said = [str(text % {"name": name}) for text, name in parts if name]
    value = rule_words.amount_text(line["price"])
    return ", ".join([gettext("an order of %(value)s") % {"value": value}, *said])


def progress_context(row: CommissionRule) -> dict[str, Any]:
    """Return what a version's page says of the orders that are accrued again; {} when nothing is left."""
    found = activation.progress(row)
    if found is None:
        return {}
    percent = 100 if not found.whole else 100 * found.done // found.whole
    return {"progress": found, "percent": percent, "row": row}


def progress_view(request: HttpRequest, row: CommissionRule) -> HttpResponse:
    """Answer with the progress alone, for the page that refreshes it."""
    return TemplateResponse(request, "admin/rules/progress.html", progress_context(row))
