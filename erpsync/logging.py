"""Structured logging: one stream for our lines and libraries', JSON or console, with secrets removed."""

from __future__ import annotations

import logging.config
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from core import tracing
from erpsync.api.keys.text import PATTERN, start_of

HIDDEN = "[hidden]"
# what a stranger sends must not fill the disk: an address alone may have 8,000 characters
MAX_VALUE = 500
MAX_TRACEBACK = 10_000
# Django's own lines carry the whole request, which says its path a second time
_DROPPED = frozenset({"request"})

# Whole key names, compared in lower case with "-" read as "_".
SECRET_KEYS = frozenset(
    """
    access_token refresh_token token id_token code auth_code sign signature authorization x_hub_signature
    app_key app_secret partner_key client_secret secret secret_key api_key field_keys password cookie set_cookie
    database_url redis_url phone phone_number mobile contact_number contactnumber email
    address full_address delivery_address recipient_address receiver buyer_username customer_name
    """.split()
)

# The same words inside a line that somebody else composed: a URL's query, a JSON text, `key: value`.
_IN_TEXT = re.compile(
    r"""(?ix) (?P<key> \b (?: access_token | refresh_token | partner_key | client_secret | app_secret | password | sign
        | signature | authorization | phone | secret_key | api_key ) \b )
        (?P<gap> "? \s* [=:] \s* "? (?: (?:bearer|basic) \s+ )? ) (?P<value> [^\s"'&,;}]+ )"""
)
# The password of a URL such as a database's.
_IN_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)", re.IGNORECASE)
# A partner's API key, wherever it stands, and as much of it as tells which one it was.
_API_KEY = re.compile(PATTERN)


def scrub_text(text: str) -> str:
    """Return `text` with the values of known secret names, passwords in URLs and API keys replaced."""
    text = _API_KEY.sub(lambda found: f"{start_of(found[0])}{HIDDEN}", text)
    text = _IN_TEXT.sub(lambda found: f"{found['key']}{found['gap']}{HIDDEN}", text)
    return _IN_URL.sub(lambda found: f"{found['before']}{HIDDEN}", text)


def scrub(value: Any) -> Any:
    """Return a copy of `value` (mappings and sequences walked through) without secrets and buyer data."""
    if isinstance(value, Mapping):
        return {key: HIDDEN if _is_secret(key) else scrub(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(item) for item in value]
    return scrub_text(value) if isinstance(value, str) else value


def _is_secret(key: object) -> bool:
    return isinstance(key, str) and key.lower().replace("-", "_") in SECRET_KEYS


def scrub_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove secrets, and cut long values: a structlog processor; runs after tracebacks became text."""
    return {
        key: HIDDEN if _is_secret(key) else _cut(key, scrub(value))
        for key, value in event.items()
        if key not in _DROPPED
    }


def _cut(key: str, value: Any) -> Any:
    """Return the value, or as much of a long one as a line has room for: of a traceback the end, which says what happened."""
    if key == "exception" and isinstance(value, str):
        return value if len(value) <= MAX_TRACEBACK else f"… {value[-MAX_TRACEBACK:]}"
    if isinstance(value, int | float | bool | None):
        return value
    text = value if isinstance(value, str) else repr(value)
    return value if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]} … ({len(text)} characters)"


def add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add the ids of the span under way: a structlog processor."""
    event.update(tracing.log_ids())
    return event


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    add_trace,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class StandardError(logging.Handler):
    """Handler that writes to the current `sys.stderr`; logging.StreamHandler keeps what it was, which a test's capture closes."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)


def configure(*, json: bool, level: str) -> None:
    """Send every logger of the process to standard error in one format. May be called again."""
    renderer: Processor = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": _SHARED,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.format_exc_info,
                        scrub_event,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"()": StandardError, "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # Job arguments and one line per job and per idle beat: noise, and not ours to print.
                "rq": {"level": "WARNING"},
                "urllib3": {"level": "WARNING"},
                # each try at a collector that is away; the error says that its spans are lost
                "opentelemetry": {"level": "ERROR"},
                # tells of sign-ins in its own words, with names that nobody has; erpsync.signin.record has a line for each
                "axes": {"level": "ERROR"},
            },
        }
    )
