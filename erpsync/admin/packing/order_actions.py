"""The bulk action of the order list that makes waves of the chosen orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from erpsync.admin.kit.base import ShopAdmin
from orders.models import Order

if TYPE_CHECKING:
    _Base = ShopAdmin
else:
    _Base = object


class WaveActions(_Base):
    """Action of the order list that opens the page of waves with the chosen orders."""

    @admin.action(description=_("Put into waves"), permissions=["operate"])
    def wave_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        chosen = self.permitted(request, queryset)
        if not chosen:
            return None
        ids = ",".join(str(order.pk) for order in chosen)
        return HttpResponseRedirect(f"{reverse('admin:orders_wave_make_waves')}?ids={ids}")
