"""HTTP client of the payment provider, and what its answers mean."""

from __future__ import annotations

from typing import Any

from integrations.contract.access import Access
from integrations.contract.errors import Rejected, TryLater
from integrations.wire.calls import Response
from integrations.wire.http import ChannelClient, Platform


def judge(answer: Response) -> Any:
    """Return the body. Raises the channel errors."""
    if answer.status >= 500:
        raise TryLater("the payment provider is out of order", maybe_done=True)
    if answer.body is not None and answer.body.get("code", "00") != "00":
        raise Rejected(answer.body["message"], code=answer.body["code"])
    return answer.body


PLATFORM = Platform("payments", "Cổng Quê", "https://payments.invalid", judge)


def client_of(access: Access) -> ChannelClient:
    """Return the client of one merchant: there are no tokens."""
    return ChannelClient(PLATFORM, access.app, shop_id=access.shop_id, lane=access.lane)
