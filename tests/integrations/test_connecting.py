"""Connecting a shop, against the simulated KiotViet over HTTP and a scripted channel with codes."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from integrations import connecting
from integrations.connecting import check_fields, connect_shop, reconnect, register_app
from integrations.connectors import connector_class
from integrations.connectors.base import AppAccess, Connector, Field, Grant, Health, ShopFound, TokenSource
from integrations.models import AppRegistration, Authorisation, Connection
from integrations.wire.errors import NotAuthorised, Rejected
from inventory.models import Shop, ShopMembership, Warehouse
from inventory.snapshots import WarehouseSnapshot

pytestmark = pytest.mark.django_db


class Toy(Connector):
    """A channel that takes codes and remembers what it was asked."""

    channel = "toy"
    title = "Toy"
    app_fields = (Field("key", "Key"), Field("secret", "Secret", secret=True))
    shop_fields = (Field("mode", "Mode", required=False, default="a", choices=(("a", "A"), ("b", "B"))),)
    codes: list[str] = []
    hooks: list[str] = []
    broken: dict[str, Exception] = {}

    @classmethod
    def exchange(cls, app: AppAccess, *, code: str, shop_id: str) -> Grant:
        cls.codes.append(code)
        if code == "used":
            raise Rejected("The code was used before.", code="invalid_code")
        return Grant(f"access-{code}", 14400, f"refresh-{code}", 2592000)

    @classmethod
    def renew(cls, app: AppAccess, *, refresh_token: str, shop_id: str) -> Grant:
        return Grant("access-renewed", 14400, "refresh-renewed")

    def check(self) -> Health:
        if self.access.tokens.current() == "stale":
            self.access.tokens.renewed("stale")
        if "check" in self.broken:
            raise self.broken["check"]
        return Health("Shop from the channel")

    def warehouses(self) -> tuple[WarehouseSnapshot, ...]:
        return (WarehouseSnapshot("1", "Quận 1"), WarehouseSnapshot("2", "Quận 7"))

    def register_webhooks(self, url: str) -> None:
        if "hooks" in self.broken:
            raise self.broken["hooks"]
        self.hooks.append(url)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> type[Toy]:
    def found(channel: str) -> type[Connector]:
        return Toy if channel == "toy" else connector_class(channel)

    monkeypatch.setattr(connecting, "connector_class", found)
    monkeypatch.setattr(connecting, "channels", lambda: ("toy",))
    Toy.codes, Toy.hooks, Toy.broken, Toy.keeps_stock = [], [], {}, False
    return Toy


@pytest.fixture
def app(toy: type[Toy]) -> AppRegistration:
    return register_app("toy", "Toy", {"key": "k", "secret": "s"})


def test_an_app_is_registered_once_and_an_empty_secret_keeps_the_stored_one(toy: type[Toy]) -> None:
    first = register_app("toy", "Toy", {"key": "k", "secret": "s"})
    again = register_app("toy", "Toy", {"key": "k2", "secret": ""})
    assert first.pk == again.pk
    assert again.credentials == {"key": "k2", "secret": "s"}
    assert again.callback_url == f"http://127.0.0.1:8000/webhooks/toy/{first.key}/"


@pytest.mark.parametrize(
    ("channel", "credentials", "fields"),
    [("moon", {}, {"channel"}), ("toy", {"key": "k"}, {"secret"}), ("toy", {}, {"key", "secret"})],
)
def test_what_is_missing_is_named_by_field(
    toy: type[Toy], channel: str, credentials: dict[str, str], fields: set[str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        register_app(channel, "Toy", credentials)
    assert set(refused.value.message_dict) == fields
    assert not AppRegistration.objects.exists()


def test_a_code_becomes_a_shop_with_its_manager(app: AppRegistration, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("lan")
    connection = connect_shop(app, shop_id=" 900 ", user=user, code="c1")
    assert (connection.external_id, connection.shop.name, connection.settings) == (
        "900", "Shop from the channel", {"mode": "a"},
    )  # fmt: skip
    stored = Authorisation.objects.get()
    assert (stored.access_token, stored.refresh_token, stored.state) == ("access-c1", "refresh-c1", "ok")
    assert stored.expires_at
    assert stored.refresh_expires_at
    assert ShopMembership.objects.get().role == "manager"
    assert Toy.hooks == [app.callback_url]
    assert not Warehouse.objects.exists()


class OfASeller(Toy):
    """A channel where one consent covers all shops of a seller, and each is called by a name of its own."""

    shares_consent = True

    @classmethod
    def shops(cls, app: AppAccess, tokens: TokenSource, grant: Grant) -> tuple[ShopFound, ...]:
        if "shops" in cls.broken:
            raise cls.broken["shops"]
        return tuple(ShopFound(shop, shop, {"cipher": f"c{shop}"}) for shop in ("900", "901"))


@pytest.fixture
def seller(toy: type[Toy], app: AppRegistration, monkeypatch: pytest.MonkeyPatch) -> AppRegistration:
    monkeypatch.setattr(connecting, "connector_class", lambda channel: OfASeller)
    return app


def test_shops_of_one_consent_share_its_tokens_and_keep_what_each_is_called_by(seller: AppRegistration) -> None:
    first = connect_shop(seller, shop_id="900", code="c1")
    second = connect_shop(seller, shop_id="901", code="c2")
    stranger = connect_shop(seller, shop_id="777", access_token="t")
    assert (first.settings, second.settings, stranger.settings) == (
        {"mode": "a", "cipher": "c900"}, {"mode": "a", "cipher": "c901"}, {"mode": "a"},
    )  # fmt: skip
    assert first.authorisation_id == second.authorisation_id
    assert Authorisation.objects.get(pk=first.authorisation_id).access_token == "access-c2"


def test_a_list_of_shops_that_cannot_be_had_costs_no_code(seller: AppRegistration) -> None:
    OfASeller.broken = {"shops": Rejected("not now")}
    connection = connect_shop(seller, shop_id="900", code="c1")
    assert (connection.settings, connection.authorisation.access_token) == ({"mode": "a"}, "access-c1")
    OfASeller.broken = {}
    assert reconnect(connection, code="c2").settings == {"mode": "a", "cipher": "c900"}


def test_connecting_again_replaces_tokens_and_nothing_else(app: AppRegistration) -> None:
    first = connect_shop(app, shop_id="900", code="c1", settings={"mode": "b"})
    again = reconnect(first, code="c2")
    assert (again.pk, again.settings) == (first.pk, {"mode": "b"})
    assert Shop.objects.count() == Authorisation.objects.count() == Connection.objects.count() == 1
    assert Authorisation.objects.get().access_token == "access-c2"


def test_a_refused_code_stores_nothing(app: AppRegistration) -> None:
    with pytest.raises(Rejected, match="used before"):
        connect_shop(app, shop_id="900", code="used")
    assert not Shop.objects.exists()


def test_pasted_tokens_are_tried_first_and_a_stale_one_is_renewed(app: AppRegistration) -> None:
    connect_shop(app, shop_id="900", access_token="stale", refresh_token="r")
    assert Authorisation.objects.get().refresh_token == "refresh-renewed"
    Toy.broken["check"] = NotAuthorised("The token is not valid.")
    with pytest.raises(NotAuthorised):
        connect_shop(app, shop_id="901", access_token="wrong")
    assert Shop.objects.count() == 1


def test_a_login_that_another_one_killed_meanwhile_is_made_again(
    app: AppRegistration, toy: type[Toy], monkeypatch: pytest.MonkeyPatch
) -> None:
    logins = iter(("stale", "second"))
    monkeypatch.setattr(toy, "consent", "credentials")
    monkeypatch.setattr(toy, "renew", lambda app, **_: Grant(next(logins), 28800))
    assert connect_shop(app, shop_id="7").authorisation.access_token == "second"


def test_a_code_works_once_so_its_tokens_survive_a_failed_check(app: AppRegistration) -> None:
    Toy.broken["check"] = Rejected("The shop is banned.")
    connection = connect_shop(app, shop_id="900", code="c1")
    assert (connection.trouble, connection.shop.name) == ("The shop is banned.", "900")
    assert Authorisation.objects.get().access_token == "access-c1"


def test_trouble_with_webhooks_is_noted_not_fatal(app: AppRegistration) -> None:
    Toy.broken["hooks"] = Rejected("Only one webhook per type.")
    connection = connect_shop(app, shop_id="900", code="c1")
    assert connection.trouble == "Only one webhook per type."
    Toy.broken = {}
    assert reconnect(connection, code="c2").trouble == ""


def test_neither_code_nor_token_names_the_field(app: AppRegistration) -> None:
    with pytest.raises(ValidationError) as refused:
        connect_shop(app, shop_id="900")
    assert set(refused.value.message_dict) == {"code"}


def test_a_pos_brings_its_branches_and_a_shop_sells_from_them(app: AppRegistration) -> None:
    Toy.keeps_stock = True
    pos = connect_shop(app, shop_id="pos", code="c1")
    assert list(pos.shop.branches.values_list("external_id", "name", "position")) == [
        ("1", "Quận 1", 0),
        ("2", "Quận 7", 1),
    ]
    Toy.keeps_stock = False
    shop = connect_shop(app, shop_id="900", code="c2", pos=pos)
    assert shop.pos == pos
    assert set(shop.shop.sells_from.all()) == set(pos.shop.branches.all())


def test_a_branch_that_is_gone_is_switched_off_and_keeps_its_position(
    app: AppRegistration, monkeypatch: pytest.MonkeyPatch
) -> None:
    Toy.keeps_stock = True
    pos = connect_shop(app, shop_id="pos", code="c1")
    Warehouse.objects.filter(external_id="2").update(position=7)
    monkeypatch.setattr(Toy, "warehouses", lambda self: (WarehouseSnapshot("2", "Quận Bảy"),))
    reconnect(pos, code="c2")
    assert set(Warehouse.objects.values_list("external_id", "name", "position", "is_active")) == {
        ("1", "Quận 1", 0, False), ("2", "Quận Bảy", 7, True),
    }  # fmt: skip


def test_choices_are_checked() -> None:
    fields = (Field("mode", "Mode", choices=(("a", "A"),), default="a"),)
    assert check_fields(fields, {"other": "x"}) == {"mode": "a"}
    with pytest.raises(ValidationError):
        check_fields(fields, {"mode": "z"})


def test_users_are_not_needed(app: AppRegistration) -> None:
    connect_shop(app, shop_id="900", code="c1")
    assert not ShopMembership.objects.exists()
    assert not get_user_model().objects.exists()
