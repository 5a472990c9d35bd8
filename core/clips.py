"""Types and lengths of video clips by their content: MP4 and QuickTime (a phone's camera), WebM (a browser's)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

MP4, QUICKTIME, WEBM = "video/mp4", "video/quicktime", "video/webm"
# major brands of files with moving pictures: the same container holds still ones (heic, avif) and sound alone, too
_BRANDS = {
    **dict.fromkeys((b"isom", b"avc1", b"mp41", b"mp42", b"mp4v", b"M4V ", b"MSNV", b"3gp4", b"3gp5", b"3gp6"), MP4),
    **dict.fromkeys((b"iso2", b"iso3", b"iso4", b"iso5", b"iso6"), MP4),
    b"qt  ": QUICKTIME,
}  # fmt: skip
_EBML, _INFO, _SCALE, _DURATION = b"\x1a\x45\xdf\xa3", b"\x15\x49\xa9\x66", b"\x2a\xd7\xb1\x83", b"\x44\x89"
# where a WebM file says how long it is: near its beginning
_WEBM_HEAD = 8_192
# A file of boxes of 8 bytes has millions of them, and each header is a read of its own. Cameras write a dozen
_MOST_BOXES = 200

# bytes from one offset to another of a file; fewer at its end
ReadRange = Callable[[int, int], bytes]


def clip_type(head: bytes) -> str:
    """Return the media type of a file that begins like this, "" for no clip."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "")
    return WEBM if head.startswith(_EBML) and b"webm" in head[:64] else ""


def clip_seconds(read: ReadRange, size: int) -> float | None:
    """Return how long a clip of this many bytes plays; None where it does not say: a browser's recording is not finished with
    a length. Raises ValueError for a file that is cut off or made up.
    """
    try:
        return _webm_seconds(read(0, _WEBM_HEAD)) if read(0, 4) == _EBML else _mp4_seconds(read, size)
    except (IndexError, struct.error) as error:
        raise ValueError("no clip") from error


def _mp4_seconds(read: ReadRange, size: int) -> float:
    """Find the header of the movie: most cameras write it after the pictures (ISO/IEC 14496-12, 8.2)."""
    for kind, start, end in _boxes(read, 0, size):
        if kind == b"moov":
            for inner, begin, _end in _boxes(read, start, end):
                if inner == b"mvhd":
                    return _length_of(read(begin, begin + 32))
    raise ValueError("no movie header")


def _boxes(read: ReadRange, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of the content of each box. Raises ValueError for more than a clip has."""
    seen = 0
    while at + 8 <= end:
        seen += 1
        if seen > _MOST_BOXES:
            raise ValueError("no movie header among its first boxes")
        header = read(at, at + 16)
        length, kind = struct.unpack(">I4s", header[:8])
        content = at + 8
        if length == 1:
            (length,) = struct.unpack(">Q", header[8:16])
            content = at + 16
        stop = at + length if length else end
        if stop < content or stop > end:
            raise ValueError("a box that is longer than its file")
        yield kind, content, stop
        at = stop


def _length_of(header: bytes) -> float:
    if header[0] == 1:
        scale, duration = struct.unpack(">IQ", header[20:32])
    else:
        scale, duration = struct.unpack(">II", header[12:20])
    if not scale:
        raise ValueError("no time scale")
    return float(duration) / float(scale)


def _webm_seconds(head: bytes) -> float | None:
    info = head.partition(_INFO)[2]
    _before, found, duration = info.partition(_DURATION)
    if not found:
        return None
    ticks = {0x84: ">f", 0x88: ">d"}[duration[0]] if duration[0] in {0x84, 0x88} else ""
    if not ticks:
        return None
    (value,) = struct.unpack_from(ticks, duration, 1)
    scale = info.partition(_SCALE)[2][:3]
    # nanoseconds of a tick; without one a millisecond
    return float(value) * (int.from_bytes(scale) if scale else 1_000_000) / 1e9
