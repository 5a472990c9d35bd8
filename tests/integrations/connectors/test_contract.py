"""What holds for every connector, found by its folder. Nothing here knows a channel by name."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from redis import Redis

from erpsync.environment import BASE_DIR
from integrations import connectors
from integrations.access import connector_for
from integrations.connectors import channels, connector_class
from integrations.connectors.base import AppAccess, Connector, Delivery, Grant, Notice, Refused, Unreadable
from integrations.models import AppRegistration, Authorisation, Connection
from integrations.simulator.discovery import find_sides
from integrations.simulator.serving import Server
from integrations.simulator.simulation import Simulation
from integrations.wire.errors import ChannelError, TryLater
from inventory.models import Shop
from tests.conftest import Start

from .played import Hub, Played, until

CHANNELS = channels()
KINDS = [(channel, kind) for channel in CHANNELS for kind in connector_class(channel).kinds]
COMMANDS = {
    "ship", "deliver", "cancel", "accept_cancellation", "reject_cancellation", "accept_return", "reject_return", "pos_order",
    "pos_invoice", "pos_void", "crm_customer", "crm_order",
}  # fmt: skip
# what a notice may be about besides the kinds that are read
OTHER_NOTICES = {"authorisation", "message", "unreadable"}
AGES_AGO = datetime(2020, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("channel", CHANNELS)


def folder(channel: str) -> Path:
    return Path(connectors.__file__).parent / channel


def vectors(channel: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((BASE_DIR / "tests" / "vectors" / f"{channel}.json").read_text())
    return found


# --- what it declares ---


def test_facts_make_sense(channel: str) -> None:
    connector = connector_class(channel)
    assert (connector.channel, bool(connector.title)) == (channel, True)
    assert connector.consent in ("code", "tokens", "credentials")
    assert connector.stock_basis in ("sellable", "total")
    assert connector.deliveries in ("signed", "unsigned", "none")
    assert connector.kinds
    assert all(
        kind.batch > 0 and (kind.window is None or kind.window > timedelta()) for kind in connector.kinds.values()
    )
    assert all(limit.calls > 0 and limit.seconds > 0 for limit in connector.limits)
    assert {limit.scope for limit in connector.limits} <= {"app", "shop", "endpoint"}
    assert len({limit.name for limit in connector.limits}) == len(connector.limits) > 0
    assert connector.commands <= COMMANDS
    assert "" in connector.refusals
    for fields in (connector.app_fields, connector.shop_fields):
        assert len({field.name for field in fields}) == len(fields)
        for field in fields:
            assert field.label
            assert not field.choices or field.default in {choice for choice, _ in field.choices}
            assert not (field.secret and field.default)


def test_every_verb_its_tables_name_is_there(channel: str) -> None:
    connector = connector_class(channel)
    needed = {"check", "renew", "sign", "read", "changed"}
    needed |= {"consent_url", "exchange"} if connector.consent == "code" else set()
    needed |= {"perform", "outcome_of"} if connector.commands else set()
    needed |= {"push_stock"} if connector.takes_stock else set()
    needed |= {"push_price"} if connector.takes_price else set()
    needed |= {"push_content"} if connector.takes_content else set()
    needed |= {"label"} if connector.has_labels else set()
    needed |= {"pull_notices", "confirm_notices"} if connector.has_app_queue else set()
    missing = {verb for verb in needed if getattr(connector, verb) is getattr(Connector, verb)}
    assert missing == set()
    bound = {verb for verb in needed if getattr(getattr(connector, verb), "__func__", None) is not None}
    assert all(getattr(connector, verb).__func__ is not getattr(Connector, verb).__func__ for verb in bound)


def test_its_folder_has_samples_with_expectations_and_a_dated_page(channel: str) -> None:
    names = {path.name for path in (folder(channel) / "samples").glob("*.json")}
    assert all(re.fullmatch(r"[a-z0-9_]+?__[a-z0-9_]+?(\.expected)?\.json", name) for name in names)
    expected = {name for name in names if name.endswith(".expected.json")}
    assert expected
    assert {name.replace(".expected", "") for name in expected} <= names
    assert re.search(r"Checked on 20\d\d-\d\d-\d\d", (folder(channel) / "README.md").read_text())


def test_what_it_does_not_know_is_refused_by_name(channel: str, world: Simulation) -> None:
    connector = Played(world, channel).connect()
    with pytest.raises(ChannelError) as caught:
        connector.read("horoscope", ["1"], since=AGES_AGO, asked_at=datetime.now(UTC))
    assert caught.value.code == "unsupported"


# --- signatures ---


def test_the_shared_vectors_are_signed_alike_and_with_another_key_otherwise(channel: str) -> None:
    connector = connector_class(channel)
    for entry in vectors(channel):
        assert connector.sign(entry) == entry["expected_sign"]
        others = [entry["secrets"] | {name: f"{value}x"} for name, value in entry["secrets"].items()]
        assert any(connector.sign(entry | {"secrets": other}) != entry["expected_sign"] for other in others)


@pytest.fixture(scope="module")
def world() -> Iterator[Simulation]:
    found = Simulation(find_sides(), products=40, seed="contract", speed=20)
    found.start()
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def fresh_limits(redis: Redis) -> None:
    """A breaker that one test opened is no matter of the next."""


_deliveries: dict[str, tuple[AppAccess, list[Delivery]]] = {}


@pytest.fixture
def delivered(channel: str, world: Simulation) -> tuple[AppAccess, list[Delivery]]:
    """Our registration, and deliveries as the channel sent them."""
    if connector_class(channel).deliveries == "none":
        pytest.skip("sends no webhooks")
    if channel not in _deliveries:
        played, hub = Played(world, channel), Hub()
        with suppress(ValueError):  # some are told by API only
            world.world.sides[channel].push_to(hub.url, None)
        played.connect(callback_url=hub.url).register_webhooks(hub.url)
        app = played.app(callback_url=hub.url)

        def enough() -> bool:
            """Each of many shops gets few of the day's orders: then there is another day."""
            if not played.ask("GET", "/progress")["running"]:
                played.ask("POST", "/start", orders=30, interval_ms=1, pos_share=0.3)
            return len([one for one in hub.got if _notices(channel, app, one)]) >= 5

        until(enough)
        hub.stop()
        _deliveries[channel] = app, [one for one in hub.got if _notices(channel, app, one)][:5]
    return _deliveries[channel]


