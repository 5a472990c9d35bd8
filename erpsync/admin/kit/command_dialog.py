"""Dialog of a command: the fields and choices that the channel offers before it is sent."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm

from erpsync.admin.kit.declared import PREFIX, given, option_fields, pictures
from erpsync.admin.kit.kept_photos import KeptPhotosField, sendable
from erpsync.admin.kit.picture_field import PicturesField
from integrations.accounts.connections import NotPossible
from integrations.contract.errors import ChannelError
from integrations.contract.pictures import Picture
from integrations.documents.commands.request import fields_for
from integrations.documents.pictures import checked
from orders.models import Order, Return

KEPT = "kept_photos"


class CommandForm(BaseDialogForm):
    """Form with the fields as the channel declares them when the dialog opens; where it cannot be asked, the shop's settings decide."""

    model: ClassVar[type[Model]]
    kind: ClassVar[str]
    form_before_template = "admin/orders/not_asked.html"

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        # the theme hands over what was typed, not the files
        super().__init__(request, object_id, *args, **{"files": request.FILES or None, **kwargs})
        self.problem: str | Promise = ""
        self._pictures: tuple[Picture, ...] = ()
        self._wants_one = False
        page: Any = admin.site.get_model_admin(self.model)
        try:
            row = page.found(request, object_id)
            offered = fields_for(row, self.kind)
            self.fields |= option_fields(offered)
        except (NotPossible, ChannelError) as error:
            self.problem = str(error.reason)
        else:
            order: Order | None = row.order if isinstance(row, Return) else row
            if order is not None and any(field.pictures for field in offered):
                self._offer_kept(order)

    def _offer_kept(self, order: Order) -> None:
        """Offer the photos that are kept. One of them is as good as an upload where the channel wants a picture."""
        photos = sendable(order)
        if not photos:
            return
        self.fields[KEPT] = KeptPhotosField(photos)
        uploads = [field for field in self.fields.values() if isinstance(field, PicturesField)]
        self._wants_one = any(field.required for field in uploads)
        for field in uploads:
            field.required = False

    def clean(self) -> dict[str, Any]:
        chosen = any(value for name, value in self.data.items() if name.startswith(PREFIX))
        if self.problem and (chosen or self.files):
            raise ValidationError(_("The channel could not be asked just now: what you chose was not sent. Try again."))
        if self.cleaned_data.get(KEPT):
            self._choose_kept(self.cleaned_data.pop(KEPT))
        elif self._wants_one and not pictures(self.cleaned_data):
            self.add_error(KEPT, _("The channel wants a picture: choose one, or upload one."))
        return self.cleaned_data

    def _choose_kept(self, chosen: list[bytes]) -> None:
        """Join the chosen photos to the uploaded ones; together they are within the channels' limits."""
        try:
            self._pictures = checked([*chosen, *(one.content for one in pictures(self.cleaned_data))])
        except NotPossible as refused:
            self.add_error(KEPT, str(refused))

    def options(self) -> dict[str, str]:
        """Return the filled-in values as options of a command."""
        return {name: value for name, value in given(self.cleaned_data).items() if value}

    def pictures(self) -> tuple[Picture, ...]:
        """Return the pictures that were chosen and handed in."""
        return self._pictures or pictures(self.cleaned_data)

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        return {"problem": self.problem, "lost": self.non_field_errors() if self.is_bound else ()}


def command_form(model: type[Model], kind: str) -> type[CommandForm]:
    """Build the dialog of one command about an order or a return."""
    return type("CommandForm", (CommandForm,), {"model": model, "kind": kind})
