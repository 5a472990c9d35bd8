"""Initial records of the tenant: customers, contacts, goods, warehouses, and sale orders of past weeks."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.connectors.misa_crm.simulator import facts
from integrations.connectors.misa_crm.simulator.book import Book
from integrations.connectors.misa_crm.simulator.wire import stamp
from integrations.simulator.buyers import buyer_of
from integrations.simulator.draws import Draws
from integrations.simulator.goods import Good
from integrations.simulator.order import Buyer

COMPANY = "NHAMINH"
CUSTOMERS, CONTACTS, SALES = 120, 30, 25
# the book was brought in from a sheet within the last minutes, row by row; sales are older than any hub looks back
_BROUGHT_IN, _DAY = 2700.0, 86_400.0


def open_book(draws: Draws, goods: Iterable[Good], warehouses: Iterable[str], now: float) -> Book:
    """Return the initial book; the same for a seed, but for the times."""
    book = Book(COMPANY)
    for number, place in enumerate(warehouses, 1):
        key = draws.token("misa_crm", "stock", place)
        async_id = f"{key[:8]}-{key[8:12]}-4{key[13:16]}-8{key[17:20]}-{key[20:32]}"
        book.warehouses[async_id] = place
        book.stocks[async_id] = {
            "async_id": async_id, "stock_code": f"KHO{number:02d}", "stock_name": place, "description": "",
            "inactive": False, "act_database_id": "00000000-0000-4000-8000-0000000000d1",
        }  # fmt: skip
    for good in goods:
        _product(book, good, now)
    people = _people(draws)
    for number, buyer in enumerate(people):
        _customer(book, buyer, stamp(now - _BROUGHT_IN * (number + 1) / len(people)))
    for number, buyer in enumerate(people[:CONTACTS]):
        _contact(book, buyer, stamp(now - _BROUGHT_IN * (number + 1) / CONTACTS))
    for number in range(SALES):
        _sale(book, draws, number, people[number], now - _DAY * (2 + number))
    return book


def _people(draws: Draws) -> list[Buyer]:
    """Return some of the people who also buy on the marketplaces."""
    found: dict[int, Buyer] = {}
    number = 0
    while len(found) < CUSTOMERS:
        number += 1
        buyer = buyer_of(draws, number)
        found.setdefault(buyer.id, buyer)
    return list(found.values())


def _local(phone: str) -> str:
    return f"0{phone.removeprefix('84')}"


def _customer(book: Book, buyer: Buyer, now: str) -> None:
    row = {
        "account_number": f"KH-{_local(buyer.phone)}",
        "account_name": buyer.name,
        "is_personal": True,
        "tax_code": "",
        "office_tel": _local(buyer.phone),
        "office_email": "",
        "account_type": "Khách lẻ",
        "owner_name": "Trần Thu Hà",
        "lead_source": "Cửa hàng",
        "billing_address": f"{buyer.street}, {buyer.ward}, {buyer.district}, {buyer.city}",
        "billing_country": "Việt Nam",
        "billing_province": buyer.city,
        "billing_district": buyer.district,
        "billing_ward": buyer.ward,
        "shipping_address": "",
        "description": "",
        "form_layout": facts.LAYOUT,
        "inactive": False,
    }
    book.add("Customers", row, now)


def _contact(book: Book, buyer: Buyer, now: str) -> None:
    row = {
        "contact_code": f"LH-{_local(buyer.phone)}",
        "contact_name": buyer.name,
        "account_name": f"KH-{_local(buyer.phone)}",
        "mobile": _local(buyer.phone),
        "email": f"{buyer.username}@example.com",
        "mailing_address": buyer.street,
        "form_layout": facts.LAYOUT,
    }
    book.add("Contacts", row, now)


def _product(book: Book, good: Good, now: float) -> None:
    number = len(book.tables["Products"])
    row = {
        # people type them, and leave a space behind
        "product_code": f"{good.sku} " if number % 15 == 7 else good.sku,
        "product_name": good.full_name,
        "product_category": good.category,
        "usage_unit": "Cái",
        "unit_price": good.price,
        "purchased_price": good.cost,
        "product_properties": "Combo" if good.components else "Hàng hóa",
        "inactive": False,
        "form_layout": facts.LAYOUT,
    }
    book.add("Products", row, stamp(now - _DAY * 30))


def _sale(book: Book, draws: Draws, number: int, buyer: Buyer, at: float) -> None:
    good = draws.pick(list(book.tables["Products"].values()), "misa_crm", "sold", number)
    pieces, price = draws.whole(1, 5, "misa_crm", "pieces", number), int(good["unit_price"])
    book.last_line += 1
    row = {
        "sale_order_no": f"DH{number + 1:06d}",
        "sale_order_name": f"Đơn hàng {buyer.name}",
        "sale_order_date": stamp(at)[:10] + "T00:00:00.000+07:00",
        "account_name": f"KH-{_local(buyer.phone)}",
        "contact_name": "",
        "status": list(facts.STATES)[number % len(facts.STATES)],
        "delivery_status": "Chưa giao hàng",
        "pay_status": "Chưa thanh toán",
        "sale_order_amount": price * pieces,
        "total_summary": str(price * pieces) if number % 2 else price * pieces,
        "discount_summary": 0,
        "tax_summary": 0,
        "other_sys_order_code": "",
        "employee_code": "NV001",
        "owner_name": "Trần Thu Hà",
        "form_layout": facts.LAYOUT,
        "is_deleted": False,
        "sale_order_product_mappings": [
            {
                "id": book.last_line,
                "product_code": str(good["product_code"]).strip(),
                "description": good["product_name"],
                "unit": good["usage_unit"],
                "amount": pieces,
                "price": price,
                "to_currency": price * pieces,
                "discount": 0,
                "tax_percent": "KCT",
                "tax": 0,
                "total": price * pieces,
                "is_note_row": False,
            }
        ],
    }
    book.add("SaleOrders", row, stamp(at))