@pytest.fixture
def signed(channel: str, delivered: tuple[AppAccess, list[Delivery]]) -> tuple[AppAccess, list[Delivery]]:
    """As `delivered`, of a channel whose signature proves who sent them."""
    if connector_class(channel).deliveries != "signed":
        pytest.skip("does not sign what it sends")
    return delivered


def _notices(channel: str, app: AppAccess, delivery: Delivery) -> list[Notice]:
    return connector_class(channel).open_delivery(app, delivery)


def _refused(channel: str, app: AppAccess, delivery: Delivery) -> str:
    with pytest.raises(Refused) as caught:
        _notices(channel, app, delivery)
    return caught.value.reason


Delivered = tuple[AppAccess, list[Delivery]]


def test_deliveries_are_believed_and_say_the_same_twice(channel: str, delivered: Delivered) -> None:
    app, deliveries = delivered
    known = set(connector_class(channel).kinds) | OTHER_NOTICES
    for delivery in deliveries:
        notices = _notices(channel, app, delivery)
        assert notices == _notices(channel, app, delivery)
        assert {notice.kind for notice in notices} <= known
        assert all(notice.external_id for notice in notices)
        assert all(notice.version is None or notice.version.tzinfo for notice in notices)
        json.dumps([dict(notice.body) for notice in notices])


def test_an_altered_body_is_refused_also_one_that_means_the_same(channel: str, signed: Delivered) -> None:
    app, [delivery, *_] = signed
    again = json.dumps(json.loads(delivery.body), indent=1).encode()
    for body in (again, delivery.body + b" ", delivery.body[:-1], delivery.body.replace(b"1", b"2"), b""):
        assert _refused(channel, app, replace(delivery, body=body)) == "bad_signature"


def test_without_its_headers_or_with_another_signature_a_delivery_is_refused(channel: str, signed: Delivered) -> None:
    app, [delivery, *_] = signed
    assert _refused(channel, app, replace(delivery, headers={})) == "missing_signature"
    wrong = {name: f"0{value[:-1]}" for name, value in delivery.headers.items()}
    assert _refused(channel, app, replace(delivery, headers=wrong)) == "bad_signature"
    odd = dict.fromkeys(delivery.headers, "ừ\x00")
    assert _refused(channel, app, replace(delivery, headers=odd)) in ("bad_signature", "missing_signature")


def test_no_key_or_another_key_believes_nothing(channel: str, delivered: Delivered) -> None:
    app, [delivery, *_] = delivered
    for value in ("", "another-key-0001"):
        keys = dict.fromkeys(app.credentials, value)
        assert _refused(channel, replace(app, credentials=keys), delivery)
    assert _refused(channel, replace(app, credentials={}), delivery)


