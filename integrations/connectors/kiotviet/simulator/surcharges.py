"""Surcharge calls: /surchages, in KiotViet's spelling. What an order adds to its goods: freight, wrapping."""

from __future__ import annotations

from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Surcharge
from integrations.connectors.kiotviet.simulator.lists import changed_since, page
from integrations.connectors.kiotviet.simulator.request import Call, Fields, Refusal


def listed(book: Book, call: Call) -> dict[str, Any]:
    """GET /surchages. One that is switched off is left out (inferred: its rows have no field for it)."""
    active = [one for one in book.surcharges.values() if one.is_active]
    return page(call, changed_since(call, active, lambda one: one.modified_at or one.created_at), _row)


def create(book: Book, call: Call) -> dict[str, Any]:
    """POST /surchages: `name`, `code`, `value`."""
    number = book.next_id("surcharge kind", 0)
    made = Surcharge(number, call.body.text("code") or f"THK{number:06d}", "", call.now)
    _fill(book, made, call.body)
    book.surcharges[made.id] = made
    return {"message": facts.SAVED, "data": _row(made)}


def update(book: Book, call: Call, surcharge_id: str) -> dict[str, Any]:
    """PUT /surchages/{id}: what is named changes."""
    found = _found(book, surcharge_id)
    _fill(book, found, call.body)
    found.modified_at = call.now
    return {"message": facts.SAVED, "data": _row(found)}


def switch(book: Book, call: Call, surcharge_id: str) -> dict[str, Any]:
    """POST /surchages/{id}/activesurchage: `isActive`."""
    found = _found(book, surcharge_id)
    found.is_active, found.modified_at = call.body.flag("isActive", True), call.now
    return {"message": facts.SAVED}


def named(book: Book, row: Fields, code: str) -> str | None:
    """Return the name of a surcharge in a document's body, by id, else by code; its own code where it is not in the list."""
    surcharge_id, own = row.whole("id", code), row.text("code")
    found = book.surcharges.get(surcharge_id or 0) or next(
        (one for one in book.surcharges.values() if own and one.code.lower() == own.lower()), None
    )
    return found.name if found else own


def _found(book: Book, surcharge_id: str) -> Surcharge:
    if int(surcharge_id) not in book.surcharges:
        raise Refusal(facts.GENERAL_ERROR, facts.NO_SUCH_SURCHARGE)
    return book.surcharges[int(surcharge_id)]


def _fill(book: Book, one: Surcharge, body: Fields) -> None:
    code, name = body.text("code") or one.code, body.text("name") or one.name
    if not name:
        raise Refusal(facts.GENERAL_ERROR, facts.NAME_MISSING)
    if any(other.code.lower() == code.lower() for other in book.surcharges.values() if other is not one):
        raise Refusal(facts.GENERAL_ERROR, facts.CODE_TAKEN.format(code=code))
    value = body.number("value", facts.GENERAL_ERROR, one.value)
    if value < ZERO:
        raise Refusal(facts.GENERAL_ERROR, facts.BAD_NUMBER.format(name="value"))
    one.code, one.name, one.value = code, name, value


def _row(one: Surcharge) -> dict[str, Any]:
    return {"id": one.id, "surchargeCode": one.code, "surchargeName": one.name, "valueRatio": None, "value": one.value}
