"""Reader of the world's state, from the simulator's `GET /truth` and `/calls`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from erpsync.rehearsal.judge import HubKnowledge, PutBack, Sale, judge
from erpsync.rehearsal.shapes import ListingKey, Order, OrderKey, WorldState

Shops = Sequence[tuple[str, str]]  # channel, shop id at the channel
_PAID_AND_TAKEN = "completed"
_OFF = "cancelled"
NO_CALLS: Mapping[str, Any] = {"made": 0, "by_route": {}}
# the state a customer book must show, by an order's final status
_BOOKED_AS = {"shipped": "shipped", "delivered": "shipped", "completed": "completed", _OFF: _OFF}


def read_world_state(
    report: Mapping[str, Any],
    calls: Mapping[str, Any],
    shops: Shops,
    known: HubKnowledge,
    outages: Sequence[tuple[datetime, datetime]] = (),
    setup: Mapping[str, Any] = NO_CALLS,
    log: Sequence[Mapping[str, Any]] = (),
) -> WorldState:
    """Read the state of these shops. `calls`: made, by_route and minimum; `setup`: those made before the day; `known` and `outages`
    as `judge` takes them; `log`: of the world, which tells the units that were cancelled of open orders.
    """
    codes = {sku: code for till in report["pos"].values() for sku, code in till.get("codes", {}).items()}
    placed = {
        (row["channel"], row["shop"], row["id"]): Order(
            row["status"], _lines(row["lines"], codes), parcels=frozenset(row.get("parcels", ()))
        )
        for row in report["orders"]
    }
    off_at = {
        (row["channel"], row["shop"], row["id"]): datetime.fromtimestamp(row["cancelled_at"], UTC)
        for row in report["order_times"]
        if row["cancelled_at"] is not None
    }
    sales = [_sale(row, shops, off_at) for row in report["sales"]]
    orders = placed | _till_sales(sales, placed, codes)
    return WorldState(
        orders={key: order for key, order in orders.items() if key[:2] in shops},
        stock={
            (codes.get(sku, sku), warehouse): Decimal(units)
            for sku, places in report["stock"].items()
            for warehouse, units in places.items()
        },
        shown=_shown(report["listings"], shops),
        sold=sum(sale.units for sale in sales),
        oversales=judge(sales, known, outages, [_put_back(row) for row in log if row["kind"] == "put_back"]),
        doubled=tuple(_wrong_documents(report["pos"], placed)),
        misrecorded=tuple(_misrecorded(report.get("books", {}), placed, shops)),
        oddities=report.get("oddities", {}),
        calls=calls["made"] - setup["made"],
        minimum_calls=calls["minimum"],
        setup_calls=setup["made"],
        calls_by_route=dict((Counter(calls["by_route"]) - Counter(setup["by_route"])).most_common()),
    )


def _shown(rows: Sequence[Mapping[str, Any]], shops: Shops) -> dict[ListingKey, int]:
    """Return the shown stock by listing. An item with a single variation also has a key without it: some channels have no id for it."""
    live = [row for row in rows if row["status"] == "live" and (row["channel"], row["shop"]) in shops]
    variations = Counter((row["channel"], row["shop"], row["item"]) for row in live)
    shown: dict[ListingKey, int] = {}
    for row in live:
        item = (row["channel"], row["shop"], row["item"])
        shown[*item, row["variation"]] = row["stock"]
        if variations[item] == 1:
            shown[*item, ""] = row["stock"]
    return shown


def _lines(rows: Sequence[Mapping[str, Any]], codes: Mapping[str, str]) -> dict[str, Decimal]:
    """Return the pieces by SKU, each by the code that the point of sale gives it by now."""
    return {codes.get(row["sku"], row["sku"]): Decimal(row["quantity"]) for row in rows}


def _sale(row: Mapping[str, Any], shops: Shops, off_at: Mapping[OrderKey, datetime]) -> Sale:
    """Read a sale. A till sale names no shop: it belongs to the one shop of its channel."""
    shop = row["shop"] or next((shop for channel, shop in shops if channel == row["channel"]), "")
    order = (row["channel"], shop, row["order"])
    return Sale(
        order=order,
        place=(row["sku"], row["warehouse"]),
        units=row["units"],
        sold_at=datetime.fromtimestamp(row["sold_at"], UTC),
        available=row["available"],
        off_at=off_at.get(order),
    )


def _put_back(row: Mapping[str, Any]) -> PutBack:
    order, place = (row["channel"], row["shop"], row["id"]), (row["sku"], row["warehouse"])
    return PutBack(order, place, row["units"], datetime.fromtimestamp(row["wire"], UTC))


def _till_sales(
    sales: Sequence[Sale], placed: Mapping[OrderKey, Order], codes: Mapping[str, str]
) -> dict[OrderKey, Order]:
    lines: dict[OrderKey, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for sale in sales:
        if sale.order not in placed:
            sku = sale.place[0]
            lines[sale.order][codes.get(sku, sku)] += sale.units
    return {key: Order(_PAID_AND_TAKEN, dict(taken)) for key, taken in lines.items()}


def _wrong_documents(tills: Mapping[str, Any], placed: Mapping[OrderKey, Order]) -> Iterator[str]:
    """Report orders with more than one open document of a kind, and cancelled orders with any."""
    statuses = {number: order.status for (_, _, number), order in placed.items()}
    for channel, audit in sorted(tills.items()):
        for number, documents in sorted(audit["hand_overs"].items()):
            most = 0 if statuses.get(number) == _OFF else 1
            for kind in ("orders", "invoices"):
                if documents[kind] > most:
                    state = "cancelled " if not most else ""
                    yield f"{documents[kind]} living {kind} at {channel} for {state}{number}"


def _misrecorded(books: Mapping[str, Any], placed: Mapping[OrderKey, Order], shops: Shops) -> Iterator[str]:
    """Report orders that a connected customer book has twice, in another state than they ended, or not at all.

    A cancelled order may be missing: it need not be booked if it was never to be shipped.
    """
    connected = {channel for channel, _ in shops}
    for channel, book in sorted(books.items()):
        for key, order in sorted(placed.items()):
            if channel not in connected or key[:2] not in shops:
                continue
            found, wanted = book.get(key[2], {"copies": 0, "state": "", "units": 0}), _BOOKED_AS.get(order.status)
            units = int(sum((order.lines or {}).values(), Decimal(0)))
            right = {(1, wanted, units)} | ({(0, "", 0)} if order.status == _OFF else set())
            if found["copies"] > 1 or (wanted and (found["copies"], found["state"], found["units"]) not in right):
                stands = f"{found['copies']} times as {found['state'] or 'nothing'} with {found['units']} units"
                yield f"{key[2]} is {order.status} with {units} units, at {channel} {stands}"
