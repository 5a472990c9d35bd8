"""HTTP server around one function: keep-alive, a thread per connection, nothing platform-specific."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

from integrations.simulator.simulated_platform import Response

HOST = "127.0.0.1"
BODY_LIMIT = 8 * 1024 * 1024
_IDLE_SECONDS = 75.0

# method, target, headers (names in lower case), body; None: close the connection without an answer
Respond = Callable[[str, str, Mapping[str, str], bytes], Response | None]


class _Conversation(BaseHTTPRequestHandler):
    protocol_version: ClassVar[str] = "HTTP/1.1"  # type: ignore[misc]
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def _converse(self) -> None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= BODY_LIMIT:
            self.close_connection = True
            self._write((413, {}, b""))
            return
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.respond(self.command, self.path, headers, body)
        if answer is None:
            self.close_connection = True
            return
        self._write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _converse  # noqa: N815 - names that http.server looks for

    def _write(self, answer: Response) -> None:
        status, headers, body = answer
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            # or the caller would reuse the connection
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Suppress the access log: the world keeps its own journal."""


class Server(ThreadingHTTPServer):
    """HTTP server, bound when created and answering after `start`; `respond` may be set until then. Raises OSError for a taken port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, respond: Respond | None = None) -> None:
        super().__init__((HOST, port), _Conversation)
        self.respond: Respond = respond or _not_open
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def url(self) -> str:
        """Base URL: `http://127.0.0.1:<port>`."""
        return f"http://{HOST}:{self.server_address[1]}"

    def start(self) -> None:
        """Start answering."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a disconnected client; report anything else with its traceback."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _not_open(*_: Any) -> Response:
    return 503, {}, b""
