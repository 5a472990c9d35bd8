"""Which channel tells what of an order's money: who bears the discounts, and what the buyer pays for shipping."""

from __future__ import annotations

import pytest

from integrations.connectors import channels
from tests.integrations.connectors.samples import Samples

AMOUNTS = frozenset({"shipping_fee", "seller_discount", "platform_discount"})
# Shopee tells them with the settlement only; a till has no platform; the CRM takes orders, it does not tell them
TOLD = {
    "shopee": frozenset[str](),
    "tiktok_shop": AMOUNTS,
    "lazada": AMOUNTS,
    "tiki": AMOUNTS,
    "sendo": AMOUNTS - {"shipping_fee"},
    "kiotviet": frozenset({"seller_discount"}),
    "misa_crm": frozenset[str](),
}


@pytest.mark.parametrize("channel", channels())
def test_the_orders_of_a_channel_tell_what_is_written_here(channel: str) -> None:
    """From the expectations beside the samples, to which the tests of each mapping hold it."""
    samples, told = Samples(channel), set[str]()
    for name in (*samples.names("order"), *samples.names("invoice"), *samples.names("items")):
        found = samples.expected(name)
        found = found.get("order", found) if isinstance(found, dict) else {}
        told |= AMOUNTS & found.keys()
    assert told == TOLD[channel]
