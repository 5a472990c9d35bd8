"""TikTok Shop's constants: lifetimes, limits, sizes, words. Sources: the partner documentation and official SDK; [inf] marks inferences."""

from __future__ import annotations

from typing import Final

REGION: Final = "VN"
CURRENCY: Final = "VND"

# seconds. A call's timestamp compares two real clocks; lives are counted in logical time
STAMP_OLD: Final = 300
STAMP_AHEAD: Final = 30
ACCESS_LIFE: Final = 7 * 86_400
REFRESH_LIFE: Final = 365 * 86_400
CODE_LIFE: Final = 1_800

# page sizes: (least, most, default)
ORDER_PAGE: Final = (1, 100, 20)
PRODUCT_PAGE: Final = (1, 100, 20)
PACKAGE_PAGE: Final = (1, 50, 20)
CANCEL_PAGE: Final = (1, 50, 10)
RETURN_PAGE: Final = (10, 50, 10)
MONEY_PAGE: Final = (1, 100, 20)
ORDER_BATCH: Final = 50
INVENTORY_PRODUCTS: Final = 100
INVENTORY_SKUS: Final = 600
SEARCH_SKUS: Final = 10
MOST_STOCK: Final = 99_999

# calls of one shop and endpoint per second: the older edition of the rate page; the newer one gives no number
CALLS_PER_SECOND: Final = 50

WEBHOOK_TIMEOUT: Final = 3.0
WEBHOOK_RETRIES: Final = (120.0, 1_800.0, 10_800.0, 43_200.0)
LONGEST_ADDRESS: Final = 255

# logical seconds; hours and days in real life, shorter here as the world's buyers and couriers are quick
HOLD: Final = 2.0
RETURN_AFTER: Final = 5.0
RETURN_LIFE: Final = 2 * 86_400.0
RETURN_STEP: Final = 60.0
STATEMENT_SPAN: Final = 60.0
PAYING_SPAN: Final = 60.0
HOURS_TO_SHIP: Final = 48
LABEL_LIFE: Final = 86_400.0
# of delivered orders
RETURNED_SHARE: Final = 0.06

# the largest picture; the platform names no number [inf]
IMAGE_BYTES: Final = 5_000_000

CARRIER: Final = "J&T Express"
CARRIER_ID: Final = "6841743441349706241"
FREIGHT: Final = 16_500

EVENT_TYPES: Final = frozenset(
    "ORDER_STATUS_CHANGE RECIPIENT_ADDRESS_UPDATE PACKAGE_UPDATE PRODUCT_STATUS_CHANGE SELLER_DEAUTHORIZATION"
    " UPCOMING_AUTHORIZATION_EXPIRATION CANCELLATION_STATUS_CHANGE RETURN_STATUS_CHANGE NEW_CONVERSATION NEW_MESSAGE"
    " PRODUCT_INFORMATION_CHANGE PRODUCT_CREATION PRODUCT_CATEGORY_CHANGE NEW_MESSAGE_LISTENER INVOICE_STATUS_CHANGE"
    " PRODUCT_AUDIT_STATUS_CHANGE REVERSE_STATUS_UPDATE".split()
)
EVENT_OF: Final = {
    1: "ORDER_STATUS_CHANGE",
    3: "RECIPIENT_ADDRESS_UPDATE",
    4: "PACKAGE_UPDATE",
    5: "PRODUCT_STATUS_CHANGE",
    6: "SELLER_DEAUTHORIZATION",
    7: "UPCOMING_AUTHORIZATION_EXPIRATION",
    11: "CANCELLATION_STATUS_CHANGE",
    12: "RETURN_STATUS_CHANGE",
    15: "PRODUCT_INFORMATION_CHANGE",
}
