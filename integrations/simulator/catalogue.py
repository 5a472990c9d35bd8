"""Assortment of a Vietnamese general store: (category, family, axis, options, price in dong)."""

from __future__ import annotations

from typing import NamedTuple


class Family(NamedTuple):
    """Goods that differ by one option; without options, a single product."""

    category: str
    name: str
    axis: str
    options: tuple[str, ...]
    price: int


_SIZES = ("S", "M", "L", "XL")
_SHOES = ("37", "38", "39", "40")
_COLOURS = ("Đen", "Trắng", "Xanh rêu")
_PASTEL = ("Hồng phấn", "Be", "Xám khói")
_SHADES = ("01 Đỏ cam", "02 Hồng đất", "03 Nâu gạch", "04 Đỏ rượu")

FAMILIES: tuple[Family, ...] = (
    Family("Thời trang", "Áo thun cotton cổ tròn", "Kích cỡ", _SIZES, 129_000),
    Family("Thời trang", "Áo sơ mi lụa tay dài", "Kích cỡ", _SIZES, 259_000),
    Family("Thời trang", "Váy hoa nhí cổ vuông", "Kích cỡ", ("S", "M", "L"), 319_000),
    Family("Thời trang", "Quần jean ống suông lưng cao", "Kích cỡ", _SIZES, 389_000),
    Family("Thời trang", "Áo khoác gió hai lớp", "Màu sắc", _COLOURS, 349_000),
    Family("Thời trang", "Áo dài cách tân gấm", "Kích cỡ", ("S", "M", "L"), 690_000),
    Family("Thời trang", "Giày thể thao đế êm", "Kích cỡ", _SHOES, 459_000),
    Family("Thời trang", "Dép quai ngang đúc nguyên khối", "Kích cỡ", _SHOES, 89_000),
    Family("Thời trang", "Túi tote vải bố in chữ", "Màu sắc", _COLOURS, 99_000),
    Family("Thời trang", "Nón lá Huế thêu tay", "", (), 145_000),
    Family("Thời trang", "Khăn rằn Nam Bộ", "Màu sắc", ("Đen trắng", "Đỏ trắng"), 65_000),
    Family("Thời trang", "Vớ cổ ngắn sợi tre (3 đôi)", "Màu sắc", _COLOURS, 59_000),
    Family("Mỹ phẩm", "Son kem lì mịn môi", "Màu sắc", _SHADES, 189_000),
    Family("Mỹ phẩm", "Kem chống nắng SPF50+ 50ml", "", (), 275_000),
    Family("Mỹ phẩm", "Sữa rửa mặt rau má 120g", "", (), 139_000),
    Family("Mỹ phẩm", "Nước tẩy trang hoa hồng 400ml", "", (), 199_000),
    Family("Mỹ phẩm", "Serum vitamin C 10% 30ml", "", (), 329_000),
    Family("Mỹ phẩm", "Mặt nạ giấy bí đao", "Quy cách", ("Gói lẻ", "Hộp 10 miếng"), 159_000),
    Family("Mỹ phẩm", "Dầu gội bồ kết vỏ bưởi 300ml", "", (), 115_000),
    Family("Mỹ phẩm", "Phấn nước che khuyết điểm", "Tông", ("N21 Sáng", "N23 Tự nhiên"), 299_000),
    Family("Mỹ phẩm", "Tinh dầu bưởi dưỡng tóc 100ml", "", (), 95_000),
    Family("Thực phẩm", "Cà phê rang xay Buôn Ma Thuột", "Khối lượng", ("250g", "500g", "1kg"), 98_000),
    Family("Thực phẩm", "Trà ô long Cầu Đất 100g", "", (), 120_000),
    Family("Thực phẩm", "Nước mắm Phú Quốc 40 độ đạm", "Dung tích", ("500ml", "750ml"), 85_000),
    Family("Thực phẩm", "Bánh đậu xanh Hải Dương hộp 300g", "", (), 55_000),
    Family("Thực phẩm", "Hạt điều rang muối Bình Phước", "Khối lượng", ("250g", "500g"), 145_000),
    Family("Thực phẩm", "Mật ong hoa nhãn Hưng Yên 500ml", "", (), 185_000),
    Family("Thực phẩm", "Bún khô gạo lứt 500g", "", (), 42_000),
    Family("Thực phẩm", "Muối ớt Tây Ninh hũ 150g", "", (), 29_000),
    Family("Thực phẩm", "Gạo ST25 túi 5kg", "", (), 215_000),
    Family("Thực phẩm", "Kẹo dừa Bến Tre", "Vị", ("Sầu riêng", "Lá dứa", "Ca cao"), 39_000),
    Family("Gia dụng", "Bình giữ nhiệt inox", "Dung tích", ("350ml", "500ml", "750ml"), 179_000),
    Family("Gia dụng", "Chảo chống dính vân đá", "Kích cỡ", ("20cm", "24cm", "28cm"), 229_000),
    Family("Gia dụng", "Bộ chén sứ Bát Tràng men lam", "", (), 420_000),
    Family("Gia dụng", "Khăn tắm sợi bông 70×140", "Màu sắc", _PASTEL, 119_000),
    Family("Gia dụng", "Đèn ngủ cảm ứng hình thỏ", "", (), 135_000),
    Family("Gia dụng", "Giỏ mây tre đan đựng đồ", "Kích cỡ", ("Nhỏ", "Vừa", "Lớn"), 110_000),
    Family("Gia dụng", "Nước rửa chén bã mía 1 lít", "", (), 49_000),
    Family("Gia dụng", "Chiếu cói Nga Sơn", "Kích cỡ", ("1m2", "1m6", "1m8"), 265_000),
    Family("Gia dụng", "Hộp cơm giữ nhiệt hai ngăn", "Màu sắc", _PASTEL, 249_000),
    Family("Mẹ & bé", "Bình sữa cổ rộng chống đầy hơi", "Dung tích", ("160ml", "240ml"), 169_000),
    Family("Mẹ & bé", "Yếm ăn dặm silicon", "Màu sắc", _PASTEL, 69_000),
    Family("Mẹ & bé", "Bộ đồ sơ sinh vải muslin", "Kích cỡ", ("0-3 tháng", "3-6 tháng", "6-12 tháng"), 139_000),
    Family("Mẹ & bé", "Khăn ướt không mùi 100 tờ", "", (), 35_000),
    Family("Mẹ & bé", "Xếp hình gỗ bảng chữ cái tiếng Việt", "", (), 155_000),
    Family("Điện tử", "Cáp sạc nhanh bọc dù", "Chiều dài", ("1m", "2m"), 79_000),
    Family("Điện tử", "Tai nghe không dây chống ồn", "Màu sắc", ("Đen", "Trắng"), 549_000),
    Family("Điện tử", "Pin sạc dự phòng 10.000mAh", "Màu sắc", ("Đen", "Trắng"), 359_000),
    Family("Điện tử", "Quạt cầm tay mini", "Màu sắc", _PASTEL, 129_000),
    Family("Văn phòng phẩm", "Sổ tay bìa còng A5", "Màu sắc", _PASTEL, 75_000),
    Family("Văn phòng phẩm", "Bút gel mực xanh hộp 12 cây", "", (), 60_000),
    Family("Văn phòng phẩm", "Giấy ghi chú dán nhiều màu", "", (), 25_000),
)

# name suffixes of later rounds over the families, until there are enough goods
EDITIONS = (
    "",
    "bản cao cấp",
    "phiên bản mới",
    "hàng tuyển",
    "bản giới hạn",
    "mẫu 2026",
    "dòng tiết kiệm",
    "bản quà tặng",
)
