"""Django settings, from the environment only (`.env.example` explains each variable). See `api` and `theme` for what is the same
everywhere.

Outside DEBUG nothing is guessed: a missing variable ends the process with one line that names it.
"""

from __future__ import annotations

import base64
import sys
from urllib.parse import urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from core import tracing, tunables
from erpsync.environment import BASE_DIR, database_settings, parse_field_keys, place_url, required
from erpsync.logging import configure
from erpsync.settings import api, theme
from erpsync.tracing import collector_of, trace_page

env = environ.Env()


def _development(value: str) -> str | None:
    return value if DEBUG else None


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", development=_development("only-for-development-" + "x" * 40))
DATABASE_URL = required("DATABASE_URL", development=_development("postgres://postgres@127.0.0.1:5432/erpsync"))
# the role that owns the tables, where processes sign in as one of `manage.py database_roles`
DATABASE_OWNER = env("DATABASE_OWNER", default="")
REDIS_URL = required("REDIS_URL", development=_development("redis://127.0.0.1:6379/0"))
FIELD_KEYS = parse_field_keys(
    required("FIELD_KEYS", development=_development("dev:" + base64.b64encode(b"d" * 32).decode()))
)
PUBLIC_URL = required("PUBLIC_URL", development=_development("http://127.0.0.1:8000")).rstrip("/")
# where the receiver is reached, when that is another address than people's
WEBHOOKS_URL = env.str("WEBHOOKS_URL", default="").rstrip("/")
SIMULATOR_URL = env.str("SIMULATOR_URL", default="http://127.0.0.1:9100").rstrip("/")
# a sandbox has its own database and simulated shops behind it; its keys begin with erps_test_ and are of use nowhere else
SANDBOX = env.bool("SANDBOX", default=False)
SANDBOX_URL = env.str("SANDBOX_URL", default="").rstrip("/")
# our own address is always answered to: a platform that got a 400 there would switch its webhooks off
_HOSTS = required("ALLOWED_HOSTS", development=_development("localhost,127.0.0.1,testserver")).split(",")
ALLOWED_HOSTS = sorted({host.strip() for host in [*_HOSTS, *map(_host, (PUBLIC_URL, WEBHOOKS_URL))]} - {""})

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
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_rq",
    "axes",
    "django_otp",
    "core",
    "inventory",
    "orders",
    "commissions",
    "integrations",
]

MIDDLEWARE = [
    "erpsync.health.before_the_host_check",
    "erpsync.api.kit.request_ids.RequestIds",
    "django.middleware.security.SecurityMiddleware",
    "erpsync.content_policy.send_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "erpsync.tracing.trace_requests",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "erpsync.signin.language.speak",
    "erpsync.signin.second_factor.guard",
    "erpsync.signin.sessions.note_sessions",
    "erpsync.errors.BadInput",
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
_database = database_settings(DATABASE_URL)
_timeout = env.int("STATEMENT_TIMEOUT_SECONDS", default=0)  # of every statement of this process; 0: none
_limits = {"options": f"-c statement_timeout={_timeout}s"} if _timeout else {}
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_limits, **_database["OPTIONS"]},
    },
}

# Jobs. Queues only wake people up: nothing is lost with Redis. Failed jobs are kept a day, RQ's default is a year.
QUEUES = ("cuts", "orders", "pushes", "bulk")
_patience = "socket_timeout=5&socket_connect_timeout=5"
RQ_QUEUES = {
    name: {"URL": f"{REDIS_URL}{'&' if '?' in REDIS_URL else '?'}{_patience}", "DEFAULT_TIMEOUT": 180}
    for name in QUEUES
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "sign_in": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": RQ_QUEUES["orders"]["URL"]},
}
RQ_SHOW_ADMIN_LINK = False  # its pages ask for no more than a login, and can stop, delete and repeat every job
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
    "erpsync.signin.hashers.BoundedArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
# the brake is asked first: who has to wait costs no hash
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "erpsync.signin.brake.Brake"
AXES_CLIENT_IP_CALLABLE = "erpsync.signin.brake.address_of"
AXES_LOCKOUT_CALLABLE = "erpsync.signin.brake.answer"
AXES_LOCKOUT_PARAMETERS = [["ip_address", "username"], "ip_address"]
AXES_COOLOFF_TIME = 1  # hours; the handler says how long to wait
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CACHE = "sign_in"
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
SESSION_COOKIE_AGE = 12 * 60 * 60
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60  # of an invitation's link
# who may not do without a second factor: optional (nobody), managers, everybody
TWO_FACTOR = env.str("TWO_FACTOR", default="optional")
if TWO_FACTOR not in ("optional", "managers", "everybody"):
    raise SystemExit(f"TWO_FACTOR is {TWO_FACTOR!r}: it must be optional, managers or everybody")
