"""Sendo's constants. [nv] marks what is not verified: then the fake takes the harsher form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Final

VIETNAM: Final = timezone(timedelta(hours=7))
TOKEN_LIFE: Final = 8 * 3600.0
LOGINS_PER_SECOND: Final = 5
PAGE_MAX: Final = 50
PRODUCT_PAGE: Final = 10
# of order search without any date
DEFAULT_DAYS: Final = 7
# first and last day of a status window, both counted
STATUS_DAYS: Final = 3
# a page token's life [nv]
PAGE_LIFE: Final = 900.0
HOOK_TIMEOUT: Final = 5.0

NEW, ACCEPTED, SHIPPING, DELIVERED, COMPLETED, CANCELLED, RETURNING = 2, 3, 6, 7, 8, 13, 21
# the world's word -> order_status. An online order that is not paid yet is new as well [nv]
STATUS: Final[Mapping[str, int]] = {
    "unpaid": NEW,
    "to_ship": NEW,
    "packed": ACCEPTED,
    "shipped": SHIPPING,
    "delivered": DELIVERED,
    "completed": COMPLETED,
    "cancelled": CANCELLED,
    "returning": RETURNING,
}
# the steps that change order_status, hence its time
STATUS_STEPS: Final = ("placed", "arranged", "shipped", "delivered", "completed", "cancelled", "returning")
STATUSES: Final = frozenset({2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 15, 19, 21, 22, 23})
COD, ONLINE = 1, 2
UNPAID, COD_PAID, PAID, REFUNDED = 1, 2, 3, 5
PAYMENT_NAMES: Final[Mapping[int, str]] = {
    UNPAID: "Chưa nhận tiền",
    COD_PAID: "Đã nhận tiền COD",
    PAID: "Đã thanh toán",
    REFUNDED: "Đã hoàn tiền",
}
REASONS: Final[Mapping[str, str]] = {"CBS1": "Hủy bởi người bán", "CBS100": "Hết hàng"}
# the world's reason -> (code, words); those of buyers and of Sendo are not in the sellers' list [nv]
CANCELLED_FOR: Final[Mapping[str, tuple[str, str]]] = {
    "changed_mind": ("CBB1", "Đổi ý"),
    "not_paid": ("CBO1", "Không thanh toán"),
    "out_of_stock": ("CBS100", "Hết hàng"),
    "not_shipped": ("CBS1", "Hủy bởi người bán"),
}
BY_SELLER: Final[Mapping[str, str]] = {"CBS1": "not_shipped", "CBS100": "out_of_stock"}

# share of orders that Sendo looks at first, and for how long, logical seconds
CHECKED_SHARE: Final = 0.15
CHECKING: Final = (4.0, 20.0)

SELLING, DRAFT, DELETED = 2, 0, 5
PRODUCT_STATUS: Final[Mapping[str, int]] = {"live": SELLING, "unlisted": DRAFT, "deleted": DELETED}
PRODUCT_STATUSES: Final = frozenset(range(7))
UNCHANGEABLE: Final = frozenset({1, 4, 5})
MASKS: Final = frozenset({"quantity", "price", "status"})
CARRIER: Final = ("Chuyển phát tiêu chuẩn", "ecom_shipping_dispatch_cptc_sc")
