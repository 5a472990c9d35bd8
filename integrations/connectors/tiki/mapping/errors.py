"""What Tiki's refusals mean: the HTTP status decides, OAuth has words of its own. Every envelope there is is read for its text.

Statuses are meaningful (documentation, common exceptions). A fault of the app's settings is no fault of the thing that was
asked for: it waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.connectors.tiki.mapping import fields
from integrations.wire import answers
from integrations.wire.errors import ChannelError, NotAuthorised, Rejected, TryLater
from integrations.wire.http import UNREADABLE

_BUSY = _("Tiki is busy or out of order.")
_RATE = _("Tiki's rate limit is reached.")
_TOKEN = _("Tiki no longer accepts the shop's token. Connect the shop again.")
_PAUSED = _(
    "The shop has paused its link with this app. Switch it on in Tiki's Seller Center, or connect the shop again."
)
_SCOPE = _("The app may not do this, or the shop is not active. See the app's scopes in Tiki's developer console.")
_CLIENT = _("Tiki refuses the app's credentials. Check client ID and client secret, and how they are sent.")
_GRANT = _("Tiki refuses the code or the refresh token. Each works once: open the link again.")
_MISSING = _("Tiki does not know it.")
_PARAM = _("Tiki refuses a value.")
WAREHOUSE = _("Check the shop's warehouse ID: Tiki does not know this warehouse.")
_CALL = _("Tiki does not offer this call any more.")
_UNKNOWN = _("Tiki refuses. Its own words follow.")

# pauses in seconds
_SOON, _APP_PAUSE, _RATE_PAUSE = 5.0, 600.0, 2.0
NOT_FOUND = "404"
PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status or code stands for. `done`: a write answered so may have been done all the same."""

    kind: type[ChannelError]
    advice: Promise
    after: float = _SOON
    done: bool = False


STATUS: Mapping[int, Meaning] = {
    400: Meaning(Rejected, _PARAM),
    401: Meaning(NotAuthorised, _TOKEN),
    403: Meaning(TryLater, _SCOPE, _APP_PAUSE),
    404: Meaning(Rejected, _MISSING),
    405: Meaning(Rejected, _CALL),
    406: Meaning(Rejected, _CALL),
    422: Meaning(Rejected, _PARAM),
    429: Meaning(TryLater, _RATE, _RATE_PAUSE),
    500: Meaning(TryLater, _BUSY, done=True),
    503: Meaning(TryLater, _BUSY, done=True),
}
# the token endpoint's `error`
OAUTH: Mapping[str, Meaning] = {
    "invalid_grant": Meaning(Rejected, _GRANT),
    "invalid_request": Meaning(Rejected, _PARAM),
    "invalid_scope": Meaning(Rejected, _SCOPE),
    "invalid_client": Meaning(TryLater, _CLIENT, _APP_PAUSE),
    "unauthorized_client": Meaning(TryLater, _CLIENT, _APP_PAUSE),
    "temporarily_unavailable": Meaning(TryLater, _BUSY),
    "server_error": Meaning(TryLater, _BUSY),
}
# the legacy API tells a token of its own kind, TikiNOW a code
CODES: Mapping[str, Meaning] = {"INVALID_TOKEN": Meaning(NotAuthorised, _TOKEN)}


def failure(status: int, body: Any) -> ChannelError | None:
    """The error an answer stands for, None for a success. `body` is the parsed answer, None when it is no JSON."""
    if status < 400:
        return _good(body)
    if body is None and 400 <= status < 500 and status not in (404, 429):
        # a gateway's page, not Tiki's word
        return TryLater(str(_BUSY), code=str(status))
    if body is None and status >= 500:
        return TryLater(str(_BUSY), code=UNREADABLE, maybe_done=True)
    code, words = _code(status, body), "; ".join(_words(body))
    meaning = OAUTH.get(code) or CODES.get(code) or STATUS.get(status) or _by_class(status)
    if meaning.kind is Rejected and "warehouse" in words.lower():
        meaning = Meaning(Rejected, WAREHOUSE)
    return _error(meaning, code, words)


def refusal(reason: Promise | str, words: str = "", *, code: str = "422") -> Rejected:
    """Our own refusal of what Tiki would refuse."""
    return Rejected(f"{reason} {words}".strip(), code=code)


def _good(body: Any) -> ChannelError | None:
    """The legacy API answers 200 with nothing but a message when the shop paused the link."""
    if isinstance(body, Mapping) and set(body) == {"msg"}:
        return NotAuthorised(f"{_PAUSED} {fields.text(body, 'msg')}".strip(), code=PAUSED)
    return None


def _error(meaning: Meaning, code: str, words: str) -> ChannelError:
    reason = f"{meaning.advice} {words}".strip()
    if meaning.kind is TryLater:
        return TryLater(reason, after=meaning.after, code=code, maybe_done=meaning.done)
    return meaning.kind(reason, code=code)


def _by_class(status: int) -> Meaning:
    return Meaning(TryLater, _BUSY, done=True) if status >= 500 else Meaning(Rejected, _UNKNOWN)


def _code(status: int, body: Any) -> str:
    """OAuth's word or TikiNOW's, else the status."""
    if not isinstance(body, Mapping):
        return str(status)
    named = fields.text(body, "error"), fields.text(answers.part(body, "error"), "message_code")
    return next((name for name in named if name in OAUTH or name in CODES), str(status))


def _words(body: Any) -> Iterator[str]:
    """What any of the envelopes says: `errors`, `msg`, OAuth's description, the deals' languages, TikiNOW's message."""
    if not isinstance(body, Mapping):
        return
    told = body.get("errors")
    for error in told if isinstance(told, list) else ():
        if isinstance(error, str):
            yield error
    message = answers.part(body, "message")
    places = ((body, "msg"), (body, "message"), (body, "error_description"), (answers.part(body, "error"), "message"))
    for row, key in places:
        if found := fields.text(row, key):
            yield found
    if found := fields.text(message, "vi") or fields.text(message, "en"):
        yield found
