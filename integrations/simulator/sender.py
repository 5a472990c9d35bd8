"""Delivery of webhooks to the hub from threads of its own, so that a slow hub blocks no platform."""

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
from integrations.simulator.simulated_platform import Delivery
from integrations.simulator.timeline import WIRE

THREADS = 12

Done = Callable[[int | None], None]


@dataclass(frozen=True)
class _Posting:
    channel: str
    delivery: Delivery
    done: Done | None


class Sender:
    """Webhook sender with faults: a delivery may be dropped, duplicated or delayed. Nothing goes out before `start`."""

    def __init__(self, book: Book, lock: AbstractContextManager[object]) -> None:
        self._book = book
        self._lock = lock
        self._postings: SimpleQueue[_Posting | None] = SimpleQueue()
        self.on_the_way = 0

    def start(self) -> None:
        """Start the threads."""
        for number in range(THREADS):
            Thread(target=self._run, name=f"webhooks {number}", daemon=True).start()

    def stop(self) -> None:
        """End each thread after its current delivery."""
        for _ in range(THREADS):
            self._postings.put(None)

    def send(self, channel: str, delivery: Delivery, done: Done | None) -> None:
        """Send a delivery, with faults. The world's lock is held. Only the first copy's response goes to `done`."""
        delays = self._book.faults.copies(channel, f"{delivery.id}/{delivery.attempt}")
        if not delays:
            self._book.traffic.webhooks[channel, "dropped"] += 1
            self._note(channel, delivery, "dropped")
        for copy, delay in enumerate(delays):
            posting = _Posting(channel, delivery, done if copy == 0 else None)
            if delay:
                self._book.timeline.schedule(delay, partial(self._enqueue, posting), WIRE)
            else:
                self._enqueue(posting)

    def _enqueue(self, posting: _Posting) -> None:
        self.on_the_way += 1
        self._postings.put(posting)

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            # a kept-alive connection that the hub closes meanwhile would look like a hub that does not answer
            session.headers["Connection"] = "close"
            while (posting := self._postings.get()) is not None:
                status = _post(session, posting.delivery)
                with self._lock:
                    self._finish(posting, status)

    def _finish(self, posting: _Posting, status: int | None) -> None:
        self.on_the_way -= 1
        fine = status is not None and 200 <= status < 300
        outcome = "accepted" if fine else "unanswered" if status is None else "refused"
        self._book.traffic.webhooks[posting.channel, outcome] += 1
        self._note(posting.channel, posting.delivery, outcome, status)
        if fine:
            now = time.time()
            for order_id in posting.delivery.orders:
                self._book.known_to_hub.setdefault((posting.channel, order_id), now)
        if posting.done is not None:
            posting.done(status)

    def _note(self, channel: str, delivery: Delivery, outcome: str, status: int | None = None) -> None:
        self._book.note(
            "webhook", channel=channel, delivery=delivery.id, attempt=delivery.attempt, outcome=outcome,
            answer=status, wire=time.time(),
        )  # fmt: skip


def _post(session: requests.Session, delivery: Delivery) -> int | None:
    """Post a webhook and return the status of the response; None without one in time."""
    try:
        answer = session.post(
            delivery.url, data=delivery.body, headers=dict(delivery.headers), timeout=delivery.timeout,
            allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException:
        return None
    return answer.status_code