_https = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG and _https
SESSION_COOKIE_HTTPONLY = True
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=0)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# In the shape of Django 6, which brings its own middleware. The theme has inline scripts, and Alpine evaluates its attributes: a
# stranger's script may run then, but has nowhere to load more from and nowhere to call. Pictures come from the channels. No rule for
# forms: the one that asks for consent leads to a channel's page, wherever that is.
SECURE_CSP = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "https:"],
    "font-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'self'"],
    "object-src": ["'none'"],
}

# Bodies and threads of one process (erpsync/serving). A sender has so many seconds for a body; of an address that sends more at
# once than fit, the oldest gives way. Django's threads do what blocks, so many more requests may wait for one.
BODY_SECONDS = tunables.BODY_SECONDS
BODIES_PER_ADDRESS = tunables.BODIES_PER_ADDRESS
BODIES_BYTES = 64_000_000
MAX_UPLOAD = 20_000_000
WEB_THREADS = tunables.WEB_THREADS
WEB_WAITING = 200
RECEIVER_THREADS = tunables.RECEIVER_THREADS
RECEIVER_WAITING = 500

# The API for partner systems (erpsync/api), and the look of the admin
REST_FRAMEWORK = api.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api.openapi(is_sandbox=SANDBOX, sandbox_url=SANDBOX_URL)
UNFOLD = theme.UNFOLD

LOGGING_CONFIG = None
configure(json=env.bool("LOG_JSON", default=not DEBUG), level=env.str("LOG_LEVEL", default="INFO"))

# days that the files of shipping labels, which name the buyers, are kept
LABEL_DAYS = tunables.LABEL_DAYS
# days that pictures, handed in to refuse a return, are kept after the refusal has ended
PICTURE_DAYS = tunables.PICTURE_DAYS

# days that the bodies of ended inbox events are kept, and the events themselves; what waits for a person stays
RAW_DAYS = tunables.RAW_DAYS
INBOX_DAYS = tunables.INBOX_DAYS

# seconds for which a process believes that nobody was erased; an erasure waits as long before it wipes
ERASED_LIST_SECONDS = 5.0

# how the hub sends mail: smtp+tls://user:password@host:587; without it mails are written to the log of their process
vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="erpsync@localhost")
# networks of our own that events may be sent to, with commas: a webhook's address is else a public one, and https
EVENTS_PRIVATE_NETWORKS: list[str] = env.list("EVENTS_PRIVATE_NETWORKS", default=[])
# days that the change feed goes back; retention keeps events for a day longer, so that a reader of the last hour misses none
EVENT_DAYS = tunables.EVENT_DAYS
# days that the attempts at delivering events are kept
ATTEMPT_DAYS = tunables.ATTEMPT_DAYS

# a directory or bucket for backups (an fsspec address), and how many are kept; empty: none are taken
BACKUP_URL = place_url("BACKUP_URL", env.str("BACKUP_URL", default=""))
BACKUP_KEEP = tunables.BACKUP_KEEP

# a directory or bucket for packing photos, sealed under FIELD_KEYS; empty: none are taken
PHOTO_URL = place_url("PHOTO_URL", env.str("PHOTO_URL", default=""))
PHOTO_DAYS = tunables.PHOTO_DAYS

# alerts (erpsync/alerts): where the pages of docs/runbook/ are read, "" for no link; and the services' own addresses
RUNBOOK_URL = env.str("RUNBOOK_URL", default="").rstrip("/")
ALERT_URLS: dict[str, str] = {
    "slack": env.str("ALERT_SLACK_URL", default="https://hooks.slack.com").rstrip("/"),
    "telegram": env.str("ALERT_TELEGRAM_URL", default="https://api.telegram.org").rstrip("/"),
    "pagerduty": env.str("ALERT_PAGERDUTY_URL", default="https://events.pagerduty.com").rstrip("/"),
    "esms": env.str("ALERT_ESMS_URL", default="https://rest.esms.vn").rstrip("/"),
    "speedsms": env.str("ALERT_SPEEDSMS_URL", default="https://api.speedsms.vn").rstrip("/"),
}

# what a scraper of /metrics/hub sends as its bearer token; without one it is answered to this machine and private networks only
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# where spans go (OTLP over HTTP), "": nothing is traced. The exporter itself reads OpenTelemetry's other variables
tracing.configure(
    collector_of(
        env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default=""),
        ratio=env.str("OTEL_TRACES_SAMPLER_ARG", default="") or "0.05",
        name=env.str("OTEL_SERVICE_NAME", default="") or "erpsync",
        arguments=sys.argv,
    )
)
# the page of a trace, with {trace_id} in it: the admin's trace ids lead there
TRACE_URL = trace_page(env.str("TRACE_URL", default=""))
