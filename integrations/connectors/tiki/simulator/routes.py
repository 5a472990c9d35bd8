"""Routes of the platform, with the scope of each ("" any seller's token, "app" the app's own)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from integrations.connectors.tiki.simulator import deals, events, goods, orders
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.request import Call
from integrations.simulator.simulated_platform import Response

Serve = Callable[[Backend, Call], Response]
DEALS: Final = "/campdeal/openapi/v1/deals"
_V1, _V2, _V21 = "/integration/v1", "/integration/v2", "/integration/v2.1"


class Route(NamedTuple):
    """Route. A `*` of the path stands for one part, handed on as `Call.parts`."""

    method: str
    path: str
    scope: str
    serve: Serve


ROUTES: Final = (
    Route("GET", f"{_V2}/orders", "order", orders.listed),
    Route("GET", f"{_V2}/orders/dropship/expected-pickup-slots", "order", orders.slots),
    Route("GET", f"{_V2}/orders/*", "order", orders.detail),
    Route("POST", f"{_V2}/orders/*/dropship/confirm-available", "order", orders.confirm_dropship),
    Route("POST", f"{_V2}/orders/*/confirm-available", "order", orders.confirm),
    Route("GET", f"{_V2}/orders/*/*/labels", "order", orders.label),
    Route("GET", f"{_V2}/seller-inventories", "order", orders.seller_inventories),
    Route("GET", f"{_V2}/products", "product", goods.listed),
    Route("GET", f"{_V21}/products", "product", goods.listed),
    Route("GET", f"{_V2}/products/findBy", "product", goods.found_by),
    Route("GET", f"{_V2}/products/*", "product", goods.detail),
    Route("GET", f"{_V21}/products/*", "product", goods.detail),
    Route("PUT", f"{_V2}/products/updateSku", "product", goods.update_sku),
    Route("PUT", f"{_V21}/products/updateSku", "product", goods.update_sku),
    Route("PUT", f"{_V21}/products/updateSkus", "product", goods.update_skus),
    Route("POST", f"{_V2}/requests/updateProductInfo", "product", goods.update_info),
    Route("GET", f"{_V2}/tracking/*", "product", goods.tracking),
    Route("GET", f"{_V2}/sellers/me", "", goods.me),
    Route("GET", f"{_V2}/sellers/me/warehouses", "", goods.warehouses),
    Route("GET", f"{_V1}/queues", "app", events.listed),
    Route("POST", f"{_V1}/queues", "app", events.create),
    Route("POST", f"{_V1}/queues/*/subscriptions", "", events.subscribe),
    Route("POST", f"{_V1}/queues/*/events/pull", "app", events.pull),
    Route("POST", DEALS, "", deals.created),
    Route("GET", DEALS, "", deals.listed),
    Route("POST", f"{DEALS}/off-many", "", deals.off_many),
)


def find(method: str, path: str) -> tuple[Route | None, tuple[str, ...], bool]:
    """Return (route, its parts, whether the path is known with another method)."""
    asked, known = path.split("/"), False
    for route in ROUTES:
        wanted = route.path.split("/")
        if len(wanted) == len(asked) and all(want in ("*", given) for want, given in zip(wanted, asked, strict=True)):
            if route.method == method:
                return route, tuple(given for want, given in zip(wanted, asked, strict=True) if want == "*"), True
            known = True
    return None, (), known
