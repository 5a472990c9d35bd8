"""KiotViet's constants, as its public pages and live captures show them."""

from __future__ import annotations

from typing import Final

TOKEN_LIFE: Final = 86_400
GET_PER_HOUR: Final = 5_000
PAGE_DEFAULT: Final = 20
PAGE_MAX: Final = 100  # documented; whether more is clamped or refused is not verified, we clamp

ORDER_STATUS: Final = {1: "Phiếu tạm", 2: "Đang giao hàng", 3: "Hoàn thành", 4: "Đã hủy", 5: "Đã xác nhận"}
ORDER_DRAFT, ORDER_PART, ORDER_DONE, ORDER_CANCELLED, ORDER_CONFIRMED = 1, 2, 3, 4, 5

INVOICE_STATUS: Final = {1: "Hoàn thành", 2: "Đã hủy", 3: "Đang xử lý", 5: "Không giao được"}
INVOICE_DONE, INVOICE_CANCELLED, INVOICE_UNDER_WAY = 1, 2, 3
# goods of any other invoice are back on the shelf (5, not deliverable: inferred)
INVOICE_HOLDS_GOODS: Final = frozenset({INVOICE_DONE, INVOICE_UNDER_WAY})

DELIVERY_STATUS: Final = {
    1: "Chờ xử lý",
    2: "Đang giao hàng",
    3: "Giao thành công",
    4: "Đang chuyển hoàn",
    5: "Đã chuyển hoàn",
    6: "Đã hủy",
    7: "Đang lấy hàng",
    8: "Chờ lấy lại",
    9: "Đã lấy hàng",
    10: "Chờ giao lại",
    11: "Chờ chuyển hàng",
    12: "Chờ chuyển hoàn",
}
DELIVERED: Final = 3

COMBO, ORDINARY, SERVICE = 1, 2, 3

# tax id -> (name, percent)
TAXES: Final = {
    1: ("VAT 0%", 0),
    2: ("VAT 5%", 5),
    3: ("VAT 8%", 8),
    4: ("VAT 10%", 10),
    5: ("KCT", 0),
    6: ("1%", 1),
    7: ("2%", 2),
    8: ("3%", 3),
    9: ("5%", 5),
    12: ("KKKNT", 0),
}

PAYMENT_METHODS: Final = {"cash": "Cash", "card": "Card", "transfer": "Transfer", "voucher": "Voucher"}

WEBHOOK_TYPES: Final = frozenset(
    {
        "customer.update",
        "customer.delete",
        "product.update",
        "product.delete",
        "stock.update",
        "order.update",
        "invoice.update",
        "pricebook.update",
        "pricebook.delete",
        "pricebookdetail.update",
        "pricebookdetail.delete",
        "category.update",
        "category.delete",
        "branch.update",
        "branch.delete",
    }
)
WEBHOOK_TIMEOUT: Final = 5.0
WEBHOOK_GIVES_UP: Final = frozenset({400, 401, 403, 404, 405})
# seconds between attempts: neither count nor gaps are published
WEBHOOK_RETRIES: Final = (30.0, 120.0, 600.0, 1800.0, 3600.0)

# Marketplaces that KiotViet can import by itself: channel -> middle of the code prefix (DH..., HD..., KH...)
IMPORT_PREFIX: Final = {"shopee": "SPE", "lazada": "LZD", "tiktok_shop": "TTS", "tiki": "TIKI", "sendo": "SDO"}
# of the codes of their invoices: the number of the parcel
IMPORT_ENDING: Final = {"lazada": ".1"}

PRODUCT_ERROR: Final = "KvValidateProductException"
CUSTOMER_ERROR: Final = "KvValidateCustomerException"
ORDER_ERROR: Final = "KvValidateOrderException"
INVOICE_ERROR: Final = "KvValidateInvoiceException"
PAYMENT_ERROR: Final = "KvValidatePaymentException"
GENERAL_ERROR: Final = "KvException"
RETAILER_ERROR: Final = "KvUnauthorizedException"
TOKEN_ERROR: Final = "TokenException"

