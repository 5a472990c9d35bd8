from __future__ import annotations

import errno
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from erpsync.servers import SOCKET_PATH_BYTES, Postgres, RedisServer, ServerFailed, socket_directory


def rows(server: Postgres) -> list[int]:
    with psycopg.connect(server.url) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM kept ORDER BY n").fetchall()]


def put(server: Postgres, number: int) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def test_postgres_stops_and_starts_with_its_data(postgres: Postgres) -> None:
    put(postgres, 1)
    postgres.stop()
    postgres.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url)
    postgres.start()
    first = postgres.process
    postgres.start()
    assert postgres.process is first
    assert rows(postgres) == [1]


def test_postgres_sees_through_a_stale_pid_file(postgres: Postgres) -> None:
    put(postgres, 1)
    assert postgres.process is not None
    os.killpg(postgres.process.pid, signal.SIGKILL)
    postgres.process.wait(10)
    assert (postgres.data / "postmaster.pid").exists()
    postgres.start()
    assert rows(postgres) == [1]


def test_postgres_with_a_pid_file_of_an_unrelated_process_starts(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data}\n")
    postgres.start()
    put(postgres, 1)
    assert rows(postgres) == [1]


def test_a_former_servers_remains_are_replaced(postgres: Postgres, tmp_path: Path) -> None:
    put(postgres, 1)
    former = postgres.process
    assert former is not None
    successor = Postgres(tmp_path, options=postgres.options)
    successor.start()
    try:
        assert former.wait(10) == 0
        assert rows(successor) == [1]
    finally:
        successor.stop()


def test_an_interrupted_first_start_is_begun_again(tmp_path: Path) -> None:
    server = Postgres(tmp_path, options={"fsync": "off"})
    (server.data / "base").mkdir(parents=True)
    server.start()
    server.stop()


def test_by_default_a_commit_is_on_disk() -> None:
    assert Postgres(Path("unused")).options == {"synchronous_commit": "on", "fsync": "on"}


def test_redis_keeps_its_append_only_file_through_a_kill(redis_server: RedisServer) -> None:
    redis.Redis.from_url(redis_server.url).set("kept", "yes")
    redis_server.stop()
    redis_server.start()
    assert redis.Redis.from_url(redis_server.url).get("kept") == b"yes"
    assert redis_server.process is not None
    redis_server.process.kill()
    redis_server.process.wait(10)
    redis_server.start()
    assert redis.Redis.from_url(redis_server.url).get("kept") == b"yes"


@pytest.mark.parametrize("log_line", ["PANIC: could not write: No space left on device", "OOM"])
def test_a_failed_start_is_told_in_one_line(tmp_path: Path, log_line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "server"
    binary.write_text(f"#!/bin/sh\necho '{log_line}' >&2\nexit 1\n")
    binary.chmod(0o755)
    monkeypatch.setattr("erpsync.servers._redis_binary", lambda: str(binary))
    with pytest.raises(ServerFailed) as raised:
        RedisServer(tmp_path).start()
    reason = os.strerror(errno.ENOSPC) if "No space" in log_line else log_line
    assert str(raised.value) == f"Redis did not start: {reason}"


def test_a_directory_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerFailed, match="Not a directory"):
        Postgres(tmp_path / "file" / "run").start()


def test_a_long_path_gets_a_short_socket_directory(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    assert len(str(socket_directory(long))) < 60
    assert socket_directory(long) == socket_directory(long)
    assert socket_directory(Path("/srv/run")) == Path("/srv/run")


def test_nothing_listens_on_the_network(postgres: Postgres, redis_server: RedisServer) -> None:
    for server in (postgres, redis_server):
        assert isinstance(server.process, subprocess.Popen)
        links = [os.readlink(link) for link in Path(f"/proc/{server.process.pid}/fd").iterdir()]
        inodes = {link[8:-1] for link in links if link.startswith("socket:")}
        tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        assert not [line for line in tables.splitlines()[1:] if line.split()[9:10] and line.split()[9] in inodes]


def test_sockets_find_a_short_place_even_where_the_temporary_directory_is_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = tmp_path / ("x" * 120)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    found = socket_directory(long / "sockets")
    assert len(os.fsencode(found)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_BYTES
    assert socket_directory(long / "sockets") == found
    assert socket_directory(long / "others") != found
