"""Scopes of the rules that a user may write: own shops as a manager, a whole channel as finance; and the rate tables to choose from."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from commissions.models import CommissionRule, RateTable
from erpsync import permissions
from erpsync.admin.kit.words import channel_title
from inventory.models import Shop


class Scope(NamedTuple):
    """A shop, or a whole channel."""

    channel: str
    shop: Shop | None

    @property
    def value(self) -> str:
        return f"shop:{self.shop.pk}" if self.shop else f"channel:{self.channel}"

    @property
    def label(self) -> Any:
        if self.shop:
            return f"{self.shop.name} ({channel_title(self.channel)})"
        return _("all shops of %(channel)s") % {"channel": channel_title(self.channel)}


def scopes(request: HttpRequest, row: CommissionRule | None = None) -> list[Scope]:
    """Return what the user may write a rule for; of a stored one, what it is for."""
    if row is not None:
        return [Scope(row.channel, row.shop)]
    whole = permissions.channels(request) if permissions.may_change_rules(request, None) else []
    shops = Shop.objects.filter(pk__in=permissions.shop_ids(request, permissions.MANAGER)).order_by("name", "pk")
    return [*(Scope(channel, None) for channel in whole), *(Scope(shop.channel, shop) for shop in shops)]


def new_key(scope: Scope, fee_kind: str) -> str:
    """Return a key that no rule has yet."""
    parts = [scope.channel, str(scope.shop.pk) if scope.shop else "", fee_kind]
    stem = "-".join(part for part in parts if part).replace("_", "-")
    taken = set(CommissionRule.objects.filter(key__startswith=stem).values_list("key", flat=True))
    numbered = (f"{stem}-{n}" for n in range(2, len(taken) + 2))
    return stem if stem not in taken else next(key for key in numbered if key not in taken)


def tables(request: HttpRequest) -> list[tuple[str, Any]]:
    """Return the rate tables of the user's channels as choices, the newest version of each first."""
    found = (
        RateTable.objects.filter(channel__in=permissions.channels(request)).defer("rates").order_by("name", "-version")
    )
    return [("", "–"), *((one.reference, f"{channel_title(one.channel)}: {one.reference}") for one in found)]
