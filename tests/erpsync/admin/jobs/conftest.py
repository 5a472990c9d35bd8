"""One server, one browser and one plausible morning for all jobs of a store manager; each job takes rows of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from pytest_django.live_server_helper import LiveServer

from tests.erpsync.admin.conftest import CHROMIUM, FLAGS
from tests.erpsync.admin.demo_rows import demo_rows
from tests.erpsync.admin.jobs.person import SCREENS, Person


@pytest.fixture
def _django_db_helper() -> None:
    """Replace pytest-django's, which empties the tables after each test: these rows stay until the last job is done."""


@pytest.fixture(scope="package")
def manager(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The manager of the shops of the morning."""
    with django_db_blocker.unblock():
        user = get_user_model().objects.create_superuser("quanly", password="x", first_name="Lan")
        demo_rows(user)
        yield user
        TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined]


@pytest.fixture(scope="package")
def server(manager: Any) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        # each thread of the server ends its connection with the request, so that the test database can be dropped
        patch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
        running = LiveServer("127.0.0.1")
        with override_settings(ALLOWED_HOSTS=["127.0.0.1", "testserver"]):
            yield running.url
        running.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (a development dependency that needs Chromium)

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop lives in this thread
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def tabs(manager: Any, server: str, browser: Any) -> Callable[[str, str], Any]:
    """`tabs(screen, language)`: the manager's signed-in tab of this size, kept with its cache for the next job."""

    @cache
    def tab(screen: str, language: str) -> Any:
        client = Client()
        client.force_login(manager)
        context = browser.new_context(viewport=SCREENS[screen], timezone_id="Asia/Ho_Chi_Minh")
        cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": server} for name, value in cookies.items()])
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    return tab


@pytest.fixture
def person(request: pytest.FixtureRequest, server: str, tabs: Callable[[str, str], Any]) -> Iterator[Person]:
    """The manager at the screen and in the language that the job names; no page may have a fault."""
    screen, language = request.param
    made = Person(tabs(screen, language), server, screen, language)
    made.page.on("pageerror", made.note)
    yield made
    made.page.remove_listener("pageerror", made.note)
    assert not made.faults, "\n".join(made.faults)
