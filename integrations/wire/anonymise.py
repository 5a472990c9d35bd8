"""Replacing who and which in a channel's answer: names, phones, addresses, e-mails, notes, order numbers and ids.

The same word becomes the same other word everywhere in one export, letter for letter and digit for digit, so that structure,
types and lengths stay and references still meet. Words of the trade stay: statuses, kinds, SKUs, prices, quantities and times.
Everything else that is text is replaced, whatever it is called: a field that nobody thought of is not let out.
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import Any

# words of a key, as in `item_status` or `itemStatus`, and what its values may keep
_TRADE = frozenset("status type flag currency method region unit carrier provider sku".split())
_TIME = frozenset("time date at deadline sla expire expires timestamp until modified created updated days".split())
_MONEY = frozenset(
    "price amount total fee fees discount cost subsidy subtotal tax voucher value stock quantity qty hand reserved weight"
    " revenue paid".split()
)
_CODE = frozenset("id ids sn code codes number numbers no key reference barcode tracking waybill".split())
# a number of just this name is the channel's word for how the call went
_ERROR = frozenset({"code"})
# values of such keys open doors, whatever else the key says
_SECRET = frozenset("secret token password session sign signature cookie authorization".split())
# everything below such a key is about a person
_PERSON = frozenset(
    "address recipient customer buyer receiver consignee contact user member person birth phone mobile email".split()
)
_TRADE_WORD = re.compile(r"[A-Za-z0-9_\-./ ]{0,40}")
_DATE = re.compile(r"(?:\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4})[\dTZ:.+ -]*")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W_]+")
_SIGNS = re.compile(r"[^\w]*|N/A|true|false", re.IGNORECASE)
_SHORT = 5  # numbers of fewer digits tell nobody apart
_PREFIX = re.compile(r"[A-Z]{1,6}")


class Anonymiser:
    """Replacements of one export. Its key is forgotten with it: nobody can work back from the file.

    `keeps_ids`: numbers, ids and codes outside of persons stay, for what does not leave the hub.
    """

    def __init__(self, key: bytes | None = None, *, keeps_ids: bool = False) -> None:
        self._key = key or secrets.token_bytes(32)
        self._keeps_ids = keeps_ids
        self._ids: set[str] = set()

    def value(self, found: Any, key: str = "", *, about_a_person: bool = False) -> Any:
        """Return parsed JSON with the values replaced; `key` is the name under which it stands."""
        words = key_words(key)
        person = about_a_person or bool(words & (_PERSON | _SECRET))
        if isinstance(found, dict):
            return {name: self.value(inner, name, about_a_person=person) for name, inner in found.items()}
        if isinstance(found, list):
            return [self.value(inner, key, about_a_person=person) for inner in found]
        if isinstance(found, str):
            return self._text(found, words, person)
        if isinstance(found, int) and not isinstance(found, bool):
            return self._number(found, words, person)
        return found

    def path(self, path: str) -> str:
        """Return the path of a call with the ids replaced that stand in it: those that were seen, so call it last."""
        return _WORD.sub(lambda word: self._word(word[0]) if word[0] in self._ids else word[0], path)

    def id(self, external_id: str) -> str:
        """Return the replacement of an id that a channel is asked for."""
        return self._coded(external_id)

    def _text(self, text: str, words: frozenset[str], person: bool) -> str:
        if _SIGNS.fullmatch(text):
            return text
        if person:
            return self._replaced(text)
        if words & _TRADE and not words & {"id", "ids"} and (_TRADE_WORD.fullmatch(text) or "sku" in words):
            return text
        if _DATE.fullmatch(text):
            return text
        if _NUMBER.fullmatch(text) and (words & (_TIME | _MONEY) or len(text) < _SHORT):
            return text
        is_code = words & _CODE and any(sign.isdecimal() for sign in text) and not any(sign.isspace() for sign in text)
        if is_code:
            return text if self._keeps_ids else self._coded(text)
        return self._replaced(text)

    def _number(self, number: int, words: frozenset[str], person: bool) -> int:
        if not person and (self._keeps_ids or words == _ERROR or (words & (_TIME | _MONEY) and not words & _CODE)):
            return number
        return int(self._coded(str(number)))

    def _coded(self, text: str) -> str:
        """Replace the long words of an id or code: `DHLZD_28848092.1` keeps what says whose import it is."""
        return _WORD.sub(lambda word: word[0] if _tells_nobody_apart(word[0]) else self._known(word[0]), text)

    def _known(self, word: str) -> str:
        self._ids.add(word)
        return self._word(word)

    def _replaced(self, text: str) -> str:
        return _WORD.sub(lambda word: self._word(word[0]), text)

    def _word(self, word: str) -> str:
        """Return another word with letters for letters, of the same case, and digits for digits, none in its old place."""
        shifts = blake2b(word.encode(), key=self._key, digest_size=64).digest()
        return "".join(
            _other(sign, shifts[place % len(shifts)], is_first=place == 0) for place, sign in enumerate(word)
        )  # fmt: skip


def key_words(key: str) -> frozenset[str]:
    """Return the words of a key, in lower case: `itemStatus` and `item_status` are the same."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)
    return frozenset(re.split(r"[\W_]+", apart.lower()))


def _tells_nobody_apart(word: str) -> bool:
    return bool(_PREFIX.fullmatch(word)) or (word.isdecimal() and len(word) < _SHORT)


def _other(sign: str, shift: int, *, is_first: bool) -> str:
    if sign.isdecimal():
        # a first digit stays one: 0 begins a phone number, and no number
        if is_first and sign == "0":
            return sign
        return _turned(sign, "123456789" if is_first else "0123456789", shift)
    if not sign.isalpha():
        return sign
    return _turned(sign, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if sign.isupper() else "abcdefghijklmnopqrstuvwxyz", shift)


def _turned(sign: str, alphabet: str, shift: int) -> str:
    """Return another sign of the alphabet; one that is not in it becomes any of it."""
    place = alphabet.find(sign)
    return (
        alphabet[(place + 1 + shift % (len(alphabet) - 1)) % len(alphabet)]
        if place >= 0
        else alphabet[shift % len(alphabet)]
    )
