"""Spans: where they begin, what they go on from, and what they never say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from core import tracing
from erpsync.environment import BASE_DIR, Misconfigured
from erpsync.tracing import collector_of, process_kind, trace_page
from tests.traces import Recorder, collecting, recorded


@pytest.fixture
def spans() -> Iterator[Recorder]:
    with recorded() as found:
        yield found


def written_in(name: str) -> str:
    """The traceparent that a row gets which a span of its own trace writes."""
    with tracing.root(name):
        return tracing.traceparent()


def test_a_part_of_the_work_is_a_child_and_one_without_work_is_nothing(spans: Recorder) -> None:
    with tracing.span("nowhere"):
        assert (tracing.traceparent(), tracing.headers(), tracing.log_ids()) == ("", {}, {})
    with tracing.root("webhook", "server", channel="toy") as note, tracing.span("store", rows=3):
        note(status=200)
    webhook, store = spans.seen()
    assert (webhook.name, webhook.parent, store.name, store.parent) == ("webhook", "", "store", webhook.id)
    assert webhook.attributes == {"erpsync.channel": "toy", "http.response.status_code": 200}
    assert store.attributes == {"erpsync.rows": 3}


def test_rows_of_one_span_go_on_in_its_trace(spans: Recorder) -> None:
    row = written_in("webhook")
    assert len(row) == tracing.TRACEPARENT_LENGTH
    with tracing.continued("drain", "consumer", [row, "", row]):
        assert tracing.log_ids()["trace_id"] == tracing.trace_id(row)
    webhook, drain = spans.seen()
    assert (drain.trace, drain.parent, drain.links) == (webhook.trace, webhook.id, ())


def test_rows_of_several_traces_begin_one_that_links_to_them_whatever_the_ratio() -> None:
    rows = []
    with recorded() as before:
        rows = [written_in("one"), written_in("two")]
    origins = [span.trace for span in before.seen()]
    with recorded(ratio=0) as spans, tracing.continued("drain", "consumer", rows):
        [one, *_] = rows
        # what is sent for a row alone belongs to its own trace
        with tracing.continued("POST", "client", [one]):
            pass
    drain, post = spans.seen()
    assert (drain.parent, drain.links) == ("", tuple(origins))
    assert drain.trace not in origins
    assert (post.trace, post.links) == (origins[0], ())


def test_a_row_that_is_taken_up_within_its_trace_is_a_part_of_the_work_under_way(spans: Recorder) -> None:
    row = written_in("webhook")
    with tracing.continued("deliver", "producer", [row]), tracing.continued("POST", "client", [row]):
        pass
    _webhook, deliver, post = spans.seen()
    assert (post.trace, post.parent) == (deliver.trace, deliver.id)


def test_a_part_of_a_row_begins_a_trace_that_links_to_the_rows_whatever_the_ratio() -> None:
    with recorded() as before:
        row = written_in("request")
    with recorded(ratio=0) as spans:
        for name in ("one", "two"):
            with tracing.linked(name, "consumer", [row]), tracing.span("store"):
                pass
        with tracing.linked("untraced", "consumer", [""]):
            pass
    [request] = before.seen()
    one, store, two, _ = spans.seen()
    assert (one.parent, one.links, two.parent, two.links) == ("", (request.trace,), "", (request.trace,))
    assert len({request.trace, one.trace, two.trace}) == 3
    assert store.trace == one.trace


def test_untraced_work_leaves_nothing_and_is_not_taken_up() -> None:
    with recorded(ratio=0) as spans:
        row = written_in("webhook")
        with tracing.continued("drain", "consumer", [row, row]), tracing.span("store"):
            pass
    assert (row, spans.seen()) == ("", [])


def test_an_error_is_said_by_its_class_alone(spans: Recorder) -> None:
    with pytest.raises(ValueError, match="0912345678"), tracing.root("store"):
        raise ValueError("Nguyễn Văn A, 0912345678")
    [store] = spans.seen()
    assert (store.is_error, store.attributes) == (True, {"error.type": "ValueError"})
    assert "0912345678" not in store.text
    assert "Nguyễn" not in store.text


def test_what_a_span_would_say_is_seen_by_these_tests(spans: Recorder) -> None:
    with tracing.root("webhook", channel="Nguyễn Văn A?"):
        pass
    assert "Nguyễn Văn A?" in spans.seen()[0].text


def test_what_was_said_of_an_error_stays(spans: Recorder) -> None:
    def limited() -> None:
        with tracing.root("call") as note:
            note(error="rate_limited")
            raise ValueError("too often")

    with pytest.raises(ValueError, match="too often"):
        limited()
    assert spans.seen()[0].attributes == {"error.type": "rate_limited"}


# --- processes ---

_OFF = """
import sys, django
django.setup()
import erpsync.receiver, integrations.jobs
from core import tracing
with tracing.root("webhook"), tracing.span("store") as note:
    note(rows=1)
    assert tracing.traceparent() == ""
# redis-py imports parts of OpenTelemetry where it finds it
print([name for name in sys.modules if name == "core.spans" or name.startswith("opentelemetry.exporter")])
"""
_FORKS = """
import os, sys
from core import tracing
tracing.configure(tracing.Collector(sys.argv[1], 1.0, "erpsync-parent"))
with tracing.root("before"):
    row = tracing.traceparent()
if os.fork() == 0:
    with tracing.continued("in the child", "consumer", [row]):
        pass
    sys.exit(0)
os.wait()
"""


def run(program: str, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "erpsync.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_a_collector_nothing_is_imported_that_exports() -> None:
    assert run(_OFF) == "[]"


def test_a_process_that_forked_and_its_child_both_send_their_spans_at_their_end() -> None:
    with collecting() as collected:
        run(_FORKS, collected.url)
    before, child = collected.seen()
    assert (before.name, child.name, child.parent) == ("before", "in the child", before.id)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["/x/granian/__main__.py", "--port", "8000", "erpsync.asgi:application"], "web"),
        (["/x/granian/__main__.py", "erpsync.receiver:application"], "receiver"),
        (["manage.py", "work", "orders"], "work"),
        (["/srv/manage.py", "relay"], "relay"),
        (["-c"], "other"),
    ],
)
def test_a_process_says_what_it_is(arguments: list[str], kind: str) -> None:
    assert process_kind(arguments) == kind
    found = collector_of("http://127.0.0.1:4318/", ratio="0.5", name="hub", arguments=arguments)
    assert found == tracing.Collector("http://127.0.0.1:4318", 0.5, f"hub-{kind}")


@pytest.mark.parametrize(
    ("url", "ratio", "named"),
    [
        ("collector:4317", "1", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ("http://c:4318?key=hush", "1", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ("http://c:4318", "half", "OTEL_TRACES_SAMPLER_ARG"),
        ("http://c:4318", "5", "OTEL_TRACES_SAMPLER_ARG"),
        ("http://c:4318", "nan", "OTEL_TRACES_SAMPLER_ARG"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(url: str, ratio: str, named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        collector_of(url, ratio=ratio, name="erpsync", arguments=[])
    for page in ("https://g.example.com/explore", "g.example.com/{trace_id}"):
        with pytest.raises(Misconfigured, match="TRACE_URL"):
            trace_page(page)
    assert trace_page("") == ""
    assert collector_of("", ratio=ratio, name="erpsync", arguments=[]) is None
