"""Constants of the API: paths, sizes, words. V: several sources, I: inferred; the rest is one source."""

from __future__ import annotations

PREFIX = "/api/v2"
ACCOUNT = f"{PREFIX}/Account"
AUDIENCE, ISSUER = "AMISCRM2", "MISA"
# clients assume a day; documentation says to read `exp`
TOKEN_LIFE = 86_400
# the usual top (V); whether more is served is not verified, so it is cut
PAGE_MAX, PAGE_DEFAULT = 100, 10
LEDGER_PAGE_MAX = 50
# not published: what one POST may carry here
ROWS_MAX = 50
LAYOUT = "Mẫu tiêu chuẩn"

# texts of refusals; the field name is the stable part
DUPLICATE = "Giá trị của {field} đã bị trùng."
EMPTY = "{field} không được để trống."
INVALID = "Giá trị của {field} không hợp lệ."
MISSING = "{field} không tồn tại."

# this tenant's own list of sale order states, the first one that of a new order, and what its people mean by them
STATES = {
    "Chưa thực hiện": "to_ship",
    "Đang thực hiện": "packed",
    "Đang giao hàng": "shipped",
    "Hoàn thành": "completed",
    "Đã hủy bỏ": "cancelled",
}
NEW = "Chưa thực hiện"
