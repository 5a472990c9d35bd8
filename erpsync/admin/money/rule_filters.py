"""Filters of the list of rules."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import CheckboxFilter, DropdownFilter

from commissions.rules import words as terms
from erpsync import permissions
from erpsync.admin.kit.filters import declared
from erpsync.admin.kit.words import channel_title


class RuleChannelFilter(DropdownFilter):
    """Filter by one of the channels of the user's shops."""

    title = _("channel")
    parameter_name = "of_channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(channel, channel_title(channel)) for channel in permissions.channels(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(channel=self.value()) if self.value() in declared(self) else queryset


class FeeFilter(CheckboxFilter):
    """Filter by one or several kinds of fees."""

    title = _("fee")
    parameter_name = "of_fee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(terms.FEE_KINDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = [value for value in self.value() or () if value in declared(self)]
        return queryset.filter(fee_kind__in=chosen) if chosen else queryset
