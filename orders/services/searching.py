"""Search texts and grams of orders and customers."""

from __future__ import annotations

from collections.abc import Iterable

from core.contacts import is_masked, real_phone
from core.search import code_words, phone_words, searched, words
from orders.snapshots import CustomerSnapshot, OrderSnapshot


def order_words(number: str, buyer: str, recipient: str, phone: str, tracking: Iterable[str]) -> list[str]:
    """Return the words of an order: number, tracking numbers, and people where no channel has masked them."""
    found = code_words(number)
    for one in tracking:
        found += code_words(one)
    return [*found, *_name_words(buyer), *_name_words(recipient), *phone_words(real_phone(phone))]


def identity_words(name: str, code: str, phone: str, email: str) -> list[str]:
    """Return the words of a customer as a shop knows them."""
    return [*_name_words(name), *code_words(code), *phone_words(real_phone(phone)), *_name_words(email)]


def order_search(order: OrderSnapshot) -> tuple[str, list[str]]:
    """Return `search_text` and `search_grams` of an order."""
    recipient = order.recipient
    people = (order.buyer_name, recipient.get("name") or "", recipient.get("phone") or "")
    return searched(order_words(order.number, *people, (parcel.tracking_number for parcel in order.parcels)))


def identity_search(customer: CustomerSnapshot) -> tuple[str, list[str]]:
    """Return `search_text` and `search_grams` of a customer as a shop knows them."""
    return searched(identity_words(customer.name, customer.code, customer.phone, customer.email))


def _name_words(name: str) -> list[str]:
    return [] if is_masked(name) else words(name)
