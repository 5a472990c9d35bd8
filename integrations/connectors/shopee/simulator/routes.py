"""Routes of the platform under /api/v2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from integrations.connectors.shopee.simulator import auth, goods, logistics, money, orders, returns, shop
from integrations.connectors.shopee.simulator.backend import Backend
from integrations.connectors.shopee.simulator.request import Call, Fields


class Route(NamedTuple):
    """Route: the methods of one path and their handler."""

    methods: str
    # bytes: a file
    serve: Callable[[Backend, Call], Fields | bytes]


ROUTES: Final[Mapping[str, Route]] = {
    "/auth/token/get": Route("POST", auth.get_token),
    "/auth/access_token/get": Route("POST", auth.refresh_token),
    "/public/get_shops_by_partner": Route("GET", auth.get_shops_by_partner),
    "/shop/get_shop_info": Route("GET", shop.get_shop_info),
    "/shop/get_warehouse_detail": Route("GET", shop.get_warehouse_detail),
    "/order/get_order_list": Route("GET", orders.get_order_list),
    "/order/get_order_detail": Route("GET", orders.get_order_detail),
    "/order/search_package_list": Route("POST", orders.search_package_list),
    "/order/get_package_detail": Route("GET", orders.get_package_detail),
    "/order/cancel_order": Route("POST", orders.cancel_order),
    "/order/handle_buyer_cancellation": Route("POST", orders.handle_buyer_cancellation),
    "/logistics/get_shipping_parameter": Route("GET", logistics.get_shipping_parameter),
    "/logistics/ship_order": Route("POST", logistics.ship_order),
    "/logistics/mass_ship_order": Route("POST", logistics.mass_ship_order),
    "/logistics/update_shipping_order": Route("POST", logistics.update_shipping_order),
    "/logistics/get_tracking_number": Route("GET", logistics.get_tracking_number),
    "/logistics/get_tracking_info": Route("GET", logistics.get_tracking_info),
    "/logistics/get_address_list": Route("GET", logistics.get_address_list),
    "/logistics/get_channel_list": Route("GET", logistics.get_channel_list),
    "/logistics/create_shipping_document": Route("POST", logistics.create_shipping_document),
    "/logistics/get_shipping_document_result": Route("POST", logistics.get_shipping_document_result),
    "/logistics/download_shipping_document": Route("POST", logistics.download_shipping_document),
    "/product/get_item_list": Route("GET", goods.get_item_list),
    "/product/get_item_base_info": Route("GET", goods.get_item_base_info),
    "/product/get_model_list": Route("GET", goods.get_model_list),
    "/product/search_item": Route("GET", goods.search_item),
    "/product/get_category": Route("GET", goods.get_category),
    "/product/update_stock": Route("POST", goods.update_stock),
    "/product/update_price": Route("POST", goods.update_price),
    "/product/update_item": Route("POST", goods.update_item),
    "/product/unlist_item": Route("POST", goods.unlist_item),
    "/returns/get_return_list": Route("GET", returns.get_return_list),
    "/returns/get_return_detail": Route("GET", returns.get_return_detail),
    "/returns/confirm": Route("POST", returns.confirm),
    "/returns/dispute": Route("POST", returns.dispute),
    "/payment/get_escrow_list": Route("GET", money.get_escrow_list),
    "/payment/get_escrow_detail": Route("GET", money.get_escrow_detail),
    "/payment/get_escrow_detail_batch": Route("GET POST", money.get_escrow_detail_batch),
    "/push/get_app_push_config": Route("GET", shop.get_push_config),
    "/push/set_app_push_config": Route("POST", shop.set_push_config),
    "/push/get_lost_push_message": Route("GET", shop.get_lost_push_message),
    "/push/confirm_consumed_lost_push_message": Route("POST", shop.confirm_lost_push_message),
}
