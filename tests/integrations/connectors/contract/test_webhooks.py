"""Webhooks: what is signed is believed, what was altered is refused, and nothing that is signed is lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from integrations.contract.access import AppAccess
from integrations.contract.webhooks import Delivery, Notice, Refused, Unreadable
from tests.integrations.connectors.played import Hub, Played
from tests.waiting import wait_until

from .conftest import MALFORMED, simulated
from .facts import check_opening, check_webhooks
from .ports import CONNECTORS, assert_runs_over_all, each, having, is_aware, known_kinds

EACH = each("webhooks")
# those whose signature proves the sender
SIGNED = [channel for channel in having("webhooks") if CONNECTORS[channel].webhooks.is_signed]  # type: ignore[union-attr]
EACH_SIGNED = pytest.mark.parametrize("channel", SIGNED)
REASONS = ("bad_signature", "missing_signature", "stale", "too_large", "unknown_app", "unknown_topic")
Delivered = tuple[AppAccess, list[Delivery]]


@pytest.fixture(scope="module")
def caught() -> Iterator[dict[str, Delivered]]:
    """Our registrations and five deliveries of each channel, from a world whose shelves are still full."""
    hub = Hub()
    with simulated("webhooks") as world:
        apps = {channel: _register(Played(world, channel), f"{hub.url}{channel}/") for channel in having("webhooks")}
        found: dict[str, list[Delivery]] = {channel: [] for channel in apps}
        seen = 0

        def enough() -> bool:
            """Each of many shops gets few of a day's orders, and some channels tell of parcels only: then there is another day,
            after the hour that its parcels take."""
            nonlocal seen
            control = Played(world, next(iter(apps)))
            if not control.ask("GET", "/progress")["running"]:
                control.ask("POST", "/start", orders=100, interval_ms=1, pos_share=0.3)
                control.ask("POST", "/advance", seconds=3600)
            came, seen = hub.got[seen:], len(hub.got)
            for one in came:
                channel, _, topic = one.topic.partition("/")
                # with the topic that the hub would have read from the address
                mine = replace(one, topic=topic)
                if _notices(channel, apps[channel], mine):
                    found[channel].append(mine)
            return all(len(deliveries) >= 5 for deliveries in found.values())

        wait_until(enough, 120)
        yield {channel: (apps[channel], deliveries[:5]) for channel, deliveries in found.items()}
    hub.stop()


def _register(played: Played, address: str) -> AppAccess:
    """Have the channel's changes sent to an address; our registration."""
    # typed in the platform's console; refused where hooks are registered by API
    console = {"channel": played.channel, "url": address}
    assert requests.post(f"{played.simulation.url}/webhooks", json=console, timeout=10).status_code in (200, 400)
    bound = played.connect(callback_url=address)
    if bound.connector.webhooks and bound.connector.webhooks.register:
        bound.register_webhooks(address)
    return played.app(callback_url=address)


@pytest.fixture
def delivered(channel: str, caught: dict[str, Delivered]) -> Delivered:
    """Our registration, and deliveries as the channel sent them."""
    return caught[channel]


def _notices(channel: str, app: AppAccess, delivery: Delivery) -> list[Notice]:
    webhooks = CONNECTORS[channel].webhooks
    assert webhooks
    return webhooks.open(app, delivery)


def _refused(channel: str, app: AppAccess, delivery: Delivery) -> str:
    with pytest.raises(Refused) as caught:
        _notices(channel, app, delivery)
    return caught.value.reason


@EACH
def test_its_facts_are_sane_and_every_refusal_has_a_reply(channel: str) -> None:
    webhooks = CONNECTORS[channel].webhooks
    assert webhooks
    check_webhooks(webhooks)
    assert {webhooks.refusal(reason) for reason in REASONS} <= set(webhooks.refusals.values())


def test_some_are_signed() -> None:
    assert SIGNED


