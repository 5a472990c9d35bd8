import pytest
from django.test import Client
from pytest_django import Settings

from integrations.models import AppRegistration


def test_alive_needs_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "up"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_watcher_s_own_name_for_us_is_answered_to(client: Client, path: str) -> None:
    assert client.get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/admin/login/", headers={"Host": "10.1.2.3:8000"}).status_code == 400


@pytest.mark.django_db
def test_ready_names_each_part(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "redis": "ok", "migrations": "ok", "secrets": "ok"}


@pytest.mark.django_db
def test_a_key_that_the_ring_lacks_makes_it_not_ready(client: Client, settings: Settings) -> None:
    right = settings.FIELD_KEYS
    settings.FIELD_KEYS = {"old": b"o" * 32}
    AppRegistration.objects.create(channel="kiotviet", name="POS", credentials={"webhook_secret": "s"})
    settings.FIELD_KEYS = {**right, "old": b"o" * 32}
    AppRegistration.objects.create(channel="kiotviet", name="POS 2", credentials={"webhook_secret": "s"})
    assert client.get("/readyz").status_code == 200
    settings.FIELD_KEYS = right
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["secrets"]) == (503, "unreadable")
    settings.FIELD_KEYS = {**right, "old": b"x" * 32}
    assert client.get("/readyz").json()["secrets"] == "unreadable"
