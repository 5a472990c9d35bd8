"""Chromium for the tests that look at the admin as a person sees it. SCREENSHOTS=<folder> keeps the pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.erpsync.admin.demo_rows import demo_rows

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
    " --disable-sync"
).split()

# of a module whose tests use `page`
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def page(live_server: Any, django_user_model: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A signed-in page at 1440 x 900; errors in the browser's console fail the test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop lives in this thread
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (a development dependency that needs Chromium)

    user = django_user_model.objects.create_superuser("quanly", password="x", first_name="Lan")
    demo_rows(user)
    client.force_login(user)
    # each thread of the live server ends its connection with the request, so that the test database can be dropped
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, timezone_id="Asia/Ho_Chi_Minh")
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        opened = context.new_page()
        opened.set_default_timeout(20_000)
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        browser.close()
    assert not errors


def keep(page: Any, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.wait_for_timeout(700)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def speak(page: Any, url: str, language: str) -> None:
    """Choose a language as a person does: its entry in the account menu."""
    page.goto(f"{url}/admin/")
    with page.expect_navigation():
        page.evaluate(
            """language => { const field = document.querySelector('form [name=language]');
                field.value = language; field.form.submit(); }""",
            language,
        )
