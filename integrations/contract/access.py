"""Access that connectors are given: the app registration, its tokens, and one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AppAccess:
    """Our registration at the channel: credentials by the names the connector declared, and the registered callback."""

    key: str
    credentials: Mapping[str, str]
    base_url: str = ""
    callback_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    # where the seller came back to from the channel's page, while the code is exchanged: some want it named again
    redirect_url: str = ""


class TokenSource(Protocol):
    """Source of a connector's access token. Both calls may be repeated; both raise NotAuthorised when there is none."""

    def current(self) -> str:
        """The stored access token."""

    def renewed(self, stale: str) -> str:
        """A token other than `stale`: what another worker stored meanwhile, else the fruit of one renewal."""


@dataclass(frozen=True, slots=True)
class Access:
    """One shop as reached through an authorisation. `lane` is orders, pushes or bulk: lanes do not starve each other."""

    app: AppAccess
    shop_id: str
    tokens: TokenSource
    settings: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "Asia/Ho_Chi_Minh"
    currency: str = "VND"
    lane: str = "orders"
