"""Pictures in the dialog of a command: posted in parts, looked into, kept with the command."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from integrations.connectors.shopee.connector import CONNECTOR
from integrations.contract.declarations import Field
from integrations.models import Command, CommandPicture
from tests.erpsync.admin.test_actions import CONFIRMED, page
from tests.erpsync.admin.worlds import World, world
from tests.integrations.toy import install
from tests.pictures import jpeg, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client, monkeypatch: pytest.MonkeyPatch) -> World:
    """A shop whose channel takes pictures with a cancellation."""
    made = world("OWN", channel="shopee")
    client.force_login(made.manager)
    fields = (Field("text", "In your words"), Field("pictures", "Pictures", pictures=True))
    cancel = replace(CONNECTOR.writes["cancel"], fields=lambda access, command: fields)
    install(monkeypatch, replace(CONNECTOR, writes={**CONNECTOR.writes, "cancel": cancel}))
    return made


def post(client: Client, own: World, *files: bytes, **typed: str) -> str:
    given: dict[str, Any] = CONFIRMED | {"declared_text": "Hết"} | typed
    # a browser may call it what it likes
    given["declared_pictures"] = [SimpleUploadedFile("x.exe", one, "application/x-msdownload") for one in files]
    return client.post(page(own.order, "cancel"), given).content.decode()


def test_the_dialog_takes_files(client: Client, own: World) -> None:
    shown = client.get(page(own.order, "cancel")).content.decode()
    assert 'hx-encoding="multipart/form-data"' in shown
    assert 'type="file" name="declared_pictures" multiple accept="image/jpeg,image/png"' in shown
    assert "JPEG or PNG, at most 5, each of at most 3 MB." in shown
    plain = client.get(page(own.order, "fetch_this_again")).content.decode()
    assert "multipart" not in plain


def test_pictures_are_kept_with_the_command(client: Client, own: World) -> None:
    post(client, own, png(640, 480), jpeg(320, 200))
    wanted = Command.objects.get(state="wanted")
    assert wanted.options == {"text": "Hết", "pictures": 2}
    rows = CommandPicture.objects.filter(command=wanted).values_list("name", "content_type", "width", "height")
    assert list(rows) == [("1.png", "image/png", 640, 480), ("2.jpg", "image/jpeg", 320, 200)]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "This field is required"),
        ([png(1, 1), b"<svg onload=alert(1)>"], "Picture 2 is no JPEG or PNG file."),
        ([png(1, 1)] * 6, "At most 5 pictures, please."),
        ([png(1, 1) + bytes(3_000_000)], "Picture 1 is too large: at most 3 MB."),
        ([b""], "Picture 1 is no JPEG or PNG file."),
    ],
)
def test_what_is_no_picture_changes_nothing(client: Client, own: World, files: list[bytes], words: str) -> None:
    assert words in post(client, own, *files)
    assert not Command.objects.filter(state="wanted").exists()
    assert CommandPicture.objects.count() == 0
