"""The HTTP client of all connectors: calls are limited, signed, timed, judged, and repeated only where that is harmless.

A connector declares a `Platform` once, makes a `ChannelClient` per shop (or per app, for token calls) and sends `Call`s:

    PLATFORM = Platform("cho_que", "Chợ Quê", "https://...", errors.judge, LIMITS)
    client = ChannelClient(PLATFORM, access.app, sign=..., tokens=access.tokens, shop_id=access.shop_id, lane=access.lane)
    body = client.send(Call("GET", "/api/v2/order/get_order_list", params=[("cursor", "")]))

Nothing that could hold a secret is put into errors or logs: of an address only method and path are shown.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from requests import PreparedRequest
from requests.auth import AuthBase
from urllib3 import Timeout
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError

from core import tracing, tunables
from integrations.contract.access import AppAccess, TokenSource
from integrations.contract.declarations import Limit
from integrations.contract.errors import ChannelError, NotAuthorised, TryLater
from integrations.contract.reasons import NO_ANSWER, NO_JSON
from integrations.wire import call_counts, limits, lossless, transport

log = structlog.get_logger(__name__)

Pairs = Sequence[tuple[str, str]]
# The channel's reading of an answer: returns the result, or raises one of the three channel errors. It sees every answer
# whatever its status. One that is no JSON has the body None; returning for it is fine, the client then raises TryLater.
Judge = Callable[["Response"], Any]
# A token ("" for a client without) -> the signer of a call. Made anew for each try, so that a repeat has a fresh time and token.
Sign = Callable[[str], AuthBase]

CONNECT_SECONDS = tunables.CALL_CONNECT_SECONDS
TOTAL_SECONDS = tunables.CALL_SECONDS
# no try takes longer: the answer begins within the total, and the last read of its body begins before the total is over
LONGEST_SECONDS = 2 * TOTAL_SECONDS
# a read whose connection broke or that met a broken server is asked once more after so long
_QUICK_RETRY = 0.2
_READS = ("GET", "HEAD")
# a part of a path that is no id: words, and versions such as v2 and 202309
_OF_PATHS = re.compile(r"[a-zA-Z_.-]*|v\d{1,2}|20\d{4}")


def unsigned(token: str) -> AuthBase:
    """Sign nothing. Also keeps a .netrc on the machine from lending its passwords to a channel."""
    return _Unsigned()


@dataclass(frozen=True, slots=True)
class Platform:
    """Settings shared by all clients of one channel. `throttled`: codes in a TryLater that mean "too often", as status 429 does.

    Such an answer makes every worker wait, not only the one that got it.
    """

    channel: str
    title: str
    base_url: str
    judge: Judge
    limits: tuple[Limit, ...] = ()
    throttled: frozenset[str] = frozenset()

    def is_real(self, app: AppAccess) -> bool:
        """Return whether an app talks to the platform itself, not to a stand-in for it."""
        return (app.base_url or self.base_url).rstrip("/") == self.base_url.rstrip("/")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. At most one of `json` (encoded with exact decimals), `form`, `content` and `files` (multipart, then
    `form` goes beside them) is the body. Order of params and form is kept.

    `repeatable`: None means that reads are and all else is not; absolute writes may say True. `limits`: names of the declared
    limits it counts against, None for all. `endpoint`: the path without ids, for limits per endpoint. `raw`: the answer
    is no JSON, and the judge returns what it likes.
    """

    method: str
    path: str
    params: Pairs = ()
    json: object = None
    form: Pairs | None = None
    content: bytes | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool | None = None
    limits: tuple[str, ...] | None = None
    endpoint: str = ""
    total: float = TOTAL_SECONDS
    raw: bool = False

    @property
    def may_be_repeated(self) -> bool:
        """Return whether the call is idempotent."""
        return self.method in _READS if self.repeatable is None else self.repeatable

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `body` is the parsed JSON (decimals exact), None when it is none. Header names in lower case.

    `cookies` are those that it sets: no call remembers them. A session is a token: its login returns them as one, and the signer
    puts it into the Cookie header.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: Any
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that the channel asks us to wait, at most a day; None when it does not say."""
        return transport.retry_after(self.headers.get("retry-after", ""))


class ChannelClient:
    """HTTP client of one shop, or of an app's own endpoints (no tokens, no shop id). Threads may share it."""

    def __init__(
        self,
        platform: Platform,
        app: AppAccess,
        *,
        sign: Sign = unsigned,
        tokens: TokenSource | None = None,
        shop_id: str = "",
        lane: str = "orders",
        base_url: str = "",
    ) -> None:
        """`base_url` is for hosts of their own (token servers); otherwise the app's, else the platform's.

        An app's setting `limit_<name>` replaces the number of calls of a declared limit: some channels publish none.
        """
        self.platform = platform
        self.base_url = (base_url or app.base_url or platform.base_url).rstrip("/")
        self._limits = tuple(_as_set(limit, app.settings.get(f"limit_{limit.name}")) for limit in platform.limits)
        self._sign = sign
        self._tokens = tokens
        self._shop_id = shop_id
        self._lane = lane
        # the scope of the circuit breaker
        self._place = f"{app.key}:{urlsplit(self.base_url).netloc}"

    def send(self, call: Call) -> Any:
        """Return what the judge makes of the answer. Raises the three channel errors.

        A call refused for its token was not done: it is sent once more with a renewed one. TryLater.maybe_done is only
        ever true for a call that may not be repeated.
        """
        if self._tokens is None:
            return self._tried(call, "")
        used = self._tokens.current()
        try:
            return self._tried(call, used)
        except NotAuthorised:
            return self._tried(call, self._tokens.renewed(used))

    def _tried(self, call: Call, token: str) -> Any:
        try:
            return self._once(call, token)
        except _Failed as error:
            if not (call.may_be_repeated and error.quick):
                raise error.later from None
        time.sleep(_QUICK_RETRY)
        try:
            return self._once(call, token)
        except _Failed as error:
            raise error.later from None

    def _once(self, call: Call, token: str) -> Any:
        host = urlsplit(self.base_url).hostname or ""
        with tracing.span(
            _span_name(call), "client", channel=self.platform.channel, method=call.method, host=host
        ) as note:
            return self._timed(call, token, note)

    def _timed(self, call: Call, token: str, note: tracing.Note) -> Any:
        gate = limits.enter(
            self._counted(call), place=self._place, shop=f"{self._place}:{self._shop_id}", lane=self._lane
        )
        began = time.monotonic()
        status, problem = 0, "unfinished"
        try:
            answer = self._exchange(call, token)
            status = answer.status
            result = self._judged(call, answer)
            problem = ""
        except _Failed as error:
            problem = error.kind
            gate.failed()
            raise
        except ChannelError as error:
            problem = error.code or type(error).__name__
            self._report(gate, status, error)
            raise
        else:
            gate.succeeded()
            return result
        finally:
            took = time.monotonic() - began
            call_counts.note(took)
            note(status=status, error=problem)
            log.info(
                "call",
                channel=self.platform.channel,
                call=str(call),
                shop=self._shop_id,
                lane=self._lane,
                status=status,
                ms=round(took * 1000),
                problem=problem,
            )

    def _report(self, gate: limits.Gate, status: int, error: ChannelError) -> None:
        if isinstance(error, TryLater) and (status == 429 or error.code in self.platform.throttled):
            gate.throttled(error.after)
        elif isinstance(error, TryLater) and (status >= 500 or error.code == UNREADABLE):
            gate.failed()
        else:
            gate.succeeded()

    def _exchange(self, call: Call, token: str) -> Response:
        deadline = time.monotonic() + call.total
        try:
            response = transport.session().request(
                call.method,
                self.base_url + call.path,
                params=list(call.params),
                data=lossless.encode(call.json) if call.json is not None else _body(call),
                files=call.files,
                headers=_headers(call),
                auth=self._sign(token),
                # requests hands urllib3's own time-out on as it is; its stubs know the pair only
                timeout=Timeout(connect=CONNECT_SECONDS, read=call.total, total=call.total),  # type: ignore[arg-type]
                allow_redirects=False,
                stream=True,
            )
            with response:
                content = transport.read_body(response, deadline)
        except (requests.RequestException, HTTPError, TimeoutError) as error:
            raise _Unreached(self.platform.title, call, error) from None
        if self._tokens is not None:
            # an app's own calls bring tokens
            transport.note(response.url, response.status_code, content)
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = None if call.raw else _parsed(content)
        return Response(response.status_code, headers, content, body, transport.cookies_of(response))

    def _judged(self, call: Call, answer: Response) -> Any:
        try:
            found = self.platform.judge(answer)
            if answer.body is None and not call.raw:
                raise TryLater(NO_JSON(channel=self.platform.title, call=call), code=UNREADABLE)
        except TryLater as error:
            if answer.retry_after is not None:
                error.after = answer.retry_after
            # for a write, an unreadable answer is the same as none
            lost = error.code == UNREADABLE or answer.status >= 500
            error.maybe_done = not call.may_be_repeated and (error.maybe_done or lost)
            if answer.status >= 500 and answer.retry_after is None and error.code not in self.platform.throttled:
                raise _OutOfOrder(error) from None
            raise
        return found

    def _counted(self, call: Call) -> Iterator[tuple[Limit, str]]:
        for limit in self._limits:
            if call.limits is None or limit.name in call.limits:
                yield limit, self._scope(limit, call)

    def _scope(self, limit: Limit, call: Call) -> str:
        parts = {"app": (), "shop": (self._shop_id,), "endpoint": (self._shop_id, call.endpoint or call.path)}
        return ":".join((self._place, limit.name, *parts[limit.scope]))


