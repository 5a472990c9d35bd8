"""Signature vectors: signed by our own code as the platform's own SDK signs them."""

from __future__ import annotations

import sys

from .ports import CONNECTORS, assert_runs_over_all, each, vectors

EACH = each("sign")


@EACH
def test_the_shared_vectors_are_signed_alike_and_with_another_key_otherwise(channel: str) -> None:
    sign = CONNECTORS[channel].sign
    assert sign
    for entry in vectors(channel):
        assert sign(entry) == entry["expected_sign"]
        others = [entry["secrets"] | {name: f"{value}x"} for name, value in entry["secrets"].items()]
        assert any(sign(entry | {"secrets": other}) != entry["expected_sign"] for other in others)


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "sign")
