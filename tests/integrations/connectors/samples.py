"""A connector's samples, and snapshots in the short form of their `.expected.json` files."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from erpsync.environment import BASE_DIR
from integrations.wire import lossless

LEFT_OUT = {"raw", "asked_at"}


@dataclass(frozen=True, slots=True)
class Samples:
    """The `samples/` of one channel's folder."""

    channel: str

    @property
    def folder(self) -> Path:
        return BASE_DIR / "integrations" / "connectors" / self.channel / "samples"

    def content(self, name: str) -> bytes:
        """A sample as it came."""
        return (self.folder / f"{name}.json").read_bytes()

    def raw_text(self, name: str) -> str:
        """A sample as it came, as text."""
        return self.content(name).decode()

    def raw(self, name: str) -> Any:
        """A sample as the connector parses it."""
        return lossless.parse(self.content(name))

    def expected(self, name: str) -> Any:
        return lossless.parse((self.folder / f"{name}.expected.json").read_bytes())

    def names(self, start: str) -> list[str]:
        """Samples with an expectation whose name begins so."""
        return sorted(path.name.removesuffix(".expected.json") for path in self.folder.glob(f"{start}*.expected.json"))


def short(value: Any) -> Any:
    """A snapshot as JSON, without raw answers and without what equals its default."""
    if dataclasses.is_dataclass(value):
        kept = {
            field.name: getattr(value, field.name)
            for field in dataclasses.fields(value)
            if field.name not in LEFT_OUT and getattr(value, field.name) != _default(field)
        }
        return {name: short(inner) for name, inner in kept.items()}
    if isinstance(value, dict):
        return {name: short(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [short(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else value


def _default(field: dataclasses.Field[Any]) -> Any:
    factory = field.default_factory
    return factory() if factory is not dataclasses.MISSING else field.default
