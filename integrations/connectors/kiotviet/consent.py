"""Consent: client credentials, exchanged for a token of a day. There is no refresh token and no consent page."""

from __future__ import annotations

from urllib.parse import urlsplit

from integrations.connectors.kiotviet.mapping import errors, fields
from integrations.contract.access import AppAccess
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.contract.errors import TryLater
from integrations.contract.reasons import NO_TOKENS
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient, Platform

TOKEN_URL = "https://id.kiotviet.vn/connect/token"  # noqa: S105 - an address


def _judge(answer: Response) -> Grant | None:
    if problem := errors.token_failure(answer.status, answer.body):
        raise problem
    if answer.body is None:
        return None
    found = fields.text(answer.body, "access_token") if isinstance(answer.body, dict) else ""
    if not found:
        raise TryLater(NO_TOKENS(channel="KiotViet"))
    try:
        return Grant(found, float(fields.number(answer.body, "expires_in", 86_400)))
    except ValueError:
        # the token is good all the same; that it has expired shows as a 401
        return Grant(found, None)


TOKENS = Platform("kiotviet", "KiotViet's token server", TOKEN_URL, _judge)


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Return a token for the client credentials. May be repeated. Raises NotAuthorised when they are refused."""
    address = urlsplit(
        app.settings.get("token_url") or (f"{app.base_url}/connect/token" if app.base_url else TOKEN_URL)
    )
    form = (
        ("scopes", "PublicApi.Access"),  # plural, as the documentation and all clients have it
        ("grant_type", "client_credentials"),
        ("client_id", app.credentials["client_id"]),
        ("client_secret", app.credentials["client_secret"]),
    )
    client = ChannelClient(TOKENS, app, base_url=f"{address.scheme}://{address.netloc}")
    grant: Grant = client.send(Call("POST", address.path, form=form, repeatable=True))
    return grant


CONSENT = Consent(renew=renew, kind=ConsentKind.CREDENTIALS)
