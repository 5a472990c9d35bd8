"""Headers of our calls: a bearer token and the application it was given to. Nothing is signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.wire.auth import bearer


def of_entry(entry: Mapping[str, Any]) -> str:
    """Return the Authorization header of a call."""
    return bearer(entry["secrets"]["access_token"])
