"""Logins with a shop's keys. There is no page and no refresh token: the keys are enough."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext

from integrations.connectors.sendo.client import token_client
from integrations.connectors.sendo.mapping import errors, fields
from integrations.connectors.sendo.signing import claims
from integrations.contract.access import AppAccess
from integrations.contract.consent import Consent, ConsentKind, Grant
from integrations.wire.calls import Call

# documented; `expires` and the token's own `exp` may only shorten it
TOKEN_LIFE = 8 * 3600.0
# a token that says it ends sooner is not believed: the clocks differ
_LEAST_LIFE = 600.0


def renew(app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
    """Log in anew. It kills the token before it: never beside another login of the same shop.

    Raises NotAuthorised when the keys are refused, Rejected when they are those of another shop.
    """
    grant = _login(app)
    if shop_id and grant.shop_ids and shop_id not in grant.shop_ids:
        words = gettext("These keys belong to Sendo shop %(theirs)s, not to %(ours)s.")
        raise errors.refusal(words % {"theirs": grant.shop_ids[0], "ours": shop_id}, "other_shop")
    return grant


def _login(app: AppAccess) -> Grant:
    keys = {name: app.credentials.get(name, "") for name in ("shop_key", "secret_key")}
    call = Call("POST", "/login", json=keys, repeatable=True, limits=("login",))
    result = token_client(app).send(call)
    token = fields.text(result, "token") if isinstance(result, Mapping) else ""
    if not token:
        raise errors.malformed("/login: no token")
    claimed = claims(token)
    store = fields.text(claimed, "StoreId") or fields.text(claimed, "iss")
    return Grant(token, _life(claimed), shop_ids=(store,) if store else ())


def _life(claimed: Mapping[str, Any]) -> float:
    """Return the token's life in seconds: the documented eight hours unless the token itself says less."""
    ends = fields.or_none(fields.moment, claimed, "exp")
    left = (ends - datetime.now(UTC)).total_seconds() if ends else TOKEN_LIFE
    return left if _LEAST_LIFE <= left < TOKEN_LIFE else TOKEN_LIFE


CONSENT = Consent(renew=renew, kind=ConsentKind.CREDENTIALS)
