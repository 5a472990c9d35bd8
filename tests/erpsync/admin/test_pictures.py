"""Pictures in the dialog of a command: posted in parts, looked into, kept with the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from integrations.connectors.shopee.connector import CONNECTOR
from integrations.contract.declarations import Field
from integrations.models import Command, CommandPicture
from orders.models import Order, ParcelPhoto
from orders.services import photos
from orders.services.photos import Subject
from tests.erpsync.admin.pages import CONFIRMED, page
from tests.erpsync.admin.worlds import World, world
from tests.integrations.toy import install
from tests.pictures import jpeg, mp4, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(client: Client, monkeypatch: pytest.MonkeyPatch) -> World:
    """A shop whose channel takes pictures with a cancellation."""
    made = world("OWN", channel="shopee")
    ParcelPhoto.objects.all().delete()
    client.force_login(made.manager)
    fields = (Field("text", "In your words"), Field("pictures", "Pictures", pictures=True))
    cancel = replace(CONNECTOR.writes["cancel"], fields=lambda access, command: fields)
    install(monkeypatch, replace(CONNECTOR, writes={**CONNECTOR.writes, "cancel": cancel}))
    return made


def post(client: Client, own: World, *files: bytes, **typed: str | list[str]) -> str:
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


def kept(order: Order, content: bytes) -> ParcelPhoto:
    """A photo of the order's parcel, as the packer took it."""
    photo = photos.begin(Subject(order.shop_id, "P", "T", (order.pk,)), content, actor_id=None)
    photos.add_piece(photo, 0, content)
    photos.finish(photo)
    return photo


def kept_row(order: Order, place: int) -> ParcelPhoto:
    """A photo whose file cannot be read."""
    photo = ParcelPhoto.objects.create(
        shop_id=order.shop_id, number="P", file_name=f"gone/{place}", content_type="image/jpeg", pieces=1, size=9,
        stored_at=timezone.now(),
    )  # fmt: skip
    photo.orders.add(order)
    return photo


def test_a_packing_photo_is_chosen_instead_of_uploaded(
    client: Client, own: World, tmp_path: Path, settings: Any
) -> None:
    settings.PHOTO_URL = str(tmp_path)
    photo, clip = kept(own.order, jpeg(800, 600)), kept(own.order, mp4(5))
    foreign = kept(world("ZZ", channel="shopee").order, jpeg(8, 8))
    shown = client.get(page(own.order, "cancel")).content.decode()
    assert f'src="/admin/orders/parcelphoto/{photo.pk}/file/"' in shown
    assert f'value="{clip.pk}"' not in shown, "a channel takes pictures only"
    assert "The channel wants a picture" in post(client, own)
    assert "is not one of the available choices" in post(client, own, kept_photos=str(foreign.pk))
    assert "At most 5 pictures" in post(client, own, *[png(1, 1)] * 5, kept_photos=str(photo.pk))
    assert not Command.objects.filter(state="wanted").exists()

    post(client, own, png(640, 480), kept_photos=str(photo.pk))

    rows = CommandPicture.objects.filter(command__state="wanted").order_by("pk")
    assert [(row.name, row.width) for row in rows] == [("1.jpg", 800), ("2.png", 640)]
    assert bytes(rows[0].content) == jpeg(800, 600)
    assert Command.objects.get(state="wanted").options == {"text": "Hết", "pictures": 2}


def test_a_photo_that_cannot_be_read_is_said(client: Client, own: World, tmp_path: Path, settings: Any) -> None:
    settings.PHOTO_URL = str(tmp_path)
    photo = kept(own.order, jpeg(8, 8))
    settings.PHOTO_URL = ""
    assert "cannot be read just now" in post(client, own, kept_photos=str(photo.pk))
    many = [str(kept_row(own.order, place).pk) for place in range(6)]
    assert "At most 5 pictures" in post(client, own, kept_photos=many), "counted before one is read"
    assert not Command.objects.filter(state="wanted").exists()
