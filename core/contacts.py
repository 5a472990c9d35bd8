"""Names, telephone numbers and mail addresses as channels give them, some of them masked."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

MASKS = ("*", "•", "x", "X", "#")


# several writers of one order ask for the same number
@lru_cache(maxsize=4096)
def real_phone(text: str, region: str = "VN") -> str:
    """Return the number as +84901234567, or "" when it is masked, cut or none: a masked value identifies nobody."""
    if any(mask in text for mask in MASKS):
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def real_email(text: str) -> str:
    """Return the address in lower case, or "" when it is masked, or none."""
    address = text.strip().lower()
    return address if "@" in address and not is_masked(address) else ""


def is_masked(text: str) -> bool:
    """Return whether a channel has hidden a part of this value."""
    return "*" in text or "•" in text
