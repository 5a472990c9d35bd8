"""Photos of parcels: sealed pieces outside the database, looked into, dropped by age but for open returns."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core import tunables
from core.encryption import SecretUnreadable
from core.sealed_files import unsealed
from inventory.models import Shop
from orders import photo_files
from orders.models import Order, PackedParcel, ParcelPhoto, Return
from orders.photo_files import PIECE_BYTES, content
from orders.services import photos
from orders.services.photos import NotStorable, Subject
from tests.orders.waves.conftest import Sold
from tests.orders.waves.conftest import shop as shop  # noqa: PLC0414
from tests.orders.waves.conftest import sold as sold  # noqa: PLC0414
from tests.pictures import jpeg, mp4, webp

PHOTO = jpeg(800, 600) + b"Ms Han, 0907 654 321"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, settings: Any) -> Path:
    settings.PHOTO_URL = str(tmp_path)
    return tmp_path


def files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


@pytest.fixture
def subject(sold: Sold, shop: Shop) -> Subject:
    order = sold("A", ("1", 1))
    return photos.of_parcel(PackedParcel.objects.create(shop_id=order.shop_id, number="A-P", tracking_number="A-T"))


def stored(subject: Subject, data: bytes = PHOTO) -> ParcelPhoto:
    photo = photos.begin(subject, data[:PIECE_BYTES], actor_id=None)
    for position in range(-(-len(data) // PIECE_BYTES)):
        photos.add_piece(photo, position, data[position * PIECE_BYTES : (position + 1) * PIECE_BYTES])
    photos.finish(photo)
    return photo


def test_each_piece_of_a_photo_is_decrypted_once_when_it_is_finished(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(photo_files, "unsealed", lambda source: opened.append(source) or unsealed(source))
    photo = stored(subject, PHOTO + bytes(PIECE_BYTES))
    assert (len(opened), photo.pieces) == (2, 2)
    assert photo.sha256 == hashlib.sha256(PHOTO + bytes(PIECE_BYTES)).hexdigest()


def refused(subject: Subject, data: bytes) -> str:
    with pytest.raises(NotStorable) as error:
        stored(subject, data)
    return error.value.code


def test_a_photo_is_bound_to_its_parcel_and_orders_and_lies_sealed(subject: Subject, place: Path) -> None:
    photo = stored(subject)
    photo.refresh_from_db()
    assert (photo.number, photo.tracking_number, photo.content_type, photo.size) == (
        "A-P",
        "A-T",
        "image/jpeg",
        len(PHOTO),
    )
    assert [order.number for order in photo.orders.all()] == ["A"]
    assert photo.sha256 == hashlib.sha256(PHOTO).hexdigest()
    [file] = files(place)
    assert b"0907" not in file.read_bytes()
    assert b"".join(content(photo)) == PHOTO
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(SecretUnreadable):
        list(content(photo))


def test_a_clip_comes_in_pieces_and_is_read_in_parts(subject: Subject, place: Path) -> None:
    clip = mp4(59, filling=2 * PIECE_BYTES)
    photo = stored(subject, clip)
    assert (photo.content_type, photo.pieces, len(files(place))) == ("video/mp4", 3, 3)
    assert photo.sha256 == hashlib.sha256(clip).hexdigest()
    for start, stop in ((0, 10), (PIECE_BYTES - 5, PIECE_BYTES + 5), (100, len(clip)), (len(clip) - 1, len(clip) + 50)):
        assert b"".join(content(photo, start, stop)) == clip[start:stop]


def test_a_piece_that_is_sent_again_counts_once_and_none_may_be_missing(subject: Subject) -> None:
    clip = mp4(1, filling=PIECE_BYTES)
    photo = photos.begin(subject, clip, actor_id=None)
    for position, piece in (
        (0, clip[:PIECE_BYTES]),
        (0, clip[:PIECE_BYTES]),
        (1, clip[PIECE_BYTES:]),
        (1, clip[PIECE_BYTES:]),
    ):
        photos.add_piece(photo, position, piece)
    photos.finish(photo)
    assert b"".join(content(photo)) == clip
    other = photos.begin(subject, clip, actor_id=None)
    for position, piece in ((1, b"x"), (0, b""), (0, bytes(PIECE_BYTES + 1))):
        with pytest.raises(NotStorable, match="out_of_order"):
            photos.add_piece(other, position, piece)
    photos.add_piece(other, 0, b"short")
    with pytest.raises(NotStorable, match="out_of_order"):
        photos.add_piece(other, 1, b"a gap lies before it")


def test_an_upload_that_was_erased_meanwhile_leaves_no_file(subject: Subject, place: Path) -> None:
    clip = mp4(1, filling=PIECE_BYTES)
    dropped, removed = (photos.begin(subject, clip, actor_id=None) for _again in range(2))
    photos.add_piece(dropped, 0, clip[:PIECE_BYTES])
    photos.drop([ParcelPhoto.objects.get(pk=dropped.pk)])
    ParcelPhoto.objects.get(pk=removed.pk).delete()
    for photo, position, piece in ((dropped, 1, clip[PIECE_BYTES:]), (removed, 0, clip[:PIECE_BYTES])):
        with pytest.raises(NotStorable, match="out_of_order"):
            photos.add_piece(photo, position, piece)
    assert files(place) == []


def test_what_is_refused_leaves_neither_row_nor_file(
    subject: Subject, place: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert refused(subject, b"<svg onload=alert(1)>") == "not_media"
    assert refused(subject, jpeg(8, 8)[:14]) == "not_media"
    assert refused(subject, mp4(1)[:-20]) == "not_media"
    assert refused(subject, mp4(61.5)) == "too_long"
    monkeypatch.setattr(tunables, "PHOTO_BYTES", 100)
    monkeypatch.setattr(tunables, "CLIP_BYTES", PIECE_BYTES + 1)
    assert refused(subject, webp(8, 8) + bytes(100)) == "too_large"
    assert refused(subject, mp4(1, filling=PIECE_BYTES)) == "too_large"
    settings.PHOTO_URL = ""
    assert refused(subject, PHOTO) == "no_place"
    assert (ParcelPhoto.objects.count(), files(place)) == (0, [])


def test_a_parcel_has_so_many_photos(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST", 1)
    stored(subject)
    assert refused(subject, PHOTO) == "too_many"


def test_old_files_go_and_those_of_open_returns_stay(subject: Subject, place: Path) -> None:
    old = stored(subject)
    fresh = stored(subject, PHOTO + b"2")
    broken = photos.begin(subject, PHOTO, actor_id=None)
    photos.add_piece(broken, 0, PHOTO)
    long_ago = timezone.now() - timedelta(days=31)
    ParcelPhoto.objects.filter(pk__in=(old.pk, broken.pk)).update(taken_at=long_ago)
    order = Order.objects.get(number="A")
    ret = Return.objects.create(
        shop_id=order.shop_id, number="R", order=order, status="requested", asked_at=timezone.now()
    )

    assert photos.drop_old(days=30) == 0
    assert not ParcelPhoto.objects.filter(pk=broken.pk).exists()
    assert len(files(place)) == 2

    Return.objects.filter(pk=ret.pk).update(status="refused")
    Order.objects.filter(pk=order.pk).update(status="cancelling")
    assert photos.drop_old(days=30) == 0
    Order.objects.filter(pk=order.pk).update(status="completed")
    assert photos.drop_old(days=30) == 1
    assert photos.drop_old(days=30) == 0
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.dropped_at is None, fresh.dropped_at, bool(old.sha256)) == (False, None, True)
    assert b"".join(content(fresh)) == PHOTO + b"2"
    assert len(files(place)) == 1


def test_a_place_that_is_away_is_no_end_of_the_night(subject: Subject, settings: Any) -> None:
    photo = stored(subject)
    ParcelPhoto.objects.update(taken_at=timezone.now() - timedelta(days=31))
    settings.PHOTO_URL = ""
    assert photos.drop_old(days=30) == 0
    photo.refresh_from_db()
    assert photo.dropped_at is None
