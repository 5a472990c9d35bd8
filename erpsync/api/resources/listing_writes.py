"""Writes to listings: their mapping, and the price wanted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.permissions import SEES_COST
from erpsync import permissions
from erpsync.api.kit.bulk import Body, BulkOutcome, Id, Outcomes, answer, bulk_of, read_rows, single
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from inventory.models import Listing
from inventory.services.mapping import map_listings
from inventory.services.prices import PriceNeedsConfirmation, PriceRefused, Refusal, WantedPrice, set_wanted_prices

MOST_UNITS = 1_000_000


class MappingBody(Body):
    product = Id(allow_null=True, help_text="null: not mapped any more.")
    units = serializers.IntegerField(
        min_value=1, max_value=MOST_UNITS, default=1, help_text="Of the product, in one sold piece."
    )


class ListingMappingBody(MappingBody):
    listing = Id()


class PriceBody(Body):
    price = serializers.DecimalField(
        max_digits=18, decimal_places=4, allow_null=True, help_text="null: leave the channel's price alone."
    )
    confirmed = serializers.BooleanField(
        default=False, help_text="Set it although it is far from the price of now, or below cost."
    )


class ListingPriceBody(PriceBody):
    listing = Id()


class ListingWrites(Resource):
    """Mapping and prices, one by one or in bulk, through the services that the admin uses."""

    model = Listing

    @extend_schema(request=MappingBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["put"])
    def mapping(self, request: Request, pk: int) -> Response:
        """Map a listing to a product, or end its mapping. Orders that waited for it are read again."""
        row = {"listing": self.get_object().pk, **self.body(MappingBody)}
        return self.once(lambda: Response(single(self._map({0: row})[0])))

    @extend_schema(request=bulk_of(ListingMappingBody), responses={200: BulkOutcome}, operation_id="listings_map_bulk")
    @action(detail=False, methods=["post"])
    def mappings(self, request: Request) -> Response:
        """Map up to 500 listings."""
        rows, malformed = read_rows(request, ListingMappingBody)
        return self.once(lambda: answer(malformed | self._map(rows)))

    @extend_schema(request=PriceBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["put"])
    def price(self, request: Request, pk: int) -> Response:
        """Set the price that a channel should charge. 409 with `doubts` for one that has to be confirmed."""
        row = {"listing": self.get_object().pk, **self.body(PriceBody)}
        return self.once(lambda: Response(single(self._set_prices({0: row})[0])))

    @extend_schema(request=bulk_of(ListingPriceBody), responses={200: BulkOutcome}, operation_id="listings_price_bulk")
    @action(detail=False, methods=["post"])
    def prices(self, request: Request) -> Response:
        """Set the prices of up to 500 listings."""
        rows, malformed = read_rows(request, ListingPriceBody)
        return self.once(lambda: answer(malformed | self._set_prices(rows)))

    def _map(self, rows: Mapping[int, Any]) -> Outcomes:
        good, outcomes = self.writable(rows, "listing")
        wanted = {row["product"] for row in good.values()} - {None}
        seen = set(permissions.products(self.request).filter(pk__in=wanted).values_list("pk", flat=True))
        for place, row in list(good.items()):
            if row["product"] is not None and row["product"] not in seen:
                outcomes[place] = Problem(404, "unknown_product", _("There is no such product."))
                del good[place]
        map_listings([(row["listing"], row["product"], row["units"]) for row in good.values()])
        return outcomes | {place: dict(row) for place, row in good.items()}

    def _set_prices(self, rows: Mapping[int, Any]) -> Outcomes:
        good, outcomes = self.writable(rows, "listing")
        refused = set_wanted_prices(
            [WantedPrice(row["listing"], row["price"], row["confirmed"]) for row in good.values()]
        )
        sees_cost = self._sees_cost_of(refused)
        for place, row in good.items():
            refusal = refused.get(row["listing"])
            stored = {"listing": row["listing"], "wanted_price": _plain(row["price"])}
            outcomes[place] = stored if refusal is None else _why_not(refusal, sees_cost=row["listing"] in sees_cost)
        return outcomes

    def _sees_cost_of(self, refused: Mapping[int, Refusal]) -> set[int]:
        mine = permissions.shop_ids(self.request, SEES_COST)
        return set(Listing.objects.filter(pk__in=refused, shop_id__in=mine).values_list("pk", flat=True))


def _why_not(refusal: Refusal, *, sees_cost: bool) -> Problem:
    if isinstance(refusal, PriceRefused):
        return Problem(400, "no_amount", _("Nobody can pay this amount: %(amount)s.") % {"amount": refusal})
    assert isinstance(refusal, PriceNeedsConfirmation), "the other refusal"
    doubts = [
        {"code": doubt.code, "reference": _plain(doubt.reference) if sees_cost or doubt.code != "below_cost" else None}
        for doubt in refusal.doubts
    ]
    return Problem(409, "confirm", _("Send the price again with confirmed: true if it is right."), doubts=doubts)


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"
