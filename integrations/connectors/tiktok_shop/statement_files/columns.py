"""Headings of the settled file: 65 in 06/2026, fewer before, in the language of the user's screen."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.contract.statement_files import Column, Name


def column(meaning: str, vi: str, *en: str, required: bool = False, proof: bool = False) -> Column:
    """Return a column with its Vietnamese heading and its English ones, new and old."""
    return Column(meaning, (Name(vi), *(Name(text, "en") for text in en)), required, proof)


# meaning: the name of the part in the API (202501) where it has one, else the English heading; -> (our kind, headings)
FEES: Mapping[str, tuple[str, str, str]] = {
    "transaction_fee_amount": ("payment_fee", "Phí giao dịch", "Transaction fee"),
    "platform_commission_amount": ("commission", "Phí hoa hồng của TikTok Shop", "TikTok Shop commission fee"),
    "shipping_cost_amount": ("shipping", "Phí vận chuyển của người bán", "Seller shipping fee"),
    "affiliate_commission_amount": ("affiliate", "Hoa hồng liên kết", "Affiliate Commission"),
    "affiliate_ads_commission_amount": (
        "affiliate", "Hoa hồng liên kết Quảng cáo cửa hàng", "Affiliate Shop Ads commission",
    ),
    "affiliate_partner_commission_amount": (
        "affiliate", "Hoa hồng của đối tác liên kết", "Affiliate Partner commission",
    ),
    "Affiliate commission deposit": ("affiliate", "Tiền cọc hoa hồng liên kết", "Affiliate commission deposit"),
    "Affiliate commission refund": ("affiliate", "Hoàn hoa hồng liên kết", "Affiliate commission refund"),
    "Affiliate Partner shop ads commission": (
        "affiliate", "Hoa hồng quảng cáo cửa hàng của Đối tác liên kết", "Affiliate Partner shop ads commission",
    ),
    "sfp_service_fee_amount": ("service_fee", "Phí dịch vụ SFP", "SFP service fee"),
    "Bonus cashback service fee": ("service_fee", "Phí dịch vụ hoàn tiền thưởng", "Bonus cashback service fee"),
    "LIVE Specials service fee": ("service_fee", "Phí dịch vụ Ưu đãi đặc biệt trên LIVE", "LIVE Specials service fee"),
    "voucher_xtra_service_fee_amount": ("service_fee", "Phí dịch vụ Voucher Xtra", "Voucher Xtra service fee"),
    "vn_fix_infrastructure_fee": ("service_fee", "Phí xử lý đơn hàng", "Order processing fee"),
    "EAMS Program service fee": ("service_fee", "Phí dịch vụ Chương trình EAMS", "EAMS Program service fee"),
    "flash_sales_service_fee_amount": ("service_fee", "Phí dịch vụ Flash Sale", "Flash Sale service fee"),
    "local_vat_amount": ("tax", "Thuế GTGT do TikTok Shop khấu trừ", "VAT withheld by TikTok Shop"),
    "pit_amount": ("tax", "Thuế TNCN do TikTok Shop khấu trừ", "PIT withheld by TikTok Shop"),
    "TikTok PayLater program fee": ("service_fee", "Phí chương trình TikTok PayLater", "TikTok PayLater program fee"),
    "Campaign resource fee": ("service_fee", "Phí nguồn lực chiến dịch", "Campaign resource fee"),
    "SFR service fee": ("service_fee", "Phí dịch vụ SFR", "SFR service fee"),
    "GMV Max voucher": ("voucher", "Voucher GMV Max", "GMV Max voucher"),
    "GMV Max voucher sales tax": ("tax", "Thuế bán hàng của voucher GMV Max", "GMV Max voucher sales tax"),
    "Managed service package sales tax": (
        "tax", "Gói dịch vụ được quản lý (thuế bán hàng)", "Managed service package (sales tax)",
    ),
    "Managed service package": (
        "service_fee", "Gói dịch vụ được quản lý (phí mỗi đơn hàng)", "Managed service package (fee per order)",
    ),
    "GMV Max ad fee": ("service_fee", "Phí quảng cáo GMV Max", "GMV Max ad fee"),
}  # fmt: skip

# details of a fee beside it, what the buyer paid, discounts, weights: for people only. Adding them counts a fee twice
DETAILS = frozenset(
    (
        "Phí vận chuyển thực tế", "Chiết khấu phí vận chuyển của nền tảng", "Chi phí vận chuyển của khách hàng",
        "Phí vận chuyển trả hàng thực tế", "Phí vận chuyển của khách hàng được hoàn lại", "Hoàn phí SFR",
        "Trợ cấp giao hàng không thành công", "Trợ giá vận chuyển",
        "Hoa hồng liên kết trước thuế TNCN (thuế thu nhập cá nhân)", "Thuế TNCN đã khấu trừ",
        "Hoa hồng của Quảng cáo cửa hàng liên kết trước thuế TNCN",
        "Thuế thu nhập cá nhân đã được khấu trừ vào khoản hoa hồng của Quảng cáo cửa hàng liên kết", "Khách thanh toán",
        "Tiền hoàn của khách", "Giảm giá voucher đồng chi trả của người bán",
        "Hoàn tiền giảm giá voucher đồng chi trả của người bán", "Giảm giá của nền tảng", "Hoàn tiền giảm giá của nền tảng",
        "Giảm giá voucher đồng chi trả của nền tảng", "Hoàn tiền giảm giá voucher đồng chi trả của nền tảng",
        "Giảm phí vận chuyển của người bán", "Trọng lượng kiện hàng ước tính", "Trọng lượng kiện hàng được tính phí",
        "Actual shipping fee", "Platform shipping fee discount", "Customer shipping fee", "Actual return shipping fee",
        "Refunded customer shipping fee", "SFR reimbursement", "Failed delivery subsidy", "Shipping subsidy",
        "Customer payment", "Customer refund", "Seller co-funded voucher discount",
        "Refund of seller co-funded voucher discount", "Platform discounts", "Refund of platform discounts",
        "Platform co-funded voucher discounts", "Refund of platform co-funded voucher discounts",
        "Seller shipping fee discount", "Estimated package weight", "Actual package weight",
    )
)  # fmt: skip

# the five that come to the settlement, exact on all of 441 rows that somebody measured
FORMULA = ("before_discounts", "seller_discounts", "refund_before_discounts", "refund_of_discounts", "fees")

COLUMNS = (
    column("id", "ID đơn hàng/điều chỉnh", "Order/adjustment ID", "Order/Adjustment ID", "Order\\adjustment ID", proof=True),
    column("type", "Loại giao dịch", "Transaction type", "Type", required=True),
    column("created", "Thời gian tạo đơn hàng", "Order created time"),
    column("settled", "Thời gian quyết toán đơn hàng", "Order settled time", required=True),
    column("currency", "Đơn vị tiền tệ", "Currency", required=True),
    column("settlement", "Tổng số tiền quyết toán", "Total settlement amount", proof=True),
    column("revenue", "Tổng doanh thu", "Total Revenue", required=True),
    column("after_discounts", "Tổng phụ sau giảm giá của người bán", "Subtotal after seller discounts"),
    column("before_discounts", "Tổng phụ trước giảm giá", "Subtotal before discounts", required=True),
    column("seller_discounts", "Giảm giá của người bán", "Seller discounts", required=True),
    column(
        "refund_after_discounts", "Tổng phụ của khoản hoàn tiền sau giảm giá của người bán",
        "Refund subtotal after seller discounts",
    ),
    column(
        "refund_before_discounts", "Tổng phụ hoàn tiền trước giảm giá của người bán",
        "Refund subtotal before seller discounts", required=True,
    ),
    column("refund_of_discounts", "Khoản hoàn tiền giảm giá của người bán", "Refund of seller discounts", required=True),
    column("fees", "Tổng phí", "Total Fees", required=True),
    column("adjustment", "Số tiền điều chỉnh", "Adjustment amount"),
    column("related", "ID đơn hàng liên quan", "Related order ID"),
    *(column(meaning, vi, en) for meaning, (_kind, vi, en) in FEES.items()),
)  # fmt: skip
