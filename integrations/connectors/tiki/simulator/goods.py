"""Product calls: products, stock per warehouse, prices, and requests to change content."""

from __future__ import annotations

from integrations.connectors.tiki.simulator import facts
from integrations.connectors.tiki.simulator.backend import Backend
from integrations.connectors.tiki.simulator.request import Call, optional, paged, required
from integrations.connectors.tiki.simulator.wire import Fields, Refusal, good, local
from integrations.simulator.categories import path
from integrations.simulator.shops import DELETED, LIVE, UNLISTED, Item, Variation
from integrations.simulator.simulated_platform import Response


def listed(backend: Backend, call: Call) -> Response:
    """GET products: sellable products, and the master products of those with options."""
    since = call.time("created_from_date")
    wanted = call.query.get("active", "")
    items = [
        item
        for item in backend.shop(call).items.values()
        if item.status != DELETED
        and (since is None or backend.context.platform_time(item.created_at) >= since)
        and (not wanted or str(int(item.status == LIVE)) == wanted)
    ]
    views = [_product(backend, call.seller, item, call.includes()) for item in items]
    containers = {
        view["master_id"]: _container(view)
        for item, view in zip(items, views, strict=True)
        if item.variations[0].option
    }
    rows, paging = paged(sorted([*views, *containers.values()], key=lambda view: -int(view["id"])), call)
    return good({"data": rows, "paging": paging})


def detail(backend: Backend, call: Call) -> Response:
    """GET products/{id}?includes=..."""
    wanted, include = call.parts[0], call.includes("includes")
    item = backend.shop(call).items.get(wanted)
    if item is not None and item.status != DELETED:
        return good(_product(backend, call.seller, item, include))
    for other in backend.shop(call).items.values():
        if other.status != DELETED and other.variations[0].option:
            view = _product(backend, call.seller, other, include)
            if str(view["master_id"]) == wanted:
                return good(_container(view))
    raise Refusal(404, f"Not found product with id: {wanted}")


def found_by(backend: Backend, call: Call) -> Response:
    """GET products/findBy?original_sku=...: the product with the seller's own code."""
    code = call.query.get("original_sku", "")
    if not code:
        raise Refusal(422, "original_sku is required")
    return good(
        _product(backend, call.seller, _item(backend, call.seller, {"original_sku": code}, status=404), call.includes())
    )


def update_sku(backend: Backend, call: Call) -> Response:
    """PUT products/updateSku: price, active, stock of one product."""
    _update(backend, call.seller, call.object())
    return good({"state": "approved"})


def update_skus(backend: Backend, call: Call) -> Response:
    """PUT v2.1 products/updateSkus: several. What is answered for one that is refused is not verified."""
    rows = required(call.object(), "data", list)
    if not 1 <= len(rows) <= facts.BATCH_MAX or not all(isinstance(row, dict) for row in rows):
        raise Refusal(422, f"data must have 1 to {facts.BATCH_MAX} objects")
    return good({"data": [_one_of_many(backend, call.seller, row) for row in rows]})


def update_info(backend: Backend, call: Call) -> Response:
    """POST requests/updateProductInfo: name, description, images; looked at by people, so only a track id comes back."""
    body = call.object()
    item = _item(backend, call.seller, body)
    name = optional(body, "name", str)
    images = optional(body, "images", list)
    if images is not None and not all(isinstance(url, str) and url.startswith("http") for url in images):
        raise Refusal(422, "images must be an array of URLs")
    rejected = name is not None and not name.strip()
    track = backend.state.queues.new_id("track")
    backend.state.requests[track] = "rejected" if rejected else "approved"
    if name and not rejected:
        item.name = name
    return good({"state": "queuing", "track_id": track})


def tracking(backend: Backend, call: Call) -> Response:
    """GET tracking/{track_id}."""
    state = backend.state.requests.get(call.parts[0])
    if state is None:
        raise Refusal(404, f"Not found track_id: {call.parts[0]}")
    reason = "Tên sản phẩm không hợp lệ" if state == "rejected" else ""
    return good({"track_id": call.parts[0], "state": state, "reason": reason})


def me(backend: Backend, call: Call) -> Response:
    """GET sellers/me."""
    return good(
        {
            "id": backend.seller_id(call.seller),
            "sid": call.seller,
            "name": backend.shop(call).name,
            "active": 1,
            "logo": "",
            "operation_models": ["dropship", "instock"],
            "can_update_product": 1,
            "registration_status": "completed",
            "live_at": "2021-12-08 10:05:39",
        }
    )


def warehouses(backend: Backend, call: Call) -> Response:
    """GET sellers/me/warehouses: where Tiki collects, and where it brings returns. The wrapper is not verified."""
    number, seller = backend.warehouse_id(call.seller), backend.seller_id(call.seller)
    common = {"seller_id": seller, "status": 1, "address": "masked"}
    return good(
        {
            "data": [
                {"id": number, "is_primary": 1, "name": "Kho chính", "type": "requisition", **common},
                {"id": number + 1, "is_primary": 0, "name": "Kho trả hàng", "type": "withdrawal", **common},
            ]
        }
    )


def inventory_event(
    backend: Backend, seller: str, variation: Variation, *, sellable_before: int, available_before: int
) -> None:
    """PRODUCT_INVENTORY_UPDATED: all numbers, before and after."""
    available = variation.stock + variation.open
    backend.emit(
        seller,
        "PRODUCT_INVENTORY_UPDATED",
        {
            "original_sku": variation.seller_sku,
            "product_id": int(variation.item_id),
            "quantity_available_from": available_before,
            "quantity_available_to": available,
            "quantity_from": 0,
            "quantity_to": 0,
            "quantity_reserved_from": available_before - sellable_before,
            "quantity_reserved_to": variation.open,
            "quantity_sellable_from": sellable_before,
            "quantity_sellable_to": variation.stock,
            "warehouse_id": backend.warehouse_id(seller),
        },
    )


