"""Sendo's samples."""

from tests.integrations.connectors.samples import Samples, short

_SAMPLES = Samples("sendo")
content = _SAMPLES.content
expected = _SAMPLES.expected
raw = _SAMPLES.raw

__all__ = ["content", "expected", "raw", "short"]
