"""Failures of calls to a channel that is out of order: which may be repeated at once, and whether the call may have been carried out."""

from __future__ import annotations

import requests
from urllib3.exceptions import NewConnectionError, ProtocolError

from integrations.contract.errors import TryLater
from integrations.contract.reasons import NO_ANSWER
from integrations.wire.calls import Call

UNREADABLE = "unreadable_answer"


class CallFailed(Exception):
    """Failed call to a channel that is out of order. `quick`: asking again at once may help; `later` is raised when it does not."""

    def __init__(self, later: TryLater, kind: str, *, quick: bool) -> None:
        self.later, self.kind, self.quick = later, kind, quick
        super().__init__(str(later))


class OutOfOrder(CallFailed):
    """Answer 5xx without a Retry-After: most such answers are one server among many."""

    def __init__(self, later: TryLater) -> None:
        super().__init__(later, later.code or "TryLater", quick=True)


class Unreached(CallFailed):
    """No complete answer."""

    def __init__(self, title: str, call: Call, error: Exception) -> None:
        kind = type(error).__name__
        quick = isinstance(error, requests.ConnectionError | ProtocolError) and not isinstance(error, requests.Timeout)
        sent = not (isinstance(error, requests.ConnectTimeout) or _never_connected(error))
        later = TryLater(NO_ANSWER(channel=title, call=call, kind=kind), maybe_done=sent and not call.may_be_repeated)
        super().__init__(later, kind, quick=quick)


def _never_connected(error: Exception) -> bool:
    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", inner), NewConnectionError)
