"""The kinds of sinks: the modules of this folder that have a `KIND`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from integrations.events.sinks.base import SinkKind


@cache
def sink_kinds() -> Mapping[str, SinkKind]:
    """Return the kinds by their keys."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.key: kind for kind in sorted(found, key=lambda kind: kind.key)}
