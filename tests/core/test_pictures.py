from __future__ import annotations

import struct

import pytest

from core.pictures import JPEG, PNG, WEBP, picture_size, picture_type
from tests.pictures import jpeg, png, webp

LOSSY = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0" + bytes(6) + struct.pack("<HH", 640, 480 | 0x4000)
LOSSLESS = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 639 | 479 << 14)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(jpeg(640, 480), JPEG), (png(640, 480), PNG), (webp(640, 480), WEBP), (LOSSY, WEBP), (LOSSLESS, WEBP)],
)
def test_type_and_size_are_those_of_the_content(content: bytes, kind: str) -> None:
    assert (picture_type(content), picture_size(content)) == (kind, (640, 480))


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"RIFF\0\0\0\0WAVEfmt ", webp(1, 1)[:20], jpeg(1, 1)[:12], png(1, 1)[:18]]
)
def test_what_is_cut_off_or_something_else_has_no_size(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"no picture|no frame|cut off"):
        picture_size(content)
