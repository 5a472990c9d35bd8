"""Keys: their text, what each may do, from where, until when; rotation, leaks, tokens and sessions."""

from __future__ import annotations

import re
import zlib
from datetime import timedelta
from io import StringIO
from typing import Any

import jwt
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from erpsync.api.keys import services, text, tokens
from erpsync.environment import BASE_DIR
from erpsync.logging import HIDDEN, scrub_text
from erpsync.models import ApiKey
from tests.erpsync.admin.worlds import World
from tests.erpsync.api.conftest import ROOT, Api, MakeKey

pytestmark = pytest.mark.django_db


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


# --- the text of a key ---


def test_a_key_is_32_random_characters_and_its_checksum() -> None:
    made = text.new_key(text.LIVE)
    assert re.fullmatch(r"erps_live_[0-9A-Za-z]{38}", made)
    value = 0
    for character in made[-6:]:
        value = value * 62 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(character)
    assert value == zlib.crc32(made[:-6].encode())
    assert text.mode_of(made) == text.LIVE
    assert text.new_key(text.LIVE) != made


def test_a_mistyped_key_is_refused_without_asking_the_database(api: Api) -> None:
    wrong = api.key[:-1] + ("a" if api.key[-1] != "a" else "b")
    for typed in (wrong, api.key.replace("live", "test"), "erps_live_", "erps_x"):
        with CaptureQueriesContext(connection) as seen:
            answer = Api(typed).get("/orders")
        assert code_of(answer) == (401, "unknown_key"), typed
        assert answer["WWW-Authenticate"] == 'Bearer realm="erpsync"'
        assert len(seen) == 0


def test_only_the_hash_is_stored(api: Api) -> None:
    stored = repr(list(ApiKey.objects.values()))
    assert api.key not in stored
    assert api.key[14:] not in stored


def test_the_published_pattern_is_the_one_that_the_log_hides(api: Api) -> None:
    assert f"`{text.PATTERN}`" in (BASE_DIR / "docs" / "partners.md").read_text()
    line = f"curl -H 'Authorization: Bearer {api.key}' {api.key},"
    assert api.key not in scrub_text(line)
    assert scrub_text(f"the key {api.key} leaked") == f"the key {api.key[:14]}{HIDDEN} leaked"


# --- who may ---


def test_nobody_is_told_how_to_say_who(own: World) -> None:
    assert code_of(Api().get("/orders")) == (401, "not_authenticated")
    assert Client().get(f"{ROOT}/orders", headers={"Authorization": "Basic eDp5"}).json()["code"] == "not_bearer"


@pytest.mark.parametrize(
    "fields",
    [{"expires_at": timezone.now() - timedelta(seconds=1)}, {"is_active": False}, {"leaked_at": timezone.now()}],
)
def test_a_key_that_has_ended_is_as_good_as_none(api: Api, fields: dict[str, Any]) -> None:
    ApiKey.objects.update(**fields)
    assert code_of(api.get("/orders")) == (401, "unknown_key")


def test_a_key_of_a_sandbox_is_of_use_there_only(own: World, api: Api, settings: Any) -> None:
    settings.SANDBOX = True
    assert code_of(api.get("/orders")) == (401, "unknown_key")
    test_key = services.create("partner", [own.shop], ["orders:read"]).text
    assert test_key.startswith("erps_test_")
    assert Api(test_key).get("/orders").status_code == 200
    settings.SANDBOX, settings.SANDBOX_URL = False, "https://sandbox.example.com"
    assert "https://sandbox.example.com" in Api(test_key).get("/orders").json()["detail"]


def test_the_root_says_which_hub_it_is_and_where_its_sandbox_is(client: Client, settings: Any) -> None:
    root = Api(client=client).get("/").json()
    assert root == {
        "name": "erpsync", "version": "1", "mode": "live", "docs": "http://testserver/api/v1/docs/",
        "openapi": "http://testserver/api/v1/openapi", "sandbox": None,
    }  # fmt: skip
    settings.SANDBOX_URL = "https://sandbox.example.com"
    assert Api(client=client).get("/").json()["sandbox"] == "https://sandbox.example.com/api/v1/"
    settings.SANDBOX = True
    assert Api(client=client).get("/").json()["mode"] == "test"


