"""Title, description and pictures: only what is told is sent."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.base import ContentPush
from integrations.connectors.shopee.connector import ShopeeConnector
from integrations.connectors.shopee.mapping import items
from integrations.wire.errors import Rejected, TryLater

from .conftest import NOW, Shopee, bad, good
from .samples import raw

UPDATE = "product/update_item"
PICTURE = "https://cf.shopee.vn/file/166f23cbfb31bd882f51cfe7f90d3826"


@pytest.mark.parametrize(
    ("told", "body"),
    [
        ({"title": "Áo"}, {"item_name": "Áo"}),
        ({"description": "Mới"}, {"description": "Mới", "description_type": "normal"}),
        (
            {"title": "Áo", "images": (PICTURE, "http://cf.shopee.vn/file/vn-1_x.jpg")},
            {"item_name": "Áo", "image": {"image_id_list": ["166f23cbfb31bd882f51cfe7f90d3826", "vn-1_x.jpg"]}},
        ),
    ],
)
def test_what_is_told_is_sent(told: Any, body: Any, shopee: Shopee, connector: ShopeeConnector) -> None:
    shopee.on(UPDATE, good({"item_id": 25}))
    connector.push_content(ContentPush("25", **told))
    assert [asked.json() for asked in shopee.asked] == [{"item_id": 25} | body]


def test_nothing_told_is_nothing_sent(shopee: Shopee, connector: ShopeeConnector) -> None:
    connector.push_content(ContentPush("25"))
    assert shopee.asked == []


@pytest.mark.parametrize("address", ["https://example.test/a.jpg", "https://cf.shopee.vn/file/", "file", ""])
def test_a_picture_that_shopee_does_not_keep_is_not_sent(
    address: str, shopee: Shopee, connector: ShopeeConnector
) -> None:
    with pytest.raises(Rejected, match="Seller Centre"):
        connector.push_content(ContentPush("25", title="Áo", images=(address,)))
    assert shopee.asked == []


def test_a_refusal_has_shopees_words_and_a_lost_answer_may_be_repeated(
    shopee: Shopee, connector: ShopeeConnector
) -> None:
    shopee.on(UPDATE, bad("product.error_busi", "Item name is too long"))
    with pytest.raises(Rejected, match="too long"):
        connector.push_content(ContentPush("25", title="x" * 500))
    shopee.on(UPDATE, None)
    with pytest.raises(TryLater) as caught:
        connector.push_content(ContentPush("25", title="x"))
    assert caught.value.maybe_done is False


def test_what_the_page_says_is_kept_with_every_listing() -> None:
    [row], answer = raw("item__base_info")["response"]["item_list"], raw("item__models")["response"]
    found = items.listings(row, answer["model"], answer["tier_variation"], NOW)
    assert found
    assert {(listing.description, listing.images) for listing in found} == {(row["description"], ())}
    row["image"]["image_url_list"] = [PICTURE, "", "https://cf.shopee.vn/file/2"]
    again = items.listings(row, answer["model"], answer["tier_variation"], NOW)
    assert {listing.images for listing in again} == {(PICTURE, "https://cf.shopee.vn/file/2")}
