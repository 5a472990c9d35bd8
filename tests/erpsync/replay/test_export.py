"""Saving what a channel answers as a case: it runs elsewhere, comes to the same, and names nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from erpsync.environment import BASE_DIR
from erpsync.replay.case import Case, Read, case_of, read_case
from erpsync.replay.export import StoredAnswer, as_case
from erpsync.replay.replay import Result, replay
from integrations.connectors import connector_of
from integrations.models import AppRegistration, Connection
from orders.models import Order
from tests.integrations.connectors.scripted import ScriptedPlatform, served

CASES = BASE_DIR / "tests" / "cases"
BUYER = {"name": "Nguyễn Thị Hồng Nhung", "phone": "0912345678", "full_address": "18 Ngõ Huế, Hai Bà Trưng"}
COMPARED = ("on_hand", "reserved", "other_shop_shows", "pos_documents")


def first_read(name: str) -> Case:
    """The first step of a case by itself, with a buyer in every object that has a status."""
    case = read_case(CASES / f"{name}.json")
    step = case.steps[0]
    assert isinstance(step, Read)
    with_buyer = {path: _with_buyer(body) for path, body in step.answers.items()}
    return replace(case, steps=(replace(step, answers=with_buyer),), want={})


def _with_buyer(body: Any) -> Any:
    if isinstance(body, dict):
        inner = {name: _with_buyer(value) for name, value in body.items()}
        has_status = any("status" in name for name in body)
        return inner | ({"recipient_address": BUYER, "buyer_note": "Gọi trước khi giao nhé"} if has_status else {})
    return [_with_buyer(value) for value in body] if isinstance(body, list) else body


def saved(
    case: Case, kind: str, now: Callable[[Any], Any] = lambda answer: answer, stored: StoredAnswer | None = None
) -> dict[str, Any]:
    """Save the case's thing from a server that answers as the file does, or otherwise by now."""
    [step] = case.steps
    assert isinstance(step, Read)
    refusal = connector_of(case.given.channel).refusal_form
    assert refusal is not None

    class Answering(ScriptedPlatform):
        def respond(self, method: str, target: str, headers: Any, body: bytes) -> Any:
            path = target.partition("?")[0]
            parts = sorted((part for part in step.answers if part in path), key=len)
            status, answer = (200, step.answers[parts[-1]]) if parts else refusal("no_answer", path)
            return status, {"Content-Type": "application/json"}, json.dumps(now(answer)).encode()

    with served(Answering()) as platform:
        AppRegistration.objects.update(base_url=platform.base_url)
        shop = Connection.objects.select_related("authorisation__app", "shop").get(external_id="shop")
        return as_case(shop, kind, step.external_id, stored=stored)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name", ["shopee-long-tracking", "lazada-parcels-repacked", "tiki-discount-in-three", "kiotviet-import-of-tiktok_shop"]
)  # fmt: skip
def test_a_saved_order_runs_and_comes_to_the_same(name: str, tmp_path: Path) -> None:
    original = first_read(name)
    before = replay(original)
    found = saved(original, "order")
    text = json.dumps(found, ensure_ascii=False)
    for word in (*BUYER.values(), "Gọi trước", "Nguyễn", original.steps[0].external_id):  # type: ignore[union-attr]
        assert word not in text
    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
    after = replay(case_of("saved.json", found))
    assert _books(after) == _books(before)
    assert before.books["orders"]


def _books(result: Result) -> dict[str, Any]:
    orders = [{k: order[k] for k in ("status", "problems", "quantities")} for order in result.books["orders"]]
    ends = [end for step in result.books["events"] for end in step.values()]
    return {key: result.books[key] for key in COMPARED} | {"orders": orders, "ends": ends}


def _prices(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in sorted(value):
            yield from ([value[key]] if "price" in key and not isinstance(value[key], dict) else _prices(value[key]))
    elif isinstance(value, list):
        for inner in value:
            yield from _prices(inner)


def _other_prices(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _other_prices(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_other_prices(inner, key) for inner in value]
    return type(value)(1) if "price" in key and isinstance(value, int | float | str) else value


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name",
    ["shopee-long-tracking", "lazada-parcels-repacked", "tiki-discount-in-three"],
)
def test_what_was_stored_is_saved_when_the_channel_says_something_else_by_now(name: str) -> None:
    original = first_read(name)
    before = replay(original)
    order = Order.objects.get()
    stored = StoredAnswer(order.asked_at, order.raw)
    found = saved(original, "order", now=_other_prices, stored=stored)
    assert found["answered"] == f"as it was stored, {order.asked_at:%Y-%m-%d %H:%M} UTC"
    wanted, by_now = list(_prices(order.raw)), list(_prices(_other_prices(order.raw)))
    assert wanted != by_now, "else it shows nothing"
    kept = list(_prices(found["steps"][0]["answers"]))
    assert set(map(str, kept)) == set(map(str, wanted))
    asked = saved(original, "order", now=_other_prices)
    assert asked["answered"].startswith("asked for the file, ")
    assert set(map(str, _prices(asked["steps"][0]["answers"]))) == set(map(str, by_now))
    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
    assert _books(replay(case_of("saved.json", found))) == _books(before)
