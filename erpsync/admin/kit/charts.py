"""Options of the theme's charts for amounts: its own axis shows 1000000 without separators in every language."""

from __future__ import annotations

import json

from django.conf import settings
from django.utils.translation import get_language


def amount_options() -> str:
    """Return the options of a chart whose axis and hints show amounts as the language writes them."""
    ticks = {"color": "#6b7280", "maxTicksLimit": 6}
    return json.dumps({
        "locale": get_language() or settings.LANGUAGE_CODE,
        "animation": False,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {"border": {"width": 0}, "grid": {"display": False}, "ticks": ticks},
            "y": {"beginAtZero": True, "border": {"width": 0}, "grid": {"tickWidth": 0}, "ticks": ticks},
        },
    })  # fmt: skip
