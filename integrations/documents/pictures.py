"""Pictures as people hand them in: looked into before they are stored. What a file calls itself counts for nothing."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from core.pictures import JPEG, PNG, picture_size, picture_type
from integrations.accounts.connections import NotPossible
from integrations.contract.pictures import Picture

MOST, MAX_BYTES = 5, 3_000_000
# a picture of more pixels is no photo of a parcel, and costs whoever shows it their memory
MAX_SIDE = 12_000
# types that every channel takes
_SUFFIX = {PNG: "png", JPEG: "jpg"}


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
    kind = picture_type(content)
    try:
        width, height = picture_size(content)
    except ValueError:
        width = height = -1
    if kind not in _SUFFIX or width < 0:
        raise NotPossible(_("Picture %(place)d is no JPEG or PNG file.") % {"place": place})
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise NotPossible(_("Picture %(place)d has too many pixels.") % {"place": place})
    return Picture(f"{place}.{_SUFFIX[kind]}", kind, width, height, content)
