"""Tiki's samples."""

from tests.integrations.connectors.samples import Samples, short

_SAMPLES = Samples("tiki")
expected = _SAMPLES.expected
raw = _SAMPLES.raw
raw_text = _SAMPLES.raw_text

__all__ = ["expected", "raw", "raw_text", "short"]
