"""A push that the channel refuses because there is no such item or variation: it ends, and holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from integrations.connectors import connector_of
from integrations.contract.errors import Rejected
from integrations.contract.publisher import PushOutcome, StockPush
from integrations.models import InboxEvent
from inventory.models import Listing, ListingStock, Product
from inventory.services.prices import set_wanted_price
from inventory.services.wanted import refresh_wanted
from tests.integrations.publishing.house import House, Market
from tests.integrations.toy import install

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

GONE = "no_such_model"


class Varied(Market):
    """A marketplace whose item 1 has variations, of which it no longer knows the `dead` ones."""

    facts: ClassVar[dict[str, Any]] = {**Market.facts, "rows_per_call": 8, "is_gone": lambda code, reason: code == GONE}

    def __init__(self, dead: Sequence[str], *, as_a_whole: bool) -> None:
        super().__init__()
        self.dead, self.as_a_whole = dead, as_a_whole
        self.judge = self.outcome

    def outcome(self, push: StockPush) -> PushOutcome:
        is_dead = push.variation_id in self.dead
        return PushOutcome(push.item_id, push.variation_id, accepted=not is_dead, code=GONE if is_dead else "")

    def push_stock(self, pushes: Sequence[StockPush]) -> list[PushOutcome]:
        if self.as_a_whole and any(push.variation_id in self.dead for push in pushes):
            self.calls.append(list(pushes))
            raise Rejected("no such model", code=GONE)
        return super().push_stock(pushes)

    def push_price(self, pushes: Sequence[Any]) -> list[PushOutcome]:
        self.prices.append(list(pushes))
        if any(push.variation_id in self.dead for push in pushes):
            raise Rejected("no such model", code=GONE)
        return [PushOutcome(push.item_id, push.variation_id) for push in pushes]


Open = Callable[..., House]


@pytest.fixture
def open_house(monkeypatch: pytest.MonkeyPatch) -> Open:
    """A shop with an item of these variations, all of one product with so many units on hand."""

    def build(dead: Sequence[str], *, variations: Sequence[str], units: int, as_a_whole: bool = False) -> House:
        house = House(Varied(dead, as_a_whole=as_a_whole), (units,))
        install(monkeypatch, house.market.connector())
        product = Product.objects.get()
        Listing.objects.update(variation_id=variations[0])
        for variation in variations[1:]:
            Listing.objects.create(shop=house.shop, item_id="1", variation_id=variation, title="Áo", product=product)
        refresh_wanted([product.pk])
        return house

    return build


def shown() -> dict[str, int | None]:
    return dict(ListingStock.objects.values_list("listing__variation_id", "expected"))


def states() -> dict[str, str]:
    return dict(Listing.objects.values_list("variation_id", "status"))


@pytest.mark.parametrize("as_a_whole", [True, False])
def test_what_the_channel_calls_unknown_ends_and_its_item_is_asked_for(open_house: Open, as_a_whole: bool) -> None:
    house = open_house(["11"], variations=["11", "12", "13"], units=30, as_a_whole=as_a_whole)
    house.publish()
    assert states() == {"11": "deleted", "12": "active", "13": "active"}
    assert (shown()["12"], shown()["13"]) == (30, 30)
    assert [(e.kind, e.external_id) for e in InboxEvent.objects.filter(kind="listing")] == [("listing", "1")]


def test_the_dead_one_blocks_no_raise(open_house: Open) -> None:
    house = open_house(["11"], variations=["11", "12"], units=5)
    ListingStock.objects.filter(listing__variation_id="11").update(expected=5, published=5)
    ListingStock.objects.filter(listing__variation_id="12").update(expected=0, published=0)
    house.publish()
    assert (states()["11"], shown()["12"]) == ("deleted", 5)


@pytest.mark.parametrize("dead", [["3"], ["0", "7"]])
def test_a_call_refused_as_a_whole_is_split_until_the_rows_to_blame_are_found(
    open_house: Open, dead: Sequence[str]
) -> None:
    house = open_house(dead, variations=list("01234567"), units=100, as_a_whole=True)
    house.publish()
    assert {one for one, status in states().items() if status == "deleted"} == set(dead)
    assert {one for one, number in shown().items() if number == 100} == set("01234567") - set(dead)


def test_a_price_for_what_is_unknown_ends_it_and_holds_up_no_other_price(open_house: Open) -> None:
    house = open_house(["11"], variations=["11", "12"], units=0)
    for listing in Listing.objects.all():
        set_wanted_price(listing.pk, Decimal(900))
    house.publish()
    assert states()["11"] == "deleted"
    assert Listing.objects.get(variation_id="12").price == 900


@pytest.mark.parametrize(
    ("channel", "code", "reason"),
    [
        ("shopee", "error_model_not_found", ""),
        ("shopee", "error_item_not_found", ""),
        ("shopee", "refused", "Model id not found"),
        ("tiktok_shop", "12052048", "SKU does not exist"),
        ("lazada", "4193", ""),
        ("lazada", "ITEM_NOT_FOUND", ""),
        ("lazada", "501", "sku not found"),
        ("sendo", "no_variant", ""),
        ("sendo", "not_found", ""),
        ("tiki", "404", ""),
        ("tiki", "deleted", ""),
    ],
)
def test_each_channel_says_so_in_its_own_words(channel: str, code: str, reason: str) -> None:
    publisher = connector_of(channel).publisher
    assert publisher is not None
    assert publisher.is_gone(code, reason)


@pytest.mark.parametrize(
    ("channel", "code", "reason"),
    [
        ("shopee", "error_busy", "the warehouse is not found"),
        ("shopee", "error_cannt_edit_stock_in_promotion", "Item is in promotion"),
        ("tiktok_shop", "36009004", "the parameter does not exist"),
        ("lazada", "4170", "in campaign"),
        ("sendo", "row_refused", "không đổi được"),
        ("tiki", "422", "qty_available"),
    ],
)
def test_other_refusals_end_nothing(channel: str, code: str, reason: str) -> None:
    publisher = connector_of(channel).publisher
    assert publisher is not None
    assert not publisher.is_gone(code, reason)
