"""Channels' own keys have words: every fee, and every reason to cancel, that a connector knows by name."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext, override

from integrations.connectors import channels, connector_of
from integrations.connectors.lazada.mapping.statements import FEES
from integrations.connectors.misa_crm.connector import CONNECTOR as MISA
from integrations.connectors.misa_crm.mapping.sales import DATES
from integrations.connectors.misa_crm.reads import QUANTITIES
from integrations.connectors.shopee.command_fields import CANCEL_REASONS
from integrations.connectors.shopee.mapping.income import ADJUSTMENT, PARTS, UNEXPLAINED
from integrations.connectors.tiki.mapping.statements import FEE_KINDS, SALE
from integrations.connectors.tiktok_shop.command_fields import PAID_REASONS, UNPAID_REASONS
from integrations.connectors.tiktok_shop.mapping.statements import KINDS
from integrations.contract.terms import Terms
from integrations.wire.choices import in_our_words

# parts of a transaction that have no breakdown
_SUMS = ("revenue_amount", "shipping_cost_amount", "fee_tax_amount", "adjustment_amount", "difference")


@pytest.mark.parametrize(
    ("channel", "keys"),
    [
        ("shopee", [*PARTS, ADJUSTMENT, UNEXPLAINED]),
        ("lazada", [name for name in FEES if name.isascii()]),
        ("tiktok_shop", [*KINDS, *_SUMS]),
        ("tiki", [*FEE_KINDS, SALE]),
    ],
)
def test_every_known_fee_has_words(channel: str, keys: list[str]) -> None:
    terms = connector_of(channel).terms
    assert [key for key in keys if not terms.text("fees", key)] == []


@pytest.mark.parametrize(
    ("channel", "words"), [("shopee", CANCEL_REASONS), ("tiktok_shop", PAID_REASONS + UNPAID_REASONS)]
)
def test_every_reason_to_cancel_has_words(channel: str, words: tuple[str, ...]) -> None:
    terms = connector_of(channel).terms
    assert [word for word in words if not terms.text("reasons", word)] == []


def test_all_words_are_vietnamese_in_vietnamese() -> None:
    with override("vi"):
        english = {
            text
            for channel in channels()
            for kind in ("fees", "payments", "reasons", "parcels")
            for text in getattr(connector_of(channel).terms, kind).values()
            if gettext(text) == text
        }
    assert english == set()


@pytest.mark.parametrize(
    ("word", "text", "label"),
    [
        ("out", "Out of Stock", "Hết hàng (Out of Stock)"),
        ("out_of_stock", "", "Hết hàng"),
        ("out", "Hết sạch hàng", "Hết sạch hàng"),
        ("new_word", "", "new_word"),
        ("new", "New words", "New words"),
    ],
)
def test_a_reason_is_labelled_in_our_words_beside_the_channels(word: str, text: str, label: str) -> None:
    terms = Terms(reasons={"out": "Out of stock", "out_of_stock": "Out of stock"})
    with override("vi"):
        assert in_our_words(terms, word, text) == label


def test_choices_of_the_crm_name_what_its_mapping_takes() -> None:
    fields = {field.name: [value for value, _text in field.choices] for field in MISA.connection_fields}
    assert (fields["date_form"], fields["stock_quantity"]) == (list(DATES), list(QUANTITIES))
