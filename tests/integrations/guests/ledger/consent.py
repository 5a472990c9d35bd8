"""Consent: a login with the registration's credentials gives a session, which ends after half an hour."""

from __future__ import annotations

from dataclasses import replace

from integrations.connectors.ledger.client import PLATFORM

from integrations.contract.access import AppAccess
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient

LIFE = 30 * 60.0


def _cookies(answer: Response) -> Grant:
    PLATFORM.judge(answer)
    return Grant("; ".join(f"{name}={value}" for name, value in answer.cookies.items()), LIFE)


def login(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Log in to a company; the cookies are the token. May be repeated."""
    client = ChannelClient(replace(PLATFORM, judge=_cookies), app)
    grant: Grant = client.send(Call("POST", "/Login", json={"Company": shop_id, **app.credentials}))
    return grant


CONSENT = Consent(renew=login, kind=ConsentKind.CREDENTIALS)
