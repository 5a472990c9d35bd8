"""Photos and clips of parcels: uploaded in pieces, looked into, kept sealed in the place of `PHOTO_URL`, dropped after some days.

The row is written before its first piece and names the file, so that what a broken upload left is found by its row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import tunables
from core.clips import clip_seconds, clip_type
from core.db import execute, fetch
from core.pictures import picture_size, picture_type
from core.places import NoPlace, photo_place
from core.sealed_files import SealedWriter
from orders.models import PackedParcel, ParcelPhoto, ReturnLine
from orders.photo_files import PIECE_BYTES, content, piece_name
from orders.services.scanning import orders_in

log = structlog.get_logger(__name__)

# photos of one parcel or return
MOST = 20
# a recording is cut a little after its limit
_GRACE_SECONDS = 1.0
# an upload is given up after so long without its last piece
_UNFINISHED_HOURS = 1


class NotStorable(ValueError):
    """A photo cannot be stored; the code says why: not_media, too_large, too_long, too_many, out_of_order, no_place."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Subject:
    """Subject of a photo: a parcel that is packed, or goods that a return brought back."""

    shop_id: int
    number: str
    tracking_number: str
    order_ids: tuple[int, ...]
    return_id: int | None = None
    return_line_id: int | None = None


def of_parcel(parcel: PackedParcel) -> Subject:
    """Return a parcel on the packing table as a subject."""
    orders = tuple(order.id for order in orders_in(parcel.shop_id, parcel.number))
    return Subject(parcel.shop_id, parcel.number, parcel.tracking_number, orders)


def of_return_line(line: ReturnLine) -> Subject:
    """Return a line of a return as a subject."""
    ret = line.ret
    orders = (ret.order_id,) if ret.order_id else ()
    return Subject(ret.shop_id, ret.number, ret.tracking_number, orders, ret.pk, line.pk)


_OF_ORDERS = """
INSERT INTO orders_parcelphoto_orders (parcelphoto_id, order_id) SELECT %(photo)s, unnest(%(orders)s::bigint[])
"""


def begin(subject: Subject, first: bytes, *, actor_id: int | None) -> ParcelPhoto:
    """Create the row of an upload from its first bytes. Raises NotStorable."""
    kind = picture_type(first) or clip_type(first)
    if not kind:
        raise NotStorable("not_media")
    if not settings.PHOTO_URL:
        raise NotStorable("no_place")
    if ParcelPhoto.objects.filter(shop_id=subject.shop_id, number=subject.number, dropped_at=None).count() >= MOST:
        raise NotStorable("too_many")
    with transaction.atomic():
        photo = ParcelPhoto.objects.create(
            shop_id=subject.shop_id, number=subject.number, tracking_number=subject.tracking_number, ret_id=subject.return_id,
            return_line_id=subject.return_line_id, content_type=kind, taken_by_id=actor_id,
            file_name=f"{timezone.now():%Y-%m}/{uuid4().hex}",
        )  # fmt: skip
        execute(_OF_ORDERS, photo=photo.pk, orders=list(subject.order_ids))
    return photo


def add_piece(photo: ParcelPhoto, position: int, piece: bytes) -> None:
    """Store the piece at a position, counted from 0. The last one may be sent again. Raises NotStorable and OSError.

    An upload that cannot become a photo any more is removed.
    """
    is_next = position == photo.pieces and photo.size == position * PIECE_BYTES
    is_repeated = position == photo.pieces - 1
    if not (is_next or is_repeated) or not 0 < len(piece) <= PIECE_BYTES:
        raise NotStorable("out_of_order")
    size = position * PIECE_BYTES + len(piece)
    if size > (tunables.CLIP_BYTES if photo.is_clip else tunables.PHOTO_BYTES):
        _remove(photo)
        raise NotStorable("too_large")
    with photo_place().writing(piece_name(photo.file_name, position)) as target:
        sealed = SealedWriter(target)
        sealed.write(piece)
        sealed.close()
    photo.pieces, photo.size = position + 1, size
    _note(photo, pieces=photo.pieces, size=photo.size)


