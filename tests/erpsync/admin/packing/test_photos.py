"""Packing photos in the admin: taken at the scan page, found by number, served as what they are, seen by their shop alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from redis import Redis

from core import tunables
from inventory.models import ShopMembership
from orders.models import Order, PackedParcel, ParcelPhoto
from orders.photo_files import PIECE_BYTES
from tests.erpsync.admin.packing.test_scanning import packable, scanned
from tests.erpsync.admin.pages import CONFIRMED
from tests.erpsync.admin.pages import page as page_of
from tests.erpsync.admin.worlds import World, world
from tests.pictures import jpeg, mp4

pytestmark = pytest.mark.django_db

UPLOAD, LIST = "/admin/orders/parcelphoto/upload/", "/admin/orders/parcelphoto/"
PHOTO = jpeg(800, 600)


@pytest.fixture
def own(client: Client, redis: Redis, tmp_path: Path, settings: Any) -> World:
    settings.PHOTO_URL = str(tmp_path)
    made = world("OWN", channel="shopee", role="operator")
    PackedParcel.objects.all().delete()
    ParcelPhoto.objects.all().delete()
    client.force_login(made.manager)
    return made


def sent(client: Client, data: bytes, **fields: Any) -> Any:
    body = {"piece": SimpleUploadedFile("piece", data), "position": 0, "last": "1", **fields}
    return client.post(UPLOAD, {name: value for name, value in body.items() if value != ""})


def taken(client: Client, row: Order, data: bytes = PHOTO) -> ParcelPhoto:
    answer = sent(client, data, parcel=scanned(client, row.number)["parcel"])
    assert answer.status_code == 200, answer.content
    return ParcelPhoto.objects.get(pk=answer.json()["photo"])


def url(photo: ParcelPhoto) -> str:
    return f"{LIST}{photo.pk}/file/"


def test_a_photo_is_taken_at_the_packing_table(client: Client, own: World) -> None:
    row = packable(own)
    opened = scanned(client, row.number)
    assert f'data-photos="{UPLOAD}"' in opened["html"]
    assert 'accept="image/jpeg,image/png,image/webp" capture="environment"' in opened["html"]
    with translation.override("vi"):
        answer = sent(client, PHOTO, parcel=opened["parcel"])
    photo = ParcelPhoto.objects.get()
    assert (photo.taken_by, photo.sha256) == (own.manager, hashlib.sha256(PHOTO).hexdigest())
    assert url(photo) in answer.json()["html"]
    assert url(photo) in scanned(client, row.number)["html"]
    page = client.get(page_of(row)).content.decode()
    assert page.count(url(photo)) == 2, "beside its parcel, and where it says how it was packed"


def test_a_photo_whose_answer_got_lost_is_kept_once(client: Client, own: World, tmp_path: Path) -> None:
    parcel = scanned(client, packable(own).number)["parcel"]
    first, again = sent(client, PHOTO, parcel=parcel), sent(client, PHOTO, parcel=parcel)
    assert (again.status_code, again.json()) == (200, first.json())
    assert ParcelPhoto.objects.get().pk == first.json()["photo"]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_it_is_served_as_what_it_is_and_nothing_more(client: Client, own: World) -> None:
    row = packable(own)
    picture = client.get(url(taken(client, row)))
    assert (picture.getvalue(), picture["Content-Type"], picture["X-Content-Type-Options"]) == (
        PHOTO,
        "image/jpeg",
        "nosniff",
    )
    assert picture["Content-Disposition"].startswith(f'inline; filename="{row.number}-T')
    assert picture["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-store" in picture["Cache-Control"]
    clip = taken(client, row, mp4(5, filling=1_000))
    whole = client.get(url(clip))
    assert (whole["Content-Type"], whole["Content-Disposition"][:10]) == ("video/mp4", "attachment")
    content = whole.getvalue()
    for asked, start, stop in (
        ("bytes=0-1", 0, 2),
        ("bytes=1000-", 1_000, clip.size),
        ("bytes=-10", clip.size - 10, clip.size),
    ):
        part = client.get(url(clip), headers={"Range": asked})
        assert (part.status_code, part["Content-Range"]) == (206, f"bytes {start}-{stop - 1}/{clip.size}")
        assert part.getvalue() == content[start:stop]
    for asked in ("bytes=9999999-", "bytes=-", "bytes=-0", "lines=1-2", "bytes=5-2"):
        assert client.get(url(clip), headers={"Range": asked}).status_code == 200


def test_a_long_clip_comes_in_pieces(client: Client, own: World) -> None:
    parcel = scanned(client, packable(own).number)["parcel"]
    clip = mp4(30, filling=PIECE_BYTES)
    first = sent(client, clip[:PIECE_BYTES], parcel=parcel, last="")
    assert list(first.json()) == ["photo"]
    assert not ParcelPhoto.objects.exclude(stored_at=None).exists()
    done = sent(client, clip[PIECE_BYTES:], photo=first.json()["photo"], position=1)
    assert done.json()["html"]
    assert ParcelPhoto.objects.get().sha256 == hashlib.sha256(clip).hexdigest()
    again = sent(client, clip[PIECE_BYTES:], photo=first.json()["photo"], position=1)
    assert (again.status_code, again.json()) == (200, done.json()), "its answer got lost"
    assert ParcelPhoto.objects.get().sha256 == hashlib.sha256(clip).hexdigest()
    for position in (0, 2):
        answer = sent(client, b"more", photo=first.json()["photo"], position=position)
        assert answer.status_code == 404, "it is closed"


def test_what_cannot_be_kept_says_why_in_vietnamese(
    client: Client, own: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    parcel = scanned(client, packable(own).number)["parcel"]
    client.cookies["django_language"] = "vi"
    refused = sent(client, b"<html>", parcel=parcel)
    assert (refused.status_code, refused.json()["text"][:8]) == (400, "Đây khôn")
    assert "60 giây" in sent(client, mp4(90), parcel=parcel).json()["text"]
    monkeypatch.setattr(tunables, "PHOTO_BYTES", 10)
    large = sent(client, PHOTO, parcel=parcel)
    assert (large.status_code, large.json()["text"][:8]) == (413, "Quá lớn:")
    settings.PHOTO_URL = "/proc/nowhere"
    monkeypatch.undo()
    assert sent(client, PHOTO, parcel=parcel).status_code == 503
    settings.PHOTO_URL = ""
    assert "data-photos" not in scanned(client, packable(own).number)["html"]


def test_a_photo_is_found_by_any_number_of_its_parcel(client: Client, own: World) -> None:
    first, second = packable(own), packable(own)
    photo, _other = taken(client, first), taken(client, second)
    for term in (f"{first.number}-T", f"{first.number}-P", first.number):
        page = client.get(LIST, {"q": term}).content.decode()
        assert (page.count(f'src="{url(photo)}"'), page.count('<img src="/admin/orders/parcelphoto')) == (1, 1), term
    assert photo.sha256 in client.get(page_of(photo)).content.decode()


def test_other_shops_neither_see_nor_add_and_a_viewer_only_looks(client: Client, own: World) -> None:
    row = packable(own)
    photo, parcel = taken(client, row), PackedParcel.objects.get()
    stranger = world("ZZ", channel="shopee")
    other = Client()
    other.force_login(stranger.manager)
    assert other.get(url(photo)).status_code == 404
    assert sent(other, PHOTO, parcel=parcel.pk).status_code == 404
    assert photo.sha256 not in other.get(LIST).content.decode()
    ShopMembership.objects.filter(user=own.manager).update(role="viewer")
    assert client.get(url(photo)).status_code == 200
    assert sent(client, PHOTO, parcel=parcel.pk).status_code == 403
    assert client.post(page_of(photo, "delete_file"), CONFIRMED).status_code == 403


def test_a_manager_deletes_the_file_and_the_record_stays(client: Client, own: World, tmp_path: Path) -> None:
    photo = taken(client, packable(own))
    assert client.post(page_of(photo, "delete_file"), CONFIRMED).status_code == 403
    ShopMembership.objects.filter(user=own.manager).update(role="manager")
    client.post(page_of(photo, "delete_file"), CONFIRMED)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert client.get(url(photo)).status_code == 404
    assert photo.sha256 in client.get(page_of(photo)).content.decode()