@EACH_SIGNED
def test_signed_deliveries_are_opened_where_the_check_cannot_be_forgotten(channel: str) -> None:
    webhooks = CONNECTORS[channel].webhooks
    assert webhooks
    check_opening(webhooks)


@EACH
def test_deliveries_are_believed_and_say_the_same_twice(channel: str, delivered: Delivered) -> None:
    app, deliveries = delivered
    assert len(deliveries) == 5
    for delivery in deliveries:
        notices = _notices(channel, app, delivery)
        assert notices == _notices(channel, app, delivery)
        assert {notice.kind for notice in notices} <= known_kinds(CONNECTORS[channel])
        assert all(notice.external_id for notice in notices)
        assert all(is_aware(notice.version) for notice in notices)
        json.dumps([dict(notice.body) for notice in notices])


@EACH_SIGNED
def test_an_altered_body_is_refused_also_one_that_means_the_same(channel: str, delivered: Delivered) -> None:
    app, [delivery, *_] = delivered
    again = json.dumps(json.loads(delivery.body), indent=1).encode()
    for body in (again, delivery.body + b" ", delivery.body[:-1], delivery.body.replace(b"1", b"2"), b""):
        assert _refused(channel, app, replace(delivery, body=body)) == "bad_signature"


@EACH_SIGNED
def test_without_its_headers_or_with_another_signature_a_delivery_is_refused(
    channel: str, delivered: Delivered
) -> None:
    app, [delivery, *_] = delivered
    assert _refused(channel, app, replace(delivery, headers={})) == "missing_signature"
    wrong = {name: f"0{value[:-1]}" for name, value in delivery.headers.items()}
    assert _refused(channel, app, replace(delivery, headers=wrong)) == "bad_signature"
    odd = dict.fromkeys(delivery.headers, "ừ\x00")
    assert _refused(channel, app, replace(delivery, headers=odd)) in ("bad_signature", "missing_signature")


@EACH
def test_no_key_or_another_key_believes_nothing(channel: str, delivered: Delivered) -> None:
    app, [delivery, *_] = delivered
    for value in ("", "another-key-0001"):
        keys = dict.fromkeys(app.credentials, value)
        assert _refused(channel, replace(app, credentials=keys), delivery)
    assert _refused(channel, replace(app, credentials={}), delivery)


JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just([])
    | st.just({})
)


def _mutated(value: Any, data: st.DataObject) -> Any:
    """The same JSON with one part, however deep, left out or replaced by junk."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 5)):
        name = data.draw(st.sampled_from(sorted(value)))
        if not data.draw(st.integers(0, 5)):
            return {key: part for key, part in value.items() if key != name}
        return value | {name: _mutated(value[name], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 5)):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], _mutated(value[index], data), *value[index + 1 :]]
    return data.draw(JUNK)


@EACH_SIGNED
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_was_signed_is_read_or_kept_as_unreadable_whatever_it_says(
    channel: str, delivered: Delivered, data: st.DataObject
) -> None:
    app, deliveries = delivered
    delivery = data.draw(st.sampled_from(deliveries))
    [header] = [name for name, value in delivery.headers.items() if value == _signature(channel, app, delivery.body)]
    body = data.draw(
        st.builds(lambda: json.dumps(_mutated(json.loads(delivery.body), data)).encode())
        | st.sampled_from([one for one in MALFORMED if one.isascii()])
    )
    headers = {**delivery.headers, header: _signature(channel, app, body)}
    try:
        notices = _notices(channel, app, replace(delivery, body=body, headers=headers))
    except Unreadable as unreadable:
        notices = []
        event(f"unreadable: {unreadable.reason[:30]}")
    assert {notice.kind for notice in notices} <= known_kinds(CONNECTORS[channel])
    assert all(notice.external_id for notice in notices)


def _signature(channel: str, app: AppAccess, body: bytes) -> str:
    sign = CONNECTORS[channel].sign
    assert sign
    return sign({"kind": "webhook", "url": app.callback_url, "body": body.decode(), "secrets": dict(app.credentials)})


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "webhooks", subset=SIGNED)