def finish(photo: ParcelPhoto) -> ParcelPhoto:
    """Look into a file that has arrived whole, keep it with its hash and return it; the one before where it is the same file again,
    since the answer to it got lost. Raises NotStorable, and then it is removed; OSError."""
    try:
        sha256 = _clip_hash(photo) if photo.is_clip else _picture_hash(photo)
    except NotStorable:
        _remove(photo)
        raise
    same = ParcelPhoto.objects.filter(
        shop_id=photo.shop_id, number=photo.number, return_line_id=photo.return_line_id, taken_by_id=photo.taken_by_id,
        sha256=sha256, stored_at__isnull=False, dropped_at=None,
    ).exclude(pk=photo.pk)  # fmt: skip
    if known := same.first():
        _remove(photo)
        return known
    photo.sha256, photo.stored_at = sha256, timezone.now()
    _note(photo, sha256=photo.sha256, stored_at=photo.stored_at)
    return photo


def _note(photo: ParcelPhoto, **values: Any) -> None:
    """Write to the row of an upload. Raises NotStorable where it was removed or dropped meanwhile: what came since goes, too."""
    if not ParcelPhoto.objects.filter(pk=photo.pk, dropped_at=None).update(**values):
        _delete_file(photo)
        raise NotStorable("out_of_order")


def _picture_hash(photo: ParcelPhoto) -> str:
    """Return the SHA-256 of a picture, which is decrypted once. Raises NotStorable."""
    data = b"".join(content(photo))
    try:
        picture_size(data)
    except ValueError as error:
        raise NotStorable("not_media") from error
    return hashlib.sha256(data).hexdigest()


def _clip_hash(photo: ParcelPhoto) -> str:
    """Return the SHA-256 of a clip, in the memory of a piece; the pieces that tell its length are decrypted first. Raises NotStorable."""
    try:
        seconds = clip_seconds(lambda start, stop: b"".join(content(photo, start, stop)), photo.size)
    except ValueError as error:
        raise NotStorable("not_media") from error
    if seconds is not None and seconds > tunables.CLIP_SECONDS + _GRACE_SECONDS:
        raise NotStorable("too_long")
    whole = hashlib.sha256()
    for piece in content(photo):
        whole.update(piece)
    return whole.hexdigest()


def _remove(photo: ParcelPhoto) -> None:
    _delete_file(photo)
    photo.delete()


def _delete_file(photo: ParcelPhoto) -> None:
    place = photo_place()
    # one more: its row may not know of it yet
    for position in range(photo.pieces + 1):
        place.delete(piece_name(photo.file_name, position))


def drop(photos: Iterable[ParcelPhoto]) -> int:
    """Delete the files of photos, keep their rows; return how many. May be repeated. Raises NoPlace and OSError."""
    dropped = 0
    for photo in photos:
        _delete_file(photo)
        ParcelPhoto.objects.filter(pk=photo.pk).update(dropped_at=timezone.now())
        dropped += 1
    return dropped


def drop_of_orders(order_ids: Collection[int]) -> int:
    """Delete all files that may show a buyer, who is erased: photos of these orders' parcels and of what came back of them."""
    found = ParcelPhoto.objects.filter(orders__in=sorted(order_ids), dropped_at=None).distinct()
    return drop(found)


# a return that is not over, or a wish to cancel: what was packed may have to be shown to the channel
_OLD = """
SELECT p.id FROM orders_parcelphoto p WHERE p.dropped_at IS NULL
    AND p.taken_at < clock_timestamp() - make_interval(days => %(days)s)
    AND NOT EXISTS (
        SELECT FROM orders_parcelphoto_orders link JOIN orders_order o ON o.id = link.order_id
        WHERE link.parcelphoto_id = p.id AND (o.status = 'cancelling' OR EXISTS (
            SELECT FROM orders_return r WHERE r.order_id = o.id AND r.status NOT IN ('refunded', 'refused', 'withdrawn'))))
ORDER BY p.id
"""
_UNFINISHED = """
SELECT id FROM orders_parcelphoto
WHERE stored_at IS NULL AND dropped_at IS NULL AND taken_at < clock_timestamp() - make_interval(hours => %(hours)s) ORDER BY id
"""


def drop_old(*, days: int) -> int:
    """Delete the files of photos taken so many days ago, but for open returns, and what broken uploads left; return how many.

    A place that is away is logged: the next night deletes them.
    """
    try:
        for photo in _rows(fetch(_UNFINISHED, hours=_UNFINISHED_HOURS)):
            _remove(photo)
        return drop(_rows(fetch(_OLD, days=days)))
    except (NoPlace, OSError) as error:
        log.warning("old_photos_not_dropped", error=type(error).__name__)
        return 0


def _rows(ids: list[tuple[int]]) -> Iterable[ParcelPhoto]:
    return ParcelPhoto.objects.filter(pk__in=[pk for (pk,) in ids])