SENSELESS: tuple[bytes, ...] = (
    b"{}", b"[]", b"null", b'"text"', b"5", b"", b"<html>", b"\xff", b"[" * 5000, b'{"response": []}', b'{"response": 5}',
    b'{"error": 5}', b'{"error": ["x"]}', b'{"data": "x"}', b'{"data": [5, null, "x"]}', b'{"data": [{}]}',
    b'{"responseStatus": 5}', b'{"responseStatus": {"errorCode": []}}', b'{"total": "x", "data": [{"id": {}}]}',
    b'{"access_token": "a", "refresh_token": 5, "expires_in": "x", "expire_in": {}}', b'{"access_token": ["a"]}',
    b'{"response": {"order_list": 7, "item": {}, "item_list": "x", "more": "x"}}',
    b'{"response": {"order_list": [5, {}, {"order_sn": 5}], "item": [{}], "item_list": [null, {"item_id": "x"}]}}',
)  # fmt: skip
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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_was_signed_is_read_or_kept_as_unreadable_whatever_it_says(
    channel: str, signed: Delivered, data: st.DataObject
) -> None:
    app, deliveries = signed
    delivery = data.draw(st.sampled_from(deliveries))
    [header] = [name for name, value in delivery.headers.items() if value == _signature(channel, app, delivery.body)]
    body = data.draw(
        st.builds(lambda: json.dumps(_mutated(json.loads(delivery.body), data)).encode())
        | st.sampled_from([one for one in SENSELESS if one.isascii()])
    )
    headers = {**delivery.headers, header: _signature(channel, app, body)}
    try:
        notices = _notices(channel, app, replace(delivery, body=body, headers=headers))
    except Unreadable as unreadable:
        notices = []
        event(f"unreadable: {unreadable.reason[:30]}")
    known = set(connector_class(channel).kinds) | OTHER_NOTICES
    assert {notice.kind for notice in notices} <= known
    assert all(notice.external_id for notice in notices)


def _signature(channel: str, app: AppAccess, body: bytes) -> str:
    entry = {"kind": "webhook", "url": app.callback_url, "body": body.decode(), "secrets": dict(app.credentials)}
    return connector_class(channel).sign(entry)


# --- reading ---


@pytest.fixture
def busy(channel: str, world: Simulation) -> Played:
    found = Played(world, channel)
    # buyers choose among all channels alike
    plenty = 110 * len(world.world.sides)
    if world.world.book.last_number < plenty:
        found.ask("POST", "/start", orders=plenty + 20, interval_ms=1, pos_share=0.4)
        until(lambda: world.world.book.last_number >= plenty)
    return found


def test_the_cheapest_call_and_the_warehouses(channel: str, busy: Played) -> None:
    connector = busy.connect()
    assert connector.check().name
    ids = [warehouse.external_id for warehouse in connector.warehouses()]
    assert len(ids) == len(set(ids))


def test_all_that_changed_can_be_read_in_full_batches(channel: str, busy: Played) -> None:
    connector, now, count = busy.connect(), datetime.now(UTC), 0
    for name, kind in connector.kinds.items():
        listed = [
            change
            for page in connector.changed(name, since=now - timedelta(hours=1), until=now)
            for change in page.changes
        ]
        ids = list(dict.fromkeys(change.external_id for change in listed))
        count += len(ids)
        for start in range(0, len(ids), kind.batch):
            batch = ids[start : start + kind.batch]
            truth = connector.read(name, batch, since=now - timedelta(hours=2), asked_at=now)
            told = {one.number for one in truth.orders} | {one.item_id for one in (*truth.listings, *truth.readings)}
            told |= {one.code for one in truth.hand_overs} | set(truth.gone) | set(truth.ignored)
            told |= {one.number for one in truth.returns} | {one.external_id for one in truth.customers}
            told |= truth.statements.keys()
            assert set(batch) <= told, name
            assert truth.unreadable == {}
    # buyers choose their shop by lot: about 110 come to each channel, to one shop of several some half of them
    assert count > 60


def test_a_thing_that_never_was_is_gone_or_not_told_and_stops_nothing(channel: str, busy: Played) -> None:
    connector, now = busy.connect(), datetime.now(UTC)
    for name in connector.kinds:
        truth = connector.read(name, ["999999999999"], since=now, asked_at=now)
        assert set(truth.gone) <= {"999999999999"}
        assert (truth.orders, truth.listings, truth.readings, truth.hand_overs) == ((), (), (), ())


