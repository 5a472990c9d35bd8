"""Routes of the platform, with the versions of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from integrations.connectors.tiktok_shop.simulator import (
    cancellations,
    goods,
    images,
    money,
    orders,
    packages,
    returns,
    shop,
)
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.request import Call, Fields, Refusal

Serve = Callable[[Backend, Call], Fields]
_VERSIONED = re.compile(r"/(?P<area>[a-z_]+)/(?P<version>\d{6})/(?P<rest>.+)")
# "{product}" in a path: digits
_PART = re.compile(r"\{(\w+)\}")


class Route(NamedTuple):
    """Route: one endpoint. `of_shop`: it needs a shop cipher; `of_files`: its body is a form with a file."""

    method: str
    versions: frozenset[str]
    pattern: re.Pattern[str]
    serve: Serve
    of_shop: bool
    name: str
    of_files: bool = False


def _route(
    method: str, path: str, serve: Serve, versions: str = "202309", *, of_shop: bool = True, of_files: bool = False
) -> Route:
    pattern = re.compile(_PART.sub(r"(?P<\1>[0-9A-Za-z_-]+)", path))
    return Route(method, frozenset(versions.split()), pattern, serve, of_shop, f"{method} {path}", of_files)


ROUTES: Final = (
    _route("GET", "authorization/shops", shop.shops, of_shop=False),
    _route("POST", "order/orders/search", orders.search),
    _route("GET", "order/orders", orders.details, "202309 202507"),
    _route("GET", "order/orders/{order}/price_detail", orders.price_detail, "202407"),
    _route("POST", "fulfillment/packages/search", packages.search),
    _route("POST", "fulfillment/packages/ship", packages.ship_batch),
    _route("GET", "fulfillment/packages/{package}", packages.detail),
    _route("GET", "fulfillment/packages/{package}/handover_time_slots", packages.time_slots),
    _route("POST", "fulfillment/packages/{package}/ship", packages.ship),
    _route("GET", "fulfillment/packages/{package}/shipping_documents", packages.documents),
    _route("GET", "fulfillment/orders/{order}/tracking", packages.tracking),
    _route("GET", "logistics/warehouses", shop.warehouses),
    _route("GET", "logistics/warehouses/{warehouse}/delivery_options", packages.delivery_options),
    _route("GET", "logistics/delivery_options/{option}/shipping_providers", packages.shipping_providers),
    _route("POST", "return_refund/cancellations", cancellations.cancel, "202309 202602"),
    _route("POST", "return_refund/cancellations/search", cancellations.search_cancellations, "202309 202602"),
    _route("POST", "return_refund/cancellations/{cancel}/approve", cancellations.approve_cancellation),
    _route("POST", "return_refund/cancellations/{cancel}/reject", cancellations.reject_cancellation),
    _route("POST", "return_refund/returns/search", returns.search_returns, "202309 202602"),
    _route("POST", "return_refund/returns/{return}/approve", returns.approve_return),
    _route("POST", "return_refund/returns/{return}/reject", returns.reject_return, "202309 202606"),
    _route("GET", "return_refund/reject_reasons", returns.reject_reasons),
    _route("POST", "product/products/search", goods.search, "202309 202312 202502"),
    _route("POST", "product/products/activate", goods.activate),
    _route("POST", "product/products/deactivate", goods.deactivate),
    _route("DELETE", "product/products", goods.delete),
    _route("GET", "product/products/{product}", goods.detail),
    _route("POST", "product/products/{product}/inventory/update", goods.update_inventory),
    _route("POST", "product/products/{product}/prices/update", goods.update_prices),
    _route("POST", "product/products/{product}/partial_edit", goods.partial_edit, "202309 202509"),
    _route("POST", "product/images/upload", images.upload, of_shop=False, of_files=True),
    _route("POST", "product/inventory/search", goods.inventory_search),
    _route("GET", "finance/statements", money.statements),
    _route("GET", "finance/statements/{statement}/statement_transactions", money.statement_transactions, "202501"),
    _route("GET", "finance/withdrawals", money.withdrawals),
    _route("GET", "finance/orders/{order}/statement_transactions", money.order_transactions, "202501"),
    _route("GET", "finance/orders/unsettled", money.unsettled, "202507"),
    _route("GET", "event/webhooks", shop.get_hooks),
    _route("PUT", "event/webhooks", shop.put_hook),
    _route("DELETE", "event/webhooks", shop.delete_hook),
)


def find(call: Call) -> tuple[Route, Mapping[str, str]]:
    """Find the endpoint of a call and the ids in its path. Refused: no such path, method or version."""
    parts = _VERSIONED.fullmatch(call.path)
    found = []
    if parts:
        path = f"{parts['area']}/{parts['rest']}"
        found = [(route, ids) for route in ROUTES if (ids := route.pattern.fullmatch(path))]
    if not found or parts is None:
        message = "Invalid path. The specified path does not match any available endpoint."
        raise Refusal(36009009, message, 404)
    of_method = [(route, ids) for route, ids in found if route.method == call.method]
    if not of_method:
        raise Refusal(36009010, "Invalid method. The HTTP method used is not supported by this endpoint.", 405)
    for route, ids in of_method:
        if parts["version"] in route.versions:
            return route, ids.groupdict()
    raise Refusal(36009014, "Invalid API version. The `version` value is invalid or unsupported.")
