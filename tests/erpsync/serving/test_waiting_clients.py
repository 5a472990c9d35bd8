"""More clients that wait for news than the server has threads: everybody else is answered, and all of them get the news at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from core.db import fetch
from erpsync.api.keys import services
from erpsync.rehearsal.surroundings import free_ports
from erpsync.run import answers, programs
from erpsync.supervisor import Supervisor
from inventory.models import Shop
from tests.integrations.events.receivers import mapped, write

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WAITING = 50  # the two workers have 32 threads
_IN_TRANSACTION = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND (state LIKE 'idle in%%' OR state = 'active')
"""


def test_those_who_wait_hold_neither_threads_nor_transactions(hub_environment: dict[str, str], tmp_path: Path) -> None:
    shop = Shop.objects.create(name="A", channel="toy")
    key = services.create("partner", [shop], ["events:read", "listings:read"], per_minute=6_000).text
    port, receiver_port, _simulator = free_ports()
    web = f"http://127.0.0.1:{port}"
    supervisor = Supervisor(tmp_path, hub_environment | {"DEBUG": "1"}, say=print)
    supervisor.start(programs(port, receiver_port, workers=0)[0])

    def ask(wait: int) -> Any:
        query = {"after": 0, "wait": wait}
        return requests.get(f"{web}/api/v1/changes", query, headers={"Authorization": f"Bearer {key}"}, timeout=40)

    try:
        supervisor.watch(until=lambda: answers(f"{web}/readyz"))
        with ThreadPoolExecutor(WAITING) as pool:
            waiting = [pool.submit(ask, 25) for _ in range(WAITING)]
            time.sleep(3.0)
            assert not any(each.done() for each in waiting)
            started = time.monotonic()
            assert [requests.get(f"{web}{path}", timeout=10).status_code for path in ("/readyz", "/admin/login/")] == [
                200
            ] * 2
            assert ask(0).json()["items"] == []
            assert time.monotonic() - started < 3.0
            assert sum(fetch(_IN_TRANSACTION)[0][0] for _ in range(20)) <= 2
            written = time.monotonic()
            write(mapped(shop_ids=(shop.pk,)))
            found = [each.result(20) for each in waiting]
            took = time.monotonic() - written
        assert [(answer.status_code, len(answer.json()["items"])) for answer in found] == [(200, 1)] * WAITING
        assert took < 5.0
        with pytest.raises(requests.ReadTimeout):
            requests.get(
                f"{web}/api/v1/changes", {"after": 1, "wait": 25}, headers={"Authorization": f"Bearer {key}"}, timeout=1
            )
        assert ask(0).json()["position"] == 1
    finally:
        supervisor.stop()
