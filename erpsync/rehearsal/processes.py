"""The processes of a rehearsal: the same programs as `make run` starts, on servers of their own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.management import call_command

from erpsync.rehearsal.surroundings import Surroundings
from erpsync.run import answers, programs
from erpsync.servers import Postgres, RedisServer
from erpsync.steps import MANAGE
from erpsync.supervisor import WATCH_SECONDS, Program, Supervisor

READY_SECONDS = 60.0
DATABASE, REDIS = "PostgreSQL", "Redis"
Say = Callable[[str], None]


class NotReady(RuntimeError):
    """A process did not come up; the message names it and its log."""


@dataclass
class Processes:
    """Servers and programs of a rehearsal, started, restarted and stopped by the calling thread."""

    place: Surroundings
    say: Say
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.place.directory, dict(os.environ), say=self.say)

    @property
    def database(self) -> Postgres:
        """The hub's PostgreSQL."""
        server = self.supervisor.servers[DATABASE]
        assert isinstance(server, Postgres)
        return server

    @property
    def redis(self) -> RedisServer:
        """The hub's Redis."""
        server = self.supervisor.servers[REDIS]
        assert isinstance(server, RedisServer)
        return server

    def open(self) -> None:
        """Start the servers and create the tables. Raises ServerFailed."""
        self.place.directory.mkdir(mode=0o700)
        self.supervisor.servers |= {DATABASE: Postgres(self.place.directory), REDIS: RedisServer(self.place.directory)}
        for server in self.supervisor.servers.values():
            server.start()
        call_command("migrate", interactive=False, verbosity=0)

    def simulate(self, *options: str) -> None:
        """Start the simulator with these options. Raises NotReady."""
        command = (*MANAGE, "simulate", "--base-port", str(self.place.simulator_port), *options)
        self.supervisor.start(Program("simulator", command))
        self._wait("simulator", f"{self.place.simulator}/accounts")

    def work(self, workers: int) -> None:
        """Start web, receiver, so many workers, and schedule. Raises NotReady."""
        for program in programs(self.place.port, self.place.receiver_port, workers):
            self.supervisor.start(program)
        self._wait("web", f"{self.place.web}/readyz")
        self._wait("receiver", f"{self.place.receiver}/readyz")

    def watch(self, seconds: float) -> None:
        """Supervise for so long: restart every program that dies."""
        until = time.monotonic() + seconds
        self.supervisor.watch(until=lambda: time.monotonic() >= until)

    def kill(self, name: str) -> None:
        """Kill one program's process with -9; the supervisor will notice, and does not hold it against the program."""
        self.supervisor.children[name].failures = 0
        process = self.supervisor.children[name].process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Stop everything. May be repeated."""
        self.supervisor.stop()

    def _wait(self, name: str, url: str) -> None:
        until = time.monotonic() + READY_SECONDS
        while not answers(url):
            log = self.place.directory / "logs" / f"{name}.log"
            if time.monotonic() > until:
                raise NotReady(f"{name}: not ready after {READY_SECONDS:.0f} s; see {log}")
            if self.supervisor.children[name].failures:
                raise NotReady(f"{name} ended at once; see {log}")
            self.watch(WATCH_SECONDS)


@contextmanager
def hub_processes(place: Surroundings, say: Say) -> Iterator[Processes]:
    """Processes of a rehearsal that are stopped at the end of the block, whatever happens in it."""
    found = Processes(place, say)
    try:
        yield found
    finally:
        found.close()
