"""The text of a key: `erps_live_` or `erps_test_`, 32 random characters of base 62, and 6 of a checksum.

The checksum is the CRC-32 of all that stands before it, in base 62: a mistyped key is refused without asking the database, and
a scanner that finds one by the pattern knows that it is no accident. Imports nothing of Django: the log scrubber needs it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

LIVE, TEST = "live", "test"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH, CHECK_LENGTH = 32, 6
# as it is published in docs/partners.md
PATTERN = r"erps_(?:live|test)_[0-9A-Za-z]{38}"
_KEY = re.compile(PATTERN)
_START_LENGTH = len("erps_live_") + 4


def new_key(mode: str) -> str:
    """Return a new key of a mode: 190 random bits."""
    bare = f"erps_{mode}_" + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return bare + checksum(bare)


def checksum(bare: str) -> str:
    """Return the last six characters of a key."""
    left, digits = zlib.crc32(bare.encode()), ""
    for _ in range(CHECK_LENGTH):
        left, digit = divmod(left, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def mode_of(text: str) -> str | None:
    """Return the mode of a well-formed key, None for any other text."""
    if not _KEY.fullmatch(text) or checksum(text[:-CHECK_LENGTH]) != text[-CHECK_LENGTH:]:
        return None
    return text.split("_")[1]


def digest(text: str) -> str:
    """Return the SHA-256 of a key. Its 190 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def start_of(text: str) -> str:
    """Return as much of a key as people may see, to tell it from others."""
    return text[:_START_LENGTH]
