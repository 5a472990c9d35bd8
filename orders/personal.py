"""Columns of orders, customers and returns that hold people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.personal import Action, PersonalTable

WIPE, PSEUDONYM, SEARCH, KEEP = Action.WIPE, Action.PSEUDONYM, Action.SEARCH, Action.KEEP
_ACCOUNTS = _("Accounts and tax: what was sold, when, for how much, without the buyer.")
_OF_ORDER = "t.order_id = ANY(%(orders)s)"
_SHOP_OF_ORDER = "(SELECT o.shop_id FROM orders_order o WHERE o.id = t.order_id)"

TABLES = (
    PersonalTable(
        "orders_customer",
        _("Customer over all channels"),
        "t.id = ANY(%(customers)s)",
        {"name": WIPE, "phone": WIPE, "email": WIPE},
        shop="NULL::bigint",
    ),
    PersonalTable(
        "orders_customeridentity",
        _("Customer as a shop knows them"),
        "t.id = ANY(%(identities)s)",
        {
            "external_id": PSEUDONYM, "name": WIPE, "code": WIPE, "phone": WIPE, "email": WIPE, "address": WIPE, "held_reason": WIPE,
            "search_text": WIPE, "search_grams": WIPE,
        },
    ),
    PersonalTable(
        "orders_order",
        _("Order"),
        "t.id = ANY(%(orders)s)",
        {
            "buyer_id": PSEUDONYM, "buyer_name": WIPE, "recipient": WIPE, "note": WIPE, "raw": WIPE, "cancel_reason": SEARCH,
            "held_reason": WIPE, "search_text": WIPE, "search_grams": WIPE, "number": KEEP, "status": KEEP, "placed_at": KEEP, "total": KEEP,
            "shipping_fee": KEEP, "seller_discount": KEEP, "platform_discount": KEEP, "seller_voucher": KEEP, "platform_voucher": KEEP,
            "coins": KEEP, "tax": KEEP, "currency": KEEP, "payment_method": KEEP,
        },
        why_kept=_ACCOUNTS,
    ),
    PersonalTable(
        "orders_orderline",
        _("Line of an order"),
        _OF_ORDER,
        {"sku": KEEP, "title": KEEP, "variation_name": KEEP, "quantity": KEEP, "price": KEEP, "paid_price": KEEP},
        shop=_SHOP_OF_ORDER,
        why_kept=_ACCOUNTS,
    ),
    PersonalTable(
        "orders_parcel",
        _("Parcel"),
        _OF_ORDER,
        {"number": KEEP, "tracking_number": KEEP, "carrier": KEEP},
        shop=_SHOP_OF_ORDER,
        why_kept=_("Claims against the carrier, and its invoices."),
    ),
    PersonalTable(
        "orders_ordernote",
        _("Note on an order"),
        _OF_ORDER,
        {"text": WIPE},
        shop=_SHOP_OF_ORDER,
    ),
    PersonalTable(
        "orders_parcelevent",
        _("Step of a parcel"),
        _OF_ORDER,
        {"words": WIPE, "place": WIPE, "parcel": KEEP},
        shop=_SHOP_OF_ORDER,
        why_kept=_("Claims against the carrier, and its invoices."),
    ),
    # the files lie outside the database: an erasure deletes them (`services.photos.drop_of_orders`)
    PersonalTable(
        "orders_parcelphoto",
        _("Packing photo"),
        "t.id IN (SELECT l.parcelphoto_id FROM orders_parcelphoto_orders l WHERE l.order_id = ANY(%(orders)s))",
        {"number": KEEP, "tracking_number": KEEP},
        why_kept=_("Claims against the carrier, and its invoices."),
    ),
    PersonalTable(
        "orders_return",
        _("Return"),
        "t.id = ANY(%(returns)s)",
        {
            "reason": WIPE, "note": WIPE, "raw": WIPE, "number": KEEP, "order_number": KEEP, "tracking_number": KEEP,
            "refund": KEEP, "currency": KEEP,
        },
        why_kept=_ACCOUNTS,
    ),
)  # fmt: skip

# who sold an order, and who advertised it, are parties to their own commissions and not the buyer
IMPERSONAL = {
    "orders_waitingsettlement": "number amounts",
    "orders_order": "channel_status carrier problems settled_facts staff_id staff_name branch_id branch_name",
    "orders_orderline": "key parts item_id variation_id channel_status parcel category_id campaigns affiliate_id",
    "orders_statuschange": "channel_status source",
    # a word of the house for orders of all shops
    "orders_ordertag": "name",
    "orders_parcel": "channel_status",
    "orders_parcelevent": "digest",
    "orders_parcelphoto": "file_name content_type sha256",
    "orders_return": "channel_status problems",
    "orders_returnline": "key item_id variation_id sku",
    # numbers of parcels, and pieces of goods; the buyer is in the order
    "orders_packedparcel": "number tracking_number carrier scanned last_scan",
    "orders_handover": "carrier",
    "orders_handoverscan": "code number carrier orders",
    "orders_wave": "carrier",
    "orders_waveorder": "left_reason",
    "orders_returnchange": "channel_status source",
}
