"""The language of an account: chosen once, spoken on every machine from the next sign-in, and in mails to the person."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings
from redis import Redis

from erpsync.models import AccountSettings
from inventory.models import Shop

pytestmark = pytest.mark.django_db

RIGHT = "a long and right password"
HERE = "django_language"


@pytest.fixture(autouse=True)
def person(redis: Redis) -> User:
    return User.objects.create_user("lan", password=RIGHT, is_staff=True)


def signed_in(language: str = "en", name: str = "lan") -> Client:
    """Return a browser of another machine, set to a language, in which the person has signed in."""
    client = Client(headers={"Accept-Language": language})
    client.post("/admin/login/?next=/admin/", {"username": name, "password": RIGHT})
    return client


def choose(client: Client, language: str) -> None:
    client.post("/i18n/setlang/", {"language": language, "next": "/admin/"})


def html_language(client: Client, page: str = "/admin/") -> str:
    text = client.get(page).content.decode()
    return text.partition('<html lang="')[2][:2]


def test_a_chosen_language_is_spoken_at_the_next_sign_in_on_any_machine() -> None:
    first = signed_in()
    assert html_language(first) == "en"
    choose(first, "vi")
    assert html_language(first) == "vi"
    assert html_language(signed_in("en")) == "vi"
    choose(first, "en")
    assert html_language(signed_in("vi")) == "en"
    assert list(AccountSettings.objects.values_list("user__username", "language")) == [("lan", "en")]


def test_who_chose_nothing_keeps_the_browsers_language_and_no_cookie() -> None:
    client = signed_in("vi")
    assert html_language(client) == "vi"
    assert HERE not in client.cookies
    assert not AccountSettings.objects.exists()


def test_a_shared_machine_speaks_the_language_of_whoever_signs_in(person: User) -> None:
    User.objects.create_user("john", password=RIGHT, is_staff=True)
    choose(signed_in(), "vi")
    choose(signed_in(name="john"), "en")
    shared = signed_in()
    assert html_language(shared) == "vi"
    shared.post("/admin/logout/")
    shared.post("/admin/login/?next=/admin/", {"username": "john", "password": RIGHT})
    assert html_language(shared) == "en"


@pytest.mark.parametrize("language", ["xx", "fr", "", "vi'--"])
def test_a_language_that_the_hub_does_not_speak_is_not_stored(language: str) -> None:
    client = signed_in()
    choose(client, language)
    assert not AccountSettings.objects.exists()
    assert html_language(client) == "en"


def test_a_stranger_chooses_for_the_browser_alone() -> None:
    client = Client()
    choose(client, "vi")
    assert client.cookies[HERE].value == "vi"
    assert not AccountSettings.objects.exists()


def test_the_api_answers_as_before() -> None:
    client = signed_in()
    choose(client, "vi")
    other = signed_in("en")
    before = Client(headers={"Accept-Language": "en"}).get("/api/v1/orders")
    plain = Client(headers={"Accept-Language": "en"})
    plain.cookies["sessionid"] = other.cookies["sessionid"].value
    answer = plain.get("/api/v1/no-such")
    assert HERE not in answer.cookies
    assert (before.status_code, before.headers["Content-Language"]) == (401, "en")
    assert answer.headers["Content-Language"] == "en"


def test_mails_to_a_person_are_in_the_persons_language(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    shop = Shop.objects.create(channel="shopee", name="A")
    invited = User.objects.create_user("mai", email="mai@example.com", is_staff=True)
    AccountSettings.objects.create(user=invited, language="vi")
    root = Client(headers={"Accept-Language": "en"})
    root.force_login(User.objects.create_superuser("root", password="x"))
    given = {"role": "viewer", "shops": [shop.pk]}
    root.post("/admin/inventory/shopmembership/invite/", given | {"person": "mai"})
    root.post("/admin/inventory/shopmembership/invite/", given | {"person": "an@example.com", "display_name": "An"})
    assert [sent.subject for sent in mail.outbox] == ["Lời mời vào erpsync", "Invitation to erpsync"]
