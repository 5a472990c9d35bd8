"""Consent: the application's credentials, exchanged for a token. There is no refresh token and no consent page."""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress

from integrations.connectors.misa_crm.client import API, BASE_URL
from integrations.connectors.misa_crm.mapping import errors
from integrations.contract.access import AppAccess
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.wire.calls import Call, Response
from integrations.wire.http import ChannelClient, Platform


def _judge(answer: Response) -> Grant | None:
    if problem := errors.token_failure(answer.status, answer.body):
        raise problem
    return None if answer.body is None else Grant(answer.body["data"], _life(answer.body["data"]))


TOKENS = Platform("misa_crm", "MISA CRM", BASE_URL, _judge)


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Return a token for the application's credentials. May be repeated. Raises NotAuthorised when they are refused."""
    credentials = {name: app.credentials.get(name, "") for name in ("client_id", "client_secret")}
    call = Call("POST", f"{API}/Account", json=credentials, repeatable=True)
    grant: Grant = ChannelClient(TOKENS, app).send(call)
    return grant


def _life(jwt: str) -> float | None:
    """Return the seconds until the token's own `exp`; None where it has none, or none left: then it is tried."""
    with suppress(ValueError, IndexError, AttributeError):
        part = jwt.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        end = claims.get("exp")
        if isinstance(end, int | float) and end > time.time():
            return float(end - time.time())
    return None


CONSENT = Consent(renew=renew, kind=ConsentKind.CREDENTIALS)
