"""Shipments of many ticked orders: asked for by a job, with progress, and the summary that few have at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import DataError, IntegrityError
from django.test import Client
from redis import Redis

from erpsync.admin.kit.base import page_of
from erpsync.admin.sales import shipping
from erpsync.models import ShipRun
from integrations.accounts.connections import NotPossible
from integrations.models import Command
from inventory.models import ShopMembership
from orders.models import Order
from tests.erpsync.admin.worlds import World, order, world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]
LIST = "/admin/orders/order/"
EN = {"accept-language": "en"}


@pytest.fixture
def own(client: Client, monkeypatch: pytest.MonkeyPatch) -> World:
    made = world("OWN", channel="shopee")
    ShipRun.objects.all().delete()
    Command.objects.all().delete()
    client.force_login(made.manager)
    monkeypatch.setattr(shipping, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(shipping, "_NOTED", 2)
    return made


@pytest.fixture
def rows(own: World) -> list[Order]:
    """Five orders, of which one may not be shipped any more."""
    made = [own.order, *(order(own) for _ in range(3)), order(own, status="completed")]
    Command.objects.all().delete()
    return made


def ticked(client: Client, rows: list[Order]) -> Any:
    return client.post(LIST, {"action": "ship_chosen", "_selected_action": [row.pk for row in rows]}, headers=EN)


def wanted() -> list[int]:
    return list(Command.objects.filter(kind="ship", state="wanted").order_by("pk").values_list("order_id", flat=True))


def test_many_are_asked_for_by_a_job_and_summed_up_as_few_are(
    client: Client, own: World, rows: list[Order], redis: Redis
) -> None:
    answer = ticked(client, rows)
    run = ShipRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page_of(run))
    assert (wanted(), run.order_ids, run.done) == ([], sorted((row.pk for row in rows), reverse=True), 0)
    assert (
        LogEntry.objects.filter(object_id__in=[row.pk for row in rows], change_message="Arrange shipment").count() == 5
    )
    page = client.get(page_of(run), headers=EN).content.decode()
    assert "0 of 5 orders looked at" in page
    assert 'hx-trigger="every 2s"' in page

    shipping.run_due()
    assert wanted() == sorted((row.pk for row in rows[:4]), reverse=True)
    run.refresh_from_db()
    assert (run.done, run.asked, run.left_out) == (5, 4, {"is: Completed": [rows[4].pk]})
    assert run.finished_at is not None
    ended = client.get(page_of(run), headers=EN).content.decode()
    assert "Shipment of 4 orders is being arranged." in ended
    assert f'href="/admin/orders/order/?id__in={rows[4].pk}"' in ended
    assert "1 row is: Completed." in ended
    assert "hx-trigger" not in client.get(f"{page_of(run).removesuffix('change/')}progress/").content.decode()


def test_a_job_that_was_killed_goes_on_and_asks_for_nothing_twice(
    own: World, rows: list[Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shipping.start(rows, own.manager)
    ask, asked = shipping.ask, list[int]()

    def killed(row: Order, *args: Any, **kwargs: Any) -> Any:
        asked.append(row.pk)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return ask(row, *args, **kwargs)

    monkeypatch.setattr(shipping, "ask", killed)
    with pytest.raises(KeyboardInterrupt):
        shipping.run_due()
    run.refresh_from_db()
    assert (run.done, run.asked, run.finished_at, len(wanted())) == (2, 2, None, 3)
    shipping.run_due()
    run.refresh_from_db()
    assert (run.done, run.asked, len(wanted())) == (5, 4, 4)


@pytest.mark.parametrize("error", [ValueError, IntegrityError, DataError])
def test_what_cannot_be_asked_for_is_left_out_and_the_rest_goes_on(
    own: World, rows: list[Order], monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    run = shipping.start(rows[:4], own.manager)
    ask = shipping.ask

    def refusing(row: Order, *args: Any, **kwargs: Any) -> Any:
        if row == rows[0]:
            raise NotPossible("not now")
        if row == rows[3]:
            raise error
        return ask(row, *args, **kwargs)

    monkeypatch.setattr(shipping, "ask", refusing)
    shipping.run_due()
    run.refresh_from_db()
    assert run.left_out == {
        "not now": [rows[0].pk],
        "could not be arranged: an error in the hub. Arrange it again": [rows[3].pk],
    }
    assert (run.asked, wanted()) == (2, [rows[1].pk, rows[2].pk])


def test_a_role_that_was_taken_away_meanwhile_counts(own: World, rows: list[Order]) -> None:
    run = shipping.start(rows[:3], own.manager)
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    shipping.run_due()
    run.refresh_from_db()
    assert (run.asked, wanted()) == (0, [])
    assert run.left_out == {
        "was left out: your role in its shop does not allow this": [row.pk for row in rows[:3]],
    }


def test_a_run_is_its_persons_own_and_is_forgotten(client: Client, own: World, rows: list[Order]) -> None:
    run = shipping.start(rows, own.manager)
    shipping.run_due()
    client.force_login(world("OTHER").manager)
    assert client.get(page_of(run)).status_code == 302
    ShipRun.objects.update(finished_at=run.created_at - shipping.KEPT)
    shipping.run_due()
    assert not ShipRun.objects.filter(pk=run.pk).exists()
