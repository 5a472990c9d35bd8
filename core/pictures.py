"""Types and sizes of pictures by their content: JPEG, PNG, WebP. What a file calls itself counts for nothing."""

from __future__ import annotations

import struct

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
# markers of a JPEG that begin a frame, which has its height and width
_FRAMES = frozenset({*range(0xC0, 0xD0)}) - {0xC4, 0xC8, 0xCC}
_WEBP_KINDS = frozenset({b"VP8 ", b"VP8L", b"VP8X"})


def picture_type(head: bytes) -> str:
    """Return the media type of a file that begins like this, "" for no picture."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    is_webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP" and head[12:16] in _WEBP_KINDS
    return WEBP if is_webp else ""


def picture_size(content: bytes) -> tuple[int, int]:
    """Return (width, height) of a picture. Raises ValueError for one that is cut off or made up."""
    try:
        return _SIZES[picture_type(content)](content)
    except (KeyError, IndexError, struct.error) as error:
        raise ValueError("no picture") from error


def _png(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    """Walk the segments to the one that begins the frame."""
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        at += 2 + length
    raise ValueError("no frame")


def _webp(content: bytes) -> tuple[int, int]:
    """Read the first chunk: the canvas of an extended file, else the frame of a lossless or a lossy one (RFC 9649, 2)."""
    kind = content[12:16]
    if len(content) < 30 - 5 * (kind == b"VP8L"):
        raise ValueError("cut off")
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", content[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", content[26:30])
    return width & 0x3FFF, height & 0x3FFF


_SIZES = {PNG: _png, JPEG: _jpeg, WEBP: _webp}
