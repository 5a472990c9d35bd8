"""What a person or a command starts is repeated when the database breaks it off, and never done twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from core import transactions
from core.db import execute, fetch
from core.transactions import in_transaction
from inventory.models import Product

pytestmark = pytest.mark.django_db(transaction=True)

Threads = Callable[..., Future[int]]
RENAME = "UPDATE inventory_product SET name = name || %s WHERE sku = %s"


@pytest.fixture(autouse=True)
def products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "PAUSES", (0.01, 0.02))
    for sku in "AB":
        Product.objects.create(sku=sku, name="")


def names() -> list[str]:
    return list(Product.objects.order_by("sku").values_list("name", flat=True))


def test_of_two_that_wait_for_each_other_both_end_once(threads: Threads) -> None:
    met = Barrier(2, timeout=20)
    tries: list[str] = []

    @in_transaction
    def rename(first: str, second: str) -> int:
        tries.append(first)
        execute(RENAME, first, first)
        if len(tries) <= 2:
            met.wait()
        execute(RENAME, first, second)
        return 1

    running = [threads(rename, "A", "B"), threads(rename, "B", "A")]
    assert [one.result(60) for one in running] == [1, 1]
    assert len(tries) == 3, "one of them was broken off by the server and came again"
    assert sorted(map(len, names())) == [2, 2]


def lose_connection() -> None:
    """End this session at the server, from another one."""
    [(pid,)] = fetch("SELECT pg_backend_pid()")
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_connection_lost_before_the_commit_is_made_anew() -> None:
    tries = []

    @in_transaction
    def rename() -> None:
        execute(RENAME, "x", "A")
        tries.append(1)
        if len(tries) == 1:
            lose_connection()
        execute(RENAME, "x", "B")

    rename()
    assert (len(tries), names()) == (2, ["x", "x"])


def test_a_commit_without_an_answer_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []
    commit = connection.commit

    def lost() -> None:
        commit()
        lose_connection()
        fetch("SELECT 1")

    @in_transaction
    def rename() -> None:
        tries.append(1)
        execute(RENAME, "x", "A")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "commit", lost)
        with pytest.raises((OperationalError, InterfaceError)):
            rename()
    connection.close()
    assert (len(tries), names()) == (1, ["x", ""])


def test_it_gives_up_after_the_last_pause_and_repeats_no_other_error() -> None:
    tries = []

    @in_transaction
    def fail(statement: str) -> None:
        tries.append(1)
        execute(statement)

    with pytest.raises(OperationalError):
        fail("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")
    assert len(tries) == 3
    with pytest.raises(OperationalError):
        fail("SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)")
    assert len(tries) == 4


def test_a_part_of_a_transaction_is_not_repeated_by_itself() -> None:
    tries = []

    @in_transaction
    def fail() -> None:
        tries.append(1)
        execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")

    with pytest.raises(OperationalError), transaction.atomic():
        fail()
    assert len(tries) == 1
