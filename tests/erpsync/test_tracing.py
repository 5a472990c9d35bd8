"""Traces of requests, and the trace of a row on its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone
from redis import Redis

from core import tracing
from erpsync.tracing import trace_requests
from integrations.models import BackfillRun, Command, Connection, InboxEvent
from tests.integrations.toy import connected, install, toy_connector
from tests.traces import recorded

pytestmark = pytest.mark.django_db
OURS = "0af7651916cd43dd8448eb211c80319c"
ROW = f"00-{OURS}-b7ad6b7169203331-01"


def test_without_a_collector_requests_pass_no_middleware() -> None:
    with pytest.raises(MiddlewareNotUsed):
        trace_requests(lambda request: HttpResponse())


def test_a_request_is_named_by_its_route_and_believes_no_traceparent(client: Client, redis: Redis) -> None:
    with recorded() as spans:
        # made anew, with the middleware
        client = Client()
        client.get("/admin/login/?next=/admin/&phone=0987600321", headers={"traceparent": ROW})
    [request] = spans.seen()
    assert request.trace != OURS
    assert (request.name, request.parent) == ("request", "")
    assert request.attributes == {
        "http.request.method": "GET", "http.route": "admin/login/", "http.response.status_code": 200,
    }  # fmt: skip
    assert "0987600321" not in request.text


@pytest.fixture
def page(client: Client, monkeypatch: pytest.MonkeyPatch) -> Any:
    install(monkeypatch, toy_connector())
    client.force_login(User.objects.create_superuser("support"))
    connection = connected()

    def shown(traceparent: str) -> list[str]:
        rows = [make(connection, traceparent) for make in (_event, _command, _backfill)]
        return [client.get(f"/admin/integrations/{r._meta.model_name}/{r.pk}/change/").content.decode() for r in rows]

    return shown


def _event(connection: Connection, traceparent: str) -> InboxEvent:
    app = connection.authorisation.app
    return InboxEvent.objects.create(
        app=app, connection=connection, kind="order", external_id="A", source="webhook", traceparent=traceparent
    )


def _command(connection: Connection, traceparent: str) -> Command:
    return Command.objects.create(target=connection, kind="ship", reference="r1", traceparent=traceparent)


def _backfill(connection: Connection, traceparent: str) -> BackfillRun:
    return BackfillRun.objects.create(
        connection=connection, kind="order", until=timezone.now(), state="cancelled", traceparent=traceparent
    )


def test_the_page_of_a_traced_row_names_its_trace(page: Any) -> None:
    for html in page(ROW):
        assert OURS in html


def test_with_an_address_of_traces_it_is_a_link(page: Any) -> None:
    with override_settings(TRACE_URL="https://g.example.com/{trace_id}/view"):
        for html in page(ROW):
            assert f'href="https://g.example.com/{OURS}/view"' in html


def test_the_page_of_a_row_that_was_not_traced_says_nothing_of_it(page: Any) -> None:
    for html in page(""):
        assert "For technical support" not in html


def test_the_trace_id_of_no_trace_is_empty() -> None:
    assert tracing.trace_id("") == ""