# Only the first is a recorded message; the others are ours in KiotViet's manner. Clients branch on the code.
NO_SUCH_PRODUCT: Final = "Hàng hóa được chọn không tồn tại hoặc đã bị xóa"
NO_SUCH_BRANCH: Final = "Chi nhánh không tồn tại hoặc đã bị xóa"
NO_SUCH_CUSTOMER: Final = "Khách hàng không tồn tại hoặc đã bị xóa"
NO_SUCH_ORDER: Final = "Đơn đặt hàng không tồn tại hoặc đã bị xóa"
NO_SUCH_INVOICE: Final = "Hóa đơn không tồn tại hoặc đã bị xóa"
NO_SUCH_WEBHOOK: Final = "Webhook không tồn tại hoặc đã bị xóa"
NO_SUCH_SURCHARGE: Final = "Thu khác không tồn tại hoặc đã bị xóa"
NO_SUCH_PRICE_BOOK: Final = "Bảng giá không tồn tại hoặc đã bị xóa"
NO_SUCH_RETURN: Final = "Phiếu trả hàng không tồn tại hoặc đã bị xóa"
CATEGORY_IN_USE: Final = "Nhóm hàng đang được sử dụng, không thể xóa"
NO_SUCH_CATEGORY: Final = "Nhóm hàng không tồn tại hoặc đã bị xóa"
NO_PERMISSION: Final = "Bạn không có quyền thực hiện thao tác này"
NO_LINES: Final = "Danh sách hàng hóa trống"
BAD_QUANTITY: Final = "Số lượng hàng hóa {code} không hợp lệ"
NOT_FOR_SALE: Final = "Hàng hóa {code} đã ngừng kinh doanh"
OUT_OF_STOCK: Final = "Hàng hóa {code} không đủ tồn kho"
ORDERING_OFF: Final = "Cửa hàng không cho phép đặt hàng"
DELIVERY_OFF: Final = "Cửa hàng không sử dụng tính năng giao hàng"
COD_OFF: Final = "Cửa hàng không sử dụng tính năng thu hộ tiền (COD)"
SURCHARGE_OFF: Final = "Cửa hàng không sử dụng tính năng thu khác"
SALE_TIME_LOCKED: Final = "Thời gian bán hàng đã bị khóa"
ORDER_CLOSED: Final = "Đơn đặt hàng đã hoàn thành hoặc đã bị hủy"
ORDER_HAS_INVOICES: Final = "Đơn đặt hàng đã có hóa đơn, không thể hủy"
INVOICE_CLOSED: Final = "Hóa đơn đã bị hủy"
BAD_METHOD: Final = "Phương thức thanh toán không hợp lệ"
BAD_STATUS: Final = "Trạng thái không hợp lệ"
BAD_DATE: Final = "Thời gian không hợp lệ"
BAD_NUMBER: Final = "Giá trị {name} không hợp lệ"
BAD_TAX: Final = "Thuế không tồn tại"
CODE_TAKEN: Final = "Mã {code} đã tồn tại"
NAME_MISSING: Final = "Tên không được để trống"
HOOK_BODY: Final = "Thông tin webhook không hợp lệ"
HOOK_TYPE: Final = "Loại webhook không được hỗ trợ"
HOOK_TAKEN: Final = "Webhook loại này đã được đăng ký"
DELETED: Final = "Xóa dữ liệu thành công"
SAVED: Final = "Cập nhật dữ liệu thành công"
TOKEN_EXPIRED: Final = "Token is expired"
TOO_MANY: Final = "Vượt quá số lượng yêu cầu cho phép trong một giờ"
MALFORMED: Final = "Unable to bind request body"
WRONG_RETAILER: Final = "Cửa hàng không tồn tại hoặc không được cấp quyền"
NOT_FOUND: Final = "Not Found"
