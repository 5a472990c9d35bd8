"""Files of packing photos: sealed pieces of one length, read as one file. Written by `services.photos`."""

from __future__ import annotations

from collections.abc import Iterator

from core.places import photo_place
from core.sealed_files import unsealed
from orders.models import ParcelPhoto

# a request with a piece arrives in BODY_SECONDS also from a warehouse with 2 Mbit/s; each but the last has this length
PIECE_BYTES = 2_000_000


def piece_name(file_name: str, position: int) -> str:
    """Return the name of a piece in the place."""
    return f"{file_name}.{position:03}"


def content(photo: ParcelPhoto, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Yield the bytes from `start` to `stop` (None: the end), at most a piece at a time.

    Raises NoPlace and OSError where the file cannot be read, SecretUnreadable for one that was altered.
    """
    stop = photo.size if stop is None else min(stop, photo.size)
    place = photo_place()
    for position in range(start // PIECE_BYTES, -(-stop // PIECE_BYTES)):
        with place.reading(piece_name(photo.file_name, position)) as source:
            piece = b"".join(unsealed(source))
        begins = position * PIECE_BYTES
        yield piece[max(0, start - begins) : stop - begins]
