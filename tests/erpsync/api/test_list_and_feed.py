"""A list, and the feed from its `feed_position` on, miss nothing, whatever is written between two pages."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.core import signing
from django.db import transaction

from core.feed import feed_position, number_events
from core.outbox import Event, emit
from erpsync.api.kit import paging
from orders.models import Order
from tests.erpsync.admin.worlds import World, order
from tests.erpsync.api.conftest import Api
from tests.integrations.events.receivers import mapped, write

pytestmark = pytest.mark.django_db


def changed(row: Order) -> Event:
    data = {
        "order": {"channel": "toy", "shop_id": str(row.shop_id), "order_id": row.number, "hub_order_id": str(row.pk)},
        "status": "shipped", "previous_status": "to_ship", "changed_at": "2026-11-11T05:00:00Z", "changed": ["status"], "revision": 1,
    }  # fmt: skip
    return Event("order.changed", "/erpsync/test", "order", str(row.pk), data, (row.shop_id,))


class Writers:
    """Writers between two requests of a reader: they add and change orders, move them in the list's order, and are numbered late."""

    def __init__(self, made: World, seed: int) -> None:
        self.made, self.random, self.revision = made, random.Random(seed), 0

    def work(self) -> None:
        for _ in range(self.random.randrange(4)):
            self.revision += 1
            with transaction.atomic():
                row = order(self.made) if self.random.random() < 0.4 else self.random.choice(list(Order.objects.all()))
                Order.objects.filter(pk=row.pk).update(note=f"r{self.revision}", placed_at=self._when())
                emit([changed(row)])
            if self.random.random() < 0.6:
                number_events()

    def _when(self) -> str:
        return f"2026-11-{self.random.randrange(1, 28):02}T05:00:00Z"


def read(api: Api, writers: Writers, query: dict[str, Any]) -> tuple[dict[int, str], set[int]]:
    """Return the notes of the orders by what the pages said, and the positions that they named."""
    known, positions, cursor = {}, set(), None
    while True:
        page = api.get("/orders", query | ({"cursor": cursor} if cursor else {})).json()
        known |= {row["id"]: row["note"] for row in page["items"]}
        positions.add(page["feed_position"])
        writers.work()
        if (cursor := page["next_cursor"]) is None:
            return known, positions


@pytest.mark.parametrize("seed", range(8))
def test_a_mirror_of_list_and_feed_is_the_truth(own: World, api: Api, seed: int) -> None:
    for _ in range(8):
        order(own)
    writers = Writers(own, seed)
    writers.work()
    known, positions = read(api, writers, {"limit": 3, "sort": ["-placed_at", "placed_at", "-id", "id"][seed % 4]})
    [after] = positions
    writers.work()
    number_events()
    while True:
        page = api.get("/changes", {"after": after, "limit": 4, "entity": "order"}).json()
        for event in page["items"]:
            key = int(event["data"]["order"]["hub_order_id"])
            known[key] = api.get(f"/orders/{key}").json()["note"]
        after = page["position"]
        if not page["has_more"]:
            break
    assert known == dict(Order.objects.values_list("pk", "note"))
    assert after == feed_position()


def test_the_position_is_taken_before_the_rows_are_read(own: World, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed and numbered between the two is seen twice, not never."""

    def taken_early() -> int:
        found = feed_position()
        row = order(own)
        write(changed(row))
        return found

    monkeypatch.setattr(paging, "feed_position", taken_early)
    page = api.get("/orders").json()
    assert (len(page["items"]), page["feed_position"], feed_position()) == (2, 0, 1)
    assert len(api.get("/changes", {"after": page["feed_position"]}).json()["items"]) == 1


def test_a_list_that_is_the_same_is_not_sent_again_however_far_the_feed_has_come(own: World, api: Api) -> None:
    order(own)
    first = api.get("/orders", {"limit": 1})
    last = api.get("/orders", {"limit": 1, "cursor": first.json()["next_cursor"]})
    assert last.json()["next_cursor"] is None
    write(mapped())
    for query, answer in (({}, first), ({"cursor": first.json()["next_cursor"]}, last)):
        assert api.get("/orders", {"limit": 1, **query}, If_None_Match=answer["ETag"]).status_code == 304
    order(own, placed_at="2020-01-01T00:00:00Z")
    again = api.get("/orders", {"limit": 1, "cursor": first.json()["next_cursor"]}, If_None_Match=last["ETag"])
    assert (again.status_code, again.json()["items"]) == (200, last.json()["items"])


def test_a_cursor_from_before_positions_goes_with_the_whole_feed(own: World, api: Api) -> None:
    order(own)
    write(mapped())
    of_list, value, key, position = signing.loads(
        api.get("/orders", {"limit": 1}).json()["next_cursor"], salt=paging._SALT
    )
    assert position == 1
    page = api.get("/orders", {"limit": 1, "cursor": signing.dumps([of_list, value, key], salt=paging._SALT)}).json()
    assert ([row["id"] for row in page["items"]], page["feed_position"]) == ([own.order.pk], 0)
