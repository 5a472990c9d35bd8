"""References of commands: ours, unique, found again in the text of a document."""

from __future__ import annotations

import re
from hashlib import blake2b

LONGEST = 80
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def reference_for(*parts: object) -> str:
    """Return the parts as one reference: no spaces, no brackets, at most `LONGEST` characters, the same for the same parts.

    What is replaced or cut ends in a hash of the whole, so that two long order numbers do not share a reference.
    """
    whole = "-".join(map(str, parts))
    safe = _UNSAFE.sub("_", whole)
    if safe == whole and len(whole) <= LONGEST:
        return whole
    digest = blake2b(whole.encode(), digest_size=5).hexdigest()
    return f"{safe[: LONGEST - len(digest) - 1]}-{digest}"
