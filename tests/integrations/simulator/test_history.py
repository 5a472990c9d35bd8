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
