"""Signed webhooks by Standard Webhooks 1.0: one POST per event, ten tries within 75 h 35 min, those of one entity in their order."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import certifi
import urllib3
from django.utils.translation import gettext_noop as _
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from core import tracing, tunables
from integrations.contract.declarations import Field
from integrations.events import signatures
from integrations.events.addresses import AddressRefused, Place, resolve
from integrations.events.messages import Message
from integrations.events.sinks.base import Channel, Outcome, Report, Result, SinkKind, Target
from integrations.wire.transport import retry_after

# seconds after each try; after the tenth a message is parked
SCHEDULE = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
JITTER = 0.1
TIMEOUT_SECONDS = tunables.WEBHOOK_SECONDS
CONNECT_SECONDS = tunables.WEBHOOK_CONNECT_SECONDS
# a larger body is sent without its data, with an address to read them at
LARGEST_BODY = 20_000
ANSWER_BYTES = 2_000
AT_ONCE = 8
# no call is begun after so long: the lease ends at 60 s
BATCH_SECONDS = 25.0
LONGEST_PAUSE = 3600.0
# asked to be slow without being told how slow
PAUSE_SECONDS = 5.0
GONE, SLOW_DOWN = 410, (429, 503)
_USER_AGENT = "erpsync-webhooks/1"


class _Endpoint(Channel):
    def __init__(self, target: Target) -> None:
        self.url = str(target.settings["url"])
        self.secrets = target.secrets
        self.pools: dict[Place, HTTPConnectionPool] = {}

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")

    def deliver(self, messages: Sequence[Message]) -> Report:
        try:
            pool, place = self._pool()
        except AddressRefused as error:
            answer = str(error)
            return Report([Outcome(m, Result.LATER, answer=answer) for m in messages])
        until = time.monotonic() + BATCH_SECONDS
        runs: dict[tuple[str, str], list[Message]] = {}
        for m in messages:
            runs.setdefault(m.entity, []).append(m)
        calls = [self.threads.submit(copy_context().run, self._run, pool, place, run, until) for run in runs.values()]
        answered = [answer for call in calls for answer in call.result()]
        return Report(
            [outcome for outcome, _ in answered],
            pause=max((pause for _, pause in answered), default=0.0),
            is_gone=any(outcome.status == GONE for outcome, _ in answered),
        )

    def _pool(self) -> tuple[HTTPConnectionPool, Place]:
        """Return connections to the address that the name stands for now; those to another one are closed."""
        place = resolve(self.url)
        if place not in self.pools:
            self.close()
            options: dict[str, Any] = {"maxsize": AT_ONCE, "block": False}
            self.pools[place] = (
                HTTPSConnectionPool(
                    place.address, place.port, server_hostname=place.host, assert_hostname=place.host,
                    ca_certs=certifi.where(), **options,
                )
                if place.scheme == "https"
                else HTTPConnectionPool(place.address, place.port, **options)
            )  # fmt: skip
        return self.pools[place], place

    def _run(
        self, pool: HTTPConnectionPool, place: Place, run: Sequence[Message], until: float
    ) -> list[tuple[Outcome, float]]:
        """Send the messages of one entity, one after the other, up to the first that fails."""
        return list(self._each(pool, place, run, until))

    def _each(
        self, pool: HTTPConnectionPool, place: Place, run: Sequence[Message], until: float
    ) -> Iterator[tuple[Outcome, float]]:
        goes_on = True
        for m in run:
            if not goes_on or time.monotonic() > until:
                goes_on = False
                yield Outcome(m, Result.LATER, counts=False, is_attempt=False), 0.0
                continue
            with tracing.continued(
                "POST", "client", [m.row.traceparent], method="POST", host=place.host, kind=m.row.type
            ) as note:
                outcome, pause = self._post(pool, place, m)
                note(status=outcome.status or 0, error="" if outcome.result is Result.DELIVERED else "not_delivered")
            goes_on = outcome.result is Result.DELIVERED
            yield outcome, pause

    def _post(self, pool: HTTPConnectionPool, place: Place, m: Message) -> tuple[Outcome, float]:
        body = m.body
        if len(body) > LARGEST_BODY:
            body = m.thin
        keys = signatures.valid_secrets(self.secrets, datetime.now(UTC))
        headers = {
            "Host": place.host if place.port in (80, 443) else f"{place.host}:{place.port}",
            "Content-Type": "application/json",
            "User-Agent": _USER_AGENT,
            **tracing.headers(),
            **signatures.headers(keys, message_id=m.id, timestamp=int(time.time()), body=body),
        }
        started = time.monotonic()
        try:
            response = pool.urlopen(
                "POST", place.path, body=body, headers=headers, redirect=False, retries=False, preload_content=False,
                timeout=Timeout(connect=CONNECT_SECONDS, read=TIMEOUT_SECONDS, total=TIMEOUT_SECONDS),
            )  # fmt: skip
            answer = response.read(ANSWER_BYTES + 1)
            if len(answer) > ANSWER_BYTES:
                response.close()
            response.release_conn()
        except (HTTPError, OSError) as error:
            return Outcome(m, Result.LATER, answer=type(error).__name__, milliseconds=_since(started)), 0.0
        return _judged(m, response, answer, _since(started))

    def close(self) -> None:
        for pool in self.pools.values():
            pool.close()
        self.pools.clear()


def _judged(m: Message, response: urllib3.BaseHTTPResponse, answer: bytes, milliseconds: int) -> tuple[Outcome, float]:
    """Return what an answer means: 2xx is delivered, all else is not, redirects included; and the pause that it asks for."""
    status = response.status
    text = answer[:ANSWER_BYTES].decode(errors="replace").replace("\x00", "")
    delivered = 200 <= status < 300
    wanted = response.headers.get("Retry-After")
    is_slow = status in SLOW_DOWN and (status == SLOW_DOWN[0] or wanted is not None)
    outcome = Outcome(m, Result.DELIVERED if delivered else Result.LATER, not is_slow, True, status, text, milliseconds)
    return outcome, pause_of(wanted) if is_slow else 0.0


def pause_of(wanted: str | None) -> float:
    """Return the seconds of a Retry-After header; at most an hour, a little without one."""
    seconds = retry_after(wanted or "")
    return PAUSE_SECONDS if seconds is None else min(seconds, LONGEST_PAUSE)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


class Webhook(SinkKind):
    """Signed webhooks by Standard Webhooks."""

    key = "webhook"
    title = _("Webhook")
    fields = (Field("url", _("Address"), help_text=_("https://... It answers with 2xx within 20 seconds.")),)
    batch = 64
    for_operators = False

    def open(self, target: Target) -> Channel:
        return _Endpoint(target)

    def retry_after(self, tries: int) -> float | None:
        if tries > len(SCHEDULE):
            return None
        return SCHEDULE[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)

    def new_secrets(self) -> dict[str, Any]:
        return {"current": signatures.new_secret()}


KIND = Webhook()
