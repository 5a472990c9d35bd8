"""One trace from a webhook to a partner's endpoint, over three processes; and nothing of a secret or a buyer in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from core import tracing
from core.feed import number_events
from core.outbox import OutboxEvent
from erpsync.environment import BASE_DIR
from integrations import inbox
from integrations.contract.webhooks import Delivery
from integrations.documents.commands.perform import perform_due
from integrations.documents.commands.request import ask
from integrations.inbox.receive import receive
from integrations.inbox.store import Incoming
from integrations.ingest.drain import drain
from integrations.models import Command, Connection, InboxEvent
from integrations.publishing.rounds import publish
from inventory.models import ListingStock
from inventory.services.stock_events import announce_stock
from orders.models import Order
from tests.integrations.events.receivers import Receiver, receiving, send_all, sink
from tests.published import validator
from tests.traces import collecting, recorded, tree

from .channel import ADDRESS, KEY, NAME, PHONE, PLANTED, SIGN, TOKEN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner(settings: Any) -> Iterator[Receiver]:
    settings.EVENTS_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving() as found:
        yield found


def notify(connection: Connection, *numbers: str) -> None:
    body = json.dumps({"orders": numbers, "buyer": NAME, "phone": PHONE, "address": ADDRESS}).encode()
    headers = {"authorization": KEY, "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}
    query = (("access_token", TOKEN), ("sign", SIGN))
    assert receive("toy", connection.authorisation.app.key, Delivery(body, headers, query=query)).status == 200


def test_a_webhook_is_one_trace_up_to_the_partners_endpoint(
    connection: Connection, partner: Receiver, hub_environment: dict[str, str]
) -> None:
    hook = sink("webhook", settings={"url": partner.url + "?key=" + KEY}, types=["order.created"])
    with collecting() as collected:
        with recorded() as mine:
            notify(connection, PHONE)
            environment = hub_environment | {
                "OTEL_EXPORTER_OTLP_ENDPOINT": collected.url,
                "OTEL_TRACES_SAMPLER_ARG": "1",
            }
            worker = [sys.executable, "-m", "tests.integrations.tracing.channel"]
            subprocess.run(worker, cwd=BASE_DIR, env=environment | {"DEBUG": "1"}, check=True, timeout=60)
            number_events()
            send_all(hook)
        theirs = collected.seen()
    spans = [*mine.seen()[:1], *theirs, *mine.seen()[1:]]
    assert {span.trace for span in spans} == {spans[0].trace}
    call = "GET /v2/buyers/{id}/orders"
    assert tree(spans) == [
        ("webhook", [
            ("drain", [
                ("fetch", [(call, []), (call, [])]),
                ("store", [
                    ("push stock", [("POST /v2/stock", [])]),
                    ("deliver", [("POST", [])]),
                ]),
            ]),
        ])
    ]  # fmt: skip
    assert {span.name for span in spans if span.is_error} == {call}
    assert {span.service for span in theirs} == {"erpsync-other"}
    [got] = partner.got
    written = OutboxEvent.objects.get(type="order.created").traceparent
    assert got.headers["traceparent"].startswith(f"00-{spans[-1].trace}-{spans[-1].id}-")
    assert (got.event["traceparent"], tracing.trace_id(written)) == (written, spans[0].trace)
    validator("envelope.1").validate(got.event)
    assert [word for word in PLANTED for span in spans if word in span.text] == []


def test_a_batch_of_several_traces_links_to_them_and_what_it_writes_is_the_batchs(connection: Connection) -> None:
    with recorded() as spans:
        notify(connection, "A")
        notify(connection, "B")
        drain(connection.pk)
    one, two, batch = [span for span in spans.seen() if span.name in ("webhook", "drain")]
    assert (batch.links, batch.attributes["erpsync.rows"]) == ((one.trace, two.trace), 2)
    assert {row.traceparent[3:35] for row in InboxEvent.objects.all()} == {one.trace, two.trace}
    assert {row.traceparent[3:35] for row in OutboxEvent.objects.all()} == {batch.trace}


def test_a_repeat_joins_the_trace_of_what_waits(connection: Connection) -> None:
    row = Incoming(connection.authorisation.app_id, connection.pk, "order", "A", "webhook")
    inbox.add([row])
    with recorded():
        for _ in range(2):
            with tracing.root("webhook"):
                inbox.add([row])
                first = InboxEvent.objects.get().traceparent
    assert InboxEvent.objects.get().traceparent == first != ""


def test_a_command_goes_on_from_the_request_that_wanted_it_and_so_does_what_it_asks_for(connection: Connection) -> None:
    drain_one(connection)
    with recorded() as spans:
        with tracing.root("request"):
            ask(Order.objects.get(), "ship")
        perform_due(connection.pk, budget_seconds=30)
    assert tree(spans.seen()) == [("request", [("command", [("POST /v2/ship", [])]), ("outcome", [])])]
    command = Command.objects.get()
    assert spans.seen()[1].attributes == {
        "erpsync.channel": "toy", "erpsync.kind": "ship", "erpsync.command": command.pk,
    }  # fmt: skip
    asked = InboxEvent.objects.get(source="command")
    assert asked.traceparent[3:35] == spans.seen()[0].trace
    assert [word for word in PLANTED for span in spans.seen() if word in span.text] == []


def test_a_number_that_was_shown_forgets_what_changed_it(connection: Connection) -> None:
    with recorded() as spans:
        notify(connection, "A")
        drain(connection.pk)
        assert ListingStock.objects.get().traceparent != ""
        publish(connection.pk, 10)
    assert "push stock" in spans.names()
    assert ListingStock.objects.get().traceparent == ""


def test_a_stock_event_goes_on_from_what_moved_the_stock(connection: Connection) -> None:
    announce_stock()
    OutboxEvent.objects.all().delete()
    with recorded() as spans:
        notify(connection, "A")
        drain(connection.pk)
        announce_stock()
    announced = OutboxEvent.objects.get(type="stock.changed")
    assert announced.traceparent[3:35] == spans.seen()[0].trace
    assert spans.names()[-1] == "announce stock"


def test_untraced_work_leaves_nothing_on_its_rows(connection: Connection, partner: Receiver) -> None:
    hook = sink("webhook", settings={"url": partner.url}, types=["order.created"])
    with recorded(ratio=0) as spans:
        notify(connection, "A")
        drain(connection.pk)
        number_events()
        send_all(hook)
    assert (spans.seen(), InboxEvent.objects.get().traceparent) == ([], "")
    [got] = partner.got
    assert "traceparent" not in got.headers
    assert "traceparent" not in got.event


def drain_one(connection: Connection) -> None:
    notify(connection, "A")
    drain(connection.pk)
