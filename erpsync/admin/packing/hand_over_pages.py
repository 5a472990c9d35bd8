"""Pages of a hand-over: the courier is chosen, then parcels are scanned out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import list_of, page_of
from erpsync.admin.kit.views import AdminView
from erpsync.admin.packing.scan_page import BAD, GOOD, LONGEST_CODE, Said
from inventory.models import Shop
from orders.models import HandOver, HandOverScan
from orders.services import handing_over

Outcome = HandOverScan.Outcome
LAST_SHOWN = 20

SAID = {
    Outcome.OUT: Said(gettext_lazy("Out: %(code)s"), GOOD),
    Outcome.ALREADY_OUT: Said(gettext_lazy("%(code)s went out in another hand-over already."), BAD),
    Outcome.OTHER_COURIER: Said(gettext_lazy("OTHER COURIER: %(code)s is for %(carrier)s."), BAD),
    Outcome.NOT_PACKED: Said(gettext_lazy("NOT PACKED: not all pieces of %(code)s were scanned."), BAD),
    Outcome.NOT_ARRANGED: Said(gettext_lazy("%(code)s is not arranged, or is over: keep it, and look at the order."), BAD),
    Outcome.CANCELLED: Said(gettext_lazy("STOP: %(code)s was CANCELLED. Keep it; put the goods back."), BAD),
    Outcome.CANCELLING: Said(gettext_lazy("STOP: the buyer of %(code)s wishes to cancel. Keep it, and answer."), BAD),
    Outcome.HELD: Said(gettext_lazy("STOP: %(code)s is held back. Keep it."), BAD),
    Outcome.UNKNOWN: Said(gettext_lazy("%(code)s is no parcel of your shops. Keep it."), BAD),
}  # fmt: skip


class _HandOverView(AdminView):
    """Page for operators; of one hand-over, for those who are operators in all of its shops."""

    title: Any = gettext_lazy("Hand over to a courier")
    model_admin: Any

    def has_permission(self) -> bool:
        return bool(self.model_admin.has_operate_permission(self.request, self.kwargs.get("object_id")))

    def handover(self) -> HandOver:
        found: HandOver = self.model_admin.found(self.request, self.kwargs["object_id"])
        return found


class OpenView(_HandOverView):
    """Page that chooses the courier who is here; by POST the hand-over of today is opened."""

    template_name = "admin/packing/couriers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = handing_over.waiting_by_carrier(self._shops())
        carriers = [{"name": carrier, "n": words.units(n)} for carrier, n in found if carrier]
        return super().get_context_data(**kwargs, carriers=carriers, back=list_of(HandOver), opts=HandOver._meta)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        carrier = request.POST.get("carrier", "")
        shops = self._shops()
        if carrier not in {name for name, _n in handing_over.waiting_by_carrier(shops) if name}:
            messages.error(request, _("No arranged order goes with this courier any more: choose another one."))
            return HttpResponseRedirect(reverse("admin:orders_handover_open"))
        found = handing_over.open_hand_over(carrier, timezone.localdate(), shops, request.user.pk)
        self.model_admin.log_addition(request, found, gettext_lazy("Opened"))
        return HttpResponseRedirect(reverse("admin:orders_handover_scan", args=(found.pk,)))

    def _shops(self) -> list[int]:
        """Return the selling shops in which the user is operator."""
        mine = permissions.shop_ids(self.request, permissions.OPERATOR)
        return sorted(Shop.objects.filter(pk__in=mine, keeps_stock=False).values_list("pk", flat=True))


class ScanOutView(_HandOverView):
    """Page with the field for the scanner."""

    template_name = "admin/packing/scan_out.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.pop("model_admin", None)
        handover = self.handover()
        return super().get_context_data(
            **kwargs, handover=handover, table=_table(self.request, handover), back=page_of(handover), opts=HandOver._meta,
            url=reverse("admin:orders_handover_code", args=(handover.pk,)),
        )  # fmt: skip


class ScanOutCodeView(_HandOverView):
    """One scanned code, by POST. Answers JSON as the page that packs does."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        handover = self.handover()
        if handover.closed_at is not None:
            return JsonResponse({"text": _("The hand-over is closed: open it again first."), "sound": BAD, "html": ""})
        code = request.POST.get("code", "").strip()[:LONGEST_CODE]
        if not code:
            raise Http404
        taken = handing_over.scan_out(handover, code, request.user.pk)
        said = SAID[Outcome(taken.outcome)]
        text = gettext_lazy("%(code)s is out already, nothing to do.") if taken.is_repeated else said.text
        return JsonResponse({
            "outcome": taken.outcome, "sound": said.sound, "html": _table(request, handover),
            "text": str(text) % {"code": taken.code, "carrier": taken.carrier},
        })  # fmt: skip


def _table(request: HttpRequest, handover: HandOver) -> str:
    """Return the fragment with the last scans and how many went out."""
    scans = handover.scans.order_by("-scanned_at", "-pk")
    context = {
        "out": words.units(scans.filter(outcome=Outcome.OUT).count()),
        "scans": [{"scan": scan, "is_out": scan.outcome == Outcome.OUT} for scan in scans[:LAST_SHOWN]],
    }
    return render_to_string("admin/packing/scanned.html", context, request)
