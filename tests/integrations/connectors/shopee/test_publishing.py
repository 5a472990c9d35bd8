"""Stock and price pushes: the rows sent, and the outcome of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.reasons import Reason
from integrations.connectors.shopee.connector import CONNECTOR
from integrations.contract.access import Access, AppAccess
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.contract.publisher import PricePush, PushOutcome, StockPush
from tests.integrations.connectors.bound import Bound

from .conftest import Shopee, Tokens, bad, good

STOCK, PRICE = "product/update_stock", "product/update_price"
BASE, MODELS = "product/get_item_base_info", "product/get_model_list"


def rows(*models: int, failed: dict[int, str] | None = None) -> Any:
    failures = [{"model_id": model, "failed_reason": reason} for model, reason in (failed or {}).items()]
    return good({"failure_list": failures, "success_list": [{"model_id": model, "stock": 1} for model in models]})


def held(shopee: Shopee, **reserved: int) -> None:
    """The item's models and what a promotion holds of each."""
    models = [
        {"model_id": int(model[1:]), "stock_info_v2": {"summary_info": {"total_reserved_stock": units}}}
        for model, units in reserved.items()
    ]
    shopee.on(BASE, good({"item_list": [{"item_id": 25, "has_model": True, "item_status": "NORMAL"}]}))
    shopee.on(MODELS, good({"model": models}))


def test_one_call_sends_all_rows_of_an_item(shopee: Shopee, ports: Bound) -> None:
    shopee.on(STOCK, rows(7, 8))
    found = ports.publish_stock([StockPush("25000112233", "7", 5), StockPush("25000112233", "8", 0)])
    assert found == [PushOutcome("25000112233", "7"), PushOutcome("25000112233", "8")]
    assert shopee.asked[0].json() == {
        "item_id": 25000112233,
        "stock_list": [
            {"model_id": 7, "seller_stock": [{"stock": 5}]},
            {"model_id": 8, "seller_stock": [{"stock": 0}]},
        ],
    }


def test_an_item_without_models_is_model_0(shopee: Shopee, ports: Bound) -> None:
    shopee.on(STOCK, rows(0))
    assert ports.publish_stock([StockPush("25", "", 5)]) == [PushOutcome("25", "")]
    assert shopee.asked[0].json()["stock_list"][0]["model_id"] == 0


def test_a_location_is_sent_only_where_one_is_known(shopee: Shopee, connect: Callable[..., Bound]) -> None:
    shopee.on(STOCK, rows(7))
    connect(location_id="VNZ").publish_stock([StockPush("25", "7", 5)])
    [outcome] = connect(location_id="VNZ").publish_stock([StockPush("25", "7", 5, warehouse="VNY")])
    sent = [asked.json()["stock_list"][0]["seller_stock"] for asked in shopee.asked]
    assert sent == [[{"stock": 5, "location_id": "VNZ"}], [{"stock": 5, "location_id": "VNY"}]]
    assert outcome.warehouse == "VNY"


def test_a_refused_row_has_an_outcome_beside_an_accepted_one_with_its_floor(shopee: Shopee, ports: Bound) -> None:
    shopee.on(STOCK, rows(8, failed={7: "Stock should be larger than reserved stock"}))
    held(shopee, m7=4, m8=4)
    refused, taken = ports.publish_stock([StockPush("25", "7", 2), StockPush("25", "8", 5)])
    assert (refused.accepted, refused.code, refused.floor) == (False, "error_cannt_edit_stock_in_promotion", 4)
    assert str(refused.reason) == (
        "A promotion holds the item: it cannot be changed until the promotion ends."
        " Stock should be larger than reserved stock"
    )
    assert taken == PushOutcome("25", "8")


@pytest.mark.parametrize("units", [0, 2])
def test_a_refusal_that_no_promotion_explains_has_no_floor(units: int, shopee: Shopee, ports: Bound) -> None:
    shopee.on(STOCK, rows(failed={7: "Something else"}))
    held(shopee, m7=units)
    assert ports.publish_stock([StockPush("25", "7", 2)]) == [
        PushOutcome("25", "7", accepted=False, code="refused", reason=Reason(words="Something else"))
    ]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ("error_system_busy", "error_system_busy", "Shopee is busy or out of order. error_system_busy"),
        ("product.error_model_not_found: 7", "error_model_not_found", "Shopee does not know it. product.error_model_not_found: 7"),
        ("error_brand_new", "error_brand_new", "error_brand_new"),
        ("location_id is invalid", "refused",
         "Check the shop's warehouse: Shopee wants its location ID, or none. location_id is invalid"),
    ],
)  # fmt: skip
def test_words_of_a_failed_row_may_begin_with_a_code(
    words: str, code: str, reason: str, shopee: Shopee, ports: Bound
) -> None:
    shopee.on(STOCK, rows(failed={7: words}))
    held(shopee, m7=0)
    [found] = ports.publish_stock([StockPush("25", "7", 2)])
    assert (found.code, str(found.reason), found.floor) == (code, reason, None)


