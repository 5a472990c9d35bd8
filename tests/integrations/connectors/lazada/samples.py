"""Lazada's samples."""

from tests.integrations.connectors.samples import Samples, short

_SAMPLES = Samples("lazada")
expected = _SAMPLES.expected
names = _SAMPLES.names
raw = _SAMPLES.raw
raw_text = _SAMPLES.raw_text

__all__ = ["expected", "names", "raw", "raw_text", "short"]
