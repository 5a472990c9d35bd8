"""By which address a sender is counted: not by one that the sender chose."""

from __future__ import annotations

import pytest

from erpsync.serving.addresses import client_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind_proxy", "found"),
    [
        ("10.0.0.1", "", False, "10.0.0.1"),
        ("10.0.0.1", "8.8.8.8", False, "10.0.0.1"),
        ("10.0.0.1", "8.8.8.8", True, "8.8.8.8"),
        ("10.0.0.1", "1.1.1.1, 8.8.8.8", True, "8.8.8.8"),
        ("10.0.0.1", "", True, "10.0.0.1"),
        ("10.0.0.1", "8.8.8.8, nonsense", True, "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", False, "2001:db8:1:2::"),
        ("::ffff:10.0.0.1", "", False, "10.0.0.1"),
        ("", "", False, ""),
    ],
)
def test_who_is_counted(peer: str, forwarded: str, found: str, *, behind_proxy: bool) -> None:
    assert client_address(peer, forwarded, behind_proxy=behind_proxy) == found
