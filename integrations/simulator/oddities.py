"""The trade's oddities in an order's JSON: lines that are missing for a moment, repeats, long texts, odd optional fields.

A platform declares the form of its orders once (`OrderForm`) and passes every order it shows through `odd_order`. Each oddity is a
draw of (seed, order, step), so a lost answer, a list and a detail agree, whatever is read first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from integrations.simulator.simulated_platform import PlatformContext

Row = dict[str, Any]
# an odd value, or what makes one of the true value
Odd = object | Callable[[Any], object]
ABSENT = object()
LONG_NAME = 600
LONG_TRACKING = 6  # numbers in one field


def as_text(value: Any) -> object:
    """Return a number as text."""
    return str(value)


def as_milliseconds(value: Any) -> object:
    """Return seconds as milliseconds."""
    return value * 1000 if isinstance(value, int) else value


def long_name(value: Any) -> object:
    """Return a name of 600 characters."""
    return (f"{value} " * (LONG_NAME // (len(str(value)) + 1) + 1))[:LONG_NAME] if value else value


def long_tracking(value: Any) -> object:
    """Return six tracking numbers in one field."""
    return ", ".join(f"{value}{number}" for number in range(LONG_TRACKING)) if value else value


@dataclass(frozen=True)
class OrderForm:
    """Names in a platform's order. A dotted path leads into objects; what is not there stays away.

    `lines`: the list of lines; `silent`: what stands there for a moment; `repeats`: whether lines have ids, so that one
    that stands twice is the same. `fields`, `line_fields`: optional fields with the odd values seen there; `long`, `line_long`:
    texts that are sometimes very long.
    """

    lines: str
    silent: Sequence[object] = ([], None, ABSENT)
    repeats: bool = True
    fields: Mapping[str, Sequence[Odd]] = field(default_factory=dict)
    line_fields: Mapping[str, Sequence[Odd]] = field(default_factory=dict)
    long: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    line_long: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)


def odd_order(context: PlatformContext, form: OrderForm, row: Row, number: str, step: str) -> Row:
    """Return an order as the platform shows it at this step of its life, odd or not."""
    found = deepcopy(row)
    lines = [odd_line(context, form, line, number) for line in found.get(form.lines) or ()]
    if context.is_odd("repeats", number) and form.repeats:
        lines += lines[:1]
        if lines:
            context.plant("repeats", number)
    if context.is_odd("fields", number):
        _put(context, found, form.fields, number)
    _lengthen(context, found, form.long, number)
    if form.lines in found:
        found[form.lines] = lines
        if is_silent(context, number, step):
            context.plant("silent", number, step)
            value = context.draws.pick(form.silent, context.channel, "silent", number, step)
            found[form.lines] = value
            if value is ABSENT:
                del found[form.lines]
    return found


def odd_line(context: PlatformContext, form: OrderForm, line: Row, number: str) -> Row:
    """Return a line of an order as the platform shows it."""
    found = deepcopy(line)
    if context.is_odd("fields", number):
        _put(context, found, form.line_fields, number)
    _lengthen(context, found, form.line_long, number)
    return found


def is_silent(context: PlatformContext, number: str, step: str) -> bool:
    """Return whether an order is shown without its lines now."""
    return context.is_odd_for_a_moment("silent", number, step)


def _put(context: PlatformContext, row: Row, fields: Mapping[str, Sequence[Odd]], number: str) -> None:
    """Put an odd value into one of the fields."""
    if not fields:
        return
    draws, channel = context.draws, context.channel
    path = draws.pick(tuple(fields), channel, "odd field", number)
    if _change(row, path, draws.pick(fields[path], channel, "odd value", number)):
        context.plant("fields", number)


def _lengthen(context: PlatformContext, row: Row, fields: Mapping[str, Callable[[Any], object]], number: str) -> None:
    if context.is_odd("long", number):
        for path, make in fields.items():
            if _change(row, path, make):
                context.plant("long", number)


def _change(row: Row, path: str, odd: Odd) -> bool:
    """Change a value that is there; return whether it is another now."""
    *way, name = path.split(".")
    for step in way:
        row = row.get(step) or {}
    before = row.get(name)
    if before is None:
        return False
    row[name] = odd(before) if callable(odd) else odd
    return bool(row[name] != before)
