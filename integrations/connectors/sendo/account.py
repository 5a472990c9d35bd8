"""The shop at Sendo: its health."""

from __future__ import annotations

from integrations.connectors.sendo.client import shop_client
from integrations.connectors.sendo.mapping import products
from integrations.connectors.sendo.paging import pages
from integrations.connectors.sendo.reads import PRODUCTS
from integrations.connectors.sendo.signing import claims
from integrations.contract.access import Access
from integrations.contract.connector import Health
from integrations.wire import answers


def check(access: Access) -> Health:
    """Return the shop's health: one product of its list, the cheapest that two sources have seen, and its token's claims."""
    filters = {"page_size": 1}
    next(iter(pages(shop_client(access), PRODUCTS, filters, key=products.product_id, moving=False)), None)
    claimed = claims(access.tokens.current())
    names = ("StoreId", "StoreStatus", "ShopType", "StoreLevel")
    return Health(name=access.shop_id, detail={name: answers.plain(claimed[name]) for name in names if name in claimed})
