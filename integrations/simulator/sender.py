"""Carries webhooks to the hub from threads of its own, so that a slow hub holds up nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread

import requests

from integrations.simulator.book import Book
from integrations.simulator.side import Delivery
from integrations.simulator.timeline import WIRE

CARRIERS = 12

Done = Callable[[int | None], None]


@dataclass(frozen=True)
class _Errand:
    channel: str
    delivery: Delivery
    done: Done | None


class Sender:
    """What is given to `send` is posted, doubled, delayed or swallowed. Nothing goes out before `start`."""

    def __init__(self, book: Book, lock: AbstractContextManager[object]) -> None:
        self._book = book
        self._lock = lock
        self._errands: SimpleQueue[_Errand | None] = SimpleQueue()
        self.on_the_way = 0

    def start(self) -> None:
        """Start the threads."""
        for number in range(CARRIERS):
            Thread(target=self._carry, name=f"carrier {number}", daemon=True).start()

    def stop(self) -> None:
        """Let them end when their hands are free."""
        for _ in range(CARRIERS):
            self._errands.put(None)

    def send(self, channel: str, delivery: Delivery, done: Done | None) -> None:
        """With the chaos of the day. The world's lock is held. Only the first copy's answer is told to `done`."""
        fates = self._book.faults.fates(channel, f"{delivery.id}/{delivery.attempt}")
        if not fates:
            self._book.traffic.webhooks[channel, "dropped"] += 1
            self._note(channel, delivery, "dropped")
        for copy, delay in enumerate(fates):
            errand = _Errand(channel, delivery, done if copy == 0 else None)
            if delay:
                self._book.timeline.schedule(delay, partial(self._leave, errand), WIRE)
            else:
                self._leave(errand)

    def _leave(self, errand: _Errand) -> None:
        self.on_the_way += 1
        self._errands.put(errand)

    def _carry(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            # a kept connection that the hub closes meanwhile would look like a hub that does not answer
            session.headers["Connection"] = "close"
            while (errand := self._errands.get()) is not None:
                status = _post(session, errand.delivery)
                with self._lock:
                    self._came_back(errand, status)

    def _came_back(self, errand: _Errand, status: int | None) -> None:
        self.on_the_way -= 1
        fine = status is not None and 200 <= status < 300
        outcome = "accepted" if fine else "unanswered" if status is None else "refused"
        self._book.traffic.webhooks[errand.channel, outcome] += 1
        self._note(errand.channel, errand.delivery, outcome, status)
        if fine:
            now = time.time()
            for order_id in errand.delivery.orders:
                self._book.told.setdefault((errand.channel, order_id), now)
        if errand.done is not None:
            errand.done(status)

    def _note(self, channel: str, delivery: Delivery, outcome: str, status: int | None = None) -> None:
        self._book.note(
            "webhook", channel=channel, delivery=delivery.id, attempt=delivery.attempt, outcome=outcome,
            answer=status, wire=time.time(),
        )  # fmt: skip


def _post(session: requests.Session, delivery: Delivery) -> int | None:
    """The status of the answer; None without one in time."""
    try:
        answer = session.post(
            delivery.url, data=delivery.body, headers=dict(delivery.headers), timeout=delivery.timeout,
            allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException:
        return None
    return answer.status_code
