"""Smallest files that begin as pictures do."""

from __future__ import annotations

import struct


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0"


def jpeg(width: int, height: int) -> bytes:
    """With a segment before the frame, as cameras write it."""
    exif = b"\xff\xe1" + struct.pack(">H", 8) + b"Exif\0\0"
    frame = b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width)
    return b"\xff\xd8" + exif + frame + bytes(12)


def webp(width: int, height: int) -> bytes:
    """An extended WebP file with nothing but its canvas."""
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", len(canvas)) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mp4(seconds: float, *, brand: bytes = b"isom", filling: int = 0) -> bytes:
    """A clip with `filling` bytes of pictures before its header, as cameras write it."""
    length = box(b"mvhd", bytes(12) + struct.pack(">II", 1_000, int(seconds * 1_000)) + bytes(80))
    return box(b"ftyp", brand + bytes(4) + b"mp42") + box(b"mdat", bytes(filling)) + box(b"moov", length)


def webm(seconds: float | None) -> bytes:
    """The beginning of a clip as browsers record it; None: without a length."""
    head = b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\x18\x53\x80\x67"
    length = b"" if seconds is None else b"\x44\x89\x88" + struct.pack(">d", seconds * 1_000)
    return head + b"\x15\x49\xa9\x66\x8e\x2a\xd7\xb1\x83\x0f\x42\x40" + length + bytes(40)
