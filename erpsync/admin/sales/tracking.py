"""The way of an order's parcels on its page: the steps as a timeline, and the button that reads them again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from erpsync.admin.kit import words
from erpsync.admin.sales.history import StoryAdmin
from integrations.accounts.connections import NotPossible
from integrations.contract.errors import ChannelError
from integrations.tracking import refresh, tells_tracking
from orders.models import Order, ParcelEvent
from orders.parcel_steps import COLOURS, ParcelStep
from orders.statuses import statuses

if TYPE_CHECKING:
    _Base = StoryAdmin
else:
    _Base = object


class ShownStep(NamedTuple):
    """A step as the page shows it: our word where the code has one, the channel's own sentence beside it."""

    when: datetime
    mark: Any
    words: str
    place: str
    parcel: str


def timeline(events: Iterable[ParcelEvent]) -> list[ShownStep]:
    """Return the steps newest first; the parcel's number only where the order has several."""
    found = list(events)
    several = len({event.parcel for event in found}) > 1
    return [
        ShownStep(
            event.happened_at,
            words.label(event.get_code_display(), COLOURS.get(ParcelStep(event.code), "info")) if event.code else "",
            event.words,
            event.place,
            event.parcel if several else "",
        )
        for event in found
    ]


class TrackingActions(_Base):
    """The timeline of an order's page and its button."""

    def beside_history(self, row: Order) -> dict[str, Any]:
        told = tells_tracking(row.shop.channel)
        steps = timeline(row.parcel_events.all()) if told else []
        return super().beside_history(row) | {"timeline": steps, "tells_tracking": told}

    def hidden_actions(self, row: Order) -> Collection[str]:
        is_offered = row.status not in statuses("is_open") and tells_tracking(row.shop.channel)
        return {*super().hidden_actions(row), *(() if is_offered else ("refresh_tracking",))}

    @action(
        description=_("Refresh tracking"), icon="local_shipping", permissions=["operate"],
        dialog={
            "title": _("Refresh tracking"), "form_submit_text": _("Refresh tracking"),
            "description": _("The channel is asked where the parcels of this order are. May be repeated."),
        },
    )  # fmt: skip
    def refresh_tracking(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        self.log_change(request, order, _("Asked the channel where the parcels are"))
        try:
            new = refresh(order)
        except NotPossible as refused:
            messages.error(request, str(refused))
        except ChannelError as error:
            messages.error(request, _("Tracking could not be read: %(reason)s") % {"reason": error.reason})
        else:
            text = ngettext("%(n)s new step of the parcels.", "%(n)s new steps of the parcels.", new)
            messages.success(
                request, text % {"n": new} if new else _("Nothing new: the steps below are all there are.")
            )
        return self.to_page(order)
