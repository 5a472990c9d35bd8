"""Admin of the tags of the house: renamed, merged into another, deleted. They are made and put on orders where the orders are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import Func, IntegerField, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget

from erpsync import permissions
from erpsync.admin.kit import words
from erpsync.admin.kit.base import ShopAdmin
from erpsync.admin.kit.log_texts import said
from orders.models import OrderTag
from orders.services import tags
from orders.services.desk import MOST_TAGS

# orders of a tag are counted this far
MOST_COUNTED = 1_000


class TagForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = OrderTag
        fields = ("name", "colour")

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if OrderTag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another tag has this name. Merge the two instead."))
        return name


class MergeForm(BaseDialogForm):
    """Dialog that asks for the tag to merge into."""

    into = forms.ModelChoiceField(OrderTag.objects.none(), label=_("Into"), widget=UnfoldAdminSelectWidget)

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        may = OrderTag.objects.filter(permissions.tags_of(request, permissions.MANAGER))
        into: Any = self.fields["into"]
        into.queryset = may.exclude(pk=object_id)


@admin.register(OrderTag)
class OrderTagAdmin(ShopAdmin):
    """Managers see the tags on their shops' orders, and change those that stand on no other shop's."""

    list_display = ("label", "orders_label")
    search_fields = ("name",)
    ordering = ("name", "pk")
    sortable_by = ()
    list_per_page = MOST_TAGS
    form = TagForm
    fields = ("name", "colour")
    actions_detail = ["merge", "delete_tag"]
    empty_text = _("There are no tags yet. The first one is made on an order's page.")

    def visible(self, request: HttpRequest, queryset: QuerySet[OrderTag]) -> QuerySet[OrderTag]:
        return queryset.filter(permissions.tags_of(request))

    def may(self, request: HttpRequest, obj: Any, role: str) -> bool:
        return OrderTag.objects.filter(permissions.tags_of(request, permissions.MANAGER), pk=obj.pk).exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderTag]:
        mine = permissions.shop_ids(request)
        marks = OrderTag.orders.through.objects.filter(ordertag_id=OuterRef("pk"), order__shop_id__in=mine)
        first = ArraySubquery(marks.order_by().values("pk")[: MOST_COUNTED + 1])
        return (
            super()
            .get_queryset(request)
            .annotate(used=Func(first, function="cardinality", output_field=IntegerField()))
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request) and self.has_manage_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_manage_permission(request, obj and obj.pk)

    def save_model(self, request: HttpRequest, obj: OrderTag, form: Any, change: bool) -> None:
        tags.rename_tag(obj.pk, obj.name, obj.colour)

    @display(description=_("tag"), ordering="name")
    def label(self, tag: OrderTag) -> SafeString:
        return words.label(tag.name, tag.colour)

    @display(description=_("orders"))
    def orders_label(self, tag: Any) -> str:
        return f"{words.units(MOST_COUNTED)}+" if tag.used > MOST_COUNTED else words.units(tag.used)

    @action(
        description=_("Merge"), icon="merge", permissions=["manage"],
        dialog={
            "title": _("Merge this tag into another"), "form_class": MergeForm, "form_submit_text": _("Merge"),
            "description": _("Its orders get the other tag, and this one is gone. That cannot be undone."),
        },
    )  # fmt: skip
    def merge(self, request: HttpRequest, form: MergeForm, object_id: str) -> HttpResponse:
        tag, into = self.found(request, object_id), form.cleaned_data["into"]
        moved = tags.merge_tags(tag.pk, into.pk)
        self.log_change(request, into, said(_("Merged: %(tag)s"), tag=tag.name))
        text = ngettext(
            "%(tag)s is merged into %(into)s, on %(n)s order more.", "%(tag)s is merged into %(into)s, on %(n)s orders more.", moved
        )  # fmt: skip
        messages.success(request, text % {"tag": tag, "into": into, "n": words.units(moved)})
        return self.to_list()

    @action(
        description=_("Delete"), icon="delete", permissions=["manage"], variant=ActionVariant.DANGER,
        dialog={
            "title": _("Delete this tag"), "form_submit_text": _("Delete"),
            "description": _("It is taken off all its orders. That cannot be undone."),
        },
    )  # fmt: skip
    def delete_tag(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        tag = self.found(request, object_id)
        self.log_deletions(request, OrderTag.objects.filter(pk=tag.pk))
        tags.delete_tag(tag.pk)
        messages.success(request, _("%(tag)s is deleted.") % {"tag": tag})
        return self.to_list()