def test_rows_that_are_added_while_pages_are_read_hide_none_that_was_there(channel: str, busy: Played) -> None:
    connector, now = busy.connect(), datetime.now(UTC)
    since = now - timedelta(hours=1)
    before = {
        name: {c.external_id for page in connector.changed(name, since=since, until=now) for c in page.changes}
        for name in connector.kinds
    }
    for name in connector.kinds:
        found, more = set(), 30
        for page in connector.changed(name, since=since, until=now + timedelta(minutes=5)):
            found |= {change.external_id for change in page.changes}
            if more:
                last = busy.simulation.world.book.last_number
                busy.ask("POST", "/start", orders=more, interval_ms=0, pos_share=0.5)
                until(lambda last=last, more=more: busy.simulation.world.book.last_number >= last + more)  # type: ignore[misc]
                more = 0
        assert before[name] <= found, name


# --- trouble ---


def test_too_often_and_out_of_order_are_tried_later(channel: str, world: Simulation, redis: Redis) -> None:
    played = Played(world, channel)
    for fault in ("rate_limited", "server_error", "answer_lost"):
        connector = played.connect()
        played.faults(**{fault: 1.0, "rate_limit_seconds": 0.05})
        try:
            with pytest.raises(TryLater) as caught:
                connector.check()
        finally:
            played.faults(**{fault: 0.0})
        assert (caught.value.after > 0, caught.value.maybe_done) == (True, False), fault
        time.sleep(0.1)
        redis.flushdb()
        assert connector.check().name


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 420, 429, 500, 503])
def test_no_answer_brings_anything_but_a_result_or_one_of_the_three_errors(
    channel: str, status: int, world: Simulation, redis: Redis
) -> None:
    answers: list[bytes] = []
    server = Server(0, lambda *_: (status, {"Content-Type": "application/json"}, answers[0]))
    server.start()
    played, now = Played(world, channel), datetime.now(UTC)
    connector = played.connect(base_url=server.url, tokens=_Always())

    def renew() -> Grant:
        return connector.renew(connector.access.app, refresh_token="x", shop_id="7")

    try:
        for senseless in SENSELESS:
            answers[:] = [senseless]
            for attempt in (
                connector.check,
                renew,
                *(lambda kind=kind: connector.read(kind, ["1"], since=now, asked_at=now) for kind in connector.kinds),
                *(lambda kind=kind: list(connector.changed(kind, since=now, until=now)) for kind in connector.kinds),
            ):
                redis.flushdb()
                try:
                    attempt()
                    error = None
                except ChannelError as caught:
                    error = caught
                if status in (429, 500, 503):
                    assert isinstance(error, TryLater), senseless
                assert status == 200 or error or attempt not in (connector.check, renew)
    finally:
        server.stop()


class _Always:
    def current(self) -> str:
        return "token"

    def renewed(self, stale: str) -> str:
        return "token"


# --- tokens ---


@pytest.mark.django_db(transaction=True)
def test_a_spoilt_token_is_renewed_once_for_many_workers(
    channel: str, world: Simulation, threads: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = Played(world, channel)
    shop_id, row = played.shop()
    access, connector = played.app(), connector_class(channel)
    renewals: list[str] = []
    original = connector.renew

    def counted(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        renewals.append(refresh_token)
        return original(app, refresh_token=refresh_token, shop_id=shop_id)

    monkeypatch.setattr(connector, "renew", counted)
    app = AppRegistration.objects.create(
        channel=channel, name="App", credentials=dict(access.credentials), base_url=access.base_url,
        settings=dict(access.settings),
    )  # fmt: skip
    authorisation = Authorisation.objects.create(
        app=app, external_id=shop_id, access_token="spoilt", refresh_token=row.get("refresh_token", "")
    )
    connection = Connection.objects.create(
        authorisation=authorisation, external_id=shop_id, shop=Shop.objects.create(channel=channel, name="Shop")
    )
    together = threading.Barrier(6)

    def worker() -> str:
        mine = Connection.objects.select_related("authorisation__app", "shop").get(pk=connection.pk)
        together.wait()
        return connector_for(mine).check().name

    assert len({work.result() for work in [threads(worker) for _ in range(6)]}) == 1
    assert len(renewals) == 1
    authorisation.refresh_from_db()
    assert (authorisation.state, authorisation.access_token != "spoilt") == ("ok", True)
