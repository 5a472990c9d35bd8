"""No English in the Vietnamese interface: every page there is, read as a superuser and as a manager, with rows in every state.

A new page is read by itself. When this fails: translate what it names (also Django's and the theme's texts belong into our
catalogue); what is a name or a channel's own word is shown through `channel_words.verbatim`, or allowed below.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.http import HttpResponse
from django.template import loader
from django.test import Client
from django.utils import translation
from redis import Redis

from erpsync.admin.kit.log_texts import said, text_of
from integrations.connectors import channels
from tests.erpsync.admin.all_rows import APPS, log, superuser, vary, worlds_of_all_channels
from tests.erpsync.admin.english import english_in, texts_of_page
from tests.erpsync.admin.worlds import World
from tests.erpsync.test_door_walk import filled, own_key, pages

CHANNELS = channels()
pytestmark = pytest.mark.django_db

MARK = "Kho"
# enough for each choice of each model to be on a page: the longest list has 13, and there are seven rows
TURNS = 2
# names, and what a Vietnamese shop says in English: platforms and their programmes, languages, formats, words of the trade
ALLOWED = frozenset(
    """
    erpsync shopee tiktok shop lazada tiki tikinow sendo kiotviet misa amis crm erp spx voucher xtra flash sale english
    sku pos webhook redis streams token combo email mail url uri api id app appid json pdf jpeg html xlsx csv excel mb sha vnd cod rma
    esc get post gtgt tncn mall live video web ms kafka google pub sub topic broker tls sasl pem ca compaction emulator publisher
    slack telegram pagerduty sms esms speedsms bot brandname
    """.split()
)
# as they are called on the platform's own page, where a person copies them from; words that are typed into a setting
PHRASES = re.compile(
    "Partner ID|[Pp]artner key|[Pp]ush partner key|[Aa]pp key|[Aa]pp secret|[Cc]lient ID|[Cc]lient secret|[Ss]ervice ID|shop key"
    r"|secret key|\(cipher\)|Redirect URI|[Aa]ccess token|[Rr]efresh token|\?noecho|Authorization|“total”"
    "|on_hold, to_ship, packed, shipped, delivered, completed, cancelled, returned"
    # of brokers and topics
    r"|\bnew_order\b|\border_(?:events|normalized|deadletter)\b|\bordr-input\b|SCRAM-SHA-\d+|\bPLAIN\b|host:port"
    r"|asia-southeast1-pubsub\.googleapis\.com:443"
    # of alerts
    r"|Events API v2|123456:ABC-DEF"
    # keys that partners and receivers use: types of events, their entities, scopes; keys of a keyboard
    r"|\b[A-Za-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*\b|\b[a-z_]+:(?:read|write)\b|\border/\S+|“Control”|“Command”"
    r"|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\berps_live_\w+"
)
# dialogs whose fields differ by channel
OF_CHANNELS = "admin:integrations_connection_"
OF_ROWS = ("_changelist", "_change")

Page = tuple[str, HttpResponse]


def walk(own: list[World], client: Client, *, only: World | None = None, rows: bool = False) -> Iterator[Page]:
    """Yield every page; those of a row for each row when they are its own page or differ by channel, else for one row.

    `only`: the world whose rows the reader sees. `rows`: no more than lists and the rows' own pages.
    """
    for name, route in sorted(pages()):
        if rows and not name.endswith(OF_ROWS):
            continue
        of_row = "object_id>" in route and model_of(name) is not None
        if name.startswith("admin:") and (of_row or "<" not in route):
            for key in keys_of(name, only) if of_row else [None]:
                yield f"{name} {key}", client.get(filled(name, route, own[0], key))
    for app in () if rows else APPS:
        yield f"app {app}", client.get(f"/admin/{app}/")
    for world in () if rows else own:
        channel = world.shop.channel
        yield f"connect {channel}", client.get(f"/admin/integrations/connection/add/?app={world.app.pk}")
        yield f"register {channel}", client.get(f"/admin/integrations/appregistration/add/?channel={channel}")


def keys_of(name: str, only: World | None) -> list[Any]:
    if only is not None:
        return [own_key(name, only)]
    model = model_of(name)
    assert model is not None, name
    keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True)[: len(CHANNELS)])
    return keys if name.endswith("_change") or name.startswith(OF_CHANNELS) else keys[:1]


def model_of(name: str) -> type[Model] | None:
    def prefix(model: type[Model]) -> str:
        return f"admin:{model._meta.app_label}_{model._meta.model_name}_"

    return next((model for model in admin.site._registry if name.startswith(prefix(model))), None)


class English:
    """What is English on the pages read: text -> where. What rows are called is no text of ours."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = defaultdict(set)
        self.pages = 0
        self._judged: dict[str, list[str]] = {}
        named = {word for row in self._rows() for word in re.findall(rf"{MARK}\d[^\"'\\]*", row)}
        self._names = re.compile("|".join(map(re.escape, sorted(named, key=len, reverse=True))) or r"\Z\A")

    @staticmethod
    def _rows() -> Iterator[str]:
        for app in (*APPS, "auth"):
            for model in apps.get_app_config(app).get_models():
                yield from map(str, model._default_manager.values() if model._meta.managed else ())

    def read(self, walked: Iterable[Page]) -> None:
        for page, answer in walked:
            if "html" in answer.headers.get("Content-Type", "") and answer.content:
                self.pages += 1
                self.judge(page, answer.content.decode())

    def judge(self, page: str, html: str) -> None:
        for text in texts_of_page(html):
            if text not in self._judged:
                self._judged[text] = english_in(PHRASES.sub(" ", self._names.sub("0", text)), ALLOWED)
            if self._judged[text]:
                self.found[f"{' '.join(self._judged[text])}: {text[:160]}"].add(page)

    def __str__(self) -> str:
        return "\n".join(
            f"{text}   [{len(places)}: {sorted(places)[0]}]" for text, places in sorted(self.found.items())
        )


