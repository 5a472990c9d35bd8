"""Commissions report: sums of the ledger, now or as known on a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.queries.known import NotOver, known_until
from commissions.queries.report import DIMENSIONS, Question, Sum, sums
from commissions.rules import words
from erpsync import permissions
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Endpoint

MOST = 10_000
# dimension -> the members that name it in a row
MEMBERS = {
    "month": ("month",), "channel": ("channel",), "shop": ("shop", "shop_name"), "payee": ("payee", "payee_id"),
    "fee_kind": ("fee_kind",), "sku": ("sku",),
}  # fmt: skip
_AMOUNT = {"type": "string", "format": "decimal"}
ROW = {
    "type": "object",
    "required": ["currency", "orders", "accrued", "given_back", "net"],
    "properties": {
        **{member: {"type": "string"} for members in MEMBERS.values() for member in members},
        "currency": {"type": "string"}, "orders": {"type": "integer"}, "accrued": _AMOUNT, "given_back": _AMOUNT, "net": _AMOUNT,
    },
}  # fmt: skip
REPORT = {
    "type": "object",
    "required": ["items", "has_more"],
    "properties": {
        "items": {"type": "array", "items": ROW},
        "has_more": {"type": "boolean", "description": f"There are more than {MOST:,} rows: narrow the question."},
    },
}


class ReportQuery(serializers.Serializer[Any]):
    """Parameters of the report."""

    by = serializers.CharField(required=False, default="month", help_text=f"With commas, of: {', '.join(DIMENSIONS)}.")
    shop = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1)
    channel = serializers.CharField(required=False, default="", max_length=32)
    payee = serializers.ChoiceField(list(words.PAYEES), required=False)
    fee_kind = serializers.ChoiceField(list(words.FEE_KINDS), required=False)
    effective_since = serializers.DateTimeField(required=False, default=None)
    effective_before = serializers.DateTimeField(required=False, default=None)
    as_known_on = serializers.DateField(
        required=False, default=None, help_text="Entries recorded until the end of this day, which is over: the same sums for ever."
    )  # fmt: skip

    def validate_by(self, value: str) -> list[str]:
        names = list(dict.fromkeys(name for name in value.split(",") if name))
        if unknown := [name for name in names if name not in DIMENSIONS]:
            raise serializers.ValidationError(
                _("There is no %(name)s to group by.") % {"name": ", ".join(unknown)[:200]}
            )
        return names


class CommissionReport(Endpoint):
    """Sums of the commission ledger."""

    resource = "commissions"
    tag = "commission-report"

    def known_parameters(self) -> list[str]:
        return list(ReportQuery().fields)

    @extend_schema(parameters=[ReportQuery], responses={200: REPORT}, operation_id="commission_report_retrieve")
    def show(self, request: Request) -> Response:
        """Return accrued, given back and net by month, channel, shop, payee, fee and SKU, of your shops. A month is that of the sale,
        in Vietnam; fees by shop and month have no SKU."""
        query = ReportQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        data = query.validated_data
        shops = permissions.shop_ids(request)
        question = Question(
            [shop for shop in shops if data.get("shop") in (None, shop)], data["by"], data["channel"],
            data.get("payee", ""), data.get("fee_kind", ""),
            data["effective_since"], data["effective_before"],
            known_or_refused(data["as_known_on"]) if data["as_known_on"] else None,
        )  # fmt: skip
        rows = sums(question, most=MOST + 1)
        return Response({"items": [_row(question, row) for row in rows[:MOST]], "has_more": len(rows) > MOST})


def known_or_refused(day: date) -> datetime:
    """Return the end of a day, see `known_until`; raises Problem for one that is not over."""
    try:
        return known_until(day)
    except NotOver as error:
        raise Problem(400, "as_known_on", _("That day is not over: its sums may still change.")) from error


def _row(question: Question, row: Sum) -> dict[str, Any]:
    named = {
        member: value
        for name, values in zip(question.by, row.values, strict=True)
        for member, value in zip(MEMBERS[name], values, strict=True)
    }
    amounts = {name: format(getattr(row, name).normalize(), "f") for name in ("accrued", "given_back", "net")}
    return {**named, "currency": row.currency, "orders": row.orders, **amounts}
