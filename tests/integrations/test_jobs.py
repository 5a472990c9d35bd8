"""Every job that anybody rings, schedules or ticks exists, and each takes its flag down first."""

from __future__ import annotations

import django_rq
import pytest
from django.utils.module_loading import import_string
from redis import Redis

from erpsync.schedule import ENTRIES, TICK
from integrations import inbox, jobs
from integrations.inbox.store import Incoming
from integrations.models import AppRegistration, Authorisation, Command, Connection
from integrations.work import wakeups
from inventory.models import Breach, Product, Shop, StockLevel, Warehouse
from orders.models import Order


@pytest.mark.parametrize(
    "path", [*(f"integrations.jobs.{job}" for job in wakeups.QUEUES), *(e.job for e in ENTRIES), TICK]
)
def test_every_job_that_is_named_exists(path: str) -> None:
    assert callable(import_string(path))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("job", sorted(wakeups.QUEUES))
def test_a_job_for_something_that_is_gone_takes_its_flag_down_and_does_nothing(job: str, redis: Redis) -> None:
    wakeups.enqueue_once(job, [404])
    getattr(jobs, job)(404)
    assert redis.keys("erpsync:rung:*") == []


@pytest.fixture
def connection() -> Connection:
    app = AppRegistration.objects.create(channel="kiotviet", name="Quầy")
    shop = Shop.objects.create(name="Quầy", channel="kiotviet", keeps_stock=True)
    return Connection.objects.create(authorisation=Authorisation.objects.create(app=app), shop=shop, external_id="s")


@pytest.mark.django_db(transaction=True)
def test_the_tick_finds_the_work_of_a_lost_wakeup(redis: Redis, connection: Connection) -> None:
    app = connection.authorisation.app
    inbox.add([Incoming(app.pk, connection.pk, "order", "DH1", "webhook")])
    order = Order.objects.create(
        shop=connection.shop, number="A1", status="to_ship", placed_at="2026-11-11T00:00Z", asked_at="2026-11-11T00:00Z"
    )
    Command.objects.create(order=order, kind="ship", target=connection, reference="1")
    redis.flushdb()
    jobs.tick()
    rung = {(job.func_name.rpartition(".")[2], job.args) for job in django_rq.get_queue("orders").jobs}
    assert rung == {("drain", (connection.pk,)), ("perform", (connection.pk,))}


@pytest.mark.django_db(transaction=True)
def test_nightly_proves_the_books(connection: Connection) -> None:
    product = Product.objects.create(sku="AO-01", name="Áo thun")
    StockLevel.objects.create(product=product, warehouse=Warehouse.objects.create(name="Kho"), on_hand=5)
    jobs.nightly()
    assert Breach.objects.get().check_code == "on_hand"
