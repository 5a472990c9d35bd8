"""Lazada's constants: lifetimes, limits, sizes. Sources: the API reference and its guides; [inf] inferred, [nv] not verified."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Final

COUNTRY: Final = "vn"
CURRENCY: Final = "VND"
SITE: Final = "lazada_vn"
# the shop country's zone, in which most times are written
ZONE: Final = timezone(timedelta(hours=7))
PREFIX: Final = "/rest"
WAREHOUSE: Final = "dropshipping"
CARRIER: Final = "LEX VN"
FREIGHT: Final = 16_500

# seconds; counted in logical time but for the first, which compares two real clocks
TIMESTAMP_LIFE: Final = 7_200
CODE_LIFE: Final = 1_800
ACCESS_LIFE: Final = 864_000
REFRESH_LIFE: Final = 4_320_000
EXPIRY_WARNING: Final = 48 * 3_600
DAY: Final = 86_400.0

ORDERS_PAGE: Final = 100
ORDERS_OFFSET: Final = 5_000
ORDERS_BATCH: Final = 50
PRODUCTS_PAGE: Final = 50
PRODUCTS_OFFSET: Final = 10_000
SELLER_SKUS: Final = 100
SKUS_MAX: Final = 50
PACKAGES_MAX: Final = 20
# seconds that the address of a label's PDF lives
LABEL_LIFE: Final = 600.0
TRANSACTIONS_PAGE: Final = 500
TRANSACTIONS_SPAN: Final = 180
DAYS_TO_SHIP: Final = 2

# calls of one seller per second before ApiCallLimit, which bans for a second; only the stock APIs publish a number
CALLS_PER_SECOND: Final = 1_000
STOCK_CALLS_PER_SECOND: Final = 50

PUSH_TIMEOUT: Final = 0.5
PUSH_RETRY: Final = 1_800.0
PUSH_RETRIES: Final = 12
RETURN_LIFE: Final = 2 * 86_400.0
RETURN_TRIP: Final = 60.0

# cancel reasons; the last two also set the stock of what was cancelled to 0
REASONS: Final = {
    "10000019": "Sourcing Delay",
    "10000021": "Out of Stock",
    "10000023": "Wrong Price or Pricing Error",
}
EMPTYING: Final = frozenset({"10000021", "10000023"})
RETURN_REASON: Final = (90_000_001, "Sản phẩm bị lỗi")
REFUSALS: Final = {90_100_001: "Buyer used the item", 90_100_002: "Item is not the one that was sold"}
# the warehouse looks again at what it packed [ours]
REPACKED_AFTER: Final = 8.0
