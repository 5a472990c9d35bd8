"""Normal forms of text: one for keys that are compared, one for search by people."""

from __future__ import annotations

import unicodedata

# Zero-width and directional marks that copy-and-paste leaves in SKUs and names.
_INVISIBLE = dict.fromkeys(
    map(
        ord,
        "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff",
    )
)

# Letters without a canonical decomposition.
_UNDECOMPOSED = str.maketrans({"đ": "d", "Đ": "D"})


def normal_key(text: str) -> str:
    """Return the one form in which keys (SKUs, bar codes, codes) are stored and compared.

    NFC, without zero-width characters and outer blanks; the case is kept. Idempotent.
    """
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE)).strip()


def folded(text: str) -> str:
    """Return the text for search: lower case, without accents, runs of blanks as one. Idempotent.

    "Áo  Dài Đỏ" becomes "ao dai do".
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_INVISIBLE).translate(_UNDECOMPOSED))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().translate(_UNDECOMPOSED).split())
