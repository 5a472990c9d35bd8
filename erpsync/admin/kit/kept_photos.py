"""Form field that puts photos which the hub keeps into a refusal, instead of uploading them anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.encryption import SecretUnreadable
from core.pictures import JPEG, PNG
from core.places import NoPlace
from erpsync.admin.kit import words
from erpsync.admin.packing.photo_marks import file_url
from integrations.documents.pictures import MAX_BYTES, MOST
from orders.models import Order, ParcelPhoto
from orders.photo_files import content


def sendable(order: Order) -> list[ParcelPhoto]:
    """Return the photos of an order's parcels and returns that a channel takes: no clips, and none that is too large."""
    kept = ParcelPhoto.objects.filter(orders=order, stored_at__isnull=False, dropped_at=None)
    return list(kept.filter(content_type__in=(JPEG, PNG), size__lte=MAX_BYTES).order_by("pk"))


class KeptPhotosField(forms.MultipleChoiceField):
    """Photos to choose from; cleaned to the bytes of the chosen ones."""

    def __init__(self, photos: Sequence[ParcelPhoto]) -> None:
        self.photos = {str(photo.pk): photo for photo in photos}
        super().__init__(
            choices=[(key, _shown(photo)) for key, photo in self.photos.items()], required=False, label=_("Photos that were taken"),
            help_text=_("As the parcel was packed, and as it came back. The chosen ones go with the refusal."),
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
        )  # fmt: skip

    def clean(self, value: Any) -> list[bytes]:
        chosen = super().clean(value)
        # counted first: an order may have many, each of them some megabytes to read
        if len(chosen) > MOST:
            raise ValidationError(_("At most %(most)d pictures, please.") % {"most": MOST})
        try:
            return [b"".join(content(self.photos[key])) for key in chosen]
        except (NoPlace, OSError, SecretUnreadable) as error:
            raise ValidationError(
                _("A chosen photo cannot be read just now: choose others, or upload them.")
            ) from error


def _shown(photo: ParcelPhoto) -> SafeString:
    what = _("Return inspection") if photo.ret_id else _("Packing")
    return format_html(
        '<img src="{}" alt="" width="72" height="72" loading="lazy" class="photo-choice"> {}, {}',
        file_url(photo), what, words.moment(photo.taken_at),
    )  # fmt: skip
