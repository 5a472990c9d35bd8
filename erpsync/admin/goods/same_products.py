"""Products that may be the same: proposed side by side, joined or told apart by people, and what was decided."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from erpsync import permissions
from erpsync.admin.goods.same_products_page import ProposalsView, listing_shops
from erpsync.admin.kit import words
from erpsync.admin.kit.base import BigShopAdmin, list_of, once, page_of
from erpsync.admin.kit.filters import choice_filter
from integrations.accounts.connections import NotPossible
from integrations.documents import joining
from inventory.models import ProductPair
from inventory.services import pairs

_COLOURS = {"joined": "success", "differ": "default"}


@admin.register(ProductPair)
class ProductPairAdmin(BigShopAdmin):
    """Admin of decisions. A pair concerns every shop that sells one of the two: who decides is manager in all of them."""

    list_display = ("first_label", "second_label", "decision_label", "decided_by", "decided_at")
    list_filter = (choice_filter("decision", _("decision")),)
    search_fields = ("first__sku", "second__sku", "first__name", "second__name")
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ["proposed"]
    actions_detail = ["undo"]
    empty_text = _("Nobody has decided about two products yet.")
    fieldsets = (
        (
            None,
            {"fields": (("first_label", "second_label"), "decision_label", ("decided_by", "decided_at"), "not_undone")},
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductPair]:
        return super().get_queryset(request).select_related("first", "second", "decided_by")

    def visible(self, request: HttpRequest, queryset: QuerySet[ProductPair]) -> QuerySet[ProductPair]:
        if request.user.is_superuser:
            return queryset
        mine = permissions.products(request).values("pk")
        return queryset.filter(first_id__in=mine, second_id__in=mine)

    def may(self, request: HttpRequest, obj: Model, role: str) -> bool:
        assert isinstance(obj, ProductPair)
        return self.may_decide(request, obj.first_id, obj.second_id, role)

    def may_decide(
        self, request: HttpRequest, first_id: int, second_id: int, role: str = permissions.MANAGER
    ) -> bool:  # fmt: skip
        """Return whether the user has the role in every shop that sells one of two products."""
        return bool(request.user.is_superuser) or listing_shops(first_id, second_id) <= set(
            permissions.shop_ids(request, role)
        )

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("proposals/", "inventory_productpair_proposals", ProposalsView.as_view(model_admin=self)),)

    @display(description=_("product"), header=True)
    def first_label(self, pair: ProductPair) -> list[str]:
        return words.Header([pair.first.name, pair.first.sku])

    @display(description=_("the other product"), header=True)
    def second_label(self, pair: ProductPair) -> list[str]:
        return words.Header([pair.second.name, pair.second.sku])

    @display(description=_("decision"))
    def decision_label(self, pair: ProductPair) -> SafeString:
        return words.label(pair.get_decision_display(), _COLOURS[pair.decision])

    @display(description=_("can it be undone?"))
    def not_undone(self, pair: ProductPair) -> Any:
        why = once(pair, "why", lambda: why_not_undone(pair))
        return _("No: %(why)s") % {"why": why} if why else _("Yes")

    def hidden_actions(self, row: ProductPair) -> Collection[str]:
        return self.actions_detail if once(row, "why", lambda: why_not_undone(row)) else ()

    @action(description=_("Products that may be the same"), icon="compare_arrows")
    def proposed(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(f"{list_of(ProductPair)}proposals/")

    @action(
        description=_("Undo"), icon="undo", permissions=["manage"],
        dialog={
            "title": _("Undo"), "form_submit_text": _("Undo"),
            "description": _("The two are two products again as they were before, and are proposed again."),
        },
    )  # fmt: skip
    def undo(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        pair = self.found(request, object_id)
        products = self.admin_site.get_model_admin(type(pair.first))
        try:
            if pair.decision == ProductPair.Decision.JOINED:
                joining.undo(pair)
            else:
                pairs.forget(pair.pk, ProductPair.Decision.DIFFER)
        except NotPossible as refused:
            messages.error(request, str(refused))
            return HttpResponse(headers={"HX-Redirect": page_of(pair)})
        text = str(_("Decision about %(first)s and %(second)s undone") % {"first": pair.first, "second": pair.second})
        products.log_change(request, pair.first, text)
        messages.success(request, text)
        return HttpResponse(headers={"HX-Redirect": f"{list_of(ProductPair)}proposals/"})


def why_not_undone(pair: ProductPair) -> str:
    """Return why a decision cannot be undone any more; "" where it can."""
    return joining.why_not_undone(pair) if pair.decision == ProductPair.Decision.JOINED else ""
