"""The server of both kinds of web process: granian, with the options that its applications rely on."""

from __future__ import annotations

import sys

APPLICATIONS = {"web": ("erpsync.asgi:application", 8000), "receiver": ("erpsync.receiver:application", 8001)}

# `--backpressure` counts connections, so it must be far above what anybody holds open: slow bodies are ended by the applications,
# slow headers by the server after ten seconds. HTTP/2 would let one connection carry 200 bodies.
OPTIONS = (
    "--interface asginl --http 1 --no-ws --workers 2 --respawn-failed-workers --workers-kill-timeout 5"
    " --backlog 4096 --backpressure 4096 --http1-header-read-timeout 10000"
).split()


def command(kind: str, host: str, port: int | None = None) -> list[str]:
    """Return the command that serves `web` or `receiver`, at its usual port unless another is named."""
    application, usual = APPLICATIONS[kind]
    return [sys.executable, "-m", "granian", *OPTIONS, "--host", host, "--port", str(port or usual), application]
