"""Upload of packing photos piece by piece, and the answer with a photo's file."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from core import tunables
from core.encryption import SecretUnreadable
from core.places import NoPlace
from erpsync import permissions
from erpsync.admin.kit.ids import row_id
from erpsync.admin.kit.views import OperatorView
from erpsync.admin.packing.photo_marks import thumbnails
from orders.models import PackedParcel, ParcelPhoto, ReturnLine
from orders.photo_files import PIECE_BYTES, content
from orders.services import photos
from orders.services.photos import NotStorable, Subject

REFUSED = {
    "not_media": _("This is no JPEG, PNG or WebP photo and no MP4 or WebM clip, or it arrived damaged."),
    "too_large": _("Too large: at most %(photo)d MB for a photo and %(clip)d MB for a clip. Nothing was kept."),
    "too_long": _("The clip is longer than %(seconds)d seconds. Nothing was kept: take a shorter one."),
    "too_many": _("This parcel has %(most)d photos already."),
    "out_of_order": _("A part of the file is missing. Nothing was kept: take it again."),
    "no_place": _("No place for photos is set (PHOTO_URL): tell whoever runs the hub."),
    "away": _("The place of the photos cannot be reached. Nothing was kept: try again, and tell whoever runs the hub."),
}
_STATUSES = {"too_large": 413, "no_place": 503, "away": 503}
_EXTENSIONS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp",
    "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm",
}  # fmt: skip
# whatever a file holds, it runs nothing and loads nothing
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


class PhotoUploadView(OperatorView):
    """One piece of a photo or clip, by POST: `piece`, its `position` from 0, `last` with the last one; `photo` from the second on,
    else the `parcel` or return `line` that it shows. Answers JSON.
    """

    title = _("Packing photos")
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            photo = self._stored(request)
        except NotStorable as refused:
            return _refused(refused.code)
        except (NoPlace, OSError):
            return _refused("away")
        if photo.stored_at is None:
            return JsonResponse({"photo": photo.pk})
        shown = ParcelPhoto.objects.filter(
            shop_id=photo.shop_id, number=photo.number, return_line_id=photo.return_line_id
        )
        text = _("The clip is kept.") if photo.is_clip else _("The photo is kept.")
        return JsonResponse({"photo": photo.pk, "text": str(text), "html": thumbnails(shown)})

    def _stored(self, request: HttpRequest) -> ParcelPhoto:
        """Store the piece and return its photo. Raises NotStorable, NoPlace, OSError; Http404 for what is not the person's."""
        piece = request.FILES.get("piece")
        position = _number(request, "position")
        if not isinstance(piece, UploadedFile) or position is None or (piece.size or 0) > PIECE_BYTES:
            raise NotStorable("out_of_order")
        data = piece.read()
        if position == 0 and _number(request, "photo") is None:
            photo = photos.begin(_subject(request), data, actor_id=request.user.pk)
        else:
            photo = _own_upload(request, position)
        if photo.stored_at:
            return photo
        photos.add_piece(photo, position, data)
        if request.POST.get("last"):
            photo = photos.finish(photo)
        return photo


def _subject(request: HttpRequest) -> Subject:
    mine = permissions.shop_ids(request, permissions.OPERATOR)
    parcel = PackedParcel.objects.filter(pk=_number(request, "parcel") or 0, shop_id__in=mine).first()
    if parcel is not None:
        return photos.of_parcel(parcel)
    lines = ReturnLine.objects.select_related("ret").defer("ret__raw")
    line = lines.filter(pk=_number(request, "line") or 0, ret__shop_id__in=mine).first()
    if line is None:
        raise Http404
    return photos.of_return_line(line)


def _own_upload(request: HttpRequest, position: int) -> ParcelPhoto:
    """Return the person's own upload that is under way, or that this piece ended: its answer got lost, so it was sent again."""
    own = ParcelPhoto.objects.filter(
        Q(stored_at=None) | Q(pieces=position + 1), taken_by=request.user.pk, dropped_at=None
    )
    photo = own.filter(
        pk=_number(request, "photo") or 0, shop_id__in=permissions.shop_ids(request, permissions.OPERATOR)
    ).first()
    if photo is None:
        raise Http404
    return photo


def _number(request: HttpRequest, name: str) -> int | None:
    return row_id(request.POST.get(name, ""))


def _refused(code: str) -> JsonResponse:
    limits = {
        "photo": tunables.PHOTO_BYTES // 1_000_000, "clip": tunables.CLIP_BYTES // 1_000_000, "seconds": tunables.CLIP_SECONDS,
        "most": photos.MOST,
    }  # fmt: skip
    return JsonResponse({"text": str(REFUSED[code]) % limits}, status=_STATUSES.get(code, 400))


def file_answer(request: HttpRequest, photo: ParcelPhoto) -> HttpResponseBase:
    """Return the file of a photo: a picture to be shown, a clip to be played or saved, a part of it where the browser asks so.

    Players of telephones ask for parts, and play nothing without. Raises Http404 for a file that is gone.
    """
    start, stop = _part(request.headers.get("Range", ""), photo.size)
    is_part = (start, stop) != (0, photo.size)
    try:
        parts = content(photo, start, stop)
        first = next(parts, b"")
    except (NoPlace, OSError, SecretUnreadable) as error:
        raise Http404 from error
    name = f"{_safe(str(photo))}-{photo.pk}.{_EXTENSIONS[photo.content_type]}"
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'{"attachment" if photo.is_clip else "inline"}; filename="{name}"',
        "Content-Length": str(stop - start),
        "Content-Security-Policy": SANDBOX,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        **({"Content-Range": f"bytes {start}-{stop - 1}/{photo.size}"} if is_part else {}),
    }
    return StreamingHttpResponse(
        (piece for pieces in ((first,), parts) for piece in pieces), status=206 if is_part else 200, headers=headers,
        content_type=photo.content_type,
    )  # fmt: skip


def _part(header: str, size: int) -> tuple[int, int]:
    """Return what a Range header asks for, the whole file where it makes no sense (RFC 9110, 14.2)."""
    found = _RANGE.fullmatch(header)
    if not found or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if first:
        start, stop = int(first), min(int(last) + 1, size) if last else size
    else:
        start, stop = max(0, size - int(last)), size
    return (start, stop) if start < stop else (0, size)


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:60] or "photo"
