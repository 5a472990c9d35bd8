"""MISA CRM's samples."""

from tests.integrations.connectors.samples import Samples, short

_SAMPLES = Samples("misa_crm")
expected = _SAMPLES.expected
raw = _SAMPLES.raw

__all__ = ["expected", "raw", "short"]