def test_a_key_comes_from_its_addresses_only(own: World, key_of: MakeKey, settings: Any) -> None:
    api = key_of(own, "orders:read", addresses=["203.0.113.0/24", "2001:db8::/32"])
    assert code_of(api.get("/orders")) == (403, "address")
    settings.BEHIND_PROXY = True
    seen = {
        sender: api.get("/orders", X_Forwarded_For=f"198.51.100.1, {sender}").status_code
        for sender in ("203.0.113.9", "203.0.114.1", "2001:db8::5", "2001:db9::5", "nonsense")
    }
    assert seen == {"203.0.113.9": 200, "203.0.114.1": 403, "2001:db8::5": 200, "2001:db9::5": 403, "nonsense": 403}


def test_a_scope_that_is_missing_is_named(own: World, key_of: MakeKey) -> None:
    api = key_of(own, "listings:read")
    assert api.get("/listings").status_code == 200
    assert api.get("/orders").json()["scope"] == "orders:read"
    assert api.put(f"/listings/{own.listing.pk}/mapping", {"product": None}).json()["scope"] == "listings:write"
    assert api.put(f"/listings/{own.listing.pk}/price", {"price": None}).json()["scope"] == "prices:write"


def test_the_last_use_is_written_once_a_minute(own: World, api: Api) -> None:
    def used_at() -> Any:
        api.get("/key")
        return ApiKey.objects.values_list("last_used_at", "last_used_from").get(name="partner")

    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = used_at()
        assert first == (timezone.now(), "127.0.0.1")
        clock.shift(59)
        assert used_at() == first
        clock.shift(1)
        assert used_at()[0] == timezone.now()


def test_a_call_asks_for_its_key_in_one_query(own: World, api: Api) -> None:
    api.get("/key")
    with CaptureQueriesContext(connection) as seen:
        api.get("/key")
    assert len(seen) == 1


# --- rotation and leaks ---


def test_two_keys_are_valid_after_a_rotation_and_never_three(own: World, api: Api) -> None:
    key = ApiKey.objects.get(name="partner")
    second = Api(services.rotate(key.pk).text)
    assert [each.get("/orders").status_code for each in (api, second)] == [200, 200]
    third = Api(services.rotate(key.pk, grace=timedelta(hours=1)).text)
    assert [each.get("/orders").status_code for each in (api, second, third)] == [401, 200, 200]
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert [each.get("/orders").status_code for each in (second, third)] == [401, 200]


def test_whoever_holds_a_leaked_key_can_end_it(own: World, api: Api) -> None:
    services.rotate(ApiKey.objects.get(name="partner").pk)
    assert api.post("/key/leaked").json() == {"ended": True}
    assert code_of(api.get("/orders")) == (401, "unknown_key")
    assert not services.valid().filter(name="partner").exists()


# --- tokens ---


def token_of(api: Api, **wanted: Any) -> Api:
    answer = api.post("/token", wanted)
    assert answer.status_code == 200, answer.content
    return Api(answer.json()["access_token"])


def test_a_token_may_what_its_key_may_for_ten_minutes(own: World, api: Api) -> None:
    answer = api.post("/token").json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    token = Api(answer["access_token"])
    assert token.get("/orders").json() == api.get("/orders").json()
    with time_machine.travel(timezone.now() + timedelta(seconds=601)):
        assert code_of(token.get("/orders")) == (401, "unknown_key")
    assert api.post("/token", {"seconds": 601}).status_code == 400


def test_a_token_may_be_narrower_but_not_wider(own: World, key_of: MakeKey) -> None:
    api = key_of(own, "orders:read", "shops:read")
    token = token_of(api, scopes=["shops:read"])
    assert [token.get(path).status_code for path in ("/shops", "/orders")] == [200, 403]
    assert code_of(api.post("/token", {"scopes": ["stock:write"]})) == (403, "scope")
    assert code_of(token.post("/token")) == (403, "key_needed")


