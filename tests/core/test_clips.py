from __future__ import annotations

import struct

import pytest

from core.clips import MP4, QUICKTIME, WEBM, clip_seconds, clip_type
from tests.pictures import box, mp4, webm


def seconds(content: bytes) -> float | None:
    return clip_seconds(lambda start, stop: content[start:stop], len(content))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (mp4(1), MP4), (mp4(1, brand=b"mp42"), MP4), (mp4(1, brand=b"qt  "), QUICKTIME), (webm(1), WEBM),
        (mp4(1, brand=b"heic"), ""), (mp4(1, brand=b"avif"), ""), (mp4(1, brand=b"M4A "), ""), (b"", ""), (b"<svg/>", ""),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", ""),
    ],
)  # fmt: skip
def test_the_type_is_that_of_the_content(head: bytes, kind: str) -> None:
    assert clip_type(head) == kind


def test_the_length_is_read_wherever_the_header_is() -> None:
    assert seconds(mp4(59.5, filling=3_000_000)) == 59.5
    old = box(b"ftyp", b"qt  ") + box(
        b"moov", box(b"udta", b"x") + box(b"mvhd", bytes(12) + struct.pack(">II", 600, 1_200))
    )
    assert seconds(old) == 2.0
    wide = (
        struct.pack(">I4sQ", 1, b"mdat", 20)
        + bytes(4)
        + box(b"moov", box(b"mvhd", b"\x01" + bytes(19) + struct.pack(">IQ", 90_000, 8_100_000)))
    )
    assert seconds(box(b"ftyp", b"isom") + wide) == 90.0
    assert (seconds(webm(12.5)), seconds(webm(None))) == (12.5, None)


@pytest.mark.parametrize("cut", [9, 30, 60])
def test_a_clip_that_is_cut_off_has_no_length(cut: int) -> None:
    with pytest.raises(ValueError, match=r"no|longer"):
        seconds(mp4(5, filling=100)[:-cut])


def test_no_more_boxes_are_read_than_a_clip_has() -> None:
    content = box(b"ftyp", b"isom") + box(b"free", b"") * 100_000 + mp4(5)
    reads: list[int] = []

    def read(start: int, stop: int) -> bytes:
        reads.append(start)
        return content[start:stop]

    with pytest.raises(ValueError, match="no movie header"):
        clip_seconds(read, len(content))
    assert len(reads) < 1_000


def test_a_time_scale_of_nothing_is_no_clip() -> None:
    with pytest.raises(ValueError, match="scale"):
        seconds(box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", bytes(40))))
