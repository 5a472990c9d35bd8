"""Saving a world to a file: it continues after a restart, but for webhooks that were in flight."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.simulator.day import Day
from integrations.simulator.world import World

SHAPE = 5


class Unreadable(ValueError):
    """Error for a file that this version cannot continue from."""


@dataclass
class SavedWorld:
    """Content of a file: the day with its whole book, and each platform's saved state."""

    shape: int
    day: Day
    platforms: dict[str, Any]


def save(path: Path, world: World) -> None:
    """Write the world atomically."""
    with world.lock:
        # one pickle, so that platforms and book go on sharing their orders and shops
        raw = pickle.dumps(
            SavedWorld(SHAPE, world.day, {channel: platform.save() for channel, platform in world.platforms.items()})
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".new")
    partial.write_bytes(raw)
    os.replace(partial, path)


def load(path: Path) -> SavedWorld | None:
    """Load a saved world, None without a file. A pickle runs code: load only files of your own. Raises Unreadable."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = pickle.loads(raw)  # noqa: S301 - written by `save` on this machine
    except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, IndexError, TypeError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read ({error}); delete it to begin a new world") from error
    if not isinstance(found, SavedWorld) or found.shape != SHAPE:
        raise Unreadable(f"{path} was written by another version; delete it to begin a new world")
    return found
