"""Pictures as people hand them in: looked into before they are stored. What a file calls itself counts for nothing."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from django.utils.translation import gettext as _

from integrations.accounts.connections import NotPossible
from integrations.contract.pictures import Picture

MOST, MAX_BYTES = 5, 3_000_000
# a picture of more pixels is no photo of a parcel, and costs whoever shows it their memory
MAX_SIDE = 12_000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SUFFIX = {"image/png": "png", "image/jpeg": "jpg"}
# markers of a JPEG that begin a frame, which has its height and width
_FRAMES = frozenset({*range(0xC0, 0xD0)}) - {0xC4, 0xC8, 0xCC}


def checked(files: Sequence[bytes]) -> tuple[Picture, ...]:
    """Return files as pictures. Raises NotPossible, saying why, for what is none, too large, or one too many."""
    if len(files) > MOST:
        raise NotPossible(_("At most %(most)d pictures, please.") % {"most": MOST})
    return tuple(_picture(content, place) for place, content in enumerate(files, 1))


def _picture(content: bytes, place: int) -> Picture:
    if len(content) > MAX_BYTES:
        raise NotPossible(_("Picture %(place)d is too large: at most %(most)d MB.") % {
            "place": place, "most": MAX_BYTES // 1_000_000,
        })  # fmt: skip
    try:
        kind, (width, height) = _looked_into(content)
    except (ValueError, IndexError, struct.error):
        raise NotPossible(_("Picture %(place)d is no JPEG or PNG file.") % {"place": place}) from None
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise NotPossible(_("Picture %(place)d has too many pixels.") % {"place": place})
    return Picture(f"{place}.{_SUFFIX[kind]}", kind, width, height, content)


def _looked_into(content: bytes) -> tuple[str, tuple[int, int]]:
    """Return (type, (width, height)) of a file's content."""
    if content.startswith(_PNG) and content[12:16] == b"IHDR":
        return "image/png", struct.unpack(">II", content[16:24])
    if content.startswith(_JPEG):
        return "image/jpeg", _frame(content)
    raise ValueError("no picture")


def _frame(content: bytes) -> tuple[int, int]:
    """Return (width, height) of a JPEG: its segments are walked to the one that begins the frame."""
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        at += 2 + length
    raise ValueError("no frame")
