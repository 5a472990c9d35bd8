"""The HTTP client of all connectors: calls are limited, signed, timed, judged, and repeated only where that is harmless.

A connector declares a `Platform` once, makes a `ChannelClient` per shop (or per app, for token calls) and sends `Call`s:

    PLATFORM = Platform("cho_que", "Chợ Quê", "https://...", errors.judge, LIMITS)
    client = ChannelClient(PLATFORM, access.app, sign=..., tokens=access.tokens, shop_id=access.shop_id, lane=access.lane)
    body = client.send(Call("GET", "/api/v2/order/get_order_list", params=[("cursor", "")]))

Nothing that could hold a secret is put into errors or logs: of an address only method and path are shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from requests import PreparedRequest
from requests.auth import AuthBase
from urllib3 import Timeout
from urllib3.exceptions import HTTPError

from core import tracing, tunables
from integrations.contract.access import AppAccess, TokenSource
from integrations.contract.declarations import Limit
from integrations.contract.errors import ChannelError, NotAuthorised, TryLater
from integrations.contract.reasons import NO_JSON
from integrations.wire import call_counts, concurrency, limits, lossless, transport
from integrations.wire.calls import TOTAL_SECONDS, Call, Response, body_of, headers_of, parsed, span_name
from integrations.wire.failures import UNREADABLE, CallFailed, OutOfOrder, Unreached

log = structlog.get_logger(__name__)

# The channel's reading of an answer: returns the result, or raises one of the three channel errors. It sees every answer
# whatever its status. One that is no JSON has the body None; returning for it is fine, the client then raises TryLater.
Judge = Callable[[Response], Any]
# A token ("" for a client without) -> the signer of a call. Made anew for each try, so that a repeat has a fresh time and token.
Sign = Callable[[str], AuthBase]

CONNECT_SECONDS = tunables.CALL_CONNECT_SECONDS
# no try takes longer: the answer begins within the total, and the last read of its body begins before the total is over
LONGEST_SECONDS = 2 * TOTAL_SECONDS
# a read whose connection broke or that met a broken server is asked once more after so long
_QUICK_RETRY = 0.2


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
        self._account = concurrency.scope(app.key, shop_id)
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
        except CallFailed as error:
            if not (call.may_be_repeated and error.quick):
                raise error.later from None
        time.sleep(_QUICK_RETRY)
        try:
            return self._once(call, token)
        except CallFailed as error:
            raise error.later from None

    def _once(self, call: Call, token: str) -> Any:
        host = urlsplit(self.base_url).hostname or ""
        with tracing.span(
            span_name(call), "client", channel=self.platform.channel, method=call.method, host=host
        ) as note:
            return self._timed(call, token, note)

    def _timed(self, call: Call, token: str, note: tracing.Note) -> Any:
        gate = limits.enter(self._counted(call), place=self._place, account=self._account, lane=self._lane)
        began = time.monotonic()
        status, problem = 0, "unfinished"
        try:
            answer = self._exchange(call, token)
            status = answer.status
            result = self._judged(call, answer)
            problem = ""
        except CallFailed as error:
            problem = error.kind
            gate.failed()
            raise
        except ChannelError as error:
            problem = error.code or type(error).__name__
            self._report(gate, status, error)
            raise
        else:
            gate.succeeded(time.monotonic() - began)
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
                data=lossless.encode(call.json) if call.json is not None else body_of(call),
                files=call.files,
                headers=headers_of(call),
                auth=self._sign(token),
                # requests hands urllib3's own time-out on as it is; its stubs know the pair only
                timeout=Timeout(connect=CONNECT_SECONDS, read=call.total, total=call.total),  # type: ignore[arg-type]
                allow_redirects=False,
                stream=True,
            )
            with response:
                content = transport.read_body(response, deadline)
        except (requests.RequestException, HTTPError, TimeoutError) as error:
            raise Unreached(self.platform.title, call, error) from None
        if self._tokens is not None:
            # an app's own calls bring tokens
            transport.note(response.url, response.status_code, content)
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = None if call.raw else parsed(content)
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
                raise OutOfOrder(error) from None
            raise
        return found

    def _counted(self, call: Call) -> Iterator[tuple[Limit, str]]:
        for limit in self._limits:
            if call.limits is None or limit.name in call.limits:
                yield limit, self._scope(limit, call)

    def _scope(self, limit: Limit, call: Call) -> str:
        parts = {"app": (), "shop": (self._shop_id,), "endpoint": (self._shop_id, call.endpoint or call.path)}
        return ":".join((self._place, limit.name, *parts[limit.scope]))


class _Unsigned(AuthBase):
    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


def _as_set(limit: Limit, calls: object) -> Limit:
    return replace(limit, calls=int(str(calls))) if str(calls or "").isdecimal() else limit
