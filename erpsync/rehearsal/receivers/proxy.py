"""A TCP proxy that can refuse: it breaks every connection and takes no new one until it is allowed again."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

CONNECT_SECONDS = 5.0
CHUNK = 65_536


class Proxy:
    """TCP proxy between clients of `port` and a server. `refuses` is set and cleared by whoever owns it; see `refuse`."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._refuses = Event()
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0

    def refuse(self) -> None:
        """Break what is open, and refuse from now on."""
        self._refuses.set()
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def allow(self) -> None:
        """Take connections again."""
        self._refuses.clear()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refuses.is_set():
                client.close()
                continue
            self.connections += 1
            Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            server = self._connect()
        except OSError:
            client.close()
            return
        with client, server:
            with self._lock:
                self._open |= {client, server}
            back = Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()
            with self._lock:
                self._open -= {client, server}

    @contextmanager
    def serving(self) -> Iterator[Proxy]:
        """Serve until the end of the block."""
        Thread(target=self._serve, daemon=True).start()
        try:
            yield self
        finally:
            self.refuse()
            # wakes the thread that waits for clients
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()


def to_port(port: Callable[[], int]) -> Callable[[], socket.socket]:
    """Return how to connect to a port of this machine."""
    return lambda: socket.create_connection(("127.0.0.1", port()), CONNECT_SECONDS)


def to_socket(path: str) -> Callable[[], socket.socket]:
    """Return how to connect to a Unix socket."""

    def connect() -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.connect(path)
        return made

    return connect


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        source.settimeout(None)
        while data := source.recv(CHUNK):
            target.sendall(data)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
