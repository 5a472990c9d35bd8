"""Made-up buyers and drawn baskets."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.simulator.draws import Draws
from integrations.simulator.order import Buyer
from integrations.simulator.shops import Shop, Variation

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương")
_MIDDLE = ("Thị", "Văn", "Ngọc", "Minh", "Thu", "Quốc", "Bảo", "Thanh", "Kim", "Gia", "Hữu", "Mỹ")
_GIVEN = ("Anh", "Châu", "Dũng", "Giang", "Hà", "Hương", "Khánh", "Lan", "Linh", "Ngân", "Phúc", "Quỳnh", "Thảo", "Vy")
_STREETS = ("Lê Lợi", "Nguyễn Trãi", "Hai Bà Trưng", "Điện Biên Phủ", "Cách Mạng Tháng Tám", "Trần Hưng Đạo")  # fmt: skip
_PLACES = (
    ("Phường Bến Nghé", "Quận 1", "TP. Hồ Chí Minh"),
    ("Phường Thảo Điền", "TP. Thủ Đức", "TP. Hồ Chí Minh"),
    ("Phường Láng Hạ", "Quận Đống Đa", "Hà Nội"),
    ("Phường Dịch Vọng", "Quận Cầu Giấy", "Hà Nội"),
    ("Phường Hòa Cường Bắc", "Quận Hải Châu", "Đà Nẵng"),
    ("Phường An Khánh", "Quận Ninh Kiều", "Cần Thơ"),
    ("Phường Phú Nhuận", "TP. Huế", "Thừa Thiên Huế"),
)
BUYERS = 400  # people come back
RUSH = 0.35  # share of baskets that reach for what is nearly gone
FEW = 5


def buyer_of(draws: Draws, number: int) -> Buyer:
    """Return the buyer of the order with this number."""
    person = 1 + draws.number("buyer", number) % BUYERS
    family, middle = draws.pick(_FAMILY, "family", person), draws.pick(_MIDDLE, "middle", person)
    given = draws.pick(_GIVEN, "given", person)
    ward, district, city = draws.pick(_PLACES, "place", person)
    return Buyer(
        id=700_000_000 + person,
        username=f"khach_{person:04d}",
        name=f"{family} {middle} {given}",
        phone=f"8490000{person:04d}",
        street=f"{1 + draws.number('house', person) % 300} {draws.pick(_STREETS, 'street', person)}",
        ward=ward,
        district=district,
        city=city,
    )


def basket(draws: Draws, shop: Shop, number: int) -> list[tuple[Variation, int]]:
    """Return the picks of the buyer of order `number` in this shop; empty when nothing is left on sale."""
    on_sale = [variation for variation in shop.variations() if variation.stock > 0]
    nearly_gone = [variation for variation in on_sale if variation.stock <= FEW]
    found: dict[tuple[str, str], tuple[Variation, int]] = {}
    for place in range(draws.pick((1, 1, 1, 2, 2, 3), "lines", number)):
        rush = nearly_gone and draws.chance(RUSH, "rush", number, place)
        variation = _choose(draws, nearly_gone if rush else on_sale, number, place)
        if variation is not None:
            wanted = draws.pick((1, 1, 1, 2), "quantity", number, place)
            found[variation.item_id, variation.id] = (variation, min(wanted, variation.stock))
    return list(found.values())


def _choose(draws: Draws, variations: Sequence[Variation], number: int, place: int) -> Variation | None:
    return draws.pick(variations, "basket", number, place) if variations else None
