"""Reader of the published JSON Schemas: says in words, and all at once, where a parsed file breaks one.

Knows the keywords that `schema` uses, no more. Decimals, days and times are told by their `format`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from commissions.rules import problems as p
from commissions.rules.formula import KEY_PATTERN, MOST_DIGITS, RATE_PATTERN
from commissions.rules.problems import Malformed, Problem
from core.reasons import Reason

Schema = Mapping[str, Any]
_SHOWN = 60
# others are slips of the pen, and the first and last of all cannot be told in another zone
_YEARS = range(1900, 3000)


def parse(text: str) -> Any:
    """Parse JSON; a key that stands twice in one object is refused, not overwritten. Raises Malformed."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed([Problem("", p.NOT_JSON(why=error))]) from error


def breaches(value: Any, schema: Schema, defs: Schema, path: str = "") -> Iterator[Problem]:
    """Yield what is wrong with a parsed value, in the order of the file."""
    schema = _branch(value, schema, defs)
    if "enum" in schema:
        if value not in schema["enum"]:
            shown = ", ".join(word or '""' for word in schema["enum"])
            yield Problem(path, p.NOT_ONE_OF(value=_shown(value), words=shown))
        return
    if kind := schema.get("type"):
        yield from _KINDS[kind](value, schema, defs, path)


def _branch(value: Any, schema: Schema, defs: Schema) -> Schema:
    """Follow references, and of "this or null" take the branch that the value means."""
    while True:
        if "$ref" in schema:
            schema = defs[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if (one.get("type") == "null") == (value is None))
        else:
            return schema


def _of_object(value: Any, schema: Schema, defs: Schema, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, p.NOT_OBJECT())
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key in schema.get("required", ()):
        if key not in value:
            yield Problem(path, p.MISSING_KEY(key=key))
    for key, inner in value.items():
        below = f"{path}.{key}".lstrip(".")
        if key in known:
            yield from breaches(inner, known[key], defs, below)
        elif others is False:
            yield Problem(path, p.UNKNOWN_KEY(key=_shown(key), keys=", ".join(known)))
        elif isinstance(others, Mapping):
            yield from breaches(key, schema.get("propertyNames", {}), defs, below)
            yield from breaches(inner, others, defs, below)


def _of_list(value: Any, schema: Schema, defs: Schema, path: str) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(path, p.NOT_LIST())
        return
    if len(value) < schema.get("minItems", 0):
        yield Problem(path, p.EMPTY())
    if len(value) > schema.get("maxItems", len(value)):
        yield Problem(path, p.TOO_MANY(most=schema["maxItems"]))
    seen: set[str] = set()
    for index, inner in enumerate(value):
        yield from breaches(inner, schema.get("items", {}), defs, f"{path}[{index}]")
        if schema.get("uniqueItems") and isinstance(inner, str):
            if inner in seen:
                yield Problem(f"{path}[{index}]", p.TWICE(value=_shown(inner)))
            seen.add(inner)


def _of_text(value: Any, schema: Schema, defs: Schema, path: str) -> Iterator[Problem]:
    kind = schema.get("format", "")
    if not isinstance(value, str):
        is_number = kind == "decimal" and isinstance(value, int | float) and not isinstance(value, bool)
        yield Problem(path, p.NUMBER_NO_TEXT() if is_number else p.NOT_TEXT())
    elif kind in _FORMATS:
        if reason := _FORMATS[kind](value, schema):
            yield Problem(path, reason)
    elif "pattern" in schema:
        if not re.fullmatch(schema["pattern"], value):
            yield Problem(
                path, (p.NOT_A_KEY if schema["pattern"] == KEY_PATTERN else p.NOT_A_CURRENCY)(value=_shown(value))
            )
    elif len(value) < schema.get("minLength", 0):
        yield Problem(path, p.EMPTY())
    elif len(value) > schema.get("maxLength", len(value)):
        yield Problem(path, p.TOO_LONG(most=schema["maxLength"]))


def _of_whole(value: Any, schema: Schema, defs: Schema, path: str) -> Iterator[Problem]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield Problem(path, p.NOT_WHOLE())
    elif not schema["minimum"] <= value <= schema["maximum"]:
        yield Problem(path, p.OUT_OF_RANGE(value=value, least=schema["minimum"], most=schema["maximum"]))


def _of_yes_no(value: Any, schema: Schema, defs: Schema, path: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(path, p.NOT_YES_NO())


_KINDS: Mapping[str, Callable[[Any, Schema, Schema, str], Iterator[Problem]]] = {
    "object": _of_object, "array": _of_list, "string": _of_text, "integer": _of_whole, "boolean": _of_yes_no,
    "null": lambda value, schema, defs, path: iter(()),
}  # fmt: skip


def _decimal(value: str, schema: Schema) -> Reason | None:
    if re.fullmatch(schema["pattern"], value):
        return None
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", value):
        return p.EXPONENT(value=_shown(value))
    if sum(sign.isdigit() for sign in value) > MOST_DIGITS:
        return p.TOO_MANY_DIGITS(most=MOST_DIGITS)
    if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", value):
        return p.NEGATIVE(value=_shown(value))
    is_rate = schema["pattern"] == RATE_PATTERN and re.fullmatch(r"[1-9][0-9]*(\.[0-9]+)?", value)
    return (p.NOT_A_RATE if is_rate else p.NOT_A_NUMBER)(value=_shown(value))


def _day(value: str, schema: Schema) -> Reason | None:
    try:
        day = date.fromisoformat(value)
        sound = day.isoformat() == value and day.year in _YEARS
    except ValueError:
        sound = False
    return None if sound else p.NOT_A_DAY(value=_shown(value))


def _time(value: str, schema: Schema) -> Reason | None:
    try:
        time = datetime.fromisoformat(value)
        sound = time.utcoffset() is not None and "T" in value and time.year in _YEARS
    except ValueError:
        sound = False
    return None if sound else p.NOT_A_TIME(value=_shown(value))


_FORMATS: Mapping[str, Callable[[str, Schema], Reason | None]] = {
    "decimal": _decimal, "date": _day, "date-time": _time,
}  # fmt: skip


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Malformed([Problem("", p.KEY_TWICE(key=_shown(key)))])
        found[key] = value
    return found


def _no_number(word: str) -> Any:
    raise Malformed([Problem("", p.NOT_A_NUMBER(value=word))])
