"""A world in a file: it goes on after a restart as if nothing had been, but for webhooks that were on their way."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.simulator.day import Day
from integrations.simulator.world import World

SHAPE = 1


class Unreadable(ValueError):
    """The file holds no world that this version can go on with."""


@dataclass
class Kept:
    """What a file holds: the day with its whole book, and what each side saved."""

    shape: int
    day: Day
    sides: dict[str, Any]


def save(path: Path, world: World) -> None:
    """Write the world, whole or not at all."""
    with world.lock:
        # one pickle, so that sides and book go on sharing their orders and shops
        raw = pickle.dumps(Kept(SHAPE, world.day, {channel: side.save() for channel, side in world.sides.items()}))
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".new")
    half.write_bytes(raw)
    os.replace(half, path)


def load(path: Path) -> Kept | None:
    """What was saved there; None for no file. The file must be one's own: reading it runs what it says. Raises Unreadable."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = pickle.loads(raw)  # noqa: S301 - written by `save` on this machine
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, IndexError, TypeError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read ({error}); delete it to begin a new world") from error
    if not isinstance(found, Kept) or found.shape != SHAPE:
        raise Unreadable(f"{path} was written by another version; delete it to begin a new world")
    return found