@pytest.fixture
def own(redis: Redis) -> list[World]:
    return worlds_of_all_channels(MARK)


@pytest.fixture
def reader(client: Client) -> Iterator[Client]:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "vi"
    yield client
    # what a request activates stays with the thread
    translation.deactivate()


@pytest.mark.slow
def test_a_superuser_reads_no_english(own: list[World], reader: Client) -> None:
    user = superuser(f"{MARK}0")
    reader.force_login(user)
    for world in own:
        log([world.order, world.shop, world.connection], user, said("Sent to the channel: %(parts)s", parts=["Title"]))
    english = English()
    for turn in range(TURNS):
        vary(turn)
        english.read(walk(own, reader, rows=turn > 0))
    assert english.pages > 300
    assert not english.found, str(english)


def test_a_manager_reads_no_english(own: list[World], reader: Client) -> None:
    reader.force_login(own[0].manager)
    english = English()
    english.read(walk(own, reader, only=own[0]))
    assert english.pages > 100
    assert not english.found, str(english)


def test_what_a_form_refuses_is_said_in_vietnamese(own: list[World], reader: Client) -> None:
    english = English()
    english.read([("sign in", reader.get("/admin/login/"))])
    english.read([("wrong", reader.post("/admin/login/", {"username": "nobody", "password": "x"}))])
    reader.force_login(superuser(f"{MARK}0"))
    wrong = {"old_password": "y", "new_password1": "1", "new_password2": "2", "password1": "1", "password2": "1"}
    wrong |= {f"{inline}-{count}_FORMS": "0" for inline in ("memberships", "stocks") for count in ("TOTAL", "INITIAL")}
    for url in (
        "password_change/", f"auth/user/{own[0].manager.pk}/password/", "auth/user/add/", "inventory/shopmembership/add/",
        f"inventory/shop/{own[0].shop.pk}/change/", "integrations/appregistration/add/?channel=shopee",
        f"integrations/connection/add/?app={own[4].app.pk}", f"integrations/backfillrun/add/?connection={own[4].connection.pk}",
        f"inventory/listing/{own[4].listing.pk}/change/", f"orders/return/{own[4].order.returns.get().pk}/receive/",
    ):  # fmt: skip
        english.read([(url, reader.post(f"/admin/{url}", wrong))])
    assert english.pages == 12
    assert not english.found, str(english)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_a_page_of_an_error_has_no_english(name: str) -> None:
    english = English()
    with translation.override("vi"):
        english.judge(name, loader.get_template(f"{name}.html").render())
    assert not english.found, str(english)


def test_what_was_done_in_english_is_read_in_vietnamese(own: list[World], reader: Client) -> None:
    """The log keeps the text and its values, not what one reader saw."""
    reader.force_login(own[4].manager)
    url = f"/admin/integrations/connection/{own[4].connection.pk}/pause/"
    reader.post(url, {"_form_submitted": "on"})
    entry = LogEntry.objects.latest("pk")
    assert entry.change_message == "Pushes paused"
    with translation.override("vi"):
        assert text_of(entry) == "Đã tạm ngừng gửi"
    history = reader.get(f"/admin/integrations/connection/{own[4].connection.pk}/history/").content.decode()
    assert "Đã tạm ngừng gửi" in history


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Chọn đơn hàng để xem", []),
        ("Select đơn hàng to view", ["Select", "view"]),
        ("To", ["To"]),
        ("Sắp xếp giao hàng: READY_TO_SHIP", ["READY", "SHIP"]),
        ("Trong kho", []),
    ],
)
def test_english_is_known_from_vietnamese(text: str, words: list[str]) -> None:
    assert english_in(text, frozenset()) == words
