"""Values with which the editor begins where a finding proposes another rate or amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from commissions.models import CommissionRule, Finding
from commissions.rules.words import FIXED, FROM_RULE
from erpsync import permissions
from erpsync.admin.money import rule_words


def values_of(request: HttpRequest, row: CommissionRule) -> dict[str, Any]:
    """Return what the finding that the address names proposes for a rule; {} where it names none. Raises Http404.

    The rate of a rule with a table belongs to a category: only the day and the source are filled in then.
    """
    asked = request.GET.get("finding", "")
    if not asked:
        return {}
    found = Finding.objects.filter(shop_id__in=permissions.shop_ids(request), rule_id=row.pk).exclude(proposal={})
    finding = found.filter(pk=asked).first() if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    if finding is None:
        raise Http404
    values: dict[str, Any] = {
        "starts": finding.since, "source_date": rule_words.today(), "source_mark": "inferred", "check_contract": True,
        "source_name": gettext("Proposed from statements, finding %(n)s") % {"n": finding.pk},
    }  # fmt: skip
    after = Decimal(finding.proposal["after"])
    if row.strategy == FIXED:
        return values | {"amount": after}
    if row.rate_from == FROM_RULE and "table" not in row.formula_json:
        return values | {"rate": after}
    return values
