"""Each kind of contact point against the replies of its service: what is sent, and what each reply means."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail

from erpsync.alerts.kinds import Severity
from erpsync.alerts.messages import Text
from erpsync.alerts.places import PLACES
from erpsync.alerts.places.base import Outcome, Refused, Sent, TryLater
from tests.erpsync.alerts.fakes import Fake, playing

FIRED = Text(
    key="erpsync/drift/shopee/7", kind="drift", severity=Severity.ERROR, resolved=False, title="Lệch tồn: Shopee <Đông & Tây>",
    body="51 mặt hàng", fix_url="https://hub.example/admin/x/", runbook_url="https://docs.example/drift.md",
    since=datetime(2026, 11, 29, 4, tzinfo=UTC), language="vi",
)  # fmt: skip
RESOLVED = Text(
    key=FIRED.key, kind="drift", severity=Severity.ERROR, resolved=True, title="Đã hết: Lệch tồn", body="Hết lúc 11:20.",
    fix_url=FIRED.fix_url, runbook_url=FIRED.runbook_url, since=FIRED.since, language="vi",
)  # fmt: skip
SETTINGS = {"chat_id": "-100", "phone": "0901234567", "brand": "ERPSYNC", "to": "a@example.com\nb@example.com"}
KEY = "0123456789abcdef0123456789abcdef"


def send(settings: Any, kind: str, *replies: Any, text: Text = FIRED) -> tuple[Outcome, Fake]:
    with playing(*replies) as fake:
        settings.ALERT_URLS = dict.fromkeys(("slack", "telegram", "pagerduty", "esms", "speedsms"), fake.url)
        secrets = {
            "url": f"{fake.url}/services/T/B/x", "token": "12:ab", "routing_key": KEY, "api_key": "k", "secret_key": "s",
        }  # fmt: skip
        return PLACES[kind].send(text, SETTINGS, secrets), fake


def slack(status: int, body: str, **headers: str) -> dict[str, Any]:
    return {
        "status": status,
        "body": body,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
    }


# samples/alerts/*_replies.json of the services
REPLIES: list[tuple[str, Any, Outcome]] = [
    ("slack", slack(200, "ok"), Sent()),
    ("slack", slack(400, "invalid_payload"), Refused("400 invalid_payload")),
    ("slack", slack(403, "invalid_token"), Refused("403 invalid_token", is_gone=True)),
    ("slack", slack(404, "no_service"), Refused("404 no_service", is_gone=True)),
    ("slack", slack(410, "channel_is_archived"), Refused("410 channel_is_archived", is_gone=True)),
    ("slack", slack(429, "rate_limited", Retry_After="1"), TryLater("429 rate_limited", 1.0)),
    ("slack", slack(429, "rate_limited", Retry_After="soon"), TryLater("429 rate_limited", 60.0)),
    ("slack", slack(500, "rollup_error"), TryLater("500 rollup_error")),
    ("slack", slack(302, "", Location="http://127.0.0.1:1/"), Refused("302")),
    ("telegram", {"body": {"ok": True, "result": {"message_id": 731}}}, Sent("731")),
    (
        "telegram",
        {"status": 429, "body": {"ok": False, "error_code": 429, "parameters": {"retry_after": 5}}},
        TryLater("429", 5.0),
    ),
    ("telegram", {"status": 403, "body": "blocked by the user"}, Refused("403 blocked by the user", is_gone=True)),
    ("pagerduty", {"status": 202, "body": {"status": "success", "dedup_key": FIRED.key}}, Sent(FIRED.key)),
    ("pagerduty", {"status": 400, "body": "invalid event"}, Refused("400 invalid event")),
    ("pagerduty", {"status": 429, "body": ""}, TryLater("429", 60.0)),
    ("esms", {"body": {"CodeResult": "100", "SMSID": "d5"}}, Sent("d5")),
    ("esms", {"body": {"CodeResult": "124", "ErrorMessage": "RequestId already used"}}, Sent()),
    ("esms", {"body": {"CodeResult": "103", "ErrorMessage": "not enough balance"}}, Refused("103 not enough balance")),
    ("esms", {"body": "<html>"}, TryLater("no answer that can be read")),
    ("speedsms", {"body": {"status": "success", "code": "00", "data": {"tranId": 123456}}}, Sent("123456")),
    (
        "speedsms",
        {"body": {"status": "error", "code": "300", "message": "not enough balance"}},
        Refused("300 not enough balance"),
    ),
    ("speedsms", {"status": 500, "body": "x"}, TryLater("500 x")),
]


@pytest.mark.parametrize(("kind", "reply", "outcome"), REPLIES)
def test_reply(settings: Any, kind: str, reply: Any, outcome: Outcome) -> None:
    found, fake = send(settings, kind, reply)
    assert (found, len(fake.calls)) == (outcome, 1)


def test_slack_gets_escaped_blocks_with_both_links(settings: Any) -> None:
    _outcome, fake = send(settings, "slack", {"body": "ok"})
    [(path, body)] = fake.calls
    assert (path, body["text"]) == ("/services/T/B/x", "Lệch tồn: Shopee &lt;Đông &amp; Tây&gt;")
    assert body["blocks"][1]["text"]["text"] == f"51 mặt hàng\n<{FIRED.fix_url}>\n<{FIRED.runbook_url}>"


def test_telegram_follows_a_group_to_its_new_id(settings: Any) -> None:
    moved = {"status": 400, "body": {"ok": False, "parameters": {"migrate_to_chat_id": -1001234567890}}}
    outcome, fake = send(settings, "telegram", moved, {"body": {"ok": True, "result": {"message_id": 5}}})
    assert outcome == Sent("5", {"chat_id": "-1001234567890"})
    assert [(path, body["chat_id"]) for path, body in fake.calls] == [
        ("/bot12:ab/sendMessage", "-100"),
        ("/bot12:ab/sendMessage", "-1001234567890"),
    ]
    assert fake.calls[0][1]["text"].startswith(
        "<b>Lệch tồn: Shopee &lt;Đông &amp; Tây&gt;</b>\n51 mặt hàng\nhttps://hub"
    )


def test_pagerduty_triggers_and_resolves_by_one_key(settings: Any) -> None:
    accepted = {"status": 202, "body": {"status": "success", "dedup_key": FIRED.key}}
    event = send(settings, "pagerduty", accepted)[1].calls[0][1]
    assert (event["event_action"], event["dedup_key"], event["payload"]["severity"]) == ("trigger", FIRED.key, "error")
    resolved = send(settings, "pagerduty", accepted, text=RESOLVED)[1].calls[0][1]
    assert resolved == {"routing_key": KEY, "dedup_key": FIRED.key, "event_action": "resolve"}


def test_sms_has_no_accents_and_an_id_that_stays_with_each_try(settings: Any) -> None:
    ids = set()
    for _try in range(2):
        [(path, body)] = send(settings, "esms", {"body": {"CodeResult": "100"}})[1].calls
        ids.add(body.pop("RequestId"))
    assert path == "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
    assert body == {
        "ApiKey": "k", "SecretKey": "s", "Phone": "0901234567", "Brandname": "ERPSYNC", "SmsType": "2", "IsUnicode": "0",
        "Content": "erpsync: Lech ton: Shopee <Dong & Tay>. 51 mat hang",
    }  # fmt: skip
    assert len(ids) == 1


def test_speedsms_signs_in_by_its_token(settings: Any) -> None:
    _outcome, fake = send(settings, "speedsms", {"body": {"status": "success"}})
    assert fake.headers[0]["Authorization"] == f"Basic {b64encode(b'12:ab:x').decode()}"
    assert fake.calls[0][1]["to"] == ["84901234567"]


def test_mail_goes_to_every_address(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert PLACES["mail"].send(FIRED, SETTINGS, {}) == Sent()
    [message] = mail.outbox
    assert (message.subject, message.to) == (f"[erpsync] {FIRED.title}", ["a@example.com", "b@example.com"])
    assert message.body == f"{FIRED.title}\n{FIRED.body}\n{FIRED.fix_url}\n{FIRED.runbook_url}"


def test_a_failed_connection_is_told_without_the_address_that_holds_the_token(settings: Any) -> None:
    settings.ALERT_URLS = {"telegram": "http://127.0.0.1:1"}
    outcome = PLACES["telegram"].send(FIRED, SETTINGS, {"token": "12:ab"})
    assert outcome == TryLater("ConnectionError")


@pytest.mark.parametrize(
    ("kind", "values", "wrong"),
    [
        ("slack", {"url": "https://evil.example/services/"}, ["url"]),
        ("slack", {"url": "https://hooks.slack.com.evil.example/"}, ["url"]),
        ("slack", {"url": "https://hooks.slack.com/services/T/B/x"}, []),
        ("telegram", {"token": "12:ab/../x"}, ["token"]), ("telegram", {"token": "12:AB-c_d"}, []),
        ("pagerduty", {"routing_key": "short"}, ["routing_key"]), ("pagerduty", {"routing_key": KEY}, []),
        ("esms", {"phone": "12"}, ["phone"]), ("speedsms", {"phone": "+84901234567"}, []),
        ("mail", {"to": "a@example.com nobody"}, ["to"]), ("mail", {"to": "a@example.com"}, []),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(kind: str, values: dict[str, str], wrong: list[str]) -> None:
    assert list(PLACES[kind].problems(values)) == wrong
