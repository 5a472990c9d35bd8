"""Order history of a shop is listed by its platform, and changes nothing of the present."""

from __future__ import annotations

import time

import pytest

from integrations.simulator.day import NotFound
from integrations.simulator.history import generate_history

from .toy import live, still_world


def test_past_orders_are_over_evenly_spread_and_touch_no_stock() -> None:
    world = still_world()
    before = (world.book.stock.table(), world.book.journal.digest(), len(world.book.sales))
    now = time.time()
    ids = generate_history(world, "toy", "s1", orders=60, days=30)
    orders = [world.book.orders["toy"][number] for number in ids]
    assert len(set(ids)) == 60
    assert {order.status for order in orders} == {"completed"}
    ages = [(now - order.placed_at) / 86_400 for order in orders]
    assert ages == sorted(ages, reverse=True)
    assert 34 < ages[0] < 35
    assert 4 < ages[-1] < 5
    assert max(order.updated_at for order in orders) < now
    assert (world.book.stock.table(), world.book.journal.digest(), len(world.book.sales)) == before
    assert world.book.ago == 0.0
    live(world, 600)
    assert {order.status for order in orders} == {"completed"}


def test_the_youngest_orders_are_still_on_their_way_and_end_when_their_time_comes() -> None:
    world = still_world()
    before = world.book.stock.table()
    ids = generate_history(world, "toy", "s1", orders=160, days=10, ended=0.0)
    orders = [world.book.orders["toy"][number] for number in ids]
    ages = [(time.time() - order.placed_at) / 3_600 for order in orders]
    assert round(ages[-1], 1) == 7.5
    on_their_way = {order.status: round(age) for order, age in zip(orders, ages, strict=True)}
    assert on_their_way == {"completed": 99, "delivered": 51, "shipped": 8}
    live(world, 45 * 3_600)
    assert {order.status for order in orders} == {"completed", "delivered", "returning"}
    assert world.book.stock.table() == before


def test_platforms_date_history_in_the_past_and_push_nothing() -> None:
    world = still_world()
    platform = world.platforms["toy"]
    platform.set_webhook_url("http://nobody.invalid", None)
    seen: list[float] = []
    order_changed = platform.order_changed

    def note(order: object, step: object) -> None:
        seen.append(platform.context.now())
        order_changed(order, step)  # type: ignore[arg-type]

    platform.order_changed = note  # type: ignore[method-assign]
    generate_history(world, "toy", "s1", orders=2, days=10)
    assert len(seen) == 10
    assert max(seen) < time.time()
    assert world.sender.on_the_way == 0


def test_a_shop_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFound, match="nowhere"):
        generate_history(still_world(), "toy", "nowhere", orders=1, days=1)
