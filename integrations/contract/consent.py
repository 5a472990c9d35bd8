"""Consent of a seller: how it is obtained and renewed, and which shops it covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from integrations.contract.access import AppAccess, TokenSource


class ConsentKind(StrEnum):
    """Kind of consent: the thing that a person gives to connect an account."""

    CODE = "code"  # a code from the channel's page, exchanged for tokens
    TOKENS = "tokens"  # tokens, pasted
    CREDENTIALS = "credentials"  # nothing: the registration's credentials are enough


@dataclass(frozen=True, slots=True)
class Grant:
    """Tokens as a consent or renewal gave them. Lives are seconds from now, None where the channel tells none.

    `shop_ids` are the shops the consent covers (one authorisation may cover several), empty when unknown.
    """

    access_token: str
    expires_in: float | None
    refresh_token: str = ""
    refresh_expires_in: float | None = None
    shop_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopFound:
    """One shop that a consent covers, to be chosen from. `settings` are stored with its connection (a shop cipher)."""

    external_id: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)


class Renew(Protocol):
    def __call__(self, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        """Return new tokens. A refresh token may be single-use: the caller serialises. Raises NotAuthorised when refused.

        Without a refresh token: what the registration's credentials are good for.
        """


class Exchange(Protocol):
    def __call__(self, app: AppAccess, *, code: str, shop_id: str) -> Grant:
        """Turn a code into tokens. Never repeat it: a code works once. Raises Rejected when it is refused.

        `shop_id` may be empty after the channel's own page: then the consent itself says which shops it covers.
        """


class FindShops(Protocol):
    def __call__(self, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        """Return the shops that a consent covers, to be chosen from. May be repeated."""


class ConsentUrl(Protocol):
    def __call__(self, app: AppAccess, *, state: str, redirect_url: str) -> str:
        """Return the page where the seller agrees. The seller comes back to `redirect_url` with a code."""


def _code_of(query: Mapping[str, str]) -> str:
    return query.get("code", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPage:
    """The channel's own page. `returned`: the code in the address a seller came back to, "" when they did not agree."""

    url: ConsentUrl
    returned: Callable[[Mapping[str, str]], str] = _code_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Authorisation of a channel's accounts.

    `shops` None: the grant itself names them. `shares_one_token`: one pair of tokens serves every shop of the consent.
    `app_has_token`: the registration has a token of its own, got with its credentials alone.
    `kind_of`: where the registration itself decides its kind.
    """

    renew: Renew
    kind: ConsentKind = ConsentKind.CODE
    kind_of: Callable[[AppAccess], ConsentKind] | None = None
    exchange: Exchange | None = None
    page: ConsentPage | None = None
    shops: FindShops | None = None
    shares_one_token: bool = False
    app_has_token: bool = False

    def kind_for(self, app: AppAccess) -> ConsentKind:
        """Return how the accounts of this registration agree."""
        return self.kind_of(app) if self.kind_of else self.kind

    def shops_of(self, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        """Return the shops of a consent: asked for, else those that the grant names."""
        if self.shops is None:
            return tuple(ShopFound(shop_id, shop_id) for shop_id in grant.shop_ids)
        return self.shops(app, tokens, grant)
