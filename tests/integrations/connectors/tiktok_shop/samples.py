"""TikTok Shop's samples."""

from tests.integrations.connectors.samples import Samples, short

_SAMPLES = Samples("tiktok_shop")
FOLDER = _SAMPLES.folder
expected = _SAMPLES.expected
raw = _SAMPLES.raw

__all__ = ["FOLDER", "expected", "raw", "short"]
