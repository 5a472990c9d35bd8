"""The queue of an app registration: what is pulled stays until it is confirmed."""

from __future__ import annotations

import sys

import requests

from integrations.contract.access import AppAccess
from integrations.contract.queue import AppQueue, Pulled
from integrations.simulator.simulation import Simulation
from tests.integrations.connectors.played import Pair, Played
from tests.waiting import wait_until

from .facts import check_queue
from .ports import CONNECTORS, assert_runs_over_all, each, is_aware, known_kinds

EACH = each("queue")


def queue_of(channel: str) -> AppQueue:
    found = CONNECTORS[channel].queue
    assert found
    return found


def app_tokens(channel: str, app: AppAccess) -> Pair | None:
    """The registration's own token, where it has one."""
    consent = CONNECTORS[channel].consent
    if consent is None or not consent.app_has_token:
        return None
    return Pair(consent.renew(app, refresh_token="", shop_id="").access_token)


@EACH
def test_its_facts_are_sane(channel: str) -> None:
    check_queue(queue_of(channel))


@EACH
def test_what_is_pulled_comes_again_until_it_is_confirmed(channel: str, settled: Simulation) -> None:
    played, queue = Played(settled, channel), queue_of(channel)
    app = played.app()
    tokens = app_tokens(channel, app)
    bound = played.connect()
    if queue.subscribe:
        queue.subscribe(bound.access)
    # some queues hold what a webhook could not deliver
    console = {"channel": channel, "url": "http://127.0.0.1:9/"}
    assert requests.post(f"{settled.url}/webhooks", json=console, timeout=10).status_code in (200, 400)
    played.ask("POST", "/start", orders=100, interval_ms=1, pos_share=0.0)
    wait_until(lambda: not played.ask("GET", "/progress")["running"])
    played.ask("POST", "/settle")
    pulled: list[Pulled] = []

    def is_there() -> bool:
        pulled[:] = [queue.pull(app, tokens, ack=None)]
        return bool(pulled[0].notices)

    wait_until(is_there)
    [first] = pulled
    assert first.ack
    assert {notice.kind for notice in first.notices} <= known_kinds(CONNECTORS[channel])
    assert all(notice.external_id and is_aware(notice.version) for notice in first.notices)
    again = queue.pull(app, tokens, ack=None)
    assert again.notices[: len(first.notices)] == first.notices[: len(again.notices)]
    if queue.confirm:
        queue.confirm(app, tokens, ack=first.ack)
        queue.confirm(app, tokens, ack=first.ack)
    rest = queue.pull(app, tokens, ack=first.ack)
    assert not set(_ids(first)) & set(_ids(rest))


def _ids(pulled: Pulled) -> list[str]:
    ids = [notice.delivery_id for notice in pulled.notices]
    assert all(ids)
    return ids


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "queue")
