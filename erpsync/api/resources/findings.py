"""Findings about money, and payouts beside statements."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from commissions.models import Finding, FindingItem, Payout, PayoutMatch, StatementLine
from commissions.services.findings import decisions
from erpsync.api.kit import filters
from erpsync.api.kit.bulk import Body
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Row
from erpsync.api.resources.decided import DecidedResource

State = Finding.State


class FindingRow(Row):
    class Meta:
        model = Finding
        fields = (
            "id", "shop", "kind", "rule", "fee_kind", "since", "until", "orders", "open_orders", "amount", "total", "currency",
            "proposal", "state", "severity", "due_at", "opened_at", "closed_at", "decided_at", "note",
        )  # fmt: skip


class FindingFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    kind = filters.Words(field_name="kind", choices=Finding.Kind.choices)
    state = filters.Words(field_name="state", choices=State.choices)
    rule = filters.Ids(field_name="rule_id")
    fee_kind = filters.Words(field_name="fee_kind", choices=StatementLine.Kind.choices)
    is_active = filters.Flag(Q(state__in=Finding.ACTIVE))
    opened_since = filters.Since("opened_at")
    opened_before = filters.Before("opened_at")


class CommentBody(Body):
    text = serializers.CharField(max_length=1000)


@extend_schema_view(
    dispute=extend_schema(
        description="Note that the channel was asked. The clock stands still until the money is right."
    ),
    write_off=extend_schema(description="Accept what is open now. What is added later opens the finding again."),
)
class Findings(DecidedResource):
    """Differences of one cause at a shop: `amount` is still open, `total` all of it, positive where the seller has too little.

    A finding closes by itself when the money is right. `severity`: 1 (low) to 4 (urgent). `proposal`: what the channel seems to
    charge ("after") instead of what the rule says ("before").
    """

    resource = "commissions"
    model = Finding
    serializer_class = FindingRow
    filterset_class = FindingFilters
    decisions = decisions
    named = "finding"
    nothing_to_decide = _("There is nothing to decide: all of it was put right.")

    @extend_schema(request=CommentBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def comment(self, request: Request, pk: int) -> Response:
        """Add a comment."""
        row = self.to_write()
        text = self.body(CommentBody)["text"]

        def perform() -> Response:
            decisions.comment(row.pk, text, author_id=getattr(self.actor, "pk", None))
            return self.state_of(row.pk)

        return self.once(perform)


class FindingItemRow(Row):
    class Meta:
        model = FindingItem
        fields = (
            "id",
            "finding",
            "fee_match",
            "payout_match",
            "month_match",
            "order",
            "amount",
            "open_amount",
            "since",
        )


class FindingItemFilters(filters.Filters):
    finding = filters.Ids(field_name="finding_id")
    order = filters.Ids(field_name="order_id")
    is_open = filters.Flag(~Q(open_amount=0))


class FindingItems(Resource):
    """Items of findings: a fee check, a payout check, a monthly fee check, or an order that was not paid out in time, each."""

    resource = "commissions"
    model = FindingItem
    shop_path = "finding__shop_id"
    serializer_class = FindingItemRow
    filterset_class = FindingItemFilters


class PayoutRow(Row):
    class Meta:
        model = Payout
        fields = (
            "id", "shop", "external_id", "kind", "statement", "order_number", "reference", "amount", "carried", "currency", "paid_at",
            "from_file",
        )  # fmt: skip


class PayoutFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    kind = filters.Words(field_name="kind", choices=Payout.Kind.choices)
    statement = filters.Texts(field_name="statement")
    order_number = filters.Texts(field_name="order_number")
    paid_since = filters.Since("paid_at")
    paid_before = filters.Before("paid_at")


class Payouts(Resource):
    """Transfers from channels, to the bank or into the channel's wallet; positive is money for the seller.

    `carried`: the part of `amount` that is the balance of an earlier statement.
    """

    resource = "statements"
    model = Payout
    serializer_class = PayoutRow
    filterset_class = PayoutFilters
    large = ("raw",)


class PayoutCheckRow(Row):
    class Meta:
        model = PayoutMatch
        fields = (
            "id", "shop", "statement", "order_number", "expected", "paid", "difference", "currency", "state", "settled_at", "due_at",
            "paid_at",
        )  # fmt: skip


class PayoutCheckFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    state = filters.Words(field_name="state", choices=PayoutMatch.State.choices)
    statement = filters.Texts(field_name="statement")
    order_number = filters.Texts(field_name="order_number")
    is_open = filters.Flag(Q(state__in=PayoutMatch.OPEN))
    settled_since = filters.Since("settled_at")
    settled_before = filters.Before("settled_at")


class PayoutChecks(Resource):
    """Statements beside what was transferred for them. `expected`: the sum of the statement; `difference`: paid less expected."""

    resource = "statements"
    model = PayoutMatch
    serializer_class = PayoutCheckRow
    filterset_class = PayoutCheckFilters
