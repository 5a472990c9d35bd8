"""The Content-Security-Policy: on every page, and with no host but our own for scripts and calls."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def policy(client: Client, page: str) -> dict[str, list[str]]:
    header = client.get(page).headers.get("Content-Security-Policy", "")
    return {words[0]: words[1:] for words in (part.split() for part in header.split(";")) if words}


@pytest.mark.parametrize("page", ["/admin/", "/admin/login/", "/no-such-page/"])
def test_a_page_loads_and_calls_nothing_but_its_own(admin_client: Client, page: str) -> None:
    found = policy(admin_client, page)
    own = {"'self'", "'unsafe-inline'", "'unsafe-eval'", "'none'", "data:"}
    assert found["default-src"] == ["'self'"]
    assert found["frame-ancestors"] == ["'none'"]
    assert {name for name, sources in found.items() if not set(sources) <= own} == {"img-src"}


def test_what_runs_nothing_needs_no_policy(client: Client) -> None:
    assert policy(client, "/healthz") == {}