def _span_name(call: Call) -> str:
    """Return method and path without ids, the buyer's telephone among them: a name has few values."""
    parts = (call.endpoint or call.path).split("/")
    return f"{call.method} {'/'.join(part if _OF_PATHS.fullmatch(part) else '{id}' for part in parts)}"


UNREADABLE = "unreadable_answer"


class _Failed(Exception):
    """Failed call to a channel that is out of order. `quick`: asking again at once may help; `later` is raised when it does not."""

    def __init__(self, later: TryLater, kind: str, *, quick: bool) -> None:
        self.later, self.kind, self.quick = later, kind, quick
        super().__init__(str(later))


class _OutOfOrder(_Failed):
    """Answer 5xx without a Retry-After: most such answers are one server among many."""

    def __init__(self, later: TryLater) -> None:
        super().__init__(later, later.code or "TryLater", quick=True)


class _Unreached(_Failed):
    """No complete answer."""

    def __init__(self, title: str, call: Call, error: Exception) -> None:
        kind = type(error).__name__
        quick = isinstance(error, requests.ConnectionError | ProtocolError) and not isinstance(error, requests.Timeout)
        sent = not (isinstance(error, requests.ConnectTimeout) or _never_connected(error))
        later = TryLater(NO_ANSWER(channel=title, call=call, kind=kind), maybe_done=sent and not call.may_be_repeated)
        super().__init__(later, kind, quick=quick)


class _Unsigned(AuthBase):
    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


def _as_set(limit: Limit, calls: object) -> Limit:
    return replace(limit, calls=int(str(calls))) if str(calls or "").isdecimal() else limit


def _never_connected(error: Exception) -> bool:
    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", inner), NewConnectionError)


def _body(call: Call) -> Any:
    return call.content if call.content is not None else None if call.form is None else list(call.form)


def _headers(call: Call) -> dict[str, str]:
    return ({"Content-Type": "application/json"} if call.json is not None else {}) | dict(call.headers)


def _parsed(content: bytes) -> Any:
    try:
        return lossless.parse(content)
    except ValueError:
        return None
