"""HTTP client of the marketplace: its key in a header, and what its answers mean."""

from __future__ import annotations

from typing import Any

from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.wire.auth import HeaderAuth
from integrations.wire.calls import Response
from integrations.wire.http import ChannelClient, Platform


def judge(answer: Response) -> Any:
    """Return the body. Raises the channel errors."""
    if answer.status >= 500:
        raise TryLater("the marketplace is out of order", maybe_done=True)
    if answer.status >= 400:
        raise Rejected(answer.body["message"], code=answer.body["code"])
    return answer.body


PLATFORM = Platform("campaign", "Chợ Phiên", "https://campaign.invalid", judge)


def client_of(access: Access) -> ChannelClient:
    """Return the client of one shop."""
    key = access.app.credentials["key"]
    return ChannelClient(
        PLATFORM, access.app, sign=lambda token: HeaderAuth({"X-Key": key}), shop_id=access.shop_id, lane=access.lane
    )
