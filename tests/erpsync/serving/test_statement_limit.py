"""A statement of the web process ends after 20 seconds, unless a variable says otherwise; workers and webhooks have no limit."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from erpsync.environment import BASE_DIR
from erpsync.serving.server import APPLICATIONS

_SHOW = (
    "import importlib; importlib.import_module({module!r});"
    "from django.db import connection as c; print(c.settings_dict['OPTIONS'].get('options', ''))"
)


@pytest.mark.parametrize(
    ("module", "given", "limit"),
    [
        ("web", {}, "-c statement_timeout=20s"),
        ("web", {"STATEMENT_TIMEOUT_SECONDS": "7"}, "-c statement_timeout=7s"),
        ("receiver", {}, ""),
    ],
)
def test_only_what_people_ask_for_ends_in_time(module: str, given: dict[str, str], limit: str) -> None:
    name, _port = APPLICATIONS[module]
    environment = {key: value for key, value in os.environ.items() if key != "STATEMENT_TIMEOUT_SECONDS"}
    environment |= {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "erpsync.settings"} | given
    shown = subprocess.run(
        [sys.executable, "-c", _SHOW.format(module=name.partition(":")[0])],
        cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert shown.stdout.strip() == limit
