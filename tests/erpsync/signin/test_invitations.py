"""Invitations: who may invite whom into which shops, and a link that opens once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings
from redis import Redis

from erpsync.models import OpenSession, SignIn
from inventory.models import Shop, ShopMembership

pytestmark = pytest.mark.django_db

PAGE = "/admin/inventory/shopmembership/invite/"
LINK = re.compile(r"/admin/invitation/[\w-]+/[\w-]+/")
GOOD = "một mật khẩu rất dài"


@pytest.fixture(autouse=True)
def shops(redis: Redis) -> dict[str, Shop]:
    return {name: Shop.objects.create(channel="shopee", name=name) for name in "AB"}


def member(name: str, shop: Shop, role: str = "manager", **fields: Any) -> User:
    user = User.objects.create_user(name, password=GOOD, is_staff=True, **fields)
    ShopMembership.objects.create(user=user, shop=shop, role=role)
    return user


@pytest.fixture
def manager(client: Client, shops: dict[str, Shop]) -> User:
    user = member("lan", shops["A"])
    client.force_login(user)
    return user


def invite(client: Client, person: str, *shops: Shop, role: str = "operator", **fields: str) -> Any:
    given = {"person": person, "display_name": "Mai", "role": role, "shops": [shop.pk for shop in shops]}
    return client.post(PAGE, given | fields)


def link_in(answer: Any) -> str:
    found = LINK.search(answer.content.decode())
    return found[0] if found else ""


def roles_of(name: str) -> dict[str, str]:
    return dict(ShopMembership.objects.filter(user__username=name).values_list("shop__name", "role"))


def set_password(link: str, password: str = GOOD, browser: Client | None = None) -> Any:
    browser = browser or Client()
    form = browser.get(link).headers.get("Location", link)
    return browser.post(form, {"new_password1": password, "new_password2": password})


def test_an_invited_person_sets_a_password_once_and_lands_on_the_dashboard(
    client: Client, manager: User, shops: dict[str, Shop]
) -> None:
    link = link_in(invite(client, "Mai@Example.com", shops["A"]))
    person = User.objects.get(username="mai@example.com")
    assert (person.first_name, person.email, person.has_usable_password()) == ("Mai", "mai@example.com", False)
    assert roles_of("mai@example.com") == {"A": "operator"}
    browser = Client()
    assert "12" in set_password(link, "kurz", browser).content.decode()  # the validators say how long
    answer = set_password(link, GOOD, browser)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert browser.get("/admin/").status_code == 200
    assert SignIn.objects.filter(name="mai@example.com").get().outcome == "in"
    assert OpenSession.objects.filter(user=person).count() == 1
    again = set_password(link, "ein anderes langes Wort")
    assert again.status_code == 404
    assert "ask whoever invited you" in again.content.decode()
    person.refresh_from_db()
    assert person.check_password(GOOD)


def test_a_link_ends_after_three_days_or_with_the_account(
    client: Client, manager: User, shops: dict[str, Shop]
) -> None:
    with time_machine.travel("2026-11-11T05:00:00Z", tick=False) as clock:
        link = link_in(invite(client, "mai", shops["A"]))
        clock.shift(timedelta(days=3) - timedelta(seconds=1))
        assert Client().get(link).status_code == 302
        clock.shift(timedelta(seconds=2))
        assert Client().get(link).status_code == 404
    client.force_login(manager)
    fresh = link_in(invite(client, "mai", shops["A"]))
    User.objects.filter(username="mai").update(is_active=False)
    assert Client().get(fresh).status_code == 404


def test_who_owes_a_second_factor_owes_it_after_an_invitation_too(
    client: Client, manager: User, shops: dict[str, Shop], settings: Settings
) -> None:
    browser, link = Client(), link_in(invite(client, "mai", shops["A"]))
    settings.TWO_FACTOR = "everybody"
    set_password(link, browser=browser)
    assert browser.get("/admin/").headers["Location"] == "/admin/account/set-up/"


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 403), ("manager", 200)])
def test_managers_alone_may_invite(client: Client, shops: dict[str, Shop], role: str, status: int) -> None:
    client.force_login(member("nam", shops["A"], role))
    listed = client.get("/admin/inventory/shopmembership/").content.decode()
    assert (PAGE in listed) is (status == 200)
    assert client.get(PAGE).status_code == status
    assert invite(client, "mai", shops["A"]).status_code == status
    assert User.objects.filter(username="mai").exists() is (status == 200)


def test_a_manager_invites_into_own_shops_only_and_into_no_group(
    client: Client, manager: User, shops: dict[str, Shop]
) -> None:
    shown = client.get(PAGE).content.decode()
    assert "in_finance" not in shown
    assert link_in(invite(client, "mai", shops["A"], shops["B"])) == ""
    assert not User.objects.filter(username="mai").exists()
    invite(client, "mai", shops["A"], in_finance="on")
    assert not User.objects.get(username="mai").groups.exists()


def test_a_superuser_invites_into_every_shop_and_into_groups(client: Client, shops: dict[str, Shop]) -> None:
    root = User.objects.create_superuser("root", password="x")
    client.force_login(root)
    invite(client, "mai", shops["A"], shops["B"], role="manager", in_finance="on")
    assert roles_of("mai") == {"A": "manager", "B": "manager"}
    assert list(User.objects.get(username="mai").groups.values_list("name", flat=True)) == ["finance"]
    history = f"/admin/auth/user/{User.objects.get(username='mai').pk}/history/"
    assert "Đã mời, thêm vào các nhóm kế toán – tài chính" in client.get(
        history, headers={"Accept-Language": "vi"}
    ).content.decode()  # fmt: skip


def test_an_existing_account_only_gets_the_shops_and_keeps_a_higher_role(
    client: Client, manager: User, shops: dict[str, Shop]
) -> None:
    member("nam", shops["B"], email="nam@example.com", first_name="Nam")
    answer = invite(client, "NAM@example.com", shops["A"], role="manager")
    assert (answer.status_code, link_in(answer)) == (200, "")
    assert "the person signs in as before" in answer.content.decode()
    assert roles_of("nam") == {"A": "manager", "B": "manager"}
    assert "has this role or a higher one" in invite(client, "nam", shops["A"], role="viewer").content.decode()
    assert roles_of("nam")["A"] == "manager"
    nam = User.objects.get(username="nam")
    assert (nam.first_name, nam.check_password(GOOD)) == ("Nam", True)


def test_no_manager_gets_a_link_that_opens_more_than_the_own_shops(
    client: Client, manager: User, shops: dict[str, Shop]
) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root", password="x"))
    first = link_in(invite(root, "mai", shops["B"]))
    answer = invite(client, "mai", shops["A"])
    assert link_in(answer) == ""
    assert "the link of the earlier invitation" in answer.content.decode()
    assert roles_of("mai") == {"A": "operator", "B": "operator"}
    assert link_in(invite(root, "mai", shops["B"]))
    assert set_password(first).status_code == 302
    # whom only this manager's shops know, the manager may give another link
    assert link_in(invite(client, "hoa", shops["A"]))
    assert link_in(invite(client, "hoa", shops["A"]))


@pytest.mark.parametrize(
    ("person", "name", "text"),
    [
        ("not an address@", "x", "Enter a valid email address"), ("two words", "x", "Enter a valid username"),
        ("mai", "", "type the person&#x27;s name"), ("lan", "x", "your own account"), ("off", "x", "switched off"),
        ("twice@example.com", "x", "Several accounts have this address"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_and_stores_nothing(
    client: Client, manager: User, shops: dict[str, Shop], person: str, name: str, text: str
) -> None:
    User.objects.create_user("off", is_active=False)
    for n in "12":
        User.objects.create_user(n, email="twice@example.com")
    before = list(ShopMembership.objects.values_list("pk", flat=True)), User.objects.count()
    assert text in invite(client, person, shops["A"], display_name=name).content.decode()
    assert (list(ShopMembership.objects.values_list("pk", flat=True)), User.objects.count()) == before


def test_the_link_is_mailed_where_mail_leaves_the_hub(
    client: Client, manager: User, shops: dict[str, Shop], settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "mailed to" not in invite(client, "hoa@example.com", shops["A"]).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answer = invite(client, "mai@example.com", shops["A"])
    assert "It was also mailed to mai@example.com." in answer.content.decode()
    [sent] = mail.outbox
    assert sent.to == ["mai@example.com"]
    assert f"http://127.0.0.1:8000{link_in(answer)}" in sent.body
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert "could not be mailed to an@example.com" in invite(client, "an@example.com", shops["A"]).content.decode()


def test_the_log_says_in_the_readers_language_who_was_invited_as_what(
    client: Client, manager: User, shops: dict[str, Shop]
) -> None:
    invite(client, "mai", shops["A"])
    membership = ShopMembership.objects.get(user__username="mai")
    page = f"/admin/inventory/shopmembership/{membership.pk}/history/"
    assert "mai was invited as Operator" in client.get(page).content.decode()
    shown = client.get(page, headers={"Accept-Language": "vi"}).content.decode()
    assert "Đã mời mai với vai trò Nhân viên vận hành" in shown


def test_the_pages_speak_vietnamese(client: Client, manager: User, shops: dict[str, Shop]) -> None:
    client.cookies["django_language"] = "vi"
    answer = invite(client, "mai", shops["A"])
    assert "Liên kết dùng được một lần, trong 3 ngày" in answer.content.decode()
    browser = Client(headers={"Accept-Language": "vi"})
    form = browser.get(link_in(answer), follow=True).content.decode()
    for text in ("Đặt mật khẩu của bạn", "Mật khẩu mới", "Tên đăng nhập của bạn", "Đặt mật khẩu và đăng nhập"):
        assert text in form
    gone = browser.get("/admin/invitation/MQ/abc/")
    assert (gone.status_code, "Liên kết này không còn dùng được" in gone.content.decode()) == (404, True)
