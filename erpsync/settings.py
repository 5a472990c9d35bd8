"""Django settings, from the environment only (`.env.example` explains each variable).

Outside DEBUG nothing is guessed: a missing variable ends the process with one line that names it.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from erpsync.environment import BASE_DIR, parse_field_keys, required
from erpsync.logging import configure

env = environ.Env()


def _development(value: str) -> str | None:
    return value if DEBUG else None


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", development=_development("only-for-development-" + "x" * 40))
DATABASE_URL = required("DATABASE_URL", development=_development("postgres://postgres@127.0.0.1:5432/erpsync"))
REDIS_URL = required("REDIS_URL", development=_development("redis://127.0.0.1:6379/0"))
FIELD_KEYS = parse_field_keys(
    required("FIELD_KEYS", development=_development("dev:" + base64.b64encode(b"d" * 32).decode()))
)
PUBLIC_URL = required("PUBLIC_URL", development=_development("http://127.0.0.1:8000")).rstrip("/")
SIMULATOR_URL = env.str("SIMULATOR_URL", default="http://127.0.0.1:9100").rstrip("/")
# our own address is always answered to: a platform that got a 400 there would switch its webhooks off
_HOSTS = required("ALLOWED_HOSTS", development=_development("localhost,127.0.0.1,testserver")).split(",")
ALLOWED_HOSTS = sorted({host.strip() for host in [*_HOSTS, urlsplit(PUBLIC_URL).hostname or ""]} - {""})

INSTALLED_APPS = [
    "erpsync",  # first: its templates override those of the theme and of Django
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_rq",
    "core",
    "inventory",
    "orders",
    "commissions",
    "integrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "erpsync.urls"
WSGI_APPLICATION = "erpsync.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.i18n",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Data. A connection per thread, checked before use: a restarted PostgreSQL then costs no request. Not psycopg's pool,
# which would hold a webhook for its own time-out while the database is away instead of letting it answer 503 at once.
_database: dict[str, Any] = env.db_url_config(DATABASE_URL)
DATABASES = {
    "default": {
        **_database,
        "HOST": unquote(_database["HOST"]),  # a Unix socket's directory comes percent-encoded
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **_database.get("OPTIONS", {})},
    },
}

# Jobs. Queues only wake people up: nothing is lost with Redis. Failed jobs are kept a day, RQ's default is a year.
QUEUES = ("cuts", "orders", "pushes", "bulk")
_patience = "socket_timeout=5&socket_connect_timeout=5"
RQ_QUEUES = {
    name: {"URL": f"{REDIS_URL}{'&' if '?' in REDIS_URL else '?'}{_patience}", "DEFAULT_TIMEOUT": 180}
    for name in QUEUES
}
RQ = {"DEFAULT_RESULT_TTL": 300, "DEFAULT_FAILURE_TTL": 86_400, "COMMIT_MODE": "on_db_commit"}

# Language and time. Rows are UTC; people read Vietnamese time.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("vi", _("Vietnamese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["erpsync.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

# Files
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / ".run" / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# Doors
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
_https = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG and _https
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=0)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "erpsync",
    "SITE_HEADER": "erpsync",
    "SITE_SUBHEADER": _("All shops in one place"),
    "SITE_SYMBOL": "hub",
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "erpsync.admin.dashboard.fill",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "erpsync.admin.navigation.navigation"},
    "COMMAND": {"search_models": False, "show_history": False},
    "COLORS": {
        "primary": {  # teal: the theme's own violet is no colour for a hub that shows warnings in orange and red
            "50": "#f0fdfa", "100": "#ccfbf1", "200": "#99f6e4", "300": "#5eead4", "400": "#2dd4bf", "500": "#14b8a6",
            "600": "#0d9488", "700": "#0f766e", "800": "#115e59", "900": "#134e4a", "950": "#042f2e",
        },
    },
}  # fmt: skip

LOGGING_CONFIG = None
configure(json=env.bool("LOG_JSON", default=not DEBUG), level=env.str("LOG_LEVEL", default="INFO"))
