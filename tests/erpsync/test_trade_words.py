"""The words of the trade in Vietnamese, as people who sell on these platforms say them; each was once another word."""

from __future__ import annotations

import re

import pytest
from django.utils import translation
from django.utils.translation import gettext

from commissions.models import CommissionRule
from erpsync.environment import BASE_DIR
from inventory.models import Listing

WORDS = {
    "Cancel order": "Hủy đơn",
    "To ship": "Chờ xử lý",
    "Packed": "Chờ lấy hàng (đã có vận đơn)",
    "Ship": "Xác nhận & lấy vận đơn",
    "Arrange shipment": "Xác nhận & lấy vận đơn",
    "ship by": "hạn bàn giao",
    "Ship by": "Hạn bàn giao",
    "Ship-by time has passed": "Quá hạn bàn giao",
    "shipped": "bàn giao ĐVVC lúc",
    "Completed": "Hoàn thành",
    "Delivery failed": "Giao không thành công",
    "Returns": "Trả hàng – hoàn tiền",
    "Inbox": "Tin từ sàn",
    "Dead letters": "Tin chưa xử lý được",
    "Waiting events": "Tin đang xử lý",
    "Refused deliveries": "Webhook bị từ chối",
    "Break the order schema": "Đơn đọc không đủ dữ liệu",
    "Unmapped, with orders": "Sản phẩm chưa liên kết đang có đơn",
    "orders waiting: %(orders)s, pieces: %(pieces)s": "%(orders)s đơn, %(pieces)s sản phẩm đang chờ",
    "The hub works off its news slowly (since %(since)s): tell the people who run it.":
        "Hệ thống xử lý tin chậm từ %(since)s: hãy báo người vận hành.",
    "Quiet for a day: is the webhook still registered?": "Cả ngày không nhận được tin từ sàn. Bấm Kiểm tra ngay.",
    "Agree again": "Gia hạn ủy quyền",
    "Agree at %(channel)s": "Ủy quyền trên %(channel)s",
    "This consent was used already.": "Lần ủy quyền này đã được dùng rồi.",
    "Sweep now": "Đồng bộ lại ngay",
    "last sweep": "lần đối chiếu gần nhất",
    "pushes": "gửi tồn & giá lên sàn",
    "Pause pushes": "Tạm ngừng gửi",
    "Resume pushes": "Gửi lại",
    "no delay": "không trễ",
    "wanted": "tồn tính được",
    "expected": "dự kiến trên sàn",
    "published": "đã gửi",
    "observed": "sàn đang hiện",
    "units per listing": "quy đổi (1 sản phẩm = … đơn vị hàng)",
    "On sale as": "Đang bán trên các sàn",
    "How this number comes about": "Cách tính tồn",
    "Other people's orders at the POS": "Khách đặt tại POS",
    "price wanted": "giá bán mới",
    "Price wanted": "Giá bán mới",
    "price refused because": "sàn từ chối giá vì",
    "Known as": "Tài khoản trên các kênh",
    "telephone as given": "số điện thoại trên sàn",
    "since": "khách từ ngày",
    "about": "nội dung",
    "by": "người thực hiện",
    "Placed": "Ngày đặt",
    "needs attention": "cần chú ý",
    "stock shown": "tồn trên sàn",
    " By %(filter_title)s ": " %(filter_title)s ",
    "By %(filter_title)s": "%(filter_title)s",
    "paid out": "sàn đã trả tiền",
    "fee": "khoản mục",
    "statement": "kỳ đối soát",
    "Sale": "Tiền hàng",
    "In your words": "Giải thích thêm",
    "Lazada's number of the reason, if you know one.": "Mã lý do trên Lazada (nếu biết).",
    "There is nothing to choose from just now: %(problem)s": "Chưa lấy được danh sách lý do từ sàn: %(problem)s",
    "Fetch again": "Cập nhật từ sàn",
    "Fetch again from the channel": "Cập nhật từ sàn",
    "What the channel said": "Dữ liệu gốc từ sàn",
    "Needs attention": "Có vấn đề",
    "Histories": "Tải dữ liệu cũ",
    "Read in history": "Tải dữ liệu cũ",
    "Backfill": "Tải dữ liệu cũ",
    "What": "Dữ liệu cần tải",
    "newest first": "tải mới nhất trước",
    "Read in history: of which shop?": "Chọn gian hàng",
    "Proof of the books": "Đối chiếu số liệu",
    "scarce below": "sắp hết khi dưới",
    "Who gets the last units: the lowest number first.":
        "Gian hàng được ưu tiên khi sắp hết hàng: số nhỏ nhất trước.",
    "share in percent": "tỷ lệ tồn được bán (%)",
    "Keeps the stock": "Quản lý kho",
    "Sells": "Bán hàng",
    "staff status": "được vào trang quản lý",
    "superuser status": "toàn quyền",
    "Previous": "Trang trước",
    "Next": "Trang sau",
    "Void at the POS": "Hủy đơn/hóa đơn ở POS",
    "Active": "Đang dùng",
    "owner": "người phụ trách",
}  # fmt: skip
# words that were taken for what people say otherwise, and stand nowhere any more
GONE = (
    "bên ta", "chúng ta", "Quét bù", "Cần hiển thị", "Đọc lại được", "Giá mong muốn", "Khan hiếm", "Hạn giao",
    "Đồng ý lại", "Đồng ý trên", "Đọc dữ liệu cũ", "Con số này từ đâu ra", "dù bạn bấm bao nhiêu lần", "Kiểm chứng sổ sách",
    "worker có chạy", "bộ lập lịch", "món",
)  # fmt: skip
CATALOGUE = BASE_DIR / "locale/vi/LC_MESSAGES/django.po"


@pytest.mark.parametrize(("text", "word"), WORDS.items(), ids=WORDS.keys())
def test_it_is_called_as_sellers_call_it(text: str, word: str) -> None:
    with translation.override("vi"):
        assert gettext(text) == word


def test_a_listing_is_on_sale_and_a_rule_in_use() -> None:
    with translation.override("vi"):
        assert (Listing.Status.ACTIVE.label, CommissionRule.State.ACTIVE.label) == ("Đang bán", "Đang dùng")


def test_no_text_has_one_of_the_words_that_were_given_up() -> None:
    entries = re.findall(r'^msgstr(?:\[0\])? ((?:".*"\n)+)', CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    texts = ["".join(re.findall(r'"(.*)"', entry)) for entry in entries]
    assert len(texts) > 1000
    found = [(word, text) for word in GONE for text in texts if re.search(rf"\b{word}\b", text, re.IGNORECASE)]
    assert found == []


def test_capitals_within_a_label_are_kept() -> None:
    """`str.capitalize` made “Thuế gtgt” of “thuế GTGT”; `capfirst` leaves the rest alone."""
    sources = sorted((BASE_DIR / "erpsync").rglob("*.py"))
    assert [path.name for path in sources if ".capitalize()" in path.read_text(encoding="utf-8")] == []
