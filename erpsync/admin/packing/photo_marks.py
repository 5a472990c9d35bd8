"""Packing photos as pages show them: small pictures that open the large one, and the field that takes a new one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from core import tunables
from erpsync.admin.kit import words
from erpsync.admin.kit.base import once
from orders.models import Order, ParcelPhoto, ReturnLine
from orders.photo_files import PIECE_BYTES


def file_url(photo: ParcelPhoto) -> str:
    """Return the address of a photo's file."""
    return reverse("admin:orders_parcelphoto_file", args=(photo.pk,))


def stored(photos: QuerySet[ParcelPhoto]) -> QuerySet[ParcelPhoto]:
    """Return those photos that arrived whole, the oldest first."""
    return photos.filter(stored_at__isnull=False).select_related("taken_by").order_by("pk")


def thumbnails(photos: QuerySet[ParcelPhoto] | Iterable[ParcelPhoto]) -> SafeString:
    """Return small pictures of these photos, "" for none; of a deleted file only that there was one."""
    found = stored(photos) if isinstance(photos, QuerySet) else photos
    rows = [{"photo": photo, "url": file_url(photo), "when": words.moment(photo.taken_at)} for photo in found]
    return render_to_string("admin/packing/thumbnails.html", {"rows": rows}) if rows else SafeString()


def photos_of(order: Order) -> list[ParcelPhoto]:
    """Return the photos of an order's parcels and returns, read once per request."""
    found: list[ParcelPhoto] = once(order, "photos", lambda: list(stored(ParcelPhoto.objects.filter(orders=order))))
    return found


def photos_by_line(lines: Iterable[ReturnLine]) -> dict[int, list[ParcelPhoto]]:
    """Return the photos of lines of returns, by line."""
    found: dict[int, list[ParcelPhoto]] = {line.pk: [] for line in lines}
    for photo in stored(ParcelPhoto.objects.filter(return_line__in=found)):
        if photo.return_line_id is not None:
            found[photo.return_line_id].append(photo)
    return found


def photo_field(
    request: HttpRequest, photos: QuerySet[ParcelPhoto] | Iterable[ParcelPhoto], **subject: Any
) -> SafeString:
    """Return the photos with the buttons that take a new one of `subject`: {"parcel": id} or {"line": id}."""
    context = {
        "url": reverse("admin:orders_parcelphoto_upload"), "subject": subject, "thumbnails": thumbnails(photos),
        "is_offered": bool(settings.PHOTO_URL), "piece": PIECE_BYTES, "photo_bytes": tunables.PHOTO_BYTES,
        "clip_bytes": tunables.CLIP_BYTES, "clip_seconds": int(tunables.CLIP_SECONDS),
        "photo_mb": tunables.PHOTO_BYTES // 1_000_000, "clip_mb": tunables.CLIP_BYTES // 1_000_000,
    }  # fmt: skip
    return render_to_string("admin/packing/photo_field.html", context, request)
