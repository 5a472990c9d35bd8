"""The sample of a trace collector: complete in itself, and listening where the documents and the network policy say."""

from __future__ import annotations

import re
from typing import Any

import yaml

from erpsync.environment import BASE_DIR

PORT = 4318


def _load(path: str) -> Any:
    return yaml.safe_load((BASE_DIR / "deploy" / path).read_text())


def test_what_the_pipeline_names_is_there_and_nothing_else() -> None:
    collector = _load("tracing/collector.yaml")
    [(kind, pipeline)] = collector["service"]["pipelines"].items()
    assert kind == "traces"
    assert {part: set(pipeline[part]) for part in pipeline} == {part: set(collector[part]) for part in pipeline}
    assert set(collector["service"]["extensions"]) == set(collector["extensions"])


def test_it_listens_where_the_hub_is_told_to_send() -> None:
    endpoint = _load("tracing/collector.yaml")["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    policy = _load("kubernetes/samples/trace-collector.yaml")
    example = re.search(r"http://collector:(\d+)", (BASE_DIR / ".env.example").read_text())
    assert example is not None
    assert int(endpoint.rsplit(":", 1)[1]) == PORT == int(example[1])
    assert policy["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": PORT}]
