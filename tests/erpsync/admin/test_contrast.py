"""Contrast of the theme's colour: text that can be read (WCAG AA, 4.5 to 1)."""

from __future__ import annotations

import pytest
from django.conf import settings

WHITE, GREY, DARK = "#ffffff", "#f3f4f6", "#101828"  # page, chosen menu item and zebra rows, dark mode


def luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_the_known_one() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#0d9488", WHITE) == pytest.approx(3.74, abs=0.01)


@pytest.mark.parametrize(("shade", "ground"), [("600", WHITE), ("600", GREY), ("700", WHITE), ("500", DARK)])
def test_links_buttons_and_the_chosen_menu_item_can_be_read(shade: str, ground: str) -> None:
    assert contrast(settings.UNFOLD["COLORS"]["primary"][shade], ground) >= 4.5
