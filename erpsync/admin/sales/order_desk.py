"""Notes and tags on orders: the buttons of the page, the bulk actions, the filter, and how they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from erpsync.admin.kit import words
from erpsync.admin.kit.base import once
from erpsync.admin.kit.ids import row_id
from erpsync.admin.sales.history import StoryAdmin
from orders.models import Order, OrderTag
from orders.models.desk import NOTE_LENGTH, TAG_LENGTH
from orders.services.desk import MOST_TAGS, TooManyTags, add_note, tag_named, tag_orders

if TYPE_CHECKING:
    _Base = StoryAdmin
else:
    _Base = object

# the field of the action bar shows only beside the actions that use it
_BESIDE = {"x-show": "action === 'tag_chosen' || action === 'untag_chosen'", "aria-label": _("tag")}


class TagFilter(DropdownFilter):
    """Filter by a tag."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(pk), name) for pk, name in OrderTag.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() not in {value for value, _label in self.lookup_choices}:
            return queryset
        return queryset.filter(
            Exists(OrderTag.orders.through.objects.filter(order=OuterRef("pk"), ordertag=self.value()))
        )


class TagActionForm(ActionForm):
    """Action bar of the list, with the tag for the two actions that need one."""

    # any text: what is no tag is refused by the action, in its own words
    tag = forms.CharField(required=False, label="", widget=UnfoldAdminSelectWidget(_BESIDE))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tag"].widget.choices = [("", _("Which tag?")), *OrderTag.objects.values_list("pk", "name")]


class NoteForm(BaseDialogForm):
    """Dialog of a note."""

    text = forms.CharField(label=_("Note"), max_length=NOTE_LENGTH, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class TagsForm(BaseDialogForm):
    """Dialog of an order's tags, all of the house to choose from, and one more."""

    tags = forms.ModelMultipleChoiceField(
        OrderTag.objects.all(), required=False, label=_("Tags"), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    name = forms.CharField(
        label=_("A new tag"), max_length=TAG_LENGTH, required=False, widget=UnfoldAdminTextInputWidget(),
        help_text=_("Leave it empty to add none. All shops of the house see its name."),
    )  # fmt: skip
    colour = forms.ChoiceField(
        label=_("Its colour"), choices=OrderTag.Colour.choices, required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.fields["tags"].initial = OrderTag.objects.filter(orders=object_id)
        if not OrderTag.objects.exists():
            del self.fields["tags"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        is_new = (
            cleaned.get("name", "").strip()
            and not OrderTag.objects.filter(name__iexact=cleaned["name"].strip()).exists()
        )
        if is_new and OrderTag.objects.count() >= MOST_TAGS:
            self.add_error("name", _("There are %(most)s tags already: choose one of them.") % {"most": MOST_TAGS})
        return cleaned


class DeskActions(_Base):
    """Notes and tags of an order."""

    action_form = TagActionForm

    def beside_history(self, row: Order) -> dict[str, Any]:
        return super().beside_history(row) | {"notes": row.notes.select_related("author")}

    @display(description=_("tags"))
    def tag_marks(self, order: Order) -> Any:
        return once(order, "tags", lambda: words.lines(tag_labels(order)) or "–")

    @action(
        description=_("Add a note"), icon="sticky_note_2", permissions=["operate"],
        dialog={
            "title": _("Add a note"), "form_submit_text": _("Add a note"), "form_class": NoteForm,
            "description": _("For your colleagues: it is never sent to the channel, and stays with your name."),
        },
    )  # fmt: skip
    def add_note(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        add_note(order.pk, request.user.pk, form.cleaned_data["text"])
        self.log_change(request, order, _("Added a note"))
        return self.to_page(order)

    @action(
        description=_("Tags"), icon="label", permissions=["operate"],
        dialog={
            "title": _("Tags"), "form_submit_text": _("Save"), "form_class": TagsForm,
            "description": _("For your colleagues: tags are never sent to the channel. The list can be filtered by them."),
        },
    )  # fmt: skip
    def set_tags(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        order = self.found(request, object_id)
        wanted, name = {tag.pk for tag in form.cleaned_data.get("tags", ())}, form.cleaned_data["name"].strip()
        try:
            wanted |= {tag_named(name, form.cleaned_data["colour"] or "default")} if name else set()
        except TooManyTags:
            messages.error(request, _("There are %(most)s tags already: choose one of them.") % {"most": MOST_TAGS})
            return self.to_page(order)
        had = set(order.tags.values_list("pk", flat=True))
        tag_orders([order.pk], add=sorted(wanted - had), remove=sorted(had - wanted))
        self.log_change(request, order, _("Changed the tags"))
        return self.to_page(order)

    @admin.action(description=_("Add a tag"), permissions=["operate"])
    def tag_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._tag(request, queryset, is_added=True)

    @admin.action(description=_("Remove a tag"), permissions=["operate"])
    def untag_chosen(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        self._tag(request, queryset, is_added=False)

    def _tag(self, request: HttpRequest, queryset: QuerySet[Order], *, is_added: bool) -> None:
        tag = OrderTag.objects.filter(pk=row_id(request.POST.get("tag", "")) or 0).first()
        if tag is None:
            messages.error(
                request, _("Nothing was done: choose the tag beside the action. A new one is made on an order's page.")
            )
            return
        orders = self.permitted(request, queryset)
        ids = [order.pk for order in orders]
        changed = tag_orders(ids, add=[tag.pk]) if is_added else tag_orders(ids, remove=[tag.pk])
        self.log_rows(request, orders, _("Changed the tags"))
        text = (
            ngettext("%(tag)s: put on %(n)s order.", "%(tag)s: put on %(n)s orders.", changed)
            if is_added
            else ngettext("%(tag)s: taken off %(n)s order.", "%(tag)s: taken off %(n)s orders.", changed)
        )
        messages.success(request, text % {"tag": tag, "n": words.units(changed)})


def tag_labels(order: Order) -> list[SafeString]:
    """Return an order's tags as labels."""
    return [words.label(tag.name, tag.colour) for tag in order.tags.all()]


def marks(order: Order) -> SafeString | str:
    """Return an order's tags as labels, and how many notes it has; "" for neither."""
    found = tag_labels(order)
    if notes := len(order.notes.all()):
        found.append(words.label(ngettext("%(n)s note", "%(n)s notes", notes) % {"n": notes}))
    return words.lines(found) if found else ""
