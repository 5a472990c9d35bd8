"""The guards of the contract tests fail on what they guard against: planted empty lists and insane facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from integrations.contract.access import Access, AppAccess
from integrations.contract.connector import Connector, Health, Role
from integrations.contract.consent import Consent, ConsentKind, ConsentPage, Grant
from integrations.contract.declarations import Field, Limit
from integrations.contract.publisher import Publisher
from integrations.contract.queue import AppQueue, Pulled
from integrations.contract.reads import Answer, Change, Page, Reader
from integrations.contract.webhooks import Reply, Webhooks
from integrations.contract.writes import WriteOutcome, Writer, WriteRequest
from integrations.wire.deliveries import SignedDeliveries, from_credentials, in_header
from tests.integrations.connectors.bound import Bound
from tests.integrations.connectors.played import Pair

from . import facts, test_identity, whole
from .ports import CONNECTORS, EmptyContract, assert_runs_over_all, changes, each, each_kind, having, vectors

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def _read(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
    return Answer(gone=tuple(ids))


def _changed(access: Access, *, since: datetime | None, until: datetime) -> Iterator[Page]:
    yield Page(())


def _renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    return Grant("token", 60.0)


def _outcome(access: Access, command: WriteRequest) -> WriteOutcome:
    return WriteOutcome()


READER = Reader(read=_read, changed=_changed, batch=1)
WRITER = Writer(perform=_outcome, outcome_of=_outcome)
WEBHOOKS = Webhooks(open=lambda app, delivery: [])
SIGNED_DELIVERIES = SignedDeliveries(
    signature=in_header("x-signature"),
    keys=from_credentials("app_secret"),
    sign=lambda key, app, delivery: "",
    read=lambda app, delivery, message: [],
)
QUEUE = AppQueue(pull=lambda app, tokens, *, ack: Pulled((), None))
PUBLISHER = Publisher(stock=lambda access, pushes: [])
CONSENT = Consent(renew=_renew, kind=ConsentKind.TOKENS)
PLANTED = Connector(
    channel="planted",
    title="Planted",
    roles=frozenset({Role.MARKETPLACE}),
    check=lambda access: Health("planted"),
    account_fields=(Field("app_key", "Key"), Field("app_secret", "Secret", secret=True)),
    limits=(Limit("shop", 1, 1),),
)
PAGE = ConsentPage(url=lambda app, *, state, redirect_url: state)
SANE: dict[str, tuple[Callable[[Any], None], Any]] = {
    "identity": (facts.check_identity, PLANTED),
    "consent": (facts.check_consent, CONSENT),
    "webhooks": (facts.check_webhooks, WEBHOOKS),
    "queue": (facts.check_queue, QUEUE),
    "reader": (facts.check_reader, READER),
    "publisher": (facts.check_publisher, PUBLISHER),
    "writer": (lambda writer: facts.check_writer("ship", writer), WRITER),
}
INSANE: list[tuple[str, dict[str, Any]]] = [
    ("identity", {"channel": ""}),
    ("identity", {"title": ""}),
    ("identity", {"roles": frozenset()}),
    ("identity", {"limits": ()}),
    ("identity", {"limits": (Limit("a", 1, 1), Limit("a", 2, 1))}),
    ("identity", {"limits": (Limit("a", 0, 1),)}),
    ("identity", {"limits": (Limit("a", 1, 0),)}),
    ("identity", {"limits": (Limit("a", 1, 1, scope="world"),)}),
    ("identity", {"account_fields": (Field("app_secret", "Secret"),)}),
    ("identity", {"account_fields": (Field("partner_key", "Key"),)}),
    ("identity", {"account_fields": (Field("a", "A"), Field("a", "A"))}),
    ("identity", {"account_fields": (Field("a", ""),)}),
    ("identity", {"account_fields": (Field("a", "A", secret=True, default="x"),)}),
    ("identity", {"account_settings": (Field("a", "A", secret=True),)}),
    ("identity", {"account_settings": (Field("app_key", "Key"),)}),
    ("identity", {"connection_fields": (Field("a", "A", secret=True),)}),
    ("identity", {"connection_fields": (Field("a", "A", choices=(("x", "X"),), default="y"),)}),
    ("consent", {"kind": "telepathy"}),
    ("consent", {"kind": ConsentKind.CODE}),
    ("consent", {"page": PAGE}),
    ("webhooks", {"refusals": {}}),
    ("webhooks", {"refusals": {"stale": Reply()}}),
    ("webhooks", {"methods": frozenset()}),
    ("webhooks", {"methods": frozenset({"DELETE"})}),
    ("webhooks", {"acknowledgement": Reply(404)}),
    ("queue", {"pace": timedelta()}),
    ("reader", {"batch": 0}),
    ("reader", {"window": timedelta()}),
    ("reader", {"overlap": timedelta(seconds=-1)}),
    ("reader", {"calls_at_once": 0}),
    ("publisher", {"stock": None}),
    ("publisher", {"items_per_call": 0}),
    ("publisher", {"rows_per_call": 0}),
    ("publisher", {"calls_at_once": 0}),
    ("publisher", {"min_stock": -1}),
    ("publisher", {"stock_basis": "guess"}),
    ("publisher", {"settles_after": timedelta()}),
    ("writer", {"fields": "ship"}),
    ("writer", {"outcome_of": None}),
]


@pytest.mark.parametrize("port", SANE)
def test_sane_facts_pass(port: str) -> None:
    check, fact = SANE[port]
    check(fact)


@pytest.mark.parametrize(("port", "change"), INSANE)
def test_an_insane_fact_fails(port: str, change: dict[str, Any]) -> None:
    check, fact = SANE[port]
    with pytest.raises(AssertionError):
        check(replace(fact, **change))


def test_signed_deliveries_that_are_opened_by_hand_fail() -> None:
    facts.check_opening(replace(WEBHOOKS, open=SIGNED_DELIVERIES))
    with pytest.raises(AssertionError):
        facts.check_opening(WEBHOOKS)


def test_an_unknown_kind_of_command_fails() -> None:
    with pytest.raises(AssertionError):
        facts.check_writer("horoscope", WRITER)


@pytest.mark.parametrize("among", [{}, {"planted": PLANTED}])
@pytest.mark.parametrize(
    "port", ["consent", "webhooks", "queue", "reads", "publisher", "writes", "labels", "tracking", "sign"]
)
def test_a_port_that_no_connector_has_fails(port: str, among: dict[str, Connector]) -> None:
    for wanted in (having, each, each_kind):
        with pytest.raises(EmptyContract):
            wanted(port, among)


def _module(*tests: Any) -> ModuleType:
    found = ModuleType("planted")
    for number, test in enumerate(tests):
        setattr(found, f"test_{number}", test)
    return found


def _over(*channels: str) -> Any:
    @pytest.mark.parametrize("channel", channels)
    def test(channel: str) -> None: ...

    return test


def test_a_test_that_leaves_out_a_connector_fails() -> None:
    everyone = sorted(CONNECTORS)
    assert_runs_over_all(_module(_over(*everyone)), "channel")
    for tests in (
        [_over(*everyone[1:])],
        [_over()],
        [_over(*everyone), _over(*everyone[1:])],
        [_over(*everyone, "more")],
    ):
        with pytest.raises(AssertionError):
            assert_runs_over_all(_module(*tests), "channel")


def test_a_test_that_leaves_out_a_kind_fails() -> None:
    @pytest.mark.parametrize(("channel", "kind"), [(channel, "order") for channel in having("reads")])
    def test(channel: str, kind: str) -> None: ...

    with pytest.raises(AssertionError):
        assert_runs_over_all(_module(test), "reads")


def test_a_module_without_tests_over_connectors_fails() -> None:
    def test(channel: str) -> None: ...

    with pytest.raises(AssertionError):
        assert_runs_over_all(_module(), "channel")
    with pytest.raises(EmptyContract):
        assert_runs_over_all(_module(test), "channel")


def test_every_file_of_the_contract_runs_over_its_connectors() -> None:
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).stem}
    ports = {
        "identity",
        "consent",
        "webhooks",
        "queue",
        "reads",
        "publisher",
        "writes",
        "labels",
        "tracking",
        "shown",
        "vectors",
        "statement_files",
        "sale_facts",
    }
    assert files == {f"test_{port}" for port in ports}
    for name in files:
        assert "assert_runs_over_all(sys.modules[__name__]" in (Path(__file__).parent / f"{name}.py").read_text()
    assert_runs_over_all(test_identity, "channel")


@pytest.mark.parametrize("content", ["[]", None])
def test_an_empty_or_missing_vector_file_fails(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "planted.json").write_text(content)
    with pytest.raises(EmptyContract):
        vectors("planted", tmp_path)


def test_a_list_without_a_change_fails() -> None:
    assert changes(iter([Page((Change("1"),))]), "order") == [Change("1")]
    for pages in ([], [Page(())], [Page(()), Page(())]):
        with pytest.raises(EmptyContract):
            changes(iter(pages), "order")


def test_a_kind_that_brings_no_snapshot_fails() -> None:
    bound = Bound(replace(PLANTED, reads={"order": READER}), Access(AppAccess("key", {}), "1", Pair("token")))
    with pytest.raises(EmptyContract):
        whole.read_whole(bound, "order", ["1", "2"], NOW)
    with pytest.raises(EmptyContract):
        whole.read_whole(bound, "order", [], NOW)


def test_an_unknown_type_of_snapshot_fails() -> None:
    with pytest.raises(KeyError):
        whole.ids_in(Answer((object(),)))


def test_an_id_that_is_not_accounted_for_fails() -> None:
    def forgetful(access: Access, ids: Sequence[str], *, since: datetime, asked_at: datetime) -> Answer:
        return Answer(gone=tuple(ids[1:]))

    reader = replace(READER, read=forgetful, batch=2)
    bound = Bound(replace(PLANTED, reads={"order": reader}), Access(AppAccess("key", {}), "1", Pair("token")))
    with pytest.raises(AssertionError):
        whole.read_whole(bound, "order", ["1", "2"], NOW)
