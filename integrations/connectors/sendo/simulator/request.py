"""Call parsing as by Sendo's gateway: strict about types and dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.wire import Refusal, Row, wrong
from integrations.simulator.calls import Call as BaseCall
from integrations.simulator.calls import NotJson, decode_json

# of public clients; months and days with one digit or two
_DAY_FORMS = ("%Y/%m/%d", "%Y-%m-%d")


@dataclass
class Call(BaseCall):
    """Call. `now`: the platform's clock, epoch seconds; `moment`: logical seconds."""

    query: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def fields(self) -> Row:
        """The body as an object. Refused when it is none."""
        if not isinstance(self.body, dict):
            raise wrong("body", "Dữ liệu phải là một đối tượng")
        return self.body

    def rows(self) -> list[Row]:
        """The body as a list of at least one object. Refused when it is none."""
        if not isinstance(self.body, list) or not self.body or not all(isinstance(row, dict) for row in self.body):
            raise wrong("body", "Dữ liệu phải là một danh sách")
        return self.body


def read(method: str, target: str, body: bytes, content_type: str, *, now: float, moment: float) -> Call:
    """Parse method, path, query and JSON body. Refused when the body is not JSON, or not declared as JSON."""
    path, _, query = target.partition("?")
    call = Call(method, path, now, moment, dict(parse_qsl(query, keep_blank_values=True)))
    if body:
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise Refusal("Unsupported Media Type", code=415, status=415)
        try:
            call.body = decode_json(body)
        except NotJson:
            raise wrong("body", "JSON không hợp lệ") from None
    return call


def whole(row: Row, name: str, default: int | None = None, *, low: int = 0, high: int = 2**53) -> int:
    """A whole number of a body. Refused when it is none, out of bounds, or missing without default."""
    value = row.get(name)
    if value is None and default is not None:
        return default
    if type(value) is not int or not low <= value <= high:
        raise wrong(name, f"{name} phải là số nguyên từ {low} đến {high}", value)
    return value


def text(row: Row, name: str, default: str | None = None) -> str:
    """A text of a body. Refused when it is none, or missing without default."""
    value = row.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (default is None and not value):
        raise wrong(name, f"{name} là bắt buộc", value)
    return value


def day(row: Row, name: str) -> date | None:
    """A day in one of the forms that public clients send, None when missing or empty. Refused in any other."""
    value = row.get(name)
    if value in (None, ""):
        return None
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(str(value), form).replace(tzinfo=facts.VIETNAM).date()
        except ValueError:
            continue
    raise wrong(name, "Ngày không đúng định dạng", value)


def span(row: Row, name: str) -> tuple[date, date] | None:
    """`<name>_from` and `<name>_to`, both or none."""
    first, last = day(row, f"{name}_from"), day(row, f"{name}_to")
    if first is None and last is None:
        return None
    if first is None or last is None or last < first:
        raise wrong(f"{name}_from", "Khoảng thời gian không hợp lệ", row.get(f"{name}_from"))
    return first, last


def day_of(moment: float) -> date:
    """Return Vietnam's day at a time of the platform's clock."""
    return datetime.fromtimestamp(moment, facts.VIETNAM).date()
