"""The graph of calls at once in a rehearsal's report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erpsync.rehearsal.bearing import Samples, graph, lines, with_bearing
from erpsync.rehearsal.shapes import Verdict
from integrations.models import AppRegistration


def test_a_graph_shows_the_least_of_each_span() -> None:
    assert graph([1.0, 0.5, 0.125, 0.55, 1.0]) == "█▅▂▅█"
    assert graph([1.0] * 119 + [0.125]) == "█" * 59 + "▂"


@pytest.mark.django_db
def test_the_most_burdened_account_speaks_for_its_channel_and_the_most_burdened_channel_comes_first() -> None:
    for key, channel in (("a", "shopee"), ("b", "tiki"), ("c", "sendo")):
        AppRegistration.objects.create(key=key, channel=channel)
    samples = Samples([{"a:1": 0.5, "a:2": 0.25, "gone:1": 0.125}, {"b:1": 0.125}, {}])
    verdict = with_bearing(Verdict((), {"orders": {}}), samples)
    assert verdict == replace(
        verdict,
        breaches=(),
        figures={
            "orders": {},
            "concurrency": {
                "shopee": {"least": 0.25, "series": [0.25, 1.0, 1.0]},
                "tiki": {"least": 0.125, "series": [1.0, 0.125, 1.0]},
            },
        },
    )
    assert list(lines(verdict.figures["concurrency"])) == [
        "tiki         █▂█ 12% at the least",
        "shopee       ▃██ 25% at the least",
    ]