def _product(backend: Backend, seller: str, item: Item, include: frozenset[str]) -> Fields:
    [variation] = item.variations
    updated = backend.context.platform_time(max(item.created_at, item.updated_at, variation.updated_at))
    found: Fields = {
        "id": int(item.id),
        "product_id": int(item.id),
        "sku": backend.product_sku(item.id),
        "name": item.name,
        "master_id": backend.master_id(seller, variation.sku),
        "super_id": 0,
        # a number in one example and a text in another
        "active": int(item.status == LIVE) if int(item.id) % 4 else str(int(item.status == LIVE)),
        "type": "simple",
        "entity_type": "seller_simple",
        "price": variation.price,
        "market_price": variation.price,
        "version": 1,
        "created_at": local(backend.context.platform_time(item.created_at)),
        "updated_at": local(updated),
        "thumbnail": f"https://salt.tikicdn.com/cache/280x280/ts/product/{item.id}.jpg",
        "original_sku": variation.seller_sku,
        "is_hidden": False,
    }
    if "images" in include:
        found["images"] = [{"id": int(item.id), "url": f"https://salt.tikicdn.com/ts/{item.id}.jpg", "position": 1}]
    if "categories" in include:
        # the shape is not verified: the shared pages only name the part
        found["categories"] = [{"id": one.id, "name": one.name, "is_primary": one.is_leaf} for one in path(item)]
    if "inventory" in include:
        stock = {
            "warehouse_id": backend.warehouse_id(seller),
            "quantity": 0,
            "quantity_available": variation.stock + variation.open,
            "quantity_reserved": variation.open,
            "quantity_sellable": variation.stock,
        }
        found["inventory"] = {
            "inventory_type": "backorder",
            "fulfillment_type": "dropship",
            "warehouse_stocks": [stock],
        }
    return found


def _container(view: Fields) -> Fields:
    """Return a master product, which groups its options and is never sold itself."""
    return view | {"id": view["master_id"], "product_id": view["master_id"], "entity_type": "master_configurable"}


def _item(backend: Backend, seller: str, body: Fields, *, status: int = 400) -> Item:
    """The product that a body names by its id or by the seller's own code. Refused with `status` when there is none."""
    product, code = optional(body, "product_id", int), optional(body, "original_sku", str)
    items = backend.context.shops[seller].items
    if product is None and not code:
        raise Refusal(422, "product_id or original_sku is required")
    found = items.get(str(product)) if product is not None else next(
        (item for item in items.values() if item.variations[0].seller_sku == code), None
    )  # fmt: skip
    if found is None or found.status == DELETED:
        raise Refusal(status, "update error [Product is not found]", source="meepo")
    return found


def _one_of_many(backend: Backend, seller: str, row: Fields) -> Fields:
    outcome = {"product_id": row.get("product_id")}
    try:
        if backend.context.hits("partial_batch"):
            raise Refusal(400, "update error [system busy]")
        _update(backend, seller, {**row, "active": row.get("status")})
    except Refusal as refusal:
        return {**outcome, "state": "rejected", "errors": [str(refusal)]}
    return {**outcome, "state": "approved"}


def _update(backend: Backend, seller: str, body: Fields) -> None:
    """Apply an update completely, or not at all."""
    item = _item(backend, seller, body)
    [variation] = item.variations
    price, active = optional(body, "price", int), optional(body, "active", int)
    if price is not None and price <= 0:
        raise Refusal(422, "price must be greater than 0")
    if active not in (None, 0, 1):
        raise Refusal(422, "active must be 0 or 1")
    stock = _stock(backend, seller, body)
    if price is not None and price != variation.price:
        before = variation.price
        backend.context.set_price(variation, price)
        payload = {
            "product_id": int(item.id),
            "original_sku": variation.seller_sku,
            "price_from": before,
            "price_to": price,
        }
        backend.emit(seller, "PRODUCT_PRICE_UPDATED", payload)
    if active is not None:
        backend.context.set_listed(item, LIVE if active else UNLISTED)
    if stock is not None:
        sellable, available = variation.stock, variation.stock + variation.open
        backend.context.set_stock(variation, max(0, stock - variation.open))
        inventory_event(backend, seller, variation, sellable_before=sellable, available_before=available)


def _stock(backend: Backend, seller: str, body: Fields) -> int | None:
    """The total for the seller's warehouse, None when it was not sent. The string must list the same warehouses."""
    rows = optional(body, "warehouse_quantities", list)
    if rows is None:
        return None
    named = [part.strip() for part in required(body, "seller_warehouse", str).split(",")]
    numbers = {required(row, "warehouse_id", int): required(row, "qty_available", int) for row in rows}
    if sorted(named) != sorted(map(str, numbers)):
        raise Refusal(422, "seller_warehouse must list the warehouses of warehouse_quantities")
    unknown = [number for number in numbers if number != backend.warehouse_id(seller)]
    if unknown:
        raise Refusal(400, f"update error [Warehouse '{unknown}' are not found]", source="meepo")
    if any(quantity < 0 for quantity in numbers.values()):
        raise Refusal(422, "qty_available must not be less than 0")
    total: int = sum(numbers.values())
    return total
