"""Corrections of stock levels, and how a level comes about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from erpsync import permissions
from erpsync.api.kit.bulk import Body, BulkOutcome, Id, Outcomes, answer, bulk_of, read_rows, single
from erpsync.api.kit.problems import Problem
from erpsync.api.kit.resource import Resource
from erpsync.api.kit.rows import Amount
from inventory.models import StockLevel
from inventory.queries import explain_level
from inventory.services.corrections import Correction, correct_stock


class CorrectionBody(Body):
    on_hand = Amount(max_digits=14, decimal_places=3, required=False, help_text="What was counted.")
    change = Amount(max_digits=14, decimal_places=3, required=False, help_text="Or by how many units it moves.")
    note = serializers.CharField(max_length=300, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("on_hand" in attrs) == ("change" in attrs):
            raise serializers.ValidationError(_("Give either on_hand or change."), "either")
        return attrs


class LevelCorrectionBody(CorrectionBody):
    level = Id()


class KindSum(serializers.Serializer):  # type: ignore[type-arg]
    kind = serializers.CharField()
    quantity = Amount(max_digits=14, decimal_places=3)


class ShopSum(serializers.Serializer):  # type: ignore[type-arg]
    shop = serializers.IntegerField()
    quantity = Amount(max_digits=14, decimal_places=3)


class Shown(serializers.Serializer):  # type: ignore[type-arg]
    listing = serializers.IntegerField()
    shop = serializers.IntegerField()
    wanted = serializers.IntegerField(allow_null=True)
    expected = serializers.IntegerField(allow_null=True)


class Explanation(serializers.Serializer):  # type: ignore[type-arg]
    """Explanation of a level's numbers: on hand is the sum of movements; available what neither shops nor the POS hold of it."""

    level = serializers.IntegerField()
    on_hand = Amount(max_digits=14, decimal_places=3)
    movements = KindSum(many=True)
    reservations = ShopSum(many=True, help_text="Of your shops.")
    reserved_by_other_shops = Amount(max_digits=14, decimal_places=3)
    reserved_at_pos = Amount(max_digits=14, decimal_places=3, help_text="By orders there that are not ours.")
    available = Amount(max_digits=14, decimal_places=3)
    listings = Shown(many=True, help_text="What your listings of the product show.")


class LevelWrites(Resource):
    """Corrections, through the one service for them."""

    model = StockLevel

    @extend_schema(responses=Explanation)
    @action(detail=True, methods=["get"])
    def explanation(self, request: Request, pk: int) -> Response:
        """Explain why a level is what it is."""
        level = self.get_object()
        found = explain_level(level, permissions.shop_ids(request))
        return Response(Explanation({
            "level": level.pk, "on_hand": level.on_hand, "available": level.available,
            "movements": [{"kind": kind, "quantity": units} for kind, units in found.moved.items()],
            "reservations": [{"shop": shop, "quantity": units} for shop, units in found.held.items()],
            "reserved_by_other_shops": found.others, "reserved_at_pos": found.at_pos,
            "listings": [
                {"listing": stock.listing_id, "shop": stock.listing.shop_id, "wanted": stock.wanted, "expected": stock.expected}
                for stock in found.listings
            ],
        }).data)  # fmt: skip

    @extend_schema(request=CorrectionBody, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, pk: int) -> Response:
        """Correct a level of a warehouse that is managed here."""
        row = {"level": self.get_object().pk, **self.body(CorrectionBody)}
        return self.once(lambda: Response(single(self._correct({0: row})[0])))

    @extend_schema(
        request=bulk_of(LevelCorrectionBody), responses={200: BulkOutcome}, operation_id="stock_levels_correct_bulk"
    )
    @action(detail=False, methods=["post"])
    def corrections(self, request: Request) -> Response:
        """Correct up to 500 levels."""
        rows, malformed = read_rows(request, LevelCorrectionBody)
        return self.once(lambda: answer(malformed | self._correct(rows)))

    def _correct(self, rows: Mapping[int, Any]) -> Outcomes:
        good, outcomes = self.writable(rows, "level")
        wanted = [Correction(row["level"], row.get("on_hand"), row.get("change"), row["note"]) for row in good.values()]
        moved = correct_stock(wanted, actor_id=getattr(self.actor, "pk", None))
        for place, row in good.items():
            if row["level"] in moved:
                outcomes[place] = {"level": row["level"], "moved": f"{moved[row['level']].normalize():f}"}
            else:
                outcomes[place] = Problem(409, "not_the_master", _("A POS manages this warehouse: correct it there."))
        return outcomes
