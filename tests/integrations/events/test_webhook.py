"""Signed webhooks, by the letter of Standard Webhooks: its own library verifies what we send."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from integrations.events import addresses, signatures
from integrations.events.relay import SinkRelay
from integrations.events.sinks import sink_kinds, webhook
from integrations.events.sinks.webhook import SCHEDULE, pause_of
from integrations.events.switching import change_secret, is_delivered, send_test
from integrations.models import DeliveryAttempt, EventDelivery, EventSink
from tests.published import validator

from .receivers import Got, Receiver, mapped, receiving, sink, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.EVENTS_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving() as found:
        yield found


@pytest.fixture
def hook(receiver: Receiver) -> EventSink:
    return sink("webhook", settings={"url": receiver.url})


def send(hook: EventSink) -> None:
    SinkRelay(hook.pk).round()
    hook.refresh_from_db()


def verified(secret: str, got: Got) -> Any:
    return Webhook(secret).verify(got.body, got.headers)


def test_what_arrives_is_verified_by_the_library_and_fits_the_published_envelope(
    hook: EventSink, receiver: Receiver
) -> None:
    write(mapped())
    send(hook)
    [got] = receiver.got
    assert verified(hook.secrets["current"], got) == got.event
    assert got.headers["webhook-id"] == got.event["id"]
    assert abs(int(got.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 10
    assert (got.event["type"], got.event["timestamp"]) == ("erpsync.listing.mapped.v1", got.event["time"])
    validator("envelope.1").validate(got.event)
    validator("listing.mapped.1").validate(got.event["data"])
    [attempt] = DeliveryAttempt.objects.all()
    assert (attempt.outcome, attempt.status, str(attempt.event_id)) == ("delivered", 200, got.event["id"])
    assert EventDelivery.objects.count() == 0


def test_a_body_that_was_changed_and_a_wrong_secret_are_seen(hook: EventSink, receiver: Receiver) -> None:
    write(mapped())
    send(hook)
    [got] = receiver.got
    with pytest.raises(WebhookVerificationError):
        verified(signatures.new_secret(), got)
    got.body += b" "
    with pytest.raises(WebhookVerificationError):
        verified(hook.secrets["current"], got)


def test_while_a_secret_is_changed_both_sign_and_after_a_day_only_the_new_one(
    hook: EventSink, receiver: Receiver
) -> None:
    old = hook.secrets["current"]
    change_secret(hook.pk)
    hook.refresh_from_db()
    write(mapped())
    send(hook)
    assert verified(old, receiver.got[0]) == verified(hook.secrets["current"], receiver.got[0])
    hook.secrets |= {"previous_until": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    assert signatures.valid_secrets(hook.secrets, datetime.now(UTC)) == [hook.secrets["current"]]


def test_ten_tries_take_75_hours_and_35_minutes_with_jitter_and_then_it_is_parked() -> None:
    kind = sink_kinds()["webhook"]
    assert sum(SCHEDULE) == 75 * 3600 + 35 * 60 + 5
    for tries, seconds in enumerate(SCHEDULE, 1):
        found = [kind.retry_after(tries) or 0 for _ in range(50)]
        assert all(0.9 * seconds <= after <= 1.1 * seconds for after in found)
        assert len(set(found)) > 1
    assert kind.retry_after(10) is None


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 500, 503])
def test_all_but_2xx_is_a_failure_redirects_included(hook: EventSink, receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _got: (status, {"Location": receiver.url}, "lỗi".encode())
    write(mapped())
    send(hook)
    [waiting] = EventDelivery.objects.all()
    assert (waiting.state, waiting.tries, waiting.reason) == ("waiting", 1, f"{status} lỗi")
    assert 3 < (waiting.due_at - datetime.now(UTC)).total_seconds() < 6
    assert len(receiver.got) == 1
    assert [(a.status, a.answer) for a in DeliveryAttempt.objects.all()] == [(status, "lỗi")]


def test_410_switches_the_sink_off_and_keeps_its_cursor(hook: EventSink, receiver: Receiver) -> None:
    receiver.answer = lambda _got: (410, {}, b"")
    write(mapped("1"), mapped("2"))
    send(hook)
    assert (hook.is_active, hook.off_reason, hook.cursor) == (False, "gone", 2)
    assert EventDelivery.objects.filter(state="waiting").count() == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_asks_for_time_gets_it_and_no_try_is_used_up(
    hook: EventSink, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda _got: (status, {"Retry-After": "120"}, b"")
    write(mapped())
    send(hook)
    assert hook.paused_until is not None
    assert 115 < (hook.paused_until - datetime.now(UTC)).total_seconds() < 121
    send(hook)
    assert (len(receiver.got), EventDelivery.objects.get().tries) == (1, 0)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("1e9", 3600), ("-4", 0), ("nan", webhook.PAUSE_SECONDS), ("soon", webhook.PAUSE_SECONDS), (None, webhook.PAUSE_SECONDS),
     (format_datetime(datetime(2020, 1, 1, tzinfo=UTC)), 0)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date_and_at_most_an_hour(said: str | None, seconds: float) -> None:
    assert pause_of(said) == seconds


def test_a_large_event_goes_without_its_data_with_the_address_to_read_them(hook: EventSink, receiver: Receiver) -> None:
    write(mapped("1", sku="x" * 19_000), mapped("2", sku="x" * 21_000))
    send(hook)
    events = {got.event["subject"]: got.event for got in receiver.got}
    assert "data" in events["listing/1"]
    thin = events["listing/2"]
    assert ("data" in thin, thin["dataref"]) == (False, f"http://127.0.0.1:8000/api/v1/events/{thin['id']}")
    validator("envelope.1").validate(thin)


def test_a_receiver_that_answers_too_late_has_failed(hook: EventSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        EventSink.objects.update(settings={"url": f"http://127.0.0.1:{deaf.getsockname()[1]}/"})
        write(mapped())
        send(hook)
    assert DeliveryAttempt.objects.get().answer == "ReadTimeoutError"


def test_a_test_event_arrives_signed_and_marked_and_is_no_event_of_anybody(hook: EventSink, receiver: Receiver) -> None:
    assert is_delivered(send_test(hook))
    [got] = receiver.got
    assert verified(hook.secrets["current"], got)["test"] is True
    validator("envelope.1").validate(got.event)
    assert DeliveryAttempt.objects.get().is_test
    receiver.answer = lambda _got: (500, {}, b"")
    assert not is_delivered(send_test(hook))


# --- where nothing is sent ---


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.test/", "not_encrypted"), ("https://127.0.0.1/", "private_address"), ("https://10.1.2.3/", "private_address"),
        ("https://169.254.169.254/latest", "private_address"), ("https://[::1]/", "private_address"),
        ("https://[::ffff:10.0.0.1]/", "private_address"), ("https://0.0.0.0/", "private_address"),
        ("https://localhost/", "private_address"), ("https://user:pw@example.test/", "not_an_address"),
        ("ftp://example.test/", "not_an_address"), ("https:///x", "not_an_address"), ("https://example.test:99999/", "name_not_found"),
        ("https://mixed.test/", "private_address"),
    ],
)  # fmt: skip
def test_nothing_is_sent_to_private_or_open_addresses(url: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"example.test": ["203.0.114.7"], "mixed.test": ["203.0.114.7", "10.0.0.1"]}
    asked = socket.getaddrinfo

    def look_up(host: str, port: int, **how: Any) -> Any:
        names = found.get(host)
        return [(2, 1, 6, "", (name, port)) for name in names] if names else asked(host, port, **how)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    with pytest.raises(addresses.AddressRefused, match=why):
        addresses.resolve(url)


def test_the_address_that_was_looked_up_is_the_one_that_is_called(
    hook: EventSink, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    port = int(receiver.url.split(":")[2].split("/")[0])
    real = socket.getaddrinfo

    def look_up(host: str, *rest: Any, **how: Any) -> Any:
        if host != "partner.test":
            return real(host, *rest, **how)
        asked.append(host)
        # the second time, the name stands for another address
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "127.9.9.9", port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    EventSink.objects.update(settings={"url": f"http://partner.test:{port}/x"})
    write(mapped("1"), mapped("2"))
    send(hook)
    assert (asked, [got.headers["host"] for got in receiver.got]) == (["partner.test"], [f"partner.test:{port}"] * 2)


def test_a_private_address_counts_as_a_failure_and_calls_nobody(
    receiver: Receiver, hook: EventSink, settings: Any
) -> None:
    settings.EVENTS_PRIVATE_NETWORKS = []
    write(mapped())
    send(hook)
    assert (receiver.got, EventDelivery.objects.get().reason) == ([], "private_address")


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
def test_the_packages_for_other_languages_verify_by_the_same_lines_as_the_documents(
    hook: EventSink, receiver: Receiver, tmp_path: Path
) -> None:
    """The TypeScript example of docs/events.md, without its types, on a real delivery: it needs no package."""
    write(mapped())
    send(hook)
    [got] = receiver.got
    page = (Path(__file__).parents[3] / "docs" / "events.md").read_text()
    example = page.split("```typescript\n")[1].split("```")[0]
    for typed in (": Record<string, string>", ": string", ": boolean", ": Buffer"):
        example = example.replace(typed, "")
    script = tmp_path / "verify.mjs"
    headers = {name: value for name, value in got.headers.items() if name.startswith("webhook-")}
    (tmp_path / "body").write_bytes(got.body)
    script.write_text(
        f"{example}\nimport {{ readFileSync }} from 'node:fs';\nconst body = readFileSync('{tmp_path}/body');\n"
        f"const headers = {headers!r};\nconst secret = '{hook.secrets['current']}';\n"
        "const wrong = Buffer.concat([body, Buffer.from(' ')]);\n"
        "console.log(verify(secret, headers, body), verify(secret, headers, wrong));\n"
    )
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout.strip(), done.stderr) == ("true false", "")
