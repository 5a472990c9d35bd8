"""Stock numbers as a connector's publisher takes them."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.accounts.connections import Account
from integrations.contract.publisher import StockPush
from integrations.publishing.calls import publisher_of
from inventory.queries import shown_by_others
from inventory.services.pushes import DuePush
from orders.queries import open_units


def stock_messages(account: Account, calls: Sequence[Sequence[DuePush]]) -> list[list[StockPush]]:
    """Return the due numbers of each call as the connector takes them."""
    due = [d for call in calls for d in call]
    counts_open = bool(due) and publisher_of(account.connector).stock_basis == "total"
    # a channel that takes totals counts the units of open orders as still there
    counted = open_units(account.connection.own_shop.pk, [d.listing_id for d in due]) if counts_open else {}
    sums = bool(due) and publisher_of(account.connector).sums_items
    others = [
        shown_by_others(account.connection.own_shop.pk, [d.stock_id for d in call]) if sums else {} for call in calls
    ]
    return [
        [_message(d, counted.get(d.listing_id, 0), shown.get(d.item_id)) for d in call]
        for call, shown in zip(calls, others, strict=True)
    ]


def _message(d: DuePush, units: int, others: int | None) -> StockPush:
    return StockPush(
        item_id=d.item_id, variation_id=d.variation_id, quantity=d.number, outlet_item_id=d.outlet_item_id, sku=d.sku,
        warehouse=d.warehouse, open_units=units, others=others,
    )  # fmt: skip
