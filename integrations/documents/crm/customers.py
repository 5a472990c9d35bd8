"""The customer of an order in the CRM, by the code it has or will have there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.db import fetch
from integrations.documents.crm.desired import CUSTOMER
from integrations.documents.difference import Wanted

# the code that the CRM has for whoever has this telephone, else one made of it; without a telephone the shop's own
_CODES = """
SELECT o.id, coalesce(known.code,
    CASE WHEN coalesce(buyer.phone, '') <> '' THEN 'KH-' || regexp_replace(regexp_replace(buyer.phone, '^[+]84', '0'), '^[+]', '')
         ELSE coalesce(nullif(book.settings ->> 'collective_customer', ''), 'SAN-' || shop.channel || '-' || mine.external_id)
    END)
FROM unnest(%(orders)s::bigint[], %(targets)s::bigint[]) AS asked(order_id, target_id)
JOIN orders_order o ON o.id = asked.order_id
JOIN inventory_shop shop ON shop.id = o.shop_id
JOIN integrations_connection mine ON mine.shop_id = o.shop_id
JOIN integrations_connection book ON book.id = asked.target_id
LEFT JOIN orders_customer buyer ON buyer.id = o.customer_id
LEFT JOIN LATERAL (
    SELECT i.code FROM orders_customeridentity i
    WHERE i.customer_id = buyer.id AND i.shop_id = book.shop_id AND i.code <> '' AND buyer.phone <> '' ORDER BY i.id LIMIT 1
) known ON true
"""

_IN_THE_BOOK = """
SELECT DISTINCT c.target_id, c.code FROM unnest(%(targets)s::bigint[], %(codes)s::text[]) AS n(target_id, code)
JOIN integrations_command c ON c.target_id = n.target_id AND c.code = n.code AND c.kind = 'crm_customer' AND c.state = 'done'
"""


def with_customers(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Fill in the customers' codes, without the customers that the CRM has been given already."""
    targets = {one.order.id: one.order.target_id for one in wanted}
    codes: dict[int, str] = dict(fetch(_CODES, orders=list(targets), targets=list(targets.values())))
    in_the_book = known_codes([(target_id, codes[order_id]) for order_id, target_id in targets.items()])
    found: list[Wanted] = []
    for one in wanted:
        document, code = one.document, codes[one.order.id]
        if document.kind != CUSTOMER:
            found.append(replace(one, document=replace(document, options={**document.options, "customer": code})))
        elif (one.order.target_id, code) not in in_the_book:
            # the subject: two commands about one customer are never under way at once
            found.append(replace(one, document=replace(document, options={"code": code}, subject=code)))
    return found


def known_codes(asked: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those of (connection, customer's code) that were written already."""
    rows = fetch(_IN_THE_BOOK, targets=[target for target, _ in asked], codes=[code for _, code in asked])
    return {(target, code) for target, code in rows}
