"""Preflight checks of `make run`: each refusal is one line."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from erpsync.environment import RUN_DIR

MINIMUM_FREE_BYTES = 500 * 1024**2
PORT_GRACE_SECONDS = 3.0  # a hub that was just killed may still be letting go


class CannotRun(RuntimeError):
    """A refusal to start; the message is one line for the person at the keyboard."""


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the checkout's lock; raises CannotRun when another `make run` does."""
    RUN_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (RUN_DIR / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotRun(f"already running here (process {lock.read().strip()}); stop that one first") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_disk() -> None:
    """Check the free disk space; raises CannotRun when the disk below `.run/` is nearly full."""
    free = shutil.disk_usage(RUN_DIR).free
    if free < MINIMUM_FREE_BYTES:
        raise CannotRun(
            f"the disk is nearly full: {free // 1024**2} MB free at {RUN_DIR}, "
            f"{MINIMUM_FREE_BYTES // 1024**2} MB needed"
        )


def check_port(port: int) -> None:
    """Check a port; raises CannotRun when another program listens there."""
    deadline = time.monotonic() + PORT_GRACE_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise CannotRun(
                        f"port {port} is taken by another program: stop it, or choose others, "
                        "for example `make run PORT=8010 SIMULATOR_PORT=9200`"
                    ) from error
            else:
                return
        time.sleep(0.1)
