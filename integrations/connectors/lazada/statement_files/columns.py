"""Headings of both schemas, and what the Vietnamese file calls the fees."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.contract.statement_files import Column, Name

# Vietnamese name -> `fee_name` of the API and of the English files
FEE_NAMES: Mapping[str, str] = {
    "Giá trị sản phẩm": "Item Price Credit",
    "Hoàn giá trị sản phẩm": "Reversal Item Price",
    "Phí cố định": "Commission",
    "Hoàn phí cố định": "Reversal Commission",
    "Phí xử lý đơn hàng": "Payment Fee",
    "Phí quảng cáo tiếp thị liên kết": "Sponsored Affiliates",
    "Giảm Giá Bằng Xu": "LazCoins Discount",
    "Phí vận chuyển khách trả": "Shipping Fee (Paid By Customer)",
    "Phí vận chuyển": "Shipping Fee Paid by Seller",
    "Bồi thường hàng thất lạc": "Lost Claim",
}


def _column(meaning: str, vi: str, en: str = "", *, required: bool = False, proof: bool = False) -> Column:
    names = ((vi, "vi"), (en, "en"))
    return Column(meaning, tuple(Name(text, language) for text, language in names if text), required, proof)


# the Vietnamese headings after the order's number are not known for certain
DAILY_COLUMNS = (
    _column("period", "kỳ báo cáo", "Statement Period"),
    _column("statement", "Mã sao kê", "Statement Number", proof=True),
    _column("day", "Ngày giao dịch", "Transaction Date", required=True),
    _column("fee", "Tên phí", "Fee Name", proof=True),
    _column("amount", "Số tiền (Đã bao gồm thuế)", "Amount(Include Tax)", required=True),
    _column("vat", "VAT Amount"),
    _column("paid", "Đã thanh toán", "Release Status", required=True),
    _column("paid_on", "Ngày phát hành", "Release Date"),
    _column("comment", "Bình luận", "Comment"),
    _column("ordered", "Ngày tạo đơn", "Order Creation Date"),
    _column("order", "Mã đơn hàng", "Order Number", required=True),
    _column("unit", "", "Order Line ID"),
)
WEEKLY_COLUMNS = (
    _column("day", "", "Transaction Date", required=True),
    _column("type", "", "Transaction Type", required=True),
    _column("fee", "", "Fee Name", proof=True),
    _column("number", "", "Transaction Number"),
    _column("amount", "", "Amount", required=True),
    _column("statement", "", "Statement", proof=True),
    _column("paid", "", "Paid Status", required=True),
    _column("order", "", "Order No.", proof=True),
    _column("unit", "", "Order Item No."),
    _column("comment", "", "Comment"),
)
