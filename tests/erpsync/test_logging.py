import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from core import tracing
from erpsync.logging import HIDDEN, SECRET_KEYS, configure, scrub, scrub_text
from tests.traces import recorded


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    configure(json=True, level="INFO")
    yield capsys
    configure(json=False, level="INFO")


@pytest.mark.parametrize("name", sorted(SECRET_KEYS))
def test_a_secret_key_is_hidden_at_any_depth(name: str) -> None:
    event = {"shop": 7, "answer": [{name.upper(): "hush", "code_name": "kept"}]}
    assert scrub(event) == {"shop": 7, "answer": [{name.upper(): HIDDEN, "code_name": "kept"}]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "GET /api/v2/shop?shop_id=7&sign=abc123&access_token=tok",
            f"GET /api/v2/shop?shop_id=7&sign={HIDDEN}&access_token={HIDDEN}",
        ),
        ('{"refresh_token": "tok", "expire_in": 14400}', f'{{"refresh_token": "{HIDDEN}", "expire_in": 14400}}'),
        ("Authorization: Bearer tok", f"Authorization: Bearer {HIDDEN}"),
        ("cannot reach postgres://hub:pass@db/hub", f"cannot reach postgres://hub:{HIDDEN}@db/hub"),
        ("the design of signposts is kept", "the design of signposts is kept"),
    ],
)
def test_text_of_others_is_scrubbed(text: str, expected: str) -> None:
    assert scrub_text(text) == expected


def test_our_lines_are_json_without_secrets(lines: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("hub").warning("refused", access_token="tok", headers={"Authorization": "Bearer tok"}, shop=7)
    line = json.loads(lines.readouterr().err)
    assert "tok" not in line["access_token"]
    assert line["headers"] == {"Authorization": HIDDEN}
    assert (line["event"], line["shop"], line["level"]) == ("refused", 7, "warning")


def test_other_peoples_lines_and_tracebacks_are_scrubbed(lines: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("GET https://api.example.com/x?access_token=tok-1")
    except ValueError:
        logging.getLogger("requests").exception("call to %s failed", "https://h/?sign=tok-2")
    text = lines.readouterr().err
    assert "tok-" not in text
    assert "ValueError" in json.loads(text)["exception"]


def test_a_line_names_the_span_that_it_belongs_to(lines: pytest.CaptureFixture[str]) -> None:
    with recorded() as spans:
        with tracing.root("webhook"):
            structlog.get_logger("hub").warning("refused")
            logging.getLogger("django").warning("refused")
        structlog.get_logger("hub").warning("later")
    [webhook] = spans.seen()
    ours, theirs, later = map(json.loads, lines.readouterr().err.splitlines())
    for line in (ours, theirs):
        assert (line["trace_id"], line["span_id"]) == (webhook.trace, webhook.id)
    assert "trace_id" not in later


def test_what_a_stranger_sends_costs_little_of_the_log(lines: pytest.CaptureFixture[str]) -> None:
    long = "/webhooks/" + "x" * 8000
    logging.getLogger("django.request").warning(
        "Not Found: %s", long, extra={"request": f"<WSGIRequest: GET {long!r}>", "status_code": 404}
    )
    text = lines.readouterr().err
    line = json.loads(text)
    assert len(text) < 1000
    assert "request" not in line
    assert line["event"].startswith("Not Found: /webhooks/xxx")
    assert line["event"].endswith("… (8021 characters)")
    assert line["status_code"] == 404
    structlog.get_logger("hub").info("refused", topics=["t" * 3000], size=10**6, ok=True, none=None)
    line = json.loads(lines.readouterr().err)
    assert len(line["topics"]) < 550
    assert (line["size"], line["ok"], line["none"]) == (10**6, True, None)


def test_of_a_long_traceback_the_end_is_kept(lines: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("x" * 50_000 + " at the end")
    except ValueError:
        logging.getLogger("hub").exception("stumbled")
    line = json.loads(lines.readouterr().err)
    assert len(line["exception"]) < 11_000
    assert line["exception"].endswith("at the end")
