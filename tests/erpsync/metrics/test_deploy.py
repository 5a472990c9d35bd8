"""The alert rules and the dashboard in deploy/: their form, and that every name in them is one that the hub gives."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import yaml

from erpsync.environment import BASE_DIR
from erpsync.metrics.hub import GAUGES

NAMES = {gauge.name for gauge in GAUGES} | {"erpsync_up"}
LABELS = {gauge.name: set(gauge.labels) for gauge in GAUGES} | {"erpsync_up": {"part"}}
RULES = yaml.safe_load((BASE_DIR / "deploy/prometheus/rules.yaml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((BASE_DIR / "deploy/grafana/hub.json").read_text())
SELECTOR = re.compile(r"(erpsync_\w+)(?:\{([^}]*)\})?")


def strange(expression: str) -> list[str]:
    """Return the metrics, and the labels in their selectors, that the hub doesn't give."""
    found = []
    for name, selector in SELECTOR.findall(expression):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        found += [name] if name not in NAMES else sorted(labels - LABELS[name])
    return found


def test_rules_name_what_the_hub_measures_and_a_page_that_is_there() -> None:
    alerts = [rule for rule in RULES if "alert" in rule]
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    assert {rule["alert"]: strange(rule["expr"]) for rule in alerts} == {rule["alert"]: [] for rule in alerts}
    assert [
        name for rule in alerts for name in re.findall(r"erpsync:[\w:]+", rule["expr"]) if name not in recorded
    ] == []
    assert [rule["alert"] for rule in alerts if not (BASE_DIR / rule["annotations"]["runbook"]).is_file()] == []
    assert {rule["labels"]["severity"] for rule in alerts} <= {"critical", "error", "warning"}
    assert all(rule["expr"].count("(") == rule["expr"].count(")") for rule in RULES)


def test_dashboard_is_in_the_classic_form() -> None:
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    assert (DASHBOARD["id"], DASHBOARD["uid"]) == (None, "erpsync-hub")
    assert 36 <= DASHBOARD["schemaVersion"] <= 39
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert [panel["title"] for panel in panels if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24] == []
    assert [(a["title"], b["title"]) for a, b in combinations(panels, 2) if overlap(a["gridPos"], b["gridPos"])] == []


def overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    return (
        a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]
    )


def test_dashboard_asks_for_what_the_hub_measures() -> None:
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    assert {expression: strange(expression) for expression in asked} == {expression: [] for expression in asked}
    drawn = {name for expression in asked for name, _labels in SELECTOR.findall(expression)}
    assert {"erpsync_queue_age_seconds", "erpsync_event_seconds", "erpsync_alerts_firing"} <= drawn
