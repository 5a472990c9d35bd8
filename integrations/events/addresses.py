"""Addresses that events may be sent to: a name is looked up once, and that very address is connected to (no SSRF)."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

# what a person reads of an address that was refused
REFUSED_ADDRESSES = {
    "not_an_address": _("This is no web address."),
    "name_not_found": _("This name is not known. Check the spelling."),
    "private_address": _("This address lies in a private network. Ask the people who run the hub to allow it."),
    "not_encrypted": _("The address must begin with https://."),
}
Address = IPv4Address | IPv6Address


class AddressRefused(Exception):
    """Nothing is sent there; the text says why, in a word for the attempt's row."""


@dataclass(frozen=True, slots=True)
class Place:
    """An endpoint with the address that its name stood for a moment ago."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def resolve(url: str) -> Place:
    """Look a URL's name up. Raises AddressRefused: for a private address unless the hub's settings allow it, and plain HTTP."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise AddressRefused("not_an_address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise AddressRefused("not_an_address")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError) as error:
        raise AddressRefused("name_not_found") from error
    addresses = [ip_address(str(entry[4][0]).split("%")[0]) for entry in found]
    # one bad address among good ones is a trick, not an accident
    if not all(map(_is_allowed, addresses)):
        raise AddressRefused("private_address")
    if parts.scheme == "http" and not all(map(_is_opened, addresses)):
        raise AddressRefused("not_encrypted")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme, parts.hostname, port, path, str(addresses[0]))


def _is_allowed(address: Address) -> bool:
    plain = _plain(address)
    return _is_opened(address) or (plain.is_global and not plain.is_multicast)


def _is_opened(address: Address) -> bool:
    """Return whether the hub's settings name its network: EVENTS_PRIVATE_NETWORKS."""
    plain = _plain(address)
    return any(plain in ip_network(network) for network in settings.EVENTS_PRIVATE_NETWORKS)


def _plain(address: Address) -> Address:
    """Return an IPv4 address that is written as IPv6 (mapped, 6to4) as what it is."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address
