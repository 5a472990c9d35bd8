"""The format of case files: what is no case is refused with the place and what is expected there."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from erpsync.environment import BASE_DIR
from erpsync.replay.case import Do, MadeUpOrder, MadeUpReturn, MalformedCase, Read, case_of, read_case
from erpsync.replay.replay import replay

GOOD = BASE_DIR / "tests" / "cases" / "kiotviet-code-renamed.json"
MADE_UP = BASE_DIR / "tests" / "cases" / "shopee-returned-more-than-sold.json"


def test_a_file_is_read() -> None:
    case = read_case(GOOD)
    assert (case.name, case.given.channel, case.given.listing) == (
        "kiotviet-code-renamed.json",
        "shopee",
        ("111", "222"),
    )
    first, second, third = case.steps
    assert isinstance(first, Read)
    assert (first.kind, first.external_id, first.at_pos, list(first.answers)) == (
        "product",
        "501",
        True,
        ["/products/501"],
    )
    assert isinstance(second, Read)
    assert not second.at_pos
    assert third == Do(verb="map", about="", answers={})


def test_what_has_no_answers_is_made_up() -> None:
    order, first, receive, *_ = read_case(MADE_UP).steps
    assert order == MadeUpOrder(number="2611290001", status="shipped", pieces=1)
    assert first == MadeUpReturn(
        number="R1", order_number="2611290001", status="received", lines=(("111", "222", 1),)
    )  # fmt: skip
    assert receive == Do(verb="receive", about="R1", answers={})


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("given", "channel"), "amazon", "given.channel is to be one of"),
        (("given", "colour"), "red", "given names colour"),
        (("given", "on_hand"), "10", "given.on_hand is to be a number of pieces"),
        (("given", "pos"), "yes", "given.pos is to be true or false"),
        (("given", "listing"), "111", "given.listing is to be"),
        (("given",), None, "given is to be an object"),
        (("steps",), [], "at least one step"),
        (("steps", 0), {"answers": {}}, "step 1 is to have one of read, do and store"),
        (("steps", 0, "id"), 501, "step 1 is to have a text `id`"),
        (("steps", 0, "answers"), [], "step 1, answers is to be an object"),
        (("steps", 0, "at"), "crm", "step 1.at is to be pos or shop"),
        (("steps", 2, "do"), "dance", "step 3: nobody knows how to `dance`"),
        (("steps", 0), {"read": "order", "note": "shipped"}, "step 1 has no answers"),
        (("steps", 0), {"store": "order 1"}, "step 1: store is to read `return NUMBER`"),
        (("want",), {"onhand": 1}, "want names onhand; the books have events, on_hand"),
    ],
)
def test_what_is_no_case_is_refused(path: tuple[str | int, ...], value: Any, words: str) -> None:
    found = deepcopy(json.loads(GOOD.read_text()))
    place = found
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(MalformedCase, match=words):
        case_of("changed.json", found)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "it is no JSON"),
        (b"\xff{}", "it is not UTF-8"),
        (b"[]", "the file is to be an object"),
        (None, "No such"),
    ],
)
def test_the_message_names_the_file(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "odd.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MalformedCase, match=rf"odd\.json: {words}"):
        read_case(path)


def test_a_step_at_the_pos_needs_one() -> None:
    found = json.loads(GOOD.read_text())
    found["given"]["pos"] = False
    with pytest.raises(MalformedCase, match=r"given\.pos is not true"):
        replay(case_of("without.json", found))
