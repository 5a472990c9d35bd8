"""The change feed and single events: what is seen by whom, pages, waits, and positions that the hub no longer has."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from core.db import execute
from core.event_types import event_types
from core.feed import feed_position, number_events
from core.outbox import Event, OutboxEvent, emit
from core.permissions import VERBS
from erpsync.api.resources.changes import KINDS
from erpsync.api.urls import RESOURCES
from erpsync.serving.long_poll import KEY, LongPoll
from integrations.events import feed
from integrations.events.messages import EventRow, message
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import Api, MakeKey
from tests.integrations.events.receivers import mapped, write
from tests.published import validator

pytestmark = pytest.mark.django_db

WHOLE = {
    "order": {"channel": "toy", "shop_id": "1", "order_id": "A", "hub_order_id": "1"}, "status": "to_ship", "lines": [],
    "created_at": "2026-11-11T05:00:00Z", "updated_at": "2026-11-11T05:00:00Z", "revision": 1,
    "totals": {"goods": {"amount": "1", "currency": "VND"}}, "buyer": {"name": "A"}, "ship_to": {"phone": "09"}, "note": "n",
}  # fmt: skip


def whole(made: World, thing: str = "1") -> Event:
    return Event("order.normalized", "/erpsync/test", "order", thing, WHOLE, (made.shop.pk,))


def listing(made: World, thing: str = "1") -> Event:
    return mapped(thing, shop_ids=(made.shop.pk,))


def changes(api: Api, after: int, **query: Any) -> Any:
    answer = api.get("/changes", {"after": after, **query})
    assert answer.status_code == 200, answer.content
    return answer.json()


def _written() -> QuerySet[OutboxEvent]:
    """The events in their order, without the broken one that every world has."""
    return OutboxEvent.objects.filter(flaw="").order_by("serial")


def steps(page: Any) -> list[str]:
    return [event["subject"] for event in page["items"]]


def test_an_event_is_shown_as_sinks_send_it(own: World, api: Api) -> None:
    write(whole(own))
    [event] = changes(api, 0)["items"]
    row = _written().get()
    sent = EventRow(
        row.pk, 1, row.type, row.source, row.entity, row.entity_id, row.version, row.time, json.dumps(row.data), "", False, False,
        None, False,
    )  # fmt: skip
    assert event == json.loads(message(sent, sends_personal=True).body)
    validator("envelope.1").validate(event)
    assert api.get(f"/events/{row.pk}").json() == event


def test_the_feed_goes_on_from_each_position_and_ends_at_the_last(own: World, api: Api) -> None:
    assert api.get("/changes").json() == {"items": [], "position": 0, "has_more": False}
    write(*(listing(own, str(n)) for n in range(5)))
    first = changes(api, 0, limit=2)
    assert (steps(first), first["position"], first["has_more"]) == (["listing/0", "listing/1"], 2, True)
    last = changes(api, 2, limit=3)
    assert (len(last["items"]), last["position"], last["has_more"]) == (3, 5, False)
    assert changes(api, 5) == {"items": [], "position": 5, "has_more": False}
    assert api.get("/changes").json()["position"] == 5


def test_what_is_not_committed_or_not_numbered_is_not_passed_over(own: World, api: Api) -> None:
    write(listing(own))
    emit([listing(own)])
    assert changes(api, 0)["position"] == 1
    number_events()
    assert changes(api, 1)["position"] == 2


def test_only_events_of_own_shops_are_shown(own: World, other: World, api: Api, key_of: MakeKey) -> None:
    write(
        listing(own, "mine"),
        listing(other, "theirs"),
        mapped("nobody"),
        mapped("both", shop_ids=(own.shop.pk, other.shop.pk)),
    )
    assert steps(changes(api, 0)) == ["listing/mine", "listing/both"]
    assert steps(changes(key_of(other), 0)) == ["listing/theirs", "listing/both"]
    codes = [api.get(f"/events/{pk}").status_code for pk in _written().values_list("pk", flat=True)]
    assert codes == [200, 404, 404, 200]


def test_scopes_open_their_own_kinds_and_buyers_only_with_theirs(own: World, key_of: MakeKey) -> None:
    write(whole(own), listing(own))
    order, _mapped = _written()
    narrow = key_of(own, "events:read", "listings:read")
    assert steps(changes(narrow, 0)) == ["listing/1"]
    for answer in (narrow.get("/changes", {"after": 0, "types": "order."}), narrow.get(f"/events/{order.pk}")):
        assert (answer.status_code, answer.json()["scope"]) == (403, "orders:read")
    [seen] = changes(key_of(own, "events:read", "orders:read"), 0)["items"]
    assert [seen["data"][name] for name in ("buyer", "ship_to", "note")] == [None, None, None]
    [seen] = changes(key_of(own, "events:read", "orders:read", "customers:read"), 0)["items"]
    assert seen["data"]["buyer"] == {"name": "A"}
    assert key_of(own, "orders:read").get("/changes").json()["scope"] == "events:read"


def test_filters_by_type_kind_and_thing(own: World, api: Api) -> None:
    write(whole(own, "1"), whole(own, "2"), listing(own, "1"))
    assert steps(changes(api, 0, types="order.")) == ["order/1", "order/2"]
    assert steps(changes(api, 0, types="listing.mapped,price.changed")) == ["listing/1"]
    assert steps(changes(api, 0, entity="listing")) == ["listing/1"]
    assert steps(changes(api, 0, entity="order/2,listing/1")) == ["order/2", "listing/1"]
    assert changes(api, 0, entity="order/9") == {"items": [], "position": 3, "has_more": False}
    refused = api.get("/changes", {"after": 0, "types": "order.sold"}).json()
    assert (refused["code"], "order.shipped" in refused["allowed"]) == ("unknown_types", True)


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": "-1"}, {"limit": 0}, {"limit": 501}, {"wait": 31}, {"after": 2**63}]
)
def test_numbers_out_of_range_are_refused(api: Api, query: dict[str, Any]) -> None:
    answer = api.get("/changes", query)
    assert (answer.status_code, answer.json()["code"]) == (400, next(iter(query)))


def test_a_reader_of_few_things_comes_forward_through_many(
    own: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "WINDOW", 4)
    write(*(mapped(str(n)) for n in range(9)), listing(own))
    pages = [changes(api, 0, wait=30)]
    while pages[-1]["has_more"]:
        pages.append(changes(api, pages[-1]["position"], wait=30))
    assert [(page["position"], len(page["items"])) for page in pages] == [(4, 0), (8, 0), (10, 1)]


def test_a_position_that_is_too_old_or_never_was_is_gone(own: World, api: Api) -> None:
    write(*(listing(own, str(n)) for n in range(4)))
    OutboxEvent.objects.filter(position__lte=2).update(time=timezone.now() - timedelta(days=30, seconds=1))
    codes = [api.get("/changes", {"after": after}).status_code for after in range(6)]
    assert codes == [410, 410, 200, 200, 200, 410]
    # retention keeps the newest event of each thing: a hole is told as well
    OutboxEvent.objects.filter(position=3).delete()
    assert [api.get("/changes", {"after": after}).status_code for after in (2, 3)] == [410, 200]
    answer = api.get("/changes", {"after": 0, "types": "order.,stock.changed"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["lists"] == ["/api/v1/orders", "/api/v1/stock-levels"]
    for path in api.get("/changes", {"after": 0}).json()["lists"]:
        assert "items" in api.get(path.removeprefix("/api/v1")).json(), path


def test_how_far_back_is_a_setting(own: World, api: Api, settings: Any) -> None:
    write(listing(own))
    OutboxEvent.objects.update(time=timezone.now() - timedelta(days=40))
    assert api.get("/changes", {"after": 0}).status_code == 410
    settings.EVENT_DAYS = 41
    assert len(changes(api, 0)["items"]) == 1


def test_positions_are_the_same_after_a_dump_and_restore(own: World, api: Api) -> None:
    """A restore brings rows and the counter back as they were, in another order on disk and with sequences set anew."""
    write(*(listing(own, str(n)) for n in range(4)))
    before = changes(api, 2)
    execute("CREATE TEMP TABLE dumped ON COMMIT DROP AS SELECT * FROM core_outboxevent ORDER BY id DESC")
    execute("DELETE FROM core_outboxevent")
    execute("INSERT INTO core_outboxevent SELECT * FROM dumped ORDER BY random()")
    assert changes(api, 2) == before
    write(listing(own, "new"))
    assert steps(changes(api, 4)) == ["listing/new"]
    assert feed_position() == 5


def test_a_wait_is_left_to_the_server_and_costs_one_request_of_the_quota(own: World, api: Api) -> None:
    poll = LongPoll()
    left = []

    def ask(wait: int = 20) -> Any:
        answer = api.client.get("/api/v1/changes", {"after": 0, "wait": wait}, headers=api.headers, **{KEY: poll})
        left.append(answer["RateLimit-Remaining"])
        return answer.json()

    write(mapped("nobody"))
    assert ask() == {"items": [], "position": 1, "has_more": False}
    assert (poll.wants_more, poll.position) == (True, 1)
    assert 19 < poll.left() <= 20
    poll.times, poll.wants_more = 1, False
    write(listing(own))
    assert steps(ask()) == ["listing/1"]
    assert not poll.wants_more
    assert len(set(left)) == 1


def test_every_published_type_has_a_scope_and_a_list() -> None:
    assert {name.partition(".")[0] for name in event_types()} <= set(KINDS)
    for told in KINDS.values():
        assert "read" in VERBS[told.resource]
        assert not told.list or RESOURCES[told.list].resource == told.resource
