"""The hub's settings for the test run: throw-away servers unless DATABASE_URL and REDIS_URL name others.

pytest's controller makes the directory, starts the servers (conftest) and hands it to its workers in the environment;
each worker has a database (pytest-django's suffix) and a Redis database number of its own.
"""

import os
import re
import secrets
import tempfile
from pathlib import Path

from erpsync.servers import THROW_AWAY, Postgres, RedisServer

_unused = f"erpsync-test-{os.getpid()}-{secrets.token_hex(4)}"  # named, not made: mypy reads these settings too
SERVERS_DIR = Path(os.environ.get("ERPSYNC_TEST_SERVERS") or Path(tempfile.gettempdir()) / _unused)
os.environ["ERPSYNC_TEST_SERVERS"] = str(SERVERS_DIR)
POSTGRES = Postgres(SERVERS_DIR, options={**THROW_AWAY, "max_connections": "200"})
REDIS = RedisServer(SERVERS_DIR, databases=64, durable=False)

_worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
if "REDIS_URL" not in os.environ or "ERPSYNC_TEST_OWN_REDIS" in os.environ:
    os.environ["ERPSYNC_TEST_OWN_REDIS"] = "1"
    os.environ["REDIS_URL"] = REDIS.url.replace("db=0", f"db={int(_worker[1]) + 1 if _worker else 0}")
if "DATABASE_URL" not in os.environ:
    os.environ["ERPSYNC_TEST_OWN_POSTGRES"] = "1"
    os.environ["DATABASE_URL"] = POSTGRES.url
os.environ["DEBUG"] = "1"

from erpsync.logging import configure  # noqa: E402
from erpsync.settings import *  # noqa: E402, F403  (the lines above decide what it reads)

# a line per call and request, which nobody reads of a test that passes, was a tenth of what tests over HTTP cost
configure(json=False, level=os.environ.get("LOG_LEVEL", "WARNING"))
DEBUG = False
PHOTO_URL = str(SERVERS_DIR / "photos")
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise")]  # noqa: F405  (no collected files here)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
