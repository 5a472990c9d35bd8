"""Reasons for people: stored as a code with values, put into words in the language of the reader.

    BUSY = declare("hub.busy", _("The database was busy or away."))
    NO_ANSWER = declare("wire.no_answer", _("%(channel)s did not answer."))
    raise TryLater(NO_ANSWER(channel="Shopee"))

What an outside system said stands beside our own text, never instead of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.functional import Promise

from core.db import decode, encode

LONGEST_WORDS, LONGEST_VALUE = 500, 200


class _Values(dict[str, str]):
    """Values of placeholders; one that an older version of the text did not have is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something did not work out. `code`: of a declared text, "" for none; `values`: of its placeholders; `words`: the
    outside system's own, in whatever language. False when there is nothing to say.
    """

    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.code or self.words)

    def __str__(self) -> str:
        """Return our text in the active language, then the outside system's words."""
        return f"{self.text} {self.words}".strip()

    @property
    def text(self) -> str:
        """Return our text in the active language; the code where no text of this version has it; "" without a code."""
        declared = _TEXTS.get(self.code)
        if declared is None:
            return self.code
        return str(declared.text) % _Values(self.values) if self.values else str(declared.text)

    def as_json(self) -> dict[str, Any]:
        """Return the form in which it is stored: only the parts that it has."""
        parts = {"code": self.code, "values": dict(self.values), "words": self.words}
        return {name: part for name, part in parts.items() if part}

    @classmethod
    def from_json(cls, stored: Any) -> Reason:
        """Return a stored reason. A bare text, as older versions stored it, counts as words."""
        if isinstance(stored, Mapping):
            return cls(stored.get("code", ""), stored.get("values", {}), stored.get("words", ""))
        return cls(words=str(stored or ""))


@dataclass(frozen=True, slots=True)
class Text:
    """A declared text. Call it for a reason: `text(words, name=value)`."""

    code: str
    text: Promise | str

    def __call__(self, words: str = "", /, **values: object) -> Reason:
        cut = {name: str(value)[:LONGEST_VALUE] for name, value in values.items()}
        return Reason(self.code, cut, words.strip()[:LONGEST_WORDS])

    def __str__(self) -> str:
        return str(self.text)


# accepted sources of a reason: a text without placeholders is its own reason, a bare string is an outside system's words
Cause = Reason | Text | Promise | str
_TEXTS: dict[str, Text] = {}


def declare(code: str, text: Promise | str) -> Text:
    """Declare a text under a code, which is stored and hence never reused. Raises ValueError for a code that is taken."""
    if code in _TEXTS:
        raise ValueError(f"the reason {code!r} is declared twice")
    return _TEXTS.setdefault(code, Text(code, text))


def declared() -> Mapping[str, Text]:
    """Return all declared texts by code."""
    return _TEXTS


def as_reason(cause: Cause) -> Reason:
    """Return the reason that a cause stands for."""
    if isinstance(cause, Reason):
        return cause
    return cause() if isinstance(cause, Text) else Reason(words=str(cause)[:LONGEST_WORDS])


def with_words(cause: Cause, words: str) -> Reason:
    """Return the reason of a cause, with what the outside system said of it."""
    found = as_reason(cause)
    return replace(found, words=f"{found.words} {words.strip()}".strip()[:LONGEST_WORDS])


def sentence(cause: Cause) -> str:
    """Return a cause in the active language, ending with a full stop."""
    return f"{str(as_reason(cause)).rstrip('.')}."


def stored(cause: Cause) -> str:
    """Return the value of a `jsonb` parameter for a column of reasons."""
    return encode(as_reason(cause).as_json())


if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class ReasonField(_Field):
    """A reason in a `jsonb` column. Takes any cause; reads as a Reason. No JSONField: that is shown, and edited, as JSON."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", Reason)
        kwargs.setdefault("db_default", Reason())
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return (
            name,
            path,
            args,
            {key: kwargs[key] for key in kwargs.keys() - {"default", "db_default", "blank", "editable"}},
        )

    def db_type(self, connection: Any) -> str:
        return "jsonb"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else Reason.from_json(decode(value))

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Reason) else Reason.from_json(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else stored(value)
