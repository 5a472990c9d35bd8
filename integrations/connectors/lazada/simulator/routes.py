"""Routes of the platform under /rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from integrations.connectors.lazada.simulator import auth, cancels, goods, money, orders, packages, returns, seller
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.request import Call, Fields


class Route(NamedTuple):
    """Route: the methods of one API and their handler."""

    methods: str
    serve: Callable[[Backend, Call], Fields]


_EITHER = "GET POST"
ROUTES: Final[Mapping[str, Route]] = {
    "/auth/token/create": Route(_EITHER, auth.create),
    "/auth/token/refresh": Route(_EITHER, auth.refresh),
    "/seller/get": Route("GET", seller.get_seller),
    "/seller/warehouse/get": Route(_EITHER, seller.get_warehouses),
    "/rc/warehouse/get": Route(_EITHER, seller.get_rc_warehouses),
    "/orders/get": Route("GET", orders.get_orders),
    "/order/get": Route("GET", orders.get_order),
    "/order/items/get": Route("GET", orders.get_order_items),
    "/orders/items/get": Route("GET", orders.get_orders_items),
    "/logistic/order/trace": Route(_EITHER, orders.trace),
    "/order/shipment/providers/get": Route(_EITHER, packages.providers),
    "/order/fulfill/pack": Route("POST", packages.pack),
    "/order/package/document/get": Route(_EITHER, packages.document),
    "/order/package/rts": Route("POST", packages.ready),
    "/order/package/repack": Route(_EITHER, packages.repack),
    "/order/reverse/cancel/validate": Route("GET", cancels.validate),
    "/order/reverse/cancel/create": Route("GET", cancels.create),
    "/order/reverse/cancel/seller/decide": Route("GET", cancels.decide),
    "/reverse/getreverseordersforseller": Route(_EITHER, returns.listed),
    "/order/reverse/return/detail/list": Route("GET", returns.detail),
    "/order/reverse/return/history/list": Route("GET", returns.history),
    "/order/reverse/reason/list": Route("GET", returns.reasons),
    "/order/reverse/return/update": Route("GET", returns.update),
    "/order/reverse/onlyrefund/seller/decide": Route("GET", returns.only_refund),
    "/products/get": Route("GET", goods.get_products),
    "/product/item/get": Route("GET", goods.get_item),
    "/product/price_quantity/update": Route("POST", goods.update_price_quantity),
    "/product/stock/sellable/update": Route(_EITHER, goods.update_sellable),
    "/product/stock/sellable/adjust": Route("POST", goods.adjust_sellable),
    "/product/update": Route("POST", goods.update_product),
    "/product/deactivate": Route("POST", goods.deactivate),
    "/finance/payout/status/get": Route("GET", money.payouts),
    "/finance/transaction/details/get": Route("GET", money.transactions),
}
