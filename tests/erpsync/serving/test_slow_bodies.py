"""Sixty connections whose bodies drip, at both kinds of web process: everybody else is answered while they are held."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from bench.drip import Door, Drips, login_door
from erpsync.rehearsal.surroundings import free_ports
from erpsync.run import answers, programs
from erpsync.supervisor import Supervisor
from integrations.models import AppRegistration

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

HELD = 60  # more than the threads of both workers: with a thread each, nobody else would be answered
NEVER_GIVEN_UP = "3600"


def test_slow_bodies_stop_nobody(hub_environment: dict[str, str], tmp_path: Path) -> None:
    app = AppRegistration.objects.create(channel="kiotviet", name="POS", credentials={"webhook_secret": "s"})
    port, receiver_port, _simulator = free_ports()
    web, receiver = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{receiver_port}"
    environment = hub_environment | {"BODY_SECONDS": NEVER_GIVEN_UP, "DEBUG": "1"}
    supervisor = Supervisor(tmp_path, environment, say=print)
    for program in programs(port, receiver_port, workers=0)[:2]:
        supervisor.start(program)
    try:
        supervisor.watch(until=lambda: answers(f"{web}/readyz") and answers(f"{receiver}/readyz"))
        assert asyncio.run(asyncio.wait_for(_asked_while_held(web, receiver, app.key), 120)) == [200] * 7
    finally:
        supervisor.stop()


async def _asked_while_held(web: str, receiver: str, app_key: str) -> list[int]:
    """Return the statuses of what others ask while all the connections are held."""
    hook = f"/webhooks/kiotviet/{app_key}/"
    doors = [Door(receiver + hook), Door(web + hook), login_door(web), Door(f"{web}/admin/orders/order/")]
    drips = Drips(doors, HELD)

    dripping = asyncio.create_task(drips.hold(3600))
    while drips.opened < HELD:
        await asyncio.sleep(0.05)
    pages = [f"{web}/healthz", f"{web}/readyz", f"{web}/admin/login/", f"{receiver}/healthz", f"{receiver}/readyz"]
    statuses = [await asyncio.to_thread(_status, url) for url in pages]
    statuses += [await asyncio.to_thread(_status, address + hook, "POST") for address in (web, receiver)]
    assert (drips.ended, len(drips.held)) == (0, HELD)
    dripping.cancel()
    with suppress(asyncio.CancelledError):
        await dripping
    return statuses


def _status(url: str, method: str = "GET") -> int:
    return requests.request(method, url, data=b"{}" if method == "POST" else None, timeout=60).status_code
