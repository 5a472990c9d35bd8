"""Form fields of commands: offered by the simulated TikTok Shop, chosen, and accepted by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.utils.translation import override

from integrations.connectors.tiktok_shop.command_fields import UNPAID_REASONS
from integrations.connectors.tiktok_shop.mapping import shipping
from integrations.connectors.tiktok_shop.simulator import facts
from integrations.contract.errors import Rejected
from integrations.documents.pictures import checked
from tests.integrations.connectors.bound import Bound
from tests.pictures import jpeg, png

from .simulator.still_world import Market
from .test_shop import command, steps

PNG, JPEG = checked([png(640, 480), jpeg(320, 200)])


def test_free_slots_and_the_drop_off_are_offered_and_taken(place: Market, ports: Bound) -> None:
    first, second = place.buy(), place.buy()
    [found] = ports.fields(command("ship", first))
    words = [label for _value, label in found.choices]
    assert (found.name, words[0], words[-1]) == ("handover", "As the shop's settings say", "Drop-off")
    assert len(words) == 4
    assert all(label.startswith("Pick-up ") and label.endswith(" 08:00 – 12:00") for label in words[1:-1])
    ports.perform(command("ship", first, handover=found.choices[2][0]))
    ports.perform(command("ship", second, handover=found.choices[-1][0]))
    orders = place.platform.backend.book.orders
    assert [orders[sold.id].handover_method for sold in (first, second)] == ["PICKUP", "DROP_OFF"]
    assert ports.fields(command("ship", first)) == ()


def test_a_chosen_slot_is_the_one_that_is_sent() -> None:
    offered = {
        "can_pickup": True,
        "pickup_slots": [
            {"avaliable": True, "start_time": 1_700_000_000, "end_time": 1_700_014_400},
            {"avaliable": True, "start_time": 1_700_086_400, "end_time": 1_700_100_800},
        ],
    }
    [_first, (second, words)] = shipping.choices(offered, time_zone="Asia/Ho_Chi_Minh")
    assert words == "Pick-up 16/11/2023 05:13 – 09:13"
    slot = {"start_time": 1_700_086_400, "end_time": 1_700_100_800}
    body = shipping.handover(offered, {"handover": second}, prefers="DROP_OFF")
    assert body == {"handover_method": "PICKUP", "pickup_slot": slot}


def test_reasons_to_refuse_are_tiktok_shops(place: Market, ports: Bound, connect: Callable[..., Bound]) -> None:
    order = place.buy()
    with pytest.raises(Rejected) as caught:
        ports.fields(command("reject_cancellation", order))
    assert caught.value.code == "not_asked"
    steps(place, order, "asked_cancel")
    reason, text, pictures = ports.fields(command("reject_cancellation", order))
    assert (reason.default, dict(reason.choices)[reason.default]) == (
        "seller_reject_apply_product_has_been_packed", "Sản phẩm đã được đóng gói",
    )  # fmt: skip
    assert (text.name, text.required) == ("text", False)
    assert (pictures.name, pictures.required, pictures.pictures) == ("pictures", False, True)
    other = connect(reject_reason="gone from the list").fields(command("reject_cancellation", order))[0]
    assert other.default == other.choices[0][0]
    ports.perform(command("reject_cancellation", order, reason=reason.choices[1][0], text="Đã gói"))
    assert order.status == "to_ship"


def test_returns_are_refused_by_a_reason_of_theirs(place: Market, ports: Bound) -> None:
    book = place.platform.backend.book
    while not book.returns:
        order = place.buy()
        steps(place, order, "arranged", "shipped", "delivered")
        place.context.pass_time(facts.RETURN_AFTER)
    found = next(iter(book.returns.values()))
    refusal = command("reject_return", place.context.orders[found.order_id], return_number=found.id)
    reason, *_others = ports.fields(refusal)
    assert (len(reason.choices), reason.default) == (
        2, "seller_reject_apply_package_has_not_exceeded_estimated_delivery_time",
    ), "that the goods are packed is said of an order, not of a return"  # fmt: skip
    refused = ports.perform(replace(refusal, pictures=(PNG, JPEG)))
    assert refused.raw["reject_reason"] == reason.default
    assert [place.platform.backend.state.images[image] for image in found.images] == ["image/png", "image/jpeg"]


def test_pictures_are_uploaded_before_they_are_named(place: Market, ports: Bound) -> None:
    order = place.buy()
    steps(place, order, "asked_cancel")
    refusal = replace(command("reject_cancellation", order), pictures=(PNG,))
    ports.perform(refusal)
    [asked] = place.platform.backend.book.cancellations.values()
    assert (order.status, len(asked.images)) == ("to_ship", 1)
    image = {"image_id": asked.images[0], "mime_type": "image/png", "width": 640, "height": 480}
    body = {"reject_reason": "x", "images": [image]}
    path = f"/return_refund/202309/cancellations/{asked.id}/reject"
    for wrong in ({"image_id": "tos/none"}, {"mime_type": "image/jpeg"}, {"width": 0}, {"height": "480"}):
        assert place.client.refused("POST", path, body | {"images": [image | wrong]}) == (400, 98001004)
    assert place.client.refused("POST", path, body | {"images": "x"}) == (400, 98001004)
    upload = "/product/202309/images/upload"
    assert place.client.refused("POST", upload, {})[1] == 36009004, "it wants no cipher"


@pytest.mark.parametrize(
    ("content", "code"), [(b"GIF89a", 98001004), (PNG.content + bytes(facts.IMAGE_BYTES), 36009021)]
)
def test_what_tiktok_shop_does_not_take_as_a_picture(content: bytes, code: int, place: Market, ports: Bound) -> None:
    order = place.buy()
    steps(place, order, "asked_cancel")
    with pytest.raises(Rejected) as caught:
        ports.perform(replace(command("reject_cancellation", order), pictures=(replace(PNG, content=content),)))
    assert (caught.value.code, order.status) == (str(code), "cancelling")


def test_reasons_to_cancel_are_those_of_the_orders_status(
    connect: Callable[..., Bound], place: Market, ports: Bound
) -> None:
    order = place.buy()
    with override("vi"):
        [reason] = ports.fields(command("cancel", order))
    assert reason.choices == (
        ("seller_cancel_reason_out_of_stock", "Hết hàng"),
        ("seller_cancel_reason_wrong_price", "Sai giá"),
        ("seller_cancel_paid_reason_address_not_deliver", "Không giao được đến địa chỉ này"),
    )
    assert reason.default == "seller_cancel_reason_out_of_stock"
    place.platform.backend.book.orders[order.id].status = "UNPAID"
    [reason] = ports.fields(command("cancel", order))
    assert [word for word, _label in reason.choices] == list(UNPAID_REASONS)


def test_a_shops_own_word_to_cancel_is_offered_first(connect: Callable[..., Bound], place: Market) -> None:
    [reason] = connect(cancel_reason="a_word_of_tomorrow").fields(command("cancel", place.buy()))
    assert reason.default == "a_word_of_tomorrow"
    assert reason.choices[-1] == ("a_word_of_tomorrow", "a_word_of_tomorrow")
