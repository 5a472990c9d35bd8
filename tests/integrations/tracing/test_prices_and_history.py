"""Traces from a person's request to the push of a price, and to the calls and stores of a backfill's chunks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests

from core import tracing
from core.outbox import OutboxEvent
from integrations.ingest.backfill import planning, running
from integrations.models import BackfillRun, Connection, InboxEvent
from integrations.publishing.rounds import publish
from inventory.models import Listing
from inventory.services.prices import due_prices, set_wanted_price, settle_prices
from orders.models import Order
from tests.integrations.toy import install
from tests.traces import recorded, tree

from .channel import CONNECTOR, PLANTED, changed

pytestmark = pytest.mark.django_db(transaction=True)
LATEST = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def after_the_broken_answer(connection: Connection) -> None:
    assert requests.get(connection.authorisation.app.base_url, timeout=10).status_code == 500


@pytest.fixture
def listing(connection: Connection) -> Listing:
    """The shop's listing. Its price alone is due."""
    Listing.objects.update(price=100)
    return Listing.objects.get()


def ask(price: int, listing: Listing) -> None:
    with tracing.root("request"):
        set_wanted_price(listing.pk, Decimal(price), confirmed=True)


def test_a_price_goes_on_from_the_request_that_set_it_up_to_the_event(connection: Connection, listing: Listing) -> None:
    with recorded() as spans:
        ask(120, listing)
        publish(connection.pk, 30)
    assert tree(spans.seen()) == [("request", [("push price", [("POST /v2/prices", [])])])]
    request, push, _call = spans.seen()
    assert push.attributes == {"erpsync.channel": "toy", "erpsync.rows": 1}
    event = OutboxEvent.objects.get(type="price.changed")
    assert event.traceparent[3:35] == request.trace
    assert event.traceparent[36:52] == push.id
    assert [word for word in PLANTED for span in spans.seen() if word in span.text] == []


def test_a_price_that_is_shown_forgets_what_set_it(connection: Connection, listing: Listing) -> None:
    with recorded():
        ask(100, listing)
        assert Listing.objects.get().traceparent == ""
        ask(120, listing)
        assert Listing.objects.get().traceparent != ""
        publish(connection.pk, 30)
        assert (Listing.objects.get().price, Listing.objects.get().traceparent) == (120, "")
    # shown as another one by somebody else: pushed again, for another reason
    Listing.objects.update(price=90)
    with recorded() as spans:
        publish(connection.pk, 30)
    assert (Listing.objects.get().price, spans.names()) == (120, [])


def test_a_price_set_anew_while_it_is_pushed_keeps_the_later_request(connection: Connection, listing: Listing) -> None:
    with recorded() as spans:
        ask(120, listing)
        due = due_prices(connection.own_shop.pk, limit=10)
        ask(130, listing)
        settle_prices(due, [])
    _first, second = spans.seen()
    assert Listing.objects.get().traceparent[3:35] == second.trace


def test_prices_of_several_requests_link_to_them_and_a_split_call_goes_on_alone(
    connection: Connection, listing: Listing
) -> None:
    other = Listing.objects.create(shop=listing.shop, item_id="2", title="Quần", status="active", price=100)
    with recorded() as spans:
        ask(120, listing)
        ask(13, other)
        publish(connection.pk, 30)
    one, two, batch, _, first, _, second, _ = spans.seen()
    assert [span.name for span in (batch, first, second)] == ["push price"] * 3
    assert (batch.links, batch.attributes["erpsync.rows"]) == ((one.trace, two.trace), 2)
    assert (first.trace, first.parent, second.trace, second.parent) == (one.trace, one.id, two.trace, two.id)
    assert list(Listing.objects.order_by("item_id").values_list("price", flat=True)) == [120, 100]


def backfilled(connection: Connection, since: datetime | None) -> BackfillRun:
    with tracing.root("request"):
        run = planning.start(connection, "order", since=since, until=LATEST)
    running.work(run.pk, budget_seconds=60)
    return run


@pytest.fixture
def past(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A shop with an order on each of the two days before LATEST."""
    reader = replace(CONNECTOR.reads["order"], changed=changed, earliest=lambda access: LATEST - timedelta(days=2))
    install(monkeypatch, replace(CONNECTOR, reads={"order": reader}))
    return connection


def test_each_chunk_of_a_backfill_is_a_trace_that_links_to_the_request(past: Connection) -> None:
    with recorded() as spans:
        backfilled(past, LATEST - timedelta(days=2))
    chunk = ("backfill", [("GET /v2/orders", []), ("fetch", [("GET /v2/buyers/{id}/orders", [])]), ("store", [])])
    assert tree(spans.seen()) == [("request", []), chunk, chunk]
    request, one, two = [span for span in spans.seen() if not span.parent]
    assert len({request.trace, one.trace, two.trace}) == 3
    assert (one.links, two.links) == ((request.trace,), (request.trace,))
    assert one.attributes == {"erpsync.kind": "order", "erpsync.connection": past.pk}
    assert Order.objects.count() == 2
    assert [word for word in PLANTED for span in spans.seen() if word in span.text] == []


def test_the_search_for_the_beginning_is_traced_as_well(past: Connection) -> None:
    with recorded() as spans:
        backfilled(past, None)
    assert [span.name for span in spans.seen() if not span.parent] == [
        "request",
        "search history",
        "backfill",
        "backfill",
    ]


def test_a_resumed_backfill_goes_on_from_the_request_that_resumed_it(past: Connection) -> None:
    with recorded() as spans:
        with tracing.root("request"):
            run = planning.start(past, "order", since=LATEST - timedelta(days=1), until=LATEST)
        planning.pause(run.pk)
        with tracing.root("request"):
            planning.resume(run.pk)
        running.work(run.pk, budget_seconds=60)
    _first, second, chunk = [span for span in spans.seen() if not span.parent]
    assert chunk.links == (second.trace,)


def test_a_backfill_of_an_untraced_request_leaves_no_span(past: Connection) -> None:
    with recorded(ratio=0) as spans:
        run = backfilled(past, LATEST - timedelta(days=1))
    assert (spans.seen(), BackfillRun.objects.get(pk=run.pk).traceparent) == ([], "")
    assert InboxEvent.objects.filter(traceparent="").count() == InboxEvent.objects.count()
