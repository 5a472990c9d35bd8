"""Stock, prices and content at the simulated Lazada, and answers that only a scripted one gives."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from integrations.connectors.lazada.publishing import PUBLISHER
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.publisher import ContentPush, PricePush, PushOutcome, StockPush
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.lazada.still_world import Market

from .samples import raw
from .scripted import Scripted


def push(sold: Any, quantity: int) -> StockPush:
    return StockPush(sold.item_id, sold.id, quantity)


def test_stock_goes_as_sellable_and_each_row_has_its_outcome(place: Market, account: Bound) -> None:
    good, held = place.sold(), place.sold(held=True)
    place.buy((good, 2))
    unknown = StockPush("5", "6", 1)
    fine, campaign, missing = account.publish_stock([push(good, 9), push(held, 0), unknown])
    assert fine == PushOutcome(good.item_id, good.id)
    assert good.stock == 9
    assert (campaign.accepted, campaign.code, campaign.floor) == (False, "4170", held.stock)
    assert (missing.accepted, missing.code, missing.floor) == (False, "4216", None)
    [alone] = account.publish_stock([push(held, 0)])
    assert (alone.code, alone.floor) == ("4170", held.stock)


def test_prices_leave_the_stock_alone(place: Market, account: Bound) -> None:
    sold = place.sold()
    before = sold.stock
    good, bad = account.publish_price(
        [PricePush(sold.item_id, sold.id, Decimal(45_000)), PricePush("5", "6", Decimal(1))]
    )
    assert (good.accepted, bad.code) == (True, "4216")
    assert (sold.price, sold.stock) == (45_000, before)


def test_no_payload_ever_says_quantity_and_a_named_warehouse_has_its_own_form(
    scripted: Scripted, scripted_account: Bound
) -> None:
    scripted_account.publish_stock([StockPush("1", "2", 3)])
    scripted_account.publish_stock([StockPush("1", "2", 3, warehouse="A&B")])
    scripted_account.publish_price([PricePush("1", "2", Decimal("5.50"))])
    bodies = [parse_qs(body)["payload"][0] for _, _, body in scripted.asked]
    assert [path for _, path, _ in scripted.asked] == ["/product/stock/sellable/update"] * 2 + [
        "/product/price_quantity/update"
    ]
    assert "<SellableQuantity>3</SellableQuantity>" in bodies[0]
    assert "<WarehouseCode>A&amp;B</WarehouseCode><SellableQuantity>3</SellableQuantity>" in bodies[1]
    assert "<Price>5.50</Price>" in bodies[2]
    assert not any("<Quantity>" in body for body in bodies)


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (raw("push__partial"), ["", "501"]),
        (raw("push__failed"), ["501", "4152"]),
        ({"code": "0", "detail": [{"code": "4171", "message": "too many"}]}, ["4171", "4171"]),
    ],
)
def test_a_row_that_is_not_named_is_believed_only_when_nothing_else_is_wrong(
    answer: Any, codes: list[str], scripted: Scripted, scripted_account: Bound
) -> None:
    scripted.answers["/product/stock/sellable/update"] = answer
    outcomes = scripted_account.publish_stock(
        [StockPush("1850033254", "9042744107", 3), StockPush("1850033254", "9042744108", 3)]
    )
    assert [one.code for one in outcomes] == codes
    assert [one.accepted for one in outcomes] == [not code for code in codes]


def test_rows_that_lazada_was_too_busy_for_are_sent_once_more(
    place: Market, account: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = list(place.shops[0].variations())[:3]
    hits = iter([True, False, True, True, False])
    monkeypatch.setattr(place.platform.context, "hits", lambda fault: next(hits), raising=False)
    outcomes = account.publish_stock([push(one, 40) for one in sold])
    assert [(one.accepted, one.code) for one in outcomes] == [(False, "1000"), (True, ""), (True, "")]
    assert [one.stock for one in sold[1:]] == [40, 40]


def test_when_the_second_answer_is_lost_its_rows_have_no_outcome(
    scripted: Scripted, scripted_account: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/product/stock/sellable/update"
    busy = {"code": "0", "detail": [{"code": "1000", "message": "try again", "sku_id": 2}]}
    answers = iter([busy, None])
    monkeypatch.setattr(scripted, "answers", Answers(path, answers))
    outcomes = scripted_account.publish_stock([StockPush("1", "2", 3), StockPush("1", "3", 3)])
    assert [(one.variation_id, one.accepted) for one in outcomes] == [("3", True)]
    assert len(scripted.asked) == 2


class Answers(dict[str, Any]):
    """One answer after the other for one path."""

    def __init__(self, path: str, answers: Iterator[Any]) -> None:
        super().__init__()
        self.path, self.left = path, answers

    def get(self, path: str, default: Any = None) -> Any:
        return next(self.left) if path == self.path else default


def test_a_push_without_an_answer_is_not_repeated(scripted: Scripted, scripted_account: Bound) -> None:
    scripted.answers["/product/stock/sellable/update"] = None
    with pytest.raises(TryLater) as caught:
        scripted_account.publish_stock([StockPush("1", "2", 3)])
    assert (caught.value.maybe_done, len(scripted.asked)) == (True, 1)


def test_content_names_every_sku(place: Market, account: Bound) -> None:
    sold = place.sold()
    account.publish_content(ContentPush(sold.item_id, title="Áo <mới> & đẹp", description="<p>Mô tả</p>"))
    shown = place.clients[0].good("GET", "/product/item/get", item_id=sold.item_id)
    assert (shown["attributes"]["name"], shown["attributes"]["description"]) == ("Áo <mới> & đẹp", "<p>Mô tả</p>")
    with pytest.raises(Rejected, match="does not know"):
        account.publish_content(ContentPush("5", title="x"))
    assert (PUBLISHER.items_per_call, PUBLISHER.rows_per_call) == (20, 20)
