"""Every path of the platform under /api/v2, and what serves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from integrations.connectors.shopee.simulator import auth, shop
from integrations.connectors.shopee.simulator.platform import Platform
from integrations.connectors.shopee.simulator.request import Call, Fields


class Route(NamedTuple):
    """One method of one path."""

    method: str
    serve: Callable[[Platform, Call], Fields]


ROUTES: Final[Mapping[str, Route]] = {
    "/auth/token/get": Route("POST", auth.get_token),
    "/auth/access_token/get": Route("POST", auth.refresh_token),
    "/public/get_shops_by_partner": Route("GET", auth.get_shops_by_partner),
    "/shop/get_shop_info": Route("GET", shop.get_shop_info),
    "/shop/get_warehouse_detail": Route("GET", shop.get_warehouse_detail),
    "/push/get_app_push_config": Route("GET", shop.get_push_config),
    "/push/set_app_push_config": Route("POST", shop.set_push_config),
    "/push/get_lost_push_message": Route("GET", shop.get_lost_push_message),
    "/push/confirm_consumed_lost_push_message": Route("POST", shop.confirm_lost_push_message),
}
