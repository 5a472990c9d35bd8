"""Title, description and pictures: only the given parts are sent."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.shopee.mapping import items
from integrations.contract.errors import Rejected, TryLater
from integrations.contract.publisher import ContentPush
from tests.integrations.connectors.bound import Bound

from .conftest import NOW, Shopee, bad, good
from .samples import raw

UPDATE = "product/update_item"
PICTURE = "https://cf.shopee.vn/file/166f23cbfb31bd882f51cfe7f90d3826"


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ({"title": "Áo"}, {"item_name": "Áo"}),
        ({"description": "Mới"}, {"description": "Mới", "description_type": "normal"}),
        (
            {"title": "Áo", "images": (PICTURE, "http://cf.shopee.vn/file/vn-1_x.jpg")},
            {"item_name": "Áo", "image": {"image_id_list": ["166f23cbfb31bd882f51cfe7f90d3826", "vn-1_x.jpg"]}},
        ),
    ],
)
def test_given_parts_are_sent(parts: Any, body: Any, shopee: Shopee, ports: Bound) -> None:
    shopee.on(UPDATE, good({"item_id": 25}))
    ports.publish_content(ContentPush("25", **parts))
    assert [asked.json() for asked in shopee.asked] == [{"item_id": 25} | body]


def test_no_parts_are_no_call(shopee: Shopee, ports: Bound) -> None:
    ports.publish_content(ContentPush("25"))
    assert shopee.asked == []


@pytest.mark.parametrize("address", ["https://example.test/a.jpg", "https://cf.shopee.vn/file/", "file", ""])
def test_a_picture_that_shopee_does_not_keep_is_not_sent(address: str, shopee: Shopee, ports: Bound) -> None:
    with pytest.raises(Rejected, match="Seller Centre"):
        ports.publish_content(ContentPush("25", title="Áo", images=(address,)))
    assert shopee.asked == []


def test_a_refusal_has_shopees_words_and_a_lost_answer_may_be_repeated(shopee: Shopee, ports: Bound) -> None:
    shopee.on(UPDATE, bad("product.error_busi", "Item name is too long"))
    with pytest.raises(Rejected, match="too long"):
        ports.publish_content(ContentPush("25", title="x" * 500))
    shopee.on(UPDATE, None)
    with pytest.raises(TryLater) as caught:
        ports.publish_content(ContentPush("25", title="x"))
    assert caught.value.maybe_done is False


def test_description_and_pictures_are_kept_with_every_listing() -> None:
    [row], answer = raw("item__base_info")["response"]["item_list"], raw("item__models")["response"]
    found = items.listings(row, answer["model"], answer["tier_variation"], NOW)
    assert found
    assert {(listing.description, listing.images) for listing in found} == {(row["description"], ())}
    row["image"]["image_url_list"] = [PICTURE, "", "https://cf.shopee.vn/file/2"]
    again = items.listings(row, answer["model"], answer["tier_variation"], NOW)
    assert {listing.images for listing in again} == {(PICTURE, "https://cf.shopee.vn/file/2")}
