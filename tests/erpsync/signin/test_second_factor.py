"""The second factor: nothing opens without it, each code opens once, and a lost phone is no lost account."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp
from pytest_django import Settings
from redis import Redis

from core.stored_secrets import encrypted_fields, with_stored_text
from erpsync.models import AuthenticatorApp, RecoveryCodes, SignIn
from inventory.models import Shop, ShopMembership

pytestmark = pytest.mark.django_db

RIGHT = "a long and right password"
NOON = "2026-11-11T05:00:00Z"
SECRET = "31" * 20


@pytest.fixture(autouse=True)
def person(redis: Redis) -> User:
    return get_user_model().objects.create_user("lan", password=RIGHT, is_staff=True)


@pytest.fixture
def app(person: User) -> AuthenticatorApp:
    return AuthenticatorApp.objects.create(user=person, name="app", confirmed=True, secret=SECRET)


def signed_in(name: str = "lan") -> Client:
    client = Client()
    client.post("/admin/login/?next=/admin/", {"username": name, "password": RIGHT})
    return client


def digits(at: float, secret: str = SECRET) -> str:
    with time_machine.travel(at, tick=False):
        return f"{totp(bytes.fromhex(secret)):06d}"


def led_to(client: Client, page: str = "/admin/") -> str:
    return client.get(page).headers.get("Location", "")


def test_the_password_alone_opens_nothing(app: AuthenticatorApp) -> None:
    client = signed_in()
    for page in (
        "/admin/",
        "/admin/orders/order/",
        "/admin/account/",
        "/admin/account/set-up/",
        "/admin/password_change/",
    ):
        assert led_to(client, page) == "/admin/account/code/", page
    assert client.post("/admin/account/take-away/", {"code": "1"}).headers["Location"] == "/admin/account/code/"
    # programs are told that nobody is signed in
    assert client.get("/api/v1/orders").status_code == 401
    assert AuthenticatorApp.objects.get().confirmed


def test_the_code_opens_once_and_within_half_a_minute_of_the_clock(app: AuthenticatorApp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        now = 1_794_373_200.0
        first, second = signed_in(), signed_in()
        assert first.post("/admin/account/code/", {"code": digits(now - 30)}).headers["Location"] == "/admin/"
        assert led_to(first) == ""
        # the same again, in another session: somebody looked over the shoulder
        assert second.post("/admin/account/code/", {"code": digits(now - 30)}).status_code == 200
        assert led_to(second) == "/admin/account/code/"
        clock.shift(2)
        assert second.post("/admin/account/code/", {"code": digits(now + 60)}).status_code == 200  # too far ahead
        clock.shift(4)
        code = digits(now)
        assert second.post("/admin/account/code/", {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    outcomes = list(SignIn.objects.order_by("id").values_list("outcome", flat=True))
    assert outcomes == ["in", "in", "code", "code"]


def test_after_wrong_codes_the_right_one_has_to_wait(app: AuthenticatorApp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = signed_in()
        for _ in range(3):
            client.post("/admin/account/code/", {"code": "000000"})
            clock.shift(0.1)
        right = digits(1_794_373_200.0)
        assert client.post("/admin/account/code/", {"code": right}).status_code == 200
        clock.shift(1)
        assert client.post("/admin/account/code/", {"code": right}).status_code == 302


def test_a_recovery_code_opens_once_however_it_is_typed(app: AuthenticatorApp, person: User) -> None:
    code, other, *_rest = RecoveryCodes.renewed_for(person)
    assert code.replace("-", "") not in str(RecoveryCodes.objects.values())
    client = signed_in()
    assert (
        client.post("/admin/account/code/", {"code": code.lower().replace("-", " ")}).headers["Location"] == "/admin/"
    )
    assert signed_in().post("/admin/account/code/", {"code": code}).status_code == 200
    RecoveryCodes.renewed_for(person)
    RecoveryCodes.objects.update(throttling_failure_count=0)
    assert signed_in().post("/admin/account/code/", {"code": other}).status_code == 200


@time_machine.travel(NOON, tick=False)
def test_setting_up_takes_a_first_code_and_shows_ten_for_the_paper(person: User) -> None:
    client = signed_in()
    assert led_to(client) == ""
    page = client.get("/admin/account/set-up/").content.decode()
    app = AuthenticatorApp.objects.get()
    assert "<svg" in page
    assert not app.confirmed
    assert client.post("/admin/account/set-up/", {"code": "000000"}).status_code == 200
    AuthenticatorApp.objects.update(throttling_failure_count=0)
    shown = client.post("/admin/account/set-up/", {"code": digits(1_794_373_200.0, app.secret)}).content.decode()
    codes = re.findall(r"<li>((?:[A-Z2-9]{4}-){3}[A-Z2-9]{4})</li>", shown)
    assert len(set(codes)) == 10
    assert led_to(client) == ""  # this session showed the app's code
    assert led_to(signed_in()) == "/admin/account/code/"
    # it cannot be set up anew over the old one
    assert led_to(client, "/admin/account/set-up/") == "/admin/account/"


@pytest.mark.parametrize(
    ("setting", "who", "owes"),
    [
        ("optional", "manager", False), ("managers", "viewer", False), ("managers", "manager", True),
        ("managers", "superuser", True), ("everybody", "viewer", True),
    ],
)  # fmt: skip
def test_who_needs_one_is_a_setting(settings: Settings, person: User, setting: str, who: str, owes: bool) -> None:
    settings.TWO_FACTOR = setting
    if who == "superuser":
        User.objects.filter(pk=person.pk).update(is_superuser=True)
    else:
        shop = Shop.objects.create(channel="shopee", name="A")
        ShopMembership.objects.create(user=person, shop=shop, role=who)
    client = signed_in()
    assert led_to(client) == ("/admin/account/set-up/" if owes else "")
    if owes:
        page = client.get("/admin/account/set-up/")
        assert page.status_code == 200
        assert "/admin/orders/order/" not in page.content.decode()


@time_machine.travel(NOON, tick=False)
def test_it_is_given_up_against_a_code_only_and_not_where_it_is_required(
    settings: Settings, app: AuthenticatorApp, person: User
) -> None:
    client = Client()
    client.force_login(person)
    session = client.session
    session.pop("second_factor")
    session.save()
    client.post("/admin/account/take-away/", {"code": "000000"})
    assert AuthenticatorApp.objects.exists()
    AuthenticatorApp.objects.update(throttling_failure_count=0)
    settings.TWO_FACTOR = "everybody"
    code = {"code": digits(1_794_373_200.0)}
    assert client.post("/admin/account/take-away/", code).status_code == 403
    settings.TWO_FACTOR = "optional"
    client.post("/admin/account/take-away/", code)
    assert not AuthenticatorApp.objects.exists()
    assert led_to(signed_in()) == ""


def test_a_superuser_takes_it_away_and_comes_back_to_the_account(app: AuthenticatorApp, person: User) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    address = reverse("admin:auth_user_take_second_factor_away", args=[person.pk])
    answer = client.post(address, {"_form_submitted": "on"})
    # the dialog is a request of HTMX: it would put the page of a plain redirect into itself
    assert answer.headers["HX-Redirect"] == reverse("admin:auth_user_change", args=[person.pk])
    assert not AuthenticatorApp.objects.exists()


def test_the_secret_is_encrypted_at_rest(app: AuthenticatorApp) -> None:
    [field] = [field for field in encrypted_fields() if field.model is AuthenticatorApp]
    [stored] = with_stored_text(field).values_list("stored", flat=True)
    assert SECRET not in stored
    assert AuthenticatorApp.objects.get().secret == SECRET
