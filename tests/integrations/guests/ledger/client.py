"""HTTP client of the ledger: what its answers mean, and the session that signs a call."""

from __future__ import annotations

from typing import Any

from integrations.contract.access import Access
from integrations.contract.errors import NotAuthorised, Rejected, TryLater
from integrations.wire.auth import HeaderAuth
from integrations.wire.calls import Response
from integrations.wire.http import ChannelClient, Platform


def session(cookies: str) -> HeaderAuth:
    """Sign a call with the session: its two cookies are the token."""
    return HeaderAuth({"Cookie": cookies})


def judge(answer: Response) -> Any:
    """Return the body. Raises the channel errors."""
    if answer.status == 401:
        raise NotAuthorised("the session has ended", code="401")
    if answer.status >= 500:
        raise TryLater("the ledger is out of order", maybe_done=True)
    if answer.status >= 400:
        error = answer.body["error"]
        raise Rejected(error["message"], code=str(error["code"]))
    return answer.body


PLATFORM = Platform("ledger", "Sổ cái", "https://ledger.invalid", judge)


def client_of(access: Access) -> ChannelClient:
    """Return the client of one company."""
    return ChannelClient(
        PLATFORM, access.app, sign=session, tokens=access.tokens, shop_id=access.shop_id, lane=access.lane
    )