def test_a_token_ends_with_its_key(own: World, key_of: MakeKey) -> None:
    soon = key_of(own, "shops:read", expires_at=timezone.now() + timedelta(seconds=100))
    assert 98 <= soon.post("/token").json()["expires_in"] <= 100
    token = token_of(soon)
    key = ApiKey.objects.get(name="partner")
    services.rotate(key.pk)
    assert token.get("/shops").status_code == 200
    services.rotate(key.pk)
    assert token.get("/shops").status_code == 401
    newest = token_of(Api(services.rotate(key.pk).text))
    services.leaked(key.pk)
    assert newest.get("/shops").status_code == 401


def test_tokens_that_nobody_gave_are_refused(own: World, api: Api) -> None:
    key = ApiKey.objects.get(name="partner")
    claims = {
        "aud": "erpsync-api",
        "sub": str(key.pk),
        "for": key.digest[:16],
        "iat": 1,
        "exp": 9_999_999_999,
        "scope": "orders:read",
    }
    for made in (
        jwt.encode(claims, "x" * 32, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims | {"aud": "other"}, tokens._secret(), algorithm="HS256"),
        jwt.encode({name: claims[name] for name in claims if name != "exp"}, tokens._secret(), algorithm="HS256"),
        jwt.encode(claims | {"sub": "1; DROP"}, tokens._secret(), algorithm="HS256"),
        "a.b.c",
    ):
        assert code_of(Api(made).get("/orders")) == (401, "unknown_key")


# --- people ---


def test_a_person_who_is_signed_in_needs_no_key(own: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(own.manager)
    person = Api(client=client)
    assert [row["id"] for row in person.get("/orders").json()["items"]] == [own.order.pk]
    assert person.get("/key").json()["kind"] == "person"
    # a page elsewhere must not write in a person's name
    assert person.put(f"/listings/{own.listing.pk}/mapping", {"product": None}).status_code == 403
    assert code_of(person.post("/token")) == (403, "permission_denied")


# --- quota ---


def test_a_quota_is_said_and_kept(own: World, key_of: MakeKey) -> None:
    api = key_of(own, "shops:read", per_minute=12)
    first = api.get("/shops")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("12", "1")
    assert first["RateLimit-Policy"] == '"minute";q=12;w=60'
    assert re.fullmatch(r'"minute";r=1;t=[56]', first["RateLimit"])
    assert api.get("/shops")["RateLimit-Remaining"] == "0"
    refused = api.get("/shops")
    assert code_of(refused) == (429, "quota")
    assert 1 <= int(refused["Retry-After"]) <= 6
    assert key_of(own, "shops:read").get("/shops").status_code == 200


# --- the command ---


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("api_key", *arguments, stdout=said)
    return said.getvalue()


def test_the_command_prints_a_key_once(own: World) -> None:
    said = run("create", "--name", "web shop", "--shops", own.shop.name, "--scopes", "orders:read,stock:*")
    [made] = re.findall(text.PATTERN, said)
    key = ApiKey.objects.get(name="web shop")
    assert (key.name, key.role, key.scopes) == ("web shop", "operator", ["orders:read", "stock:read", "stock:write"])
    assert list(key.shops.all()) == [own.shop]
    assert Api(made).get("/orders").status_code == 200
    [rotated] = re.findall(text.PATTERN, run("rotate", str(key.pk)))
    assert Api(rotated).get("/orders").status_code == 200
    assert made not in run("list")
    run("leaked", str(key.pk))
    assert Api(rotated).get("/orders").status_code == 401


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--shops", "all", "--scopes", "orders:ship"], "orders:ship"),
        (["--shops", "no such shop", "--scopes", "read"], "no such shop"),
        (["--shops", "all", "--scopes", "read", "--test"], "sandbox"),
        (["--shops", "all", "--scopes", "read", "--addresses", "10.0.0.300"], "10.0.0.300"),
    ],
)
def test_the_command_says_what_is_wrong(own: World, arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run("create", "--name", "x", *arguments)
    assert not ApiKey.objects.filter(name="x").exists()


def test_answers_to_a_key_do_not_vary_with_a_cookie(api: Api) -> None:
    """A cache between us would keep one copy per visitor's cookies."""
    answer = api.get("/orders")
    assert answer.status_code == 200
    assert "Cookie" not in answer.headers.get("Vary", "")
