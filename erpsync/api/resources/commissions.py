"""Commission rules, what they accrued, and fees expected beside fees settled."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DateFilter
from drf_spectacular.utils import extend_schema, extend_schema_view

from commissions.models import CommissionEntry, CommissionRule, FeeMatch, StatementLine
from commissions.rules import words
from commissions.services import matching
from erpsync import permissions
from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row
from erpsync.api.resources.commission_report import known_or_refused
from erpsync.api.resources.decided import DecidedResource

FEE_KINDS = tuple(words.FEE_KINDS.items())
PAYEES = tuple(words.PAYEES.items())


class CommissionRuleRow(Row):
    class Meta:
        model = CommissionRule
        fields = (
            "id", "key", "version", "title", "state", "starts", "channel", "shop", "shop_type", "payee", "payee_id", "fee_kind",
            "strategy", "formula_json", "conditions_json", "charged_when", "given_back", "vat_json", "rate_from", "rounding_json",
            "source_json", "created_at", "activated_at",
        )  # fmt: skip


class CommissionRuleFilters(filters.Filters):
    id = filters.Ids(field_name="id")
    key = filters.Texts(field_name="key")
    state = filters.Words(field_name="state", choices=CommissionRule.State.choices)
    channel = filters.Texts(field_name="channel")
    shop = filters.Ids(field_name="shop_id")
    fee_kind = filters.Words(field_name="fee_kind", choices=FEE_KINDS)
    payee = filters.Words(field_name="payee", choices=PAYEES)


class CommissionRules(Resource):
    """Versions of commission rules: those of your shops, and those of a whole channel in which you have one."""

    resource = "commissions"
    model = CommissionRule
    serializer_class = CommissionRuleRow
    filterset_class = CommissionRuleFilters

    def visible(self, rows: QuerySet[Any], role: str) -> QuerySet[Any]:
        is_everything = permissions.access_of(self.request).everything
        return rows if is_everything else rows.filter(permissions.rules_of(self.request))


class CommissionEntryRow(Row):
    class Meta:
        model = CommissionEntry
        fields = (
            "id", "shop", "order", "month", "line_key", "sku", "rule", "fee_kind", "payee", "payee_id", "cause", "reverses", "units", "base",
            "rate", "amount", "currency", "rounding", "working", "effective_at", "recorded_at",
        )  # fmt: skip


class KnownOn(DateFilter):
    """Entries recorded until the end of this day, in Vietnam: the same answer for ever. A day that is over."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return qs.filter(recorded_at__lt=known_or_refused(value)) if value else qs


class CommissionEntryFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    order = filters.Ids(field_name="order_id")
    rule = filters.Ids(field_name="rule_id")
    fee_kind = filters.Words(field_name="fee_kind", choices=FEE_KINDS)
    payee = filters.Words(field_name="payee", choices=PAYEES)
    cause = filters.Words(field_name="cause", choices=CommissionEntry.Cause.choices)
    effective_since = filters.Since("effective_at")
    effective_before = filters.Before("effective_at")
    as_known_on = KnownOn()


class CommissionEntries(Resource):
    """Accruals of the rules, line by line; those of rules by shop and month have a `month` and no order.

    Entries are never changed: one that takes another back names it in `reverses`.
    """

    resource = "commissions"
    model = CommissionEntry
    serializer_class = CommissionEntryRow
    filterset_class = CommissionEntryFilters


class FeeCheckRow(Row):
    class Meta:
        model = FeeMatch
        fields = (
            "id", "shop", "order", "kind", "rule", "expected", "settled", "difference", "currency", "state", "placed_at",
            "settled_at", "decided_at", "note",
        )  # fmt: skip


class FeeCheckFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    order = filters.Ids(field_name="order_id")
    kind = filters.Words(field_name="kind", choices=StatementLine.Kind.choices)
    state = filters.Words(field_name="state", choices=FeeMatch.State.choices)
    is_open = filters.Flag(Q(state__in=FeeMatch.OPEN))
    placed_since = filters.Since("placed_at")
    placed_before = filters.Before("placed_at")


@extend_schema_view(
    dispute=extend_schema(
        description="Note that the channel was asked about the difference. It stays open until the money is right."
    ),
    write_off=extend_schema(description="Accept the difference. It stays in the sums."),
)
class FeeChecks(DecidedResource):
    """The fees of one kind of one order: expected by the rules, settled by the channel. `difference`: settled less expected."""

    resource = "commissions"
    model = FeeMatch
    serializer_class = FeeCheckRow
    filterset_class = FeeCheckFilters
    decisions = matching
    named = "fee_check"
    nothing_to_decide = _("There is nothing to decide: both sides agree, or nothing was settled yet.")
    sorts = ("-placed_at", "placed_at", "-id", "id")
