"""The connector's samples; snapshots in the short form of their `.expected.json` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integrations.connectors import tiktok_shop
from integrations.wire import lossless
from tests.integrations.connectors.shopee.samples import short

FOLDER = Path(tiktok_shop.__file__).parent / "samples"


def raw(name: str) -> Any:
    """A sample as the connector parses it."""
    return lossless.parse((FOLDER / f"{name}.json").read_bytes())


def expected(name: str) -> Any:
    return lossless.parse((FOLDER / f"{name}.expected.json").read_bytes())


__all__ = ["FOLDER", "expected", "raw", "short"]
