"""Whose request it is: the address that limits are counted by."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64  # what one customer gets: counted by single addresses, one machine would be any number of senders


def sender_address(peer: str, forwarded: str, *, behind_proxy: bool) -> str:
    """Return the sender's address: the peer's, or behind a proxy the last one that it put into X-Forwarded-For.

    What stands before the last one was written by the sender. Text that is no address is returned as it is.
    """
    last = forwarded.rsplit(",", 1)[-1].strip() if behind_proxy else ""
    try:
        found = ip_address(last or peer)
    except ValueError:
        return peer
    return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else str(found)


def client_address(peer: str, forwarded: str, *, behind_proxy: bool) -> str:
    """Return the address that limits are counted by: the sender's, of an IPv6 address its network."""
    sender = sender_address(peer, forwarded, behind_proxy=behind_proxy)
    try:
        found = ip_address(sender)
    except ValueError:
        return sender
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_PREFIX), strict=False).network_address)
    return sender
