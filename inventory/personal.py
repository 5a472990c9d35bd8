"""Columns of stock and listings that hold people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.personal import searched

TABLES = (searched("inventory_stockmovement", _("Movement of stock"), "note", about="t.note <> ''"),)

# order numbers: of the documents that accounts keep
IMPERSONAL = {
    "inventory_warehouse": "name external_id",
    "inventory_shop": "name channel currency time_zone  ",
    "inventory_product": "sku barcode name search_text search_grams",
    "inventory_stocklevel": "shelf",
    "inventory_stockmovement": "order_number line_key",
    "inventory_reservation": "order_number line_key",
    "inventory_listing": (
        "item_id variation_id outlet_item_id sku barcode title variation_name description images price_failure currency raw"
        " category_id category_name search_text search_grams traceparent"
    ),
    "inventory_listingstock": "warehouse failure_code failure traceparent",
    "inventory_stockmark": "traceparent",
    "inventory_bulkmapping": "pairs",
    "inventory_productpair": "moved",
    "inventory_breach": "check_code subject",
}
