"""Supervisor: keeps a table of programs running and leaves none behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from erpsync.servers import ServerFailed
from erpsync.tether import tether

WATCH_SECONDS = 0.25
STOP_SECONDS = 12.0
STEADY_SECONDS = 30.0  # a child that ran so long starts with a clean record
MAX_BACKOFF_SECONDS = 10.0
MAX_LOG_BYTES = 20 * 1024**2  # of each program and server; as much again is kept of what came before
LOGS_LOOKED_AT_SECONDS = 10.0


@dataclass(frozen=True)
class Program:
    """A supervised program. `death_signal` is what the kernel sends it when we are killed: TERM for one with children of its own."""

    name: str
    command: Sequence[str]
    death_signal: signal.Signals = signal.SIGKILL


class Server(Protocol):
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass
class Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0


@dataclass
class Supervisor:
    """Supervisor of `programs` and, beneath them, `servers`. Everything runs on the calling thread: children are tied to it."""

    directory: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]
    servers: dict[str, Server] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    stopping: bool = False
    logs_due: float = 0.0

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    def start(self, program: Program) -> None:
        """Start a program and keep it running."""
        child = self.children.setdefault(program.name, Child(program))
        log = self.logs / f"{program.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            child.process = subprocess.Popen(
                program.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=tether(program.death_signal),
            )
        child.started = time.monotonic()

    def watch(self, until: Callable[[], bool]) -> None:
        """Restart dead programs until `until()` or `request_stop`."""
        while not self.stopping and not until():
            self.mend()
            time.sleep(WATCH_SECONDS)

    def mend(self) -> None:
        """Check every program, server and log once."""
        if time.monotonic() >= self.logs_due:
            self.logs_due = time.monotonic() + LOGS_LOOKED_AT_SECONDS
            rotate_logs(self.logs)
        for name, server in self.servers.items():
            if server.process is not None and server.process.poll() is not None:
                self.say(f"{name} ended with status {server.process.returncode}; starting it again")
                try:
                    server.start()
                except ServerFailed as error:
                    self.say(str(error))
        for child in self.children.values():
            if child.process is not None and child.process.poll() is not None:
                self._bury(child)
            if child.process is None and time.monotonic() >= child.due:
                self.start(child.program)

    def request_stop(self) -> None:
        """Ask for a stop. May be called from a signal handler, any number of times."""
        self.stopping = True

    def stop(self) -> None:
        """End all programs, then all servers; what does not go in time is killed with its whole process group."""
        self.stopping = True
        self.stop_programs()
        for server in reversed(self.servers.values()):
            server.stop()

    def stop_programs(self, *, keep: Collection[str] = ()) -> None:
        """End all programs but those named in `keep`, and forget them; the servers run on."""
        ending = [child for name, child in self.children.items() if name not in keep]
        self.children = {name: child for name, child in self.children.items() if name in keep}
        running = [child.process for child in ending if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in ending:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{child.program.name} did not stop in {STOP_SECONDS:.0f} s and was killed")
            _kill_group(child.process)
            child.process = None

    def _bury(self, child: Child) -> None:
        assert child.process is not None
        status = child.process.returncode
        _kill_group(child.process)
        child.process = None
        if status == 0 or time.monotonic() - child.started > STEADY_SECONDS:
            child.failures = 0
        pause = min(0.5 * 2**child.failures, MAX_BACKOFF_SECONDS) if status else 0.0
        child.due = time.monotonic() + pause
        if status:
            child.failures += 1
            log = self.logs / f"{child.program.name}.log"
            self.say(f"{child.program.name} ended with status {status}, starting it again in {pause:.1f} s ({log})")


def rotate_logs(directory: Path) -> None:
    """Move the text of each log that is full to `<name>.log.1`. Those who write append, so they go on in the emptied file; what
    they write between copy and cut is lost."""
    for log in directory.glob("*.log"):
        if log.stat().st_size > MAX_LOG_BYTES:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the rest of a process group: web workers whose parent was killed would keep the port."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
