"""Orders -> statement lines: Tiki has no statements and no payouts to read, an order carries its proceeds and fees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commissions.snapshots import StatementLineSnapshot
from integrations.connectors.tiki.mapping import fields
from integrations.connectors.tiki.mapping.orders import CURRENCY, STATUS, code_of
from integrations.wire import answers
from integrations.wire.answers import Row

# `fee_type_key` -> ours; only the first was seen in a recorded answer
FEE_KINDS = {"base_fee": "commission", "percent_per_payment": "payment_fee"}
# before that the figures may still change, and a cancelled order brings nothing
_EARNED = frozenset({"delivered", "completed", "returned"})
SALE = "sale"


def lines(row: Row, asked_at: datetime) -> tuple[StatementLineSnapshot, ...]:
    """Return the goods and fees of an order that was delivered, none before. Only `final_amount` of a fee counts: it is negative.

    Raises ValueError when a field is malformed.
    """
    if STATUS.get(fields.text(row, "status")) not in _EARNED:
        return ()
    return tuple(line for item in answers.rows(row, "items") for line in _of_item(row, item, asked_at))


def _of_item(row: Row, item: Row, asked_at: datetime) -> Iterator[StatementLineSnapshot]:
    code, key, invoice = code_of(row), fields.first_id(item, "id"), answers.part(item, "invoice")
    happened_at = fields.moment(answers.part(row, "invoice"), "purchased_at") or fields.moment(row, "created_at")

    def line(name: str, kind: str, fee: str, amount: Row, field: str) -> StatementLineSnapshot:
        return StatementLineSnapshot(
            external_id=f"{code}:{key}:{name}",
            kind=kind,
            fee=fee,
            amount=fields.number(amount, field),
            currency=CURRENCY,
            asked_at=asked_at,
            order_number=code,
            line_key=key,
            happened_at=happened_at,
            raw=answers.plain(amount) if amount is not invoice else {},
        )

    yield line(SALE, SALE, SALE, invoice, "row_total")
    for place, fee in enumerate(answers.rows(invoice, "fees")):
        name = fields.text(fee, "fee_type_key") or fields.text(fee, "fee_type_name") or "fee"
        yield line(fields.text(fee, "id") or f"{name}:{place}", FEE_KINDS.get(name, "other"), name, fee, "final_amount")
