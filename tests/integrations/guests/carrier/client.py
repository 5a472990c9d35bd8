"""HTTP client of the carrier: its token in a header, and what its answers mean."""

from __future__ import annotations

from typing import Any

from integrations.contract.access import Access
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.wire.auth import HeaderAuth
from integrations.wire.calls import Response
from integrations.wire.http import ChannelClient, Platform


def token_header(token: str) -> HeaderAuth:
    """Sign a call with the customer's token."""
    return HeaderAuth({"Token": token})


def judge(answer: Response) -> Any:
    """Return the body, the bytes of a label. Raises the channel errors."""
    if answer.status == 401:
        raise NotAuthorised("the carrier does not know this token", code="401")
    if answer.status == 425:
        raise TryLater("the label is being made")
    if answer.status >= 400:
        raise Rejected(answer.content.decode(), code=str(answer.status))
    return answer.content if answer.body is None else answer.body


PLATFORM = Platform("carrier", "Xe Ôm", "https://carrier.invalid", judge)


def client_of(access: Access) -> ChannelClient:
    """Return the client of one customer."""
    return ChannelClient(
        PLATFORM, access.app, sign=token_header, tokens=access.tokens, shop_id=access.shop_id, lane=access.lane
    )
