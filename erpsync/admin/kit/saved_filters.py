"""Saved filters of every list: chips above it, a form that saves what it shows, and the views behind both."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from erpsync import permissions
from erpsync.admin.kit.list_query import query_of
from erpsync.models import SavedFilter
from erpsync.models.saved_filters import NAME_LENGTH, QUERY_LENGTH
from inventory.models import ShopMembership

# of one person for one list; more chips than this are no help
MOST = 30


def visible(request: HttpRequest, list_name: str) -> QuerySet[SavedFilter]:
    """Return a person's own filters of a list, and those shared by people with a shop in common; a superuser's reach everybody."""
    filters = SavedFilter.objects.filter(list_name=list_name).select_related("owner")
    shared = Q(is_shared=True)
    if not request.user.is_superuser:
        members = ShopMembership.objects.filter(shop_id__in=permissions.shop_ids(request)).values("user_id")
        shared &= Q(owner__is_superuser=True) | Q(owner_id__in=members)
    return filters.filter(Q(owner_id=request.user.pk) | shared)


def chips(request: HttpRequest, model: type[Model]) -> dict[str, Any]:
    """Return what the template above a list shows: the chips, and what the form would save."""
    name, query = model._meta.label_lower.replace(".", "_"), query_of(request.GET)
    found = [
        {"filter": one, "is_own": one.owner_id == request.user.pk, "chosen": one.query == query}
        for one in visible(request, name)
    ]
    return {"list_name": name, "query": query, "chips": found, "name_length": NAME_LENGTH}


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Save the query of a list under a name; one's own of that name is replaced."""
    name, query = request.POST.get("name", "").strip(), query_of(QueryDict(request.POST.get("query", "")))
    list_name = request.POST.get("list", "")
    address, owner = _list(request, list_name), cast(User, request.user)
    mine = SavedFilter.objects.filter(owner=owner, list_name=list_name)
    if not name or len(name) > NAME_LENGTH:
        messages.error(
            request, _("Not saved: give the filter a name of at most %(most)s characters.") % {"most": NAME_LENGTH}
        )
    elif not query or len(query) > QUERY_LENGTH:
        messages.error(request, _("Not saved: filter or search the list first, then save what it shows."))
    elif mine.exclude(name=name).count() >= MOST:
        messages.error(
            request, _("Not saved: you have %(most)s filters of this list. Delete one first.") % {"most": MOST}
        )
    else:
        changed = {"query": query, "is_shared": "shared" in request.POST}
        if not mine.filter(name=name).update(**changed):
            SavedFilter.objects.create(owner=owner, list_name=list_name, name=name, **changed)
        messages.success(request, _("Saved: %(name)s.") % {"name": name})
    return HttpResponseRedirect(f"{address}?{query}".removesuffix("?"))


@require_POST
def delete(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Delete one's own filter; the list stays as it is."""
    found = get_object_or_404(SavedFilter, pk=filter_id, owner_id=request.user.pk)
    address = _list(request, found.list_name)
    found.delete()
    messages.success(request, _("Deleted: %(name)s.") % {"name": found.name})
    query = query_of(QueryDict(request.POST.get("query", "")))
    return HttpResponseRedirect(f"{address}?{query}".removesuffix("?"))


def _list(request: HttpRequest, list_name: str) -> str:
    """Return the address of a list that the person may see. Raises Http404."""
    for model, model_admin in admin.site._registry.items():
        if model._meta.label_lower.replace(".", "_") == list_name and model_admin.has_view_permission(request):
            return reverse(f"admin:{list_name}_changelist")
    raise Http404


urlpatterns = [
    path("save/", admin.site.admin_view(save), name="filter_save"),
    path("<int:filter_id>/delete/", admin.site.admin_view(delete), name="filter_delete"),
]
