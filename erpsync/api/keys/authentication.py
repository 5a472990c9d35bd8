"""Recognising a caller: `Authorization: Bearer <key or token>`, or a person's session."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.permissions import Access
from erpsync.api.keys import services, text, tokens
from erpsync.api.kit.problems import Problem
from erpsync.models import ApiKey
from erpsync.serving.addresses import sender_address


class Partner:
    """The user of a request with a key: nobody's account."""

    is_authenticated = is_active = True
    is_staff = is_superuser = is_anonymous = False
    pk = id = None


@dataclass(frozen=True)
class Granted:
    """A recognised key: what `request.auth` is."""

    key: ApiKey
    is_token: bool = False

    @cached_property
    def access(self) -> Access:
        """Permissions of the key: its role in each of its shops, its scopes only."""
        shops: list[int] = getattr(self.key, "shop_ids", [])
        return Access(dict.fromkeys(shops, self.key.role), scopes=frozenset(self.key.scopes))

    @property
    def owner(self) -> Any:
        """Return the person who made the key; None when nobody is known."""
        return self.key.owner


class KeyAuthentication(authentication.BaseAuthentication):
    """A key, or a token in exchange for one. Refusals do not say which part of it was wrong."""

    def authenticate(self, request: Request) -> tuple[Any, Granted] | None:
        scheme, _blank, given = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        given = given.strip()
        if scheme.lower() != "bearer" or not given:
            raise AuthenticationFailed(_("Send the key as: Authorization: Bearer erps_..."), "not_bearer")
        is_token = not given.startswith("erps_")
        key = tokens.find(given) if is_token else services.find(given)
        if key is None:
            raise AuthenticationFailed(_why_not(given), "unknown_key")
        address = _address_of(request)
        if not _may_come_from(key, address):
            raise Problem(403, "address", _("This key may not be used from %(address)s.") % {"address": address})
        services.note_use(key, address)
        return Partner(), Granted(key, is_token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="erpsync"'


def _address_of(request: Request) -> str:
    forwarded, peer = request.META.get("HTTP_X_FORWARDED_FOR", ""), request.META.get("REMOTE_ADDR") or ""
    return sender_address(peer, forwarded, behind_proxy=settings.BEHIND_PROXY)


def _why_not(given: str) -> str:
    mode = text.mode_of(given)
    if given.startswith("erps_") and mode is None:
        return _("This key is mistyped: its checksum is wrong.")
    if mode == text.TEST and not settings.SANDBOX:
        return _("Test keys are of use at the sandbox only. %(url)s") % {"url": settings.SANDBOX_URL}
    if mode == text.LIVE and settings.SANDBOX:
        return _("This is the sandbox: it takes test keys only.")
    return _("This key or token is not valid, or no longer.")


def _may_come_from(key: ApiKey, address: str) -> bool:
    if not key.addresses:
        return True
    try:
        sender = ip_address(address)
    except ValueError:
        return False
    return any(sender in ip_network(allowed) for allowed in key.addresses)
