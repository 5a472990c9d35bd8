"""Page that packs by scanning: a scanner types a code, the server says what it leads to, the page shows and sounds it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.ids import row_id
from erpsync.admin.kit.views import OperatorView
from erpsync.admin.packing.photo_marks import photo_field
from integrations.accounts.connections import NotPossible
from integrations.labels.printing import print_labels
from inventory.models import Shop
from orders.models import Order, PackedParcel, ParcelPhoto
from orders.services.scanning import Outcome, Packing, Scan, scan

GOOD, DONE, BAD = "good", "done", "bad"
LONGEST_CODE = 255


class Said(NamedTuple):
    """Display and sound of an outcome. `text` takes what the scan was about."""

    text: Any
    sound: str


SAID = {
    Outcome.OPENED: Said(_("Scan every piece of parcel %(about)s."), GOOD),
    Outcome.COUNTED: Said(_("Counted: %(about)s"), GOOD),
    Outcome.PACKED: Said(_("Complete. Close the parcel."), DONE),
    Outcome.PACKED_BEFORE: Said(_("Parcel %(about)s was packed already."), BAD),
    Outcome.UNKNOWN: Said(_("%(about)s is no parcel of your shops. Scan a tracking, parcel or order number."), BAD),
    Outcome.SEVERAL: Said(_("%(about)s has several parcels: scan the tracking number of one."), BAD),
    Outcome.WRONG: Said(_("WRONG ITEM: %(about)s does not belong in this parcel."), BAD),
    Outcome.TOO_MANY: Said(_("TOO MANY: all pieces of %(about)s are in the parcel already."), BAD),
    Outcome.UNFINISHED: Said(_("Parcel %(about)s is not complete. Finish it, or press Esc to put it aside."), BAD),
    Outcome.CANCELLED: Said(_("STOP: order %(about)s was CANCELLED. Do not send it; put the goods back."), BAD),
    Outcome.CANCELLING: Said(_("STOP: the buyer of %(about)s wishes to cancel. Answer first."), BAD),
    Outcome.HELD: Said(_("STOP: %(about)s is held back."), BAD),
    Outcome.NOT_TO_PACK: Said(_("%(about)s is not to be packed: look at its status."), BAD),
}


class ScanView(OperatorView):
    """The page with the field for the scanner. Made for a keyboard and for the width of a phone."""

    title = _("Pack by scanning")
    template_name = "admin/packing/scan.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs, url=reverse("admin:orders_packedparcel_code"), back=list_of(PackedParcel), opts=PackedParcel._meta
        )


class ScanCodeView(OperatorView):
    """One scanned code, by POST: `code`, the `parcel` on the table if there is one, and the page's id of the scan. Answers JSON."""

    title = _("Pack by scanning")

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = scan(
            request.POST.get("code", "")[:LONGEST_CODE], permissions.shop_ids(request, permissions.OPERATOR),
            parcel_id=row_id(request.POST.get("parcel", "")),
            scan_id=request.POST.get("scan", "")[:64], actor_id=request.user.pk,
        )  # fmt: skip
        said = SAID[found.outcome]
        return JsonResponse({
            "outcome": found.outcome, "text": str(said.text) % {"about": found.about}, "sound": said.sound,
            "parcel": found.packing.id if found.packing else None,
            "html": _fragment(request, found.packing) if found.packing else "",
            **_label(request, found),
        })  # fmt: skip


def _fragment(request: HttpRequest, packing: Packing) -> str:
    # what is still to be scanned stands first
    ordered = sorted(packing.pieces, key=lambda row: row[1] >= row[0].quantity)
    pieces = [{"piece": piece, "scanned": n, "is_whole": n >= piece.quantity} for piece, n in ordered]
    context = {
        "packing": packing,
        "shop": Shop.objects.get(pk=packing.shop_id),
        "packed_at": words.moment(packing.packed_at),
        "pieces": pieces,
        "photos": photo_field(request, _photos(packing), parcel=packing.id),
    }
    return render_to_string("admin/packing/parcel.html", context, request)


def _photos(packing: Packing) -> QuerySet[ParcelPhoto]:
    return ParcelPhoto.objects.filter(shop_id=packing.shop_id, number=packing.number, ret=None)


def _label(request: HttpRequest, found: Scan) -> dict[str, str]:
    """Return where the label of a parcel that is whole now opens, in shops that print labels of packed parcels only.

    `file`: by POST, where it is ready; else `run`: the page that waits for it.
    """
    packing = found.packing
    if found.outcome is not Outcome.PACKED or packing is None:
        return {}
    orders = Order.objects.filter(pk__in=packing.order_ids, shop__labels_after_packing=True).select_related("shop")
    actor: Any = request.user
    try:
        run = print_labels(list(orders[:1]), actor) if orders else None
    except NotPossible:
        return {}
    if run is None or not run.labels.exists():
        return {}
    is_ready = not run.labels.filter(content__isnull=True).exists() and run.labels.filter(pages__isnull=False).exists()
    return {"file": reverse("admin:integrations_printrun_file", args=(run.pk,))} if is_ready else {"run": page_of(run)}
