"""Customer calls: /customers, as far as orders need them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.kiotviet.simulator import facts
from integrations.connectors.kiotviet.simulator.book import ZERO, Book, Customer
from integrations.connectors.kiotviet.simulator.lists import changed_since, in_order, page, removed
from integrations.connectors.kiotviet.simulator.request import Call, Fields, Refusal
from integrations.connectors.kiotviet.simulator.wire import pascal

FIRST_ID = 37_200_000
_HOOK_KEYS = [
    "id",
    "code",
    "name",
    "gender",
    "birthDate",
    "contactNumber",
    "address",
    "locationName",
    "email",
    "modifiedDate",
    "type",
    "comments",
]
_SORT: dict[str, Callable[[Customer], Any]] = {
    "id": lambda customer: customer.id,
    "code": lambda customer: customer.code,
    "name": lambda customer: customer.name,
    "createdDate": lambda customer: (customer.created_at, customer.id),
    "modifiedDate": lambda customer: (_touched(customer), customer.id),
}
# body name -> attribute
_TEXTS = {
    "contactNumber": "phone",
    "address": "address",
    "locationName": "location",
    "wardName": "ward",
    "email": "email",
    # the documentation of an order's customer writes it without s
    "comment": "comments",
    "comments": "comments",
}


def _touched(customer: Customer) -> Any:
    return customer.modified_at or customer.created_at


def show(book: Book, customer: Customer) -> dict[str, Any]:
    """A customer as GET shows it."""
    return {
        "id": customer.id,
        "code": customer.code,
        "name": customer.name,
        "type": 0,
        "gender": customer.gender,
        "contactNumber": customer.phone,
        "address": customer.address,
        "locationName": customer.location,
        "wardName": customer.ward,
        "email": customer.email,
        "comments": customer.comments,
        "retailerId": book.retailer_id,
        "branchId": customer.branch_id,
        "createdDate": customer.created_at,
        "modifiedDate": customer.modified_at,
    }


def _announce(book: Book, customer: Customer) -> None:
    row = show(book, customer)
    book.announce("customer.update", pascal({key: row[key] for key in _HOOK_KEYS if key in row}))


def listed(book: Book, call: Call) -> dict[str, Any]:
    """GET /customers, searched by code, name or contactNumber."""
    code, name, phone = (call.query.text(field) for field in ("code", "name", "contactNumber"))
    rows = [
        customer
        for customer in changed_since(call, book.customers.values(), _touched)
        if (not code or code.lower() in customer.code.lower())
        and (not name or name.lower() in customer.name.lower())
        and (not phone or phone in (customer.phone or ""))
    ]
    extra = removed(book, call, "customer", "removeId")
    with_total = call.query.flag("includeTotal")

    def row(customer: Customer) -> dict[str, Any]:
        invoiced = [found.total for found in book.invoices.values() if found.customer_id == customer.id]
        return show(book, customer) | ({"totalInvoiced": sum(invoiced, ZERO)} if with_total else {})

    return page(call, in_order(call, rows, _SORT), row, extra=extra)


def found(book: Book, customer_id: int) -> Customer:
    """The customer with this id. Refused when there is none."""
    if customer_id not in book.customers:
        raise Refusal(facts.CUSTOMER_ERROR, facts.NO_SUCH_CUSTOMER)
    return book.customers[customer_id]


def by_id(book: Book, call: Call, customer_id: str) -> dict[str, Any]:
    """GET /customers/{id}."""
    return show(book, found(book, int(customer_id)))


def _by_code(book: Book, code: str) -> Customer | None:
    return next((one for one in book.customers.values() if one.code.lower() == code.lower()), None)


def by_code(book: Book, call: Call, code: str) -> dict[str, Any]:
    """GET /customers/code/{code}."""
    customer = _by_code(book, code)
    if customer is None:
        raise Refusal(facts.CUSTOMER_ERROR, facts.NO_SUCH_CUSTOMER)
    return show(book, customer)


def add(book: Book, call: Call, body: Fields, branch_id: int | None) -> Customer:
    """Add a customer from a body. Refused without a name, and when the code is taken."""
    name, code = body.text("name"), body.text("code")
    if not name:
        raise Refusal(facts.CUSTOMER_ERROR, facts.NAME_MISSING)
    if code and _by_code(book, code):
        raise Refusal(facts.CUSTOMER_ERROR, facts.CODE_TAKEN.format(code=code))
    customer_id = book.next_id("customer", FIRST_ID)
    customer = Customer(
        id=customer_id,
        code=code or f"KH{customer_id - FIRST_ID:06d}",
        name=name,
        created_at=call.now,
        branch_id=branch_id,
    )
    _fill(customer, body)
    book.customers[customer.id] = customer
    _announce(book, customer)
    return customer


def _fill(customer: Customer, body: Fields) -> None:
    for name, attribute in _TEXTS.items():
        if body.text(name) is not None:
            setattr(customer, attribute, body.text(name))
    if body.value("gender") is not None:
        customer.gender = body.flag("gender")


def customer_of(book: Book, call: Call, branch_id: int) -> Customer | None:
    """Return the customer of an order or invoice: `customerId`, or the one `customer{...}` describes, added when unknown."""
    customer_id = call.body.whole("customerId", facts.CUSTOMER_ERROR)
    if customer_id is not None:
        return found(book, customer_id)
    described = call.body.part("customer")
    if described is None:
        return None
    known_id = described.whole("id", facts.CUSTOMER_ERROR)
    code, phone = described.text("code"), described.text("contactNumber")
    if known_id is not None:
        return found(book, known_id)
    known = _by_code(book, code) if code else None
    if known is None and phone and not code:
        known = next((one for one in book.customers.values() if one.phone == phone), None)
    return known or add(book, call, described, branch_id)


def create(book: Book, call: Call) -> dict[str, Any]:
    """POST /customers: the answer is wrapped in `data`, as the official plug-in reads it."""
    branch_id = call.body.whole("branchId", facts.CUSTOMER_ERROR)
    return {"message": facts.SAVED, "data": show(book, add(book, call, call.body, branch_id))}


def create_many(book: Book, call: Call) -> dict[str, Any]:
    """POST /listaddcutomers, in their spelling (a public library writes customers): only a message, no ids."""
    rows = call.body.parts("listCustomers")
    codes = [code.lower() for row in rows if (code := row.text("code"))]
    if not rows or not all(row.text("name") for row in rows):
        raise Refusal(facts.CUSTOMER_ERROR, facts.NAME_MISSING)
    # all of them or none (inferred)
    for code in codes:
        if _by_code(book, code) or codes.count(code) > 1:
            raise Refusal(facts.CUSTOMER_ERROR, facts.CODE_TAKEN.format(code=code))
    for row in rows:
        add(book, call, row, row.whole("branchId", facts.CUSTOMER_ERROR))
    return {"message": facts.SAVED}


def update_many(book: Book, call: Call) -> dict[str, Any]:
    """PUT /listupdatecustomers, each named by `id`, else by `code`: only a message."""
    named = [(_named(book, row), row) for row in call.body.parts("listCustomers")]
    if not named:
        raise Refusal(facts.CUSTOMER_ERROR, facts.NAME_MISSING)
    for customer, row in named:
        _change(book, customer, row, call)
    return {"message": facts.SAVED}


def _named(book: Book, row: Fields) -> Customer:
    customer_id = row.whole("id", facts.CUSTOMER_ERROR)
    known = book.customers.get(customer_id) if customer_id else _by_code(book, row.text("code") or "")
    if known is None:
        raise Refusal(facts.CUSTOMER_ERROR, facts.NO_SUCH_CUSTOMER)
    return known


def _change(book: Book, customer: Customer, body: Fields, call: Call) -> None:
    customer.name = body.text("name") or customer.name
    _fill(customer, body)
    customer.modified_at = call.now
    _announce(book, customer)


def update(book: Book, call: Call, customer_id: str) -> dict[str, Any]:
    """PUT /customers/{id}."""
    customer = found(book, int(customer_id))
    _change(book, customer, call.body, call)
    return show(book, customer)


def delete(book: Book, call: Call, customer_id: str) -> dict[str, Any]:
    """DELETE /customers/{id}."""
    customer = found(book, int(customer_id))
    del book.customers[customer.id]
    book.removed.setdefault("customer", []).append((call.now, customer.id))
    book.announce("customer.delete", customer.id)
    return {"message": facts.DELETED}