def test_when_every_row_failed_the_rows_are_read(shopee: Shopee, ports: Bound) -> None:
    status, body = rows(failed={7: "no"})
    shopee.on(STOCK, (status, body | {"error": "product.error_busi_update_stock_failed", "message": "all failed"}))
    held(shopee, m7=0)
    found = ports.publish_stock([StockPush("25", "7", 2), StockPush("25", "8", 3)])
    assert [(o.accepted, o.code, str(o.reason)) for o in found] == [
        (False, "refused", "no"),
        (False, "unanswered", "all failed"),
    ]


def test_a_row_that_the_answer_does_not_name_was_not_taken(shopee: Shopee, ports: Bound) -> None:
    shopee.on(STOCK, rows(7))
    held(shopee)
    assert [o.accepted for o in ports.publish_stock([StockPush("25", "7", 2), StockPush("25", "8", 3)])] == [
        True,
        False,
    ]


def test_a_refused_call_is_the_outcome_of_its_row_and_an_error_where_there_are_several(
    shopee: Shopee, ports: Bound
) -> None:
    shopee.on(STOCK, bad("product.error_item_not_found", "Item not found."))
    shopee.on(BASE, bad("product.error_item_not_found", "Item not found."))
    [found] = ports.publish_stock([StockPush("25", "7", 2)])
    reason = "Shopee does not know it. Item not found."
    assert (found.accepted, found.code, str(found.reason)) == (False, "error_item_not_found", reason)
    shopee.on(STOCK, bad("product.error_item_not_found", "Item not found."))
    with pytest.raises(Rejected, match="Item not found"):
        ports.publish_stock([StockPush("25", "7", 2), StockPush("25", "8", 3)])


@pytest.mark.parametrize(
    ("answer", "maybe_done"),
    [(None, True), ((502, "<html>"), True), ((200, "<html>"), True), (bad("error_server"), True),
     (bad("error_rate_limit", status=429), False)],
)  # fmt: skip
def test_a_lost_answer_says_that_the_numbers_may_have_been_taken(
    answer: Any, maybe_done: bool, shopee: Shopee, ports: Bound
) -> None:
    shopee.on(STOCK, answer)
    with pytest.raises(TryLater) as caught:
        ports.publish_stock([StockPush("25", "7", 2)])
    assert caught.value.maybe_done is maybe_done
    assert len(shopee.asked) == 1


def test_nothing_was_done_where_nobody_listens(app: AppAccess, tokens: Tokens) -> None:
    away = Bound(CONNECTOR, Access(replace(app, base_url="http://127.0.0.1:9"), "9", tokens))
    with pytest.raises(TryLater) as caught:
        away.publish_stock([StockPush("25", "7", 2)])
    assert not caught.value.maybe_done


def test_a_dead_token_is_renewed_and_the_push_repeated(shopee: Shopee, ports: Bound, tokens: Tokens) -> None:
    shopee.on(STOCK, bad("invalid_acceess_token", status=403), rows(7))
    assert ports.publish_stock([StockPush("25", "7", 2)]) == [PushOutcome("25", "7")]
    shopee.on(STOCK, bad("shop_no_linked"))
    with pytest.raises(NotAuthorised):
        ports.publish_stock([StockPush("25", "7", 2)])


def test_prices_keep_their_digits_and_failed_rows_have_outcomes(shopee: Shopee, ports: Bound) -> None:
    shopee.on(PRICE, rows(7, failed={8: "fail"}))
    found = ports.publish_price([PricePush("25", "7", Decimal("11.10")), PricePush("25", "8", Decimal(99000))])
    assert found == [
        PushOutcome("25", "7"),
        PushOutcome("25", "8", accepted=False, code="refused", reason=Reason(words="fail")),
    ]
    assert shopee.asked[0].body == (
        '{"item_id":25,"price_list":[{"model_id":7,"original_price":11.10},{"model_id":8,"original_price":99000}]}'
    )


@pytest.mark.parametrize("code", ["error_cannt_edit_price_in_promotion", "error_related_product_in_promotion"])
def test_a_price_in_a_promotion_is_refused_in_plain_words(code: str, shopee: Shopee, ports: Bound) -> None:
    shopee.on(PRICE, bad(f"product.{code}", ""))
    [found] = ports.publish_price([PricePush("25", "7", Decimal(1))])
    assert (found.accepted, found.code) == (False, code)
    assert str(found.reason) == "A promotion holds the item: it cannot be changed until the promotion ends."
