"""Lines of the channels' settlements, and the files that people upload."""

from __future__ import annotations

from commissions.models import StatementFile, StatementLine
from erpsync.api.kit import filters
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Moment, Row


class StatementLineRow(Row):
    read_at = Moment(source="asked_at", help_text="When the channel was last asked for it.")

    class Meta:
        model = StatementLine
        fields = (
            "id", "shop", "external_id", "order", "order_number", "line_key", "kind", "fee", "amount", "currency", "statement", "file",
            "happened_at", "is_paid", "paid_at", "read_at",
        )  # fmt: skip


class StatementLineFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    order = filters.Ids(field_name="order_id")
    order_number = filters.Texts(field_name="order_number")
    kind = filters.Words(field_name="kind", choices=StatementLine.Kind.choices)
    file = filters.Ids(field_name="file_id")
    statement = filters.Texts(field_name="statement")
    is_paid = filters.Yes("is_paid")
    happened_since = filters.Since("happened_at")
    happened_before = filters.Before("happened_at")


class StatementLines(Resource):
    """Amounts that channels settled; positive is money for the seller."""

    resource = "statements"
    model = StatementLine
    serializer_class = StatementLineRow
    filterset_class = StatementLineFilters
    large = ("raw",)


class StatementFileRow(Row):
    class Meta:
        model = StatementFile
        fields = (
            "id", "shop", "upload", "name", "sha256", "size", "channel", "kind", "state", "shop_confirmed", "shop_name",
            "first_day", "last_day", "totals", "payouts", "problems", "warnings", "rows", "new_lines", "same_lines",
            "changed_lines", "uploaded_at", "imported_at",
        )  # fmt: skip


class StatementFileFilters(filters.Filters):
    shop = filters.Ids(field_name="shop_id")
    state = filters.Words(field_name="state", choices=StatementFile.State.choices)
    channel = filters.Texts(field_name="channel")
    uploaded_since = filters.Since("uploaded_at")
    uploaded_before = filters.Before("uploaded_at")


class StatementFiles(Resource):
    """Statement files that people uploaded, and what was found in them."""

    resource = "statements"
    model = StatementFile
    serializer_class = StatementFileRow
    filterset_class = StatementFileFilters
    large = ("content",)
