"""Surroundings of a rehearsal: a directory, ports and an environment of its own, chosen before Django reads its settings."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from erpsync.servers import Postgres, RedisServer, socket_directory

SIMULATOR_PORTS = 10  # the control API and nine platforms
_PORTS = range(20_000, 32_000, 2 + SIMULATOR_PORTS)
_VARIABLE = "ERPSYNC_REHEARSAL"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Directory and ports of a rehearsal. Nothing exists yet; the ports are free."""

    directory: Path
    port: int
    receiver_port: int
    simulator_port: int

    @property
    def simulator(self) -> str:
        """The control API's address."""
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def web(self) -> str:
        """The hub's address for people."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def receiver(self) -> str:
        """The hub's address for webhooks."""
        return f"http://127.0.0.1:{self.receiver_port}"

    def set_aside(self) -> Path:
        """Move data and logs aside, so that the next rehearsal finds an empty directory; return where they are."""
        resting = self.directory.with_name(f"{self.directory.name}-{secrets.token_hex(2)}")
        if self.directory.exists():
            self.directory.rename(resting)
        return resting

    def remove(self) -> None:
        """Delete the data and the logs."""
        for place in (self.directory, socket_directory(self.directory / "sockets")):
            shutil.rmtree(place, ignore_errors=True)


def enter() -> None:
    """Point this process, and every child it will have, at a hub that is still to be started.

    The hub that the environment or `make run` named before is out of reach from here on.
    """
    directory = Path(tempfile.gettempdir()) / f"erpsync-rehearsal-{os.getpid()}-{secrets.token_hex(3)}"
    port, receiver_port, simulator_port = free_ports()
    os.environ.update(
        {
            _VARIABLE: f"{port} {receiver_port} {simulator_port} {directory}",
            "DJANGO_SETTINGS_MODULE": "erpsync.settings",
            "DEBUG": "0",
            "LOG_JSON": "0",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEYS": f"rehearsal:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "DATABASE_URL": Postgres(directory).url,
            "REDIS_URL": RedisServer(directory).url,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "WEBHOOKS_URL": f"http://127.0.0.1:{receiver_port}",
            "SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "EVENTS_PRIVATE_NETWORKS": "127.0.0.0/8",
            "STATIC_ROOT": str(directory / "static"),
            "BACKUP_URL": str(directory / "backups"),
            "PHOTO_URL": str(directory / "photos"),
            "PYTHONUNBUFFERED": "1",
            # the Pub/Sub server runs in this process, whose children would crash in gRPC's own hooks
            "GRPC_ENABLE_FORK_SUPPORT": "0",
        }
    )


def entered() -> Surroundings:
    """Return the surroundings set by `enter`. Raises KeyError in a process without them."""
    port, receiver_port, simulator_port, directory = os.environ[_VARIABLE].split(" ", 3)
    return Surroundings(Path(directory), int(port), int(receiver_port), int(simulator_port))


def free_port() -> int:
    """Return a port of the loopback that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> tuple[int, int, int]:
    """Return two free ports, and the first of ten free ports in a row, outside the kernel's ephemeral range."""
    while True:
        port = secrets.choice(_PORTS)
        with ExitStack() as stack:
            try:
                for number in range(port, port + 2 + SIMULATOR_PORTS):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", number))
            except OSError:
                continue
            return port, port + 1, port + 2
