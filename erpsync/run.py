"""From a fresh checkout to a working hub: one process that prepares, starts and watches everything.

Data, keys and logs live in `.run/`; `make clean` forgets them.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TextIO

import requests

from erpsync.environment import RUN_DIR
from erpsync.preflight import CannotRun, check_disk, check_port, only_one
from erpsync.run_environment import is_sandbox, prepare, share, unshare
from erpsync.servers import Postgres, RedisServer, ServerFailed
from erpsync.serving import server
from erpsync.steps import MANAGE, run_steps
from erpsync.supervisor import Program, Server, Supervisor
from integrations.connectors import channels
from integrations.simulator.calls import QUOTA_FACTOR

ADMIN = "admin"
SIMULATOR_PORTS = 10  # the control API and nine platforms
READY_SECONDS = 60
HOST = os.environ.get("HOST", "127.0.0.1")  # where web and receiver listen; in a container on all its addresses

# by what the user reads: manage.py's words; side by side
PREPARATIONS = {
    "database tables": ("migrate", "--noinput"),
    "translations": ("compile_catalogues",),
    "static files": ("collectstatic", "--noinput", "--verbosity", "0"),
}
ADMIN_STEP = "admin account"
# what shows far too much first of all; then orders first and stock first: no burst of the one keeps the other waiting, and
# history never keeps both
WORK = (("work", "cuts", "orders", "pushes"), ("work", "cuts", "pushes", "orders", "bulk"))


def run() -> int:
    """Run the hub and return the exit status once the hub has been stopped."""
    port = int(os.environ.get("PORT", "8000"))
    receiver_port = int(os.environ.get("RECEIVER_PORT", str(port + 1)))
    simulator_port = int(os.environ.get("SIMULATOR_PORT", "9100"))
    try:
        with only_one():
            check_disk()
            for number in (port, receiver_port, *range(simulator_port, simulator_port + SIMULATOR_PORTS)):
                check_port(number)
            return _run(port, receiver_port, simulator_port)
    except (CannotRun, ServerFailed) as error:
        say(f"erpsync: {error}", sys.stderr)
        return 1


def _run(port: int, receiver_port: int, simulator_port: int) -> int:
    environment = prepare(port, receiver_port, simulator_port)
    supervisor = Supervisor(RUN_DIR, environment, say=lambda line: say(f"  ! {line}"))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: _stop_requested(supervisor, _frame))
    try:
        _start_servers(supervisor, environment)
        share(environment)
        supervisor.start(Program("simulator", (*MANAGE, "simulate", *_world(simulator_port))))
        run_steps(PREPARATIONS, environment, say)
        account = run_steps({ADMIN_STEP: ("ensure_admin", ADMIN)}, environment, say)[ADMIN_STEP]
        for program in programs(port, receiver_port):
            supervisor.start(program)
        _progress("simulated shops", lambda: answers(f"http://127.0.0.1:{simulator_port}/accounts"), supervisor)
        run_steps({"demo shops": ("demo",)}, environment, say)
        served = [f"http://127.0.0.1:{number}/readyz" for number in (port, receiver_port)]
        _progress("web, receiver, workers, schedule", lambda: all(map(answers, served)), supervisor)
        _welcome(port, environment, unchanged=account.strip().endswith("same"))
        supervisor.watch(until=lambda: False)
    except Stopped:
        supervisor.request_stop()
    finally:
        say("\nStopping ...")
        supervisor.stop()
        unshare()
    say("Stopped. The data are kept in .run/ (`make clean` forgets them).")
    return 0


class Stopped(BaseException):
    """An interrupt: Ctrl-C or TERM while something was being prepared."""


def _stop_requested(supervisor: Supervisor, _frame: FrameType | None) -> None:
    if not supervisor.stopping:
        supervisor.request_stop()
        raise Stopped


def programs(port: int, receiver_port: int, workers: int = len(WORK)) -> list[Program]:
    """Return the programs besides servers and simulator. More workers share the queues in turn."""
    return [
        Program("web", server.command("web", HOST, port), signal.SIGTERM),
        Program("receiver", server.command("receiver", HOST, receiver_port), signal.SIGTERM),
        *(Program(f"worker-{number + 1}", (*MANAGE, *WORK[number % len(WORK)])) for number in range(workers)),
        Program("scheduler", (*MANAGE, "schedule")),
        Program("relay", (*MANAGE, "relay")),
    ]


def _start_servers(supervisor: Supervisor, environment: dict[str, str]) -> None:
    embedded: dict[str, Postgres | RedisServer] = {"DATABASE_URL": Postgres(RUN_DIR), "REDIS_URL": RedisServer(RUN_DIR)}
    titles = {"DATABASE_URL": "PostgreSQL", "REDIS_URL": "Redis"}
    for variable, found in embedded.items():
        started = time.monotonic()
        if variable in environment:
            say(f"  {titles[variable]:<24} yours, from {variable}")
            continue
        named: Server = found
        supervisor.servers[titles[variable]] = named
        found.start()
        environment[variable] = found.url
        say(f"  {titles[variable]:<24} {time.monotonic() - started:4.1f} s")
    supervisor.environment = environment


def _progress(title: str, reached: Callable[[], bool], supervisor: Supervisor) -> None:
    started = time.monotonic()
    supervisor.watch(until=lambda: reached() or time.monotonic() - started > READY_SECONDS)
    if not reached():
        raise CannotRun(f"{title}: not ready after {READY_SECONDS} s; see {RUN_DIR / 'logs'}")
    say(f"  {title:<24} {time.monotonic() - started:4.1f} s")


def answers(url: str) -> bool:
    """Return whether a GET of this address succeeds now."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def _world(port: int) -> tuple[str, ...]:
    """Return the demo's shops with a sale every few seconds, the same ones after a restart; none that the hub could not serve."""
    options = {
        "--base-port": str(port),
        "--channels": ",".join(channels()),
        "--trickle": "4",
        "--quota-factor": str(QUOTA_FACTOR),
        "--state": str(RUN_DIR / "simulator.state"),
    }
    return tuple(word for option in options.items() for word in option)


def _welcome(port: int, environment: dict[str, str], *, unchanged: bool) -> None:
    password = (
        environment["ADMIN_PASSWORD"] if unchanged else "the one you have set (forgotten: manage.py changepassword)"
    )
    say(f"\nReady: http://127.0.0.1:{port}/admin/   login {ADMIN}   password {password}")
    if is_sandbox():
        make_key = 'manage.py api_key create --test --name "me" --shops all --scopes all'
        say(f"A sandbox: it takes test keys only. Make one: RUN_DIR={RUN_DIR} {sys.executable} {make_key}")
    say("Ctrl-C stops everything.")


def say(line: str, stream: TextIO | None = None) -> None:
    print(line, file=stream or sys.stdout, flush=True)
