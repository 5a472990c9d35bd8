"""Tiki's refusals -> our three errors: the HTTP status decides, OAuth has codes of its own. Every envelope is read for its text.

Statuses are meaningful (documentation, common exceptions). A fault of the app's settings is no fault of the thing that was
asked for: it waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiki.mapping import fields
from integrations.contract.errors import ChannelError, NotAuthorised, Rejected
from integrations.contract.reasons import Cause, declare, with_words
from integrations.wire import answers
from integrations.wire.meanings import Meaning, Meanings, not_authorised, rejected, try_later, without_envelope

_BUSY = declare("tiki.busy", _("Tiki is busy or out of order."))
_RATE = declare("tiki.rate", _("Tiki's rate limit is reached."))
_TOKEN = declare("tiki.token", _("Tiki no longer accepts the shop's token. Connect the shop again."))
_PAUSED = declare(
    "tiki.paused",
    _("The shop has paused its link with this app. Switch it on in Tiki's Seller Center, or connect the shop again."),
)
_SCOPE = declare(
    "tiki.scope",
    _("The app may not do this, or the shop is not active. See the app's scopes in Tiki's developer console."),
)
_CLIENT = declare(
    "tiki.client", _("Tiki refuses the app's credentials. Check client ID and client secret, and how they are sent.")
)
_GRANT = declare("tiki.grant", _("Tiki refuses the code or the refresh token. Each works once: open the link again."))
_MISSING = declare("tiki.missing", _("Tiki does not know it."))
_PARAM = declare("tiki.param", _("Tiki refuses a value."))
WAREHOUSE = declare("tiki.warehouse", _("Check the shop's warehouse ID: Tiki does not know this warehouse."))
_CALL = declare("tiki.call", _("Tiki does not offer this call any more."))
NO_APP_TOKEN = declare("tiki.no_app_token", _("The app has no token of its own."))
CODELESS_QUEUE = declare("tiki.codeless_queue", _("Tiki made a queue without a code."))
FRESH_TOKEN_REFUSED = declare("tiki.fresh_token_refused", _("Tiki refuses the token it has just given."))
NO_SELLER = declare("tiki.no_seller", _("Tiki's answer names no seller."))
NOT_YET_OURS = declare("tiki.not_yet_ours", _("Tiki has not confirmed the order yet: it is not the shop's to pack."))
CONTAINER = declare("tiki.container", _("It holds products together and is not sold."))
_UNKNOWN = declare("tiki.unknown", _("Tiki refuses. Its own words follow."))

# pauses in seconds
_APP_PAUSE, _RATE_PAUSE = 600.0, 2.0
NOT_FOUND = "404"
PAUSED = "paused"
_LATER = try_later(_BUSY, done=True)

STATUS: Mapping[int, Meaning] = {
    400: rejected(_PARAM),
    401: not_authorised(_TOKEN),
    403: try_later(_SCOPE, _APP_PAUSE),
    404: rejected(_MISSING),
    405: rejected(_CALL),
    406: rejected(_CALL),
    422: rejected(_PARAM),
    429: try_later(_RATE, _RATE_PAUSE),
    500: _LATER,
    503: _LATER,
}
# the token endpoint's `error`
OAUTH: Mapping[str, Meaning] = {
    "invalid_grant": rejected(_GRANT),
    "invalid_request": rejected(_PARAM),
    "invalid_scope": rejected(_SCOPE),
    "invalid_client": try_later(_CLIENT, _APP_PAUSE),
    "unauthorized_client": try_later(_CLIENT, _APP_PAUSE),
    "temporarily_unavailable": try_later(_BUSY),
    "server_error": try_later(_BUSY),
}
# the legacy API has a code of its own for a dead token
_NAMED: Mapping[str, Meaning] = {**OAUTH, "INVALID_TOKEN": not_authorised(_TOKEN)}
# by name, else by status
ERRORS = Meanings(
    codes={**_NAMED, **{str(status): meaning for status, meaning in STATUS.items()}},
    families={"5": _LATER},
    unknown=rejected(_UNKNOWN),
)


def failure(status: int, body: Any) -> ChannelError | None:
    """Return the error that an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON."""
    if status < 400:
        return _paused(body)
    if body is None and status != 404:
        # a gateway's page, not Tiki's word
        return without_envelope(status, busy=_BUSY, rate=_RATE, rate_pause=_RATE_PAUSE)
    code, words = _code(status, body), "; ".join(_words(body))
    meaning = ERRORS.of(code)
    if meaning.kind is Rejected and "warehouse" in words.lower():
        meaning = rejected(WAREHOUSE)
    return meaning.error(code, words)


def refusal(reason: Cause, words: str = "", *, code: str = "422") -> Rejected:
    """Return our own refusal of what Tiki would refuse."""
    return Rejected(with_words(reason, words), code=code)


def _paused(body: Any) -> ChannelError | None:
    """Return the error of a paused link: the legacy API answers 200 with nothing but a message."""
    if isinstance(body, Mapping) and set(body) == {"msg"}:
        return NotAuthorised(_PAUSED(fields.text(body, "msg")), code=PAUSED)
    return None


def _code(status: int, body: Any) -> str:
    """Return OAuth's code or TikiNOW's, else the status."""
    if not isinstance(body, Mapping):
        return str(status)
    named = fields.text(body, "error"), fields.text(answers.part(body, "error"), "message_code")
    return next((name for name in named if name in _NAMED), str(status))


def _words(body: Any) -> Iterator[str]:
    """Yield the messages of any envelope: `errors`, `msg`, OAuth's description, the deals' languages, TikiNOW's message."""
    if not isinstance(body, Mapping):
        return
    listed = body.get("errors")
    for error in listed if isinstance(listed, list) else ():
        if isinstance(error, str):
            yield error
    message = answers.part(body, "message")
    places = ((body, "msg"), (body, "message"), (body, "error_description"), (answers.part(body, "error"), "message"))
    for row, key in places:
        if found := fields.text(row, key):
            yield found
    if found := fields.text(message, "vi") or fields.text(message, "en"):
        yield found


def refusal_form(code: str, words: str) -> tuple[int, object]:
    """Return (status, body) of a refusal as Tiki words it. Its codes are HTTP statuses; any other word is a bad request."""
    return int(code) if code.isdecimal() else 400, {"errors": [words]}
