"""Shopee's constants: lifetimes, limits, sizes, codes. Sources: the v2 API reference and its guides; [inf] marks inferences."""

from __future__ import annotations

from typing import Final

REGION: Final = "VN"
CURRENCY: Final = "VND"
# where the stock of a shop without multi-warehouse lies
LOCATION: Final = "VNZ"
PREFIX: Final = "/api/v2"

# seconds; counted in logical time but for the first, which compares two real clocks
TIMESTAMP_LIFE: Final = 300
ACCESS_LIFE: Final = 14_400
OLD_ACCESS_LIFE: Final = 300  # how long the access token of before still works after a refresh
REFRESH_LIFE: Final = 30 * 86_400
CODE_LIFE: Final = 600
AUTHORISATION_LIFE: Final = 365 * 86_400
EXPIRY_WARNING: Final = 7 * 86_400

# the gateway refuses ids outside this span
MAX_ID: Final = 4_294_967_295

# an order number begins with a date; ours is always the same, so that a seed gives the same numbers on any day
ORDER_DAY: Final = "261121"
ORDER_WINDOW: Final = 15 * 86_400
PAGE_MAX: Final = 100
BATCH_MAX: Final = 50
DAYS_TO_SHIP: Final = 2

# calls of one shop per second before error_rate_limit; no number is published, this one is ours: set `Backend.quota.per_second` lower
CALLS_PER_SECOND: Final = 1_000

PUSH_TIMEOUT: Final = 3.0
PUSH_RETRIES: Final = (300.0, 1_800.0, 10_800.0)
PUSH_HEALTH_SPAN: Final = 6 * 3_600.0
PUSH_HEALTH_COUNT: Final = 600
PUSH_WARN, PUSH_DISABLE = 0.7, 0.3
LOST_LIFE: Final = 3 * 86_400.0
LOST_PAGE: Final = 100
BLOCKED_MAX: Final = 500
PUSH_CODES: Final = (1, 2, 3, 4, 8, 12, 15, 22, 29, 30)
# codes that may be subscribed to: those of the configuration page's own samples, and those that are sent here
PUSH_CODES_KNOWN: Final = frozenset({*range(1, 14), *PUSH_CODES, 47})
PROBE: Final = {
    "code": 0,
    "data": {"verify_info": "This is a Verification message.Please respond in the certain format."},
}

# one carrier, integrated; pickup and drop-off
CARRIER: Final = "SPX Express"
LOGISTICS_CHANNEL: Final = 50_021
SORTING_GROUP: Final = "North"
PICKUP_DAYS: Final = 3
# logical seconds after shipment was arranged: until the carrier took the request (the order is READY_TO_SHIP that long), until
# there is a tracking number; and until a label is printed. Minutes in real life, shorter here as the world's couriers are quick
ARRANGE_DELAY: Final = 2.0
TRACKING_DELAY: Final = 10.0
DOCUMENT_DELAY: Final = 3.0
RETURN_LIFE: Final = 2 * 86_400.0

# HTTP status by the last part of an error code; the rest answers 200. 403 [inf], 404 and invalid_partner_id observed
STATUS: Final = {
    "error_auth": 403,
    "error_sign": 403,
    "invalid_acceess_token": 403,
    "invalid_partner_id": 403,
    "error_not_found": 404,
    "error_rate_limit": 429,
    "error_server": 500,
}


def promotion(item_id: str) -> int:
    """Return the id of the campaign that an item is in: 15 digits."""
    return 700_000_000_000_000 + int(item_id) % 99_999_999_999_999
