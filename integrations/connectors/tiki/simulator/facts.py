"""Tiki's constants: lifetimes, limits, sizes, words. Sources: the seller API's documentation; [inf] inferred, [nv] not verified."""

from __future__ import annotations

from typing import Final

# seconds of logical time. No life is documented [nv]
ACCESS_LIFE: Final = 86_399
REFRESH_LIFE: Final = 30 * 86_400.0
CODE_LIFE: Final = 600.0
STATE_LENGTH: Final = 8

CALLS_PER_SECOND: Final = 200
PAGE_DEFAULT, PAGE_MAX = 20, 100
# rows of one updateSkus [nv], deals of one call
BATCH_MAX: Final = 50
DEALS_MAX: Final = 100

# events of one pull [nv]; how long unread events are kept; until a new subscription gives the first
EVENTS_PER_PULL: Final = 100
RETENTION: Final = 7 * 86_400.0
SUBSCRIPTION_DELAY: Final = 5.0
EVENT_TYPES: Final = frozenset(
    {
        "ORDER_CREATED_SUCCESSFULLY",
        "ORDER_STATUS_UPDATED",
        "PRODUCT_INVENTORY_UPDATED",
        "PRODUCT_PRICE_UPDATED",
        "PRODUCT_MARKET_PRICE_UPDATED",
    }
)

# logical seconds: from the seller's yes to the warehouse's work, to the courier's van on the road
PICKING_AFTER: Final = 3.0
READY_AFTER: Final = 8.0
ON_THE_ROAD_AFTER: Final = 10.0
# share of finished orders that come back, and the seconds until they do and until they are in the shop
RETURN_SHARE: Final = 0.1
RETURN_AFTER: Final = (20.0, 60.0)
RETURN_TAKES: Final = 60.0

HOURS_TO_CONFIRM: Final = 18
WAREHOUSE_CODE: Final = "sgn"
FREIGHT: Final = 14_000
ON_DEMAND_SHARE: Final = 0.15

WEBHOOK_TIMEOUT: Final = 5.0
