"""Shopee's samples."""

from tests.integrations.connectors.samples import Samples, short

_SAMPLES = Samples("shopee")
FOLDER = _SAMPLES.folder
expected = _SAMPLES.expected
raw = _SAMPLES.raw
raw_text = _SAMPLES.raw_text

__all__ = ["FOLDER", "expected", "raw", "raw_text", "short"]
