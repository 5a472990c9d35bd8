"""Look of the admin: the theme's settings."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "erpsync",
    "SITE_HEADER": "erpsync",
    "SITE_SUBHEADER": _("All shops in one place"),
    "SITE_SYMBOL": "hub",
    "SITE_URL": None,
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "LOGIN": {"form": "erpsync.signin.form.SignInForm"},
    "ACCOUNT": {"navigation": [{"title": _("Sign-in and sessions"), "link": reverse_lazy("account")}]},
    "DASHBOARD_CALLBACK": "erpsync.admin.dashboard.fill",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "erpsync.admin.navigation.navigation"},
    # what makes the site an app on a telephone's screen; its pages are never kept there
    "SITE_FAVICONS": [
        {"rel": "manifest", "href": lambda request: static("erpsync/app.webmanifest")},
        {"rel": "icon", "sizes": "192x192", "type": "image/png", "href": lambda request: static("erpsync/icon-192.png")},
        {"rel": "apple-touch-icon", "sizes": "192x192", "href": lambda request: static("erpsync/icon-192.png")},
    ],
    "STYLES": [lambda request: static("erpsync/admin.css"), lambda request: static("erpsync/utilities.css")],
    "SCRIPTS": [lambda request: static("erpsync/labels.js"), lambda request: static("erpsync/unfold_row.js")],
    "COMMAND": {"search_models": False, "show_history": False},
    "COLORS": {
        # Teal: the theme's own violet is no colour for a hub that shows warnings in orange and red. From 600 on a shade darker
        # than usual: links and buttons are read against white and grey.
        "primary": {
            "50": "#f0fdfa", "100": "#ccfbf1", "200": "#99f6e4", "300": "#5eead4", "400": "#2dd4bf", "500": "#14b8a6",
            "600": "#0f766e", "700": "#115e59", "800": "#134e4a", "900": "#0f403d", "950": "#042f2e",
        },
    },
}  # fmt: skip
