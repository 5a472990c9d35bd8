"""Saved state of one Sendo shop: its keys, the one live token, open page tokens, and the orders under review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.simulator.calls import SlidingWindow


@dataclass
class Pages:
    """The rest of a list behind a page token: the filter is the token's, the page begins at `offset`."""

    kind: str
    filters: Mapping[str, Any]
    size: int
    offset: int
    until: float


@dataclass
class Book:
    """One shop. All times but `logins` are logical seconds."""

    store_id: int
    shop_key: str
    secret_key: str
    callback_url: str = ""
    token: str = ""
    token_until: float = 0.0
    count: int = 0
    # of one second, on the machine's clock
    logins: SlidingWindow = field(default_factory=SlidingWindow)
    pages: dict[str, Pages] = field(default_factory=dict)
    # by order: the end of Sendo's review
    checked_until: dict[str, float] = field(default_factory=dict)
    # by order: the reason code its seller cancelled with
    cancel_codes: dict[str, str] = field(default_factory=dict)
