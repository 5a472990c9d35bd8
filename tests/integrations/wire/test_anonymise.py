"""What leaves the hub in a case: properties over answers of every kind of shape."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.wire.anonymise import Anonymiser

# as the platforms name them, and one that nobody thought of
BUYERS_FIELDS = (
    "name", "full_name", "buyer_username", "buyer_user_id", "phone", "phone_number", "to_phone", "full_address", "address1",
    "addressDetail", "district", "city", "email", "buyer_email", "message_to_seller", "buyer_cancel_reason", "note",
    "customerName", "contactNumber", "receiver", "wardName", "remarks", "gift_message", "title", "something_new",
)  # fmt: skip
NESTS = ("recipient_address", "customer", "shipping", "order_list", "items", "data", "response")
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạếềểễệÁĐÊNguyễn"
word = st.text(LETTERS, min_size=4, max_size=10)
texts = st.one_of(
    st.lists(word, min_size=1, max_size=5).map(" ".join),
    st.from_regex(r"0[35789][0-9]{8}", fullmatch=True),
    st.builds("{}{}@{}.vn".format, word, st.integers(10, 9999), word),
    st.builds("Số {}, đường {}, phường {}".format, st.integers(10000, 99999), word, word),
)
person = st.dictionaries(st.sampled_from(BUYERS_FIELDS), texts, min_size=1, max_size=6)
answers = st.recursive(
    person, lambda inner: st.one_of(st.dictionaries(st.sampled_from(NESTS), inner, min_size=1, max_size=3),
                                    st.lists(inner, min_size=1, max_size=3)), max_leaves=6,
)  # fmt: skip


def leaves(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [leaf for inner in found.values() for leaf in leaves(inner)]
    if isinstance(found, list):
        return [leaf for inner in found for leaf in leaves(inner)]
    return [found]


def shape(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: shape(inner) for name, inner in found.items()}
    if isinstance(found, list):
        return [shape(inner) for inner in found]
    return (type(found), len(found)) if isinstance(found, str) else type(found)


@settings(max_examples=150, deadline=None)
@given(answers)
def test_no_text_of_a_buyer_is_left(answer: Any) -> None:
    replaced = Anonymiser().value(answer)
    for before, after in zip(leaves(answer), leaves(replaced), strict=True):
        assert before not in after
        for part in re.findall(r"\w{4,}", before):
            assert part not in after
    assert shape(replaced) == shape(answer)


@settings(max_examples=50, deadline=None)
@given(texts, st.sampled_from(BUYERS_FIELDS), st.sampled_from(BUYERS_FIELDS))
def test_the_same_word_is_the_same_everywhere(text: str, one: str, other: str) -> None:
    anonymiser = Anonymiser()
    assert anonymiser.value(text, one) == anonymiser.value(text, other)
    assert Anonymiser().value(text, one) != anonymiser.value(text, one)


def test_ids_meet_as_numbers_texts_and_parts_of_codes_and_paths() -> None:
    anonymiser = Anonymiser()
    found = anonymiser.value({"order_id": 288480920119609, "code": "DHLZD_288480920119609.1", "sn": "288480920119609"})
    assert found["order_id"] != 288480920119609
    assert len(str(found["order_id"])) == 15
    assert found["code"] == f"DHLZD_{found['order_id']}.1"
    assert found["sn"] == str(found["order_id"])
    assert anonymiser.path("/v2/orders/288480920119609/items") == f"/v2/orders/{found['order_id']}/items"


def test_the_words_of_the_trade_stay() -> None:
    answer = {
        "order_status": "READY_TO_SHIP", "fulfillmentType": "dropship", "payment_method": "Cash on Delivery",
        "currency": "VND", "model_sku": "ÁO-01\u200b", "item_price": 12500000, "grand_total": "198000.00", "quantity": 2,
        "create_time": 1765688839, "ship_by_date": "N/A", "updated_at": "2026-11-29 09:00:00 +0700", "deadline": "0000-00-00 00:00:00",
        "is_cod": True, "note": None, "item_id": 0, "productCode": "AO-01", "lines": [], "error": "", "code": 36009004,
    }  # fmt: skip
    assert Anonymiser().value(answer) == answer


def test_a_person_keeps_nothing_but_shape() -> None:
    answer = {"recipient_address": {"state": "Hà Nội", "type": "home", "zip": 10000, "region": "VN"}}
    found = Anonymiser().value(answer)["recipient_address"]
    assert shape(found) == shape(answer["recipient_address"])
    assert not {"Hà Nội", "home", 10000, "VN"} & set(found.values())
    assert json.dumps(found).count("\\u") == 0
