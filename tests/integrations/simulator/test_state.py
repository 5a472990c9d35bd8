"""A saved and restored world continues as if it had not been interrupted."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from integrations.simulator import state
from integrations.simulator.simulation import Simulation
from integrations.simulator.world import World
from tests.integrations.simulator.toy import PLATFORMS, live, still_world


def taken_up(path: Path) -> World:
    kept = state.load(path)
    assert kept is not None
    world = World(kept.day, PLATFORMS, dict.fromkeys(PLATFORMS, "http://toy.invalid"))
    world.restore(kept.platforms)
    return world


def test_a_restart_changes_nothing_that_happens(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "world.state"
    straight, broken = still_world("4"), still_world("4")
    straight.day.trickle(3.0)
    live(straight, 900.0)
    broken.day.trickle(3.0)
    for _ in range(3):
        live(broken, 300.0)
        state.save(file, broken)
        broken = taken_up(file)
    assert broken.book.journal.digest() == straight.book.journal.digest()
    assert broken.book.stock.units == straight.book.stock.units
    assert [path.name for path in file.parent.iterdir()] == ["world.state"]
    # a shop and its orders are still the same things for everybody
    order = next(order for order in broken.book.all_orders() if order.is_open)
    assert broken.platforms["toy"].context.orders[order.id] is order


def test_webhooks_on_their_way_are_lost_and_steps_are_not(tmp_path: Path) -> None:
    world = still_world()
    world.platforms["toy"].context.later(5.0, lambda: None)
    world.day.start(3, 0.0)
    world.run_due()
    assert world.book.timeline.pending()["wire"] == 1
    state.save(tmp_path / "s", world)
    pending = taken_up(tmp_path / "s").book.timeline.pending()
    assert (pending["wire"], pending["life"]) == (0, world.book.timeline.pending()["life"])


def test_the_process_goes_on_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "world.state"
    first = Simulation(PLATFORMS, products=60, state_file=file)
    assert first.is_new
    first.start()
    with first.world.lock:
        first.world.day.start(5, 0.0)
        first.world.run_due()
    first.stop()
    second = Simulation(PLATFORMS, products=999, seed="other", state_file=file)
    second.stop()
    assert not second.is_new
    assert second.world.book.last_number == 5
    assert len(second.world.book.goods) == 60


@pytest.mark.parametrize("raw", [b"", b"not a pickle", pickle.dumps({"shape": 1})])
def test_a_damaged_file_is_reported(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "world.state"
    file.write_bytes(raw)
    with pytest.raises(state.Unreadable, match="delete it to begin a new world"):
        state.load(file)
    assert file.read_bytes() == raw
