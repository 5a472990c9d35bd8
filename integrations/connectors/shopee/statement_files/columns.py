"""Headings of the income file, from its layouts of 03/2026 and 05/2026 and its English ones abroad."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.contract.statement_files import Column, Name


def _column(meaning: str, *names: str | Name, required: bool = False, proof: bool = False) -> Column:
    return Column(meaning, tuple(Name(n) if isinstance(n, str) else n for n in names), required, proof)


def _en(text: str) -> Name:
    return Name(text, "en")


# meaning: the API's name of the same part of `escrow_amount`, so that both ways end in one row; "file_..." where the API has none
PARTS: Mapping[str, tuple[str | Name, ...]] = {
    "original_cost_of_goods_sold": ("Giá sản phẩm", _en("Product Price")),
    "seller_return_refund": ("Số tiền hoàn lại", _en("Refund Amount")),
    "buyer_paid_shipping_fee": ("Phí vận chuyển Người mua trả", _en("Shipping Fee Paid by Buyer")),
    "actual_shipping_fee": ("Phí vận chuyển thực tế", _en("Shipping Fee Charged by Logistic Provider")),
    "shopee_shipping_rebate": ("Phí vận chuyển được trợ giá từ Shopee", _en("Shipping Rebate From Shopee")),
    "reverse_shipping_fee": ("Phí vận chuyển trả hàng (đơn Trả hàng/hoàn tiền)",),
    "rsf_seller_protection_fee_claim_amount": ("Phí vận chuyển được hoàn bởi PiShip",),
    "final_return_to_seller_shipping_fee": ("Phí vận chuyển trả hàng (đơn giao không thành công)",),
    "shopee_discount": ("Sản phẩm được trợ giá từ Shopee",),
    "voucher_from_seller": ("Mã ưu đãi do Người Bán chịu", _en("Voucher Sponsored by Seller")),
    "file_cofunded_voucher": ("Mã ưu đãi Đồng Tài Trợ do Người Bán chịu",),
    "seller_coin_cash_back": ("Mã hoàn xu do Người Bán chịu",),
    "file_cofunded_coins": ("Mã hoàn xu Đồng Tài Trợ do Người Bán chịu",),
    "commission_fee": ("Phí cố định", _en("Commission Fee")),
    "service_fee": ("Phí Dịch Vụ", _en("Service Fee")),
    "seller_transaction_fee": (
        Name("Phí xử lý giao dịch", since="2026-05"), Name("Phí thanh toán", until="2026-04"), _en("Transaction Fee"),
    ),
    "order_ams_commission_fee": ("Phí hoa hồng Tiếp thị liên kết", _en("AMS Commission Fee")),
    "shipping_seller_protection_fee_amount": ("Phí dịch vụ PiShip",),
    "ads_escrow_top_up_fee_or_technical_support_fee": (
        Name("Phí dịch vụ hiển thị NTTD (từ doanh thu đơn hàng)", since="2026-05"),
        Name("Mức Nạp Tiền Tự Động (từ doanh thu đơn hàng)", until="2026-04"),
    ),
    "withholding_vat_tax": ("Thuế GTGT",),
    "withholding_pit_tax": ("Thuế TNCN",),
    "file_installation_paid_by_buyer": ("Phí lắp đặt người mua trả",),
    "file_installation_fee": ("Phí lắp đặt thực tế",),
    "trade_in_bonus_by_seller": ("Trade-in Bonus by Seller",),
}  # fmt: skip
# our kinds of what the API has no name for
FILE_KINDS: Mapping[str, str] = {
    "file_cofunded_voucher": "voucher",
    "file_cofunded_coins": "voucher",
    "file_installation_paid_by_buyer": "shipping",
    "file_installation_fee": "service_fee",
}
# headings for people only: about the buyer, or rates, or what other columns hold already. Never read, never money
REFERENCE = frozenset(
    (
        "Người Mua", "Amount Paid By Buyer", "Transaction Fee Rate (%)", "Phương thức thanh toán của Người mua",
        "Buyer Payment Method Details_1", "Installment Plan (if applicable)", "Phí vận chuyển - Người bán hỗ trợ",
        "Đơn vị vận chuyển", "Courier Name", "Mã voucher", "Đền bù đơn mất hàng", "Giá sản phẩm (sau khuyến mãi)", "Shopee xu",
        "Shopee voucher", "Ngân hàng khuyến mãi thanh toán trên Thẻ Tín Dụng",
        "Shopee khuyến mãi thanh toán trên Thẻ Tín Dụng", "Mã giao dịch", "Mã sản phẩm", "Tên sản phẩm", "Mã yêu cầu hoàn tiền",
        "Ngày đặt hàng", "Phương thức thanh toán", "Phân Loại", "Loại đơn hàng", "Sản Phẩm Bán Chạy", "Sequence No.",
        "refund id", "Product ID", "Product Name", "Order Creation Date", "Release Channel", "Order Type",
    )
)  # fmt: skip

INCOME_COLUMNS = (
    _column("view", "Đơn hàng / Sản phẩm", _en("View By"), proof=True),
    _column("order", "Mã đơn hàng", _en("Order ID"), proof=True),
    _column("total", "Tổng tiền đã thanh toán", _en("Total Released Amount (VND)"), _en("Total Released Amount"), proof=True),
    _column("tax_code", "Mã Số Thuế"),
    _column("released", "Ngày hoàn thành thanh toán", _en("Payout Completed Date"), required=True),
    *(_column(meaning, *names, required=meaning == "original_cost_of_goods_sold") for meaning, names in PARTS.items()),
)  # fmt: skip

ADJUSTMENT_COLUMNS = (
    _column("day", "Ngày hoàn thành điều chỉnh đơn hàng", required=True),
    _column("reason", "Loại điều chỉnh | Mô tả", proof=True),
    _column("remark", "Lý do điều chỉnh"),
    _column("amount", "Số tiền điều chỉnh", proof=True),
    _column("order", "Mã đơn hàng liên quan", required=True),
    _column("released", "Ngày hoàn thành thanh toán"),
    _column("number", "Mã giao dịch"),
)
