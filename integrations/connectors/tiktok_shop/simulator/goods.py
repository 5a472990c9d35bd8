"""Products and SKUs: search, details, stock, price, content, on sale or not."""

from __future__ import annotations

from integrations.connectors.tiktok_shop.simulator import facts
from integrations.connectors.tiktok_shop.simulator.backend import Backend
from integrations.connectors.tiktok_shop.simulator.delivery import announce
from integrations.connectors.tiktok_shop.simulator.request import (
    Call,
    Fields,
    Refusal,
    invalid,
    no_such,
    optional,
    required,
    rows,
    span,
    texts,
)
from integrations.simulator.categories import Category, path
from integrations.simulator.shops import DELETED, LIVE, UNLISTED, Item, Variation

STATUS = {LIVE: "ACTIVATE", UNLISTED: "SELLER_DEACTIVATED", DELETED: "DELETED"}
_FILTERS = frozenset("ALL DRAFT PENDING FAILED ACTIVATE SELLER_DEACTIVATED PLATFORM_DEACTIVATED FREEZE DELETED".split())
_BATCH_FAILED, _BAD_STATUS = 12052990, 12052003
# the numbers of these are not documented [inf]
_NO_PRODUCT, _NO_SKU, _HELD, _BUSY, _PRICE, _CONTENT = 12052048, 12052094, 12052241, 12052700, 12052217, 12052105
_LONGEST_TITLE = 255


def search(backend: Backend, call: Call) -> Fields:
    """POST products/search. The list has no order of its own to ask for; here it is the order of creation."""
    size, body = call.size(facts.PRODUCT_PAGE), call.body
    status = optional(body, "status", str) or "ALL"
    if status not in _FILTERS:
        raise invalid("status")
    sellers, skus = set(texts(body, "seller_skus", 100)), set(texts(body, "sku_ids", facts.SEARCH_SKUS))
    created, updated = span(body, "create_time", "le"), span(body, "update_time", "le")
    found = [
        item
        for item in backend.shop(call).items.values()
        if status in ("ALL", STATUS[item.status])
        and (not sellers or any(one.seller_sku in sellers for one in item.variations))
        and (not skus or any(one.id in skus for one in item.variations))
        and created[0] <= _created(backend, item) < created[1]
        and updated[0] <= _updated(backend, item) < updated[1]
    ]
    page, more = call.page(found, size)
    return {"products": [_summary(backend, call, item) for item in page], **more}


def detail(backend: Backend, call: Call) -> Fields:
    """GET products/{id}."""
    item = _item(backend, call, call.ids["product"])
    found = _summary(backend, call, item)
    found["skus"] = [_sku(backend, call, item, one) for one in item.variations]
    return found | {
        "description": f"<p>{item.name}</p>",
        "main_images": [{"height": 600, "width": 600, "uri": f"tos-{item.id}", "urls": [f"https://example.test/{item.id}"]}],
        "category_chains": [_category(one) for one in path(item)],
        "is_cod_allowed": True,
        "package_weight": {"unit": "GRAM", "value": str(item.grams)},
    }  # fmt: skip


def _category(one: Category) -> Fields:
    return {"id": str(one.id), "is_leaf": one.is_leaf, "local_name": one.name, "parent_id": str(one.parent)}


def inventory_search(backend: Backend, call: Call) -> Fields:
    """POST inventory/search: by products or by SKUs, not both. Unknown ids are left out [inf]."""
    products = texts(call.body, "product_ids", facts.INVENTORY_PRODUCTS)
    skus = texts(call.body, "sku_ids", facts.INVENTORY_SKUS)
    if bool(products) == bool(skus):
        raise invalid("product_ids")
    found = []
    for item in backend.shop(call).items.values():
        wanted = [one for one in item.variations if item.id in products or one.id in skus]
        if wanted and item.status != DELETED:
            found.append({"product_id": item.id, "skus": [_inventory(backend, call, one) for one in wanted]})
    return {"inventory": found}


def update_inventory(backend: Backend, call: Call) -> Fields:
    """POST products/{id}/inventory/update: absolute; a SKU that fails leaves the others alone, at code 0."""
    item = _item(backend, call, call.ids["product"])
    place = backend.warehouse(call.shop)
    entries = [(required(row, "id", str), _quantity(row, place)) for row in rows(call.body, "skus")]
    errors = []
    for sku_id, quantity in entries:
        try:
            variation = _variation(item, sku_id)
            if item.status != LIVE:
                raise Refusal(_BAD_STATUS, "The current product status can not be actiavted")
            held = min(variation.held, variation.stock)
            if quantity < held:
                raise Refusal(_HELD, f"The quantity must not be less than the campaign stock {held}.")
            if backend.context.hits("partial_batch"):
                raise Refusal(_BUSY, "System busy, please try again later.")
            backend.context.set_stock(variation, quantity)
        except Refusal as refusal:
            cause = {"code": refusal.code, "message": str(refusal), "warehouse_id": place}
            detail = {"sku_id": sku_id, "extra_errors": [cause]}
            errors.append({"code": _BATCH_FAILED, "message": "batch update inventory error", "detail": detail})
    return {"errors": errors} if errors else {}


def update_prices(backend: Backend, call: Call) -> Fields:
    """POST products/{id}/prices/update: whole dong as text, of products that are on sale and in no promotion."""
    item = _item(backend, call, call.ids["product"])
    if item.status != LIVE:
        raise Refusal(_BAD_STATUS, "The current product status can not be edited.", 200)
    entries = []
    for row in rows(call.body, "skus"):
        variation = _variation(item, required(row, "id", str))
        price = required(row, "price", dict)
        amount = required(price, "amount", str)
        if required(price, "currency", str) != facts.CURRENCY or not amount.isdecimal() or int(amount) <= 0:
            raise invalid("price")
        if variation.held:
            raise Refusal(_PRICE, "The product is in an ongoing promotion, the price can not be changed.", 200)
        entries.append((variation, int(amount)))
    for variation, amount in entries:
        backend.context.set_price(variation, amount)
    return {}


def partial_edit(backend: Backend, call: Call) -> Fields:
    """POST products/{id}/partial_edit: the new content goes to audit; here it passes at once."""
    item = _item(backend, call, call.ids["product"])
    title = optional(call.body, "title", str)
    optional(call.body, "description", str)
    optional(call.body, "main_images", list)
    if item.status == DELETED:
        raise Refusal(_BAD_STATUS, "The current product status can not be edited.", 200)
    if title is not None:
        if not 1 <= len(title) <= _LONGEST_TITLE:
            raise Refusal(_CONTENT, f"The product title must have 1 to {_LONGEST_TITLE} characters.", 200)
        item.name = title
        backend.context.set_listed(item, item.status)
    changed = [name for name in ("title", "description", "main_images") if name in call.body]
    data = {"product_id": item.id, "changed_fields": changed, "update_time": call.now}
    announce(backend, 15, call.shop, data)
    return {"product_id": item.id, "skus": [{"id": one.id, "seller_sku": one.seller_sku} for one in item.variations]}


def activate(backend: Backend, call: Call) -> Fields:
    """POST products/activate."""
    return _each(backend, call, LIVE)


def deactivate(backend: Backend, call: Call) -> Fields:
    """POST products/deactivate."""
    return _each(backend, call, UNLISTED)


def delete(backend: Backend, call: Call) -> Fields:
    """DELETE products, with a JSON body."""
    return _each(backend, call, DELETED)


def _each(backend: Backend, call: Call, status: str) -> Fields:
    errors = []
    for product_id in texts(call.body, "product_ids", 20):
        item = backend.shop(call).items.get(product_id)
        if item is None or item.status == DELETED:
            detail = {"product_id": product_id}
            errors.append({"code": _NO_PRODUCT, "message": "The product does not exist.", "detail": detail})
        else:
            backend.context.set_listed(item, status)
            data = {"product_id": item.id, "status": STATUS[status], "suspended_reason": "", "update_time": call.now}
            announce(backend, 5, call.shop, data)
    return {"errors": errors} if errors else {}


def _quantity(row: Fields, place: str) -> int:
    (found,) = rows(row, "inventory")[:1]
    if optional(found, "warehouse_id", str) not in (None, place):
        raise no_such("warehouse")
    quantity: int = required(found, "quantity", int)
    # 1 to 99,999 are documented; that 0 is taken is not verified
    if not 0 <= quantity <= facts.MOST_STOCK:
        raise invalid("quantity")
    return quantity


def _item(backend: Backend, call: Call, product_id: str) -> Item:
    found = backend.shop(call).items.get(product_id)
    if found is None:
        raise Refusal(_NO_PRODUCT, "The product does not exist.", 200)
    return found


def _variation(item: Item, sku_id: str) -> Variation:
    found = next((one for one in item.variations if one.id == sku_id), None)
    if found is None:
        raise Refusal(_NO_SKU, "The sku does not exist.", 200)
    return found


def _summary(backend: Backend, call: Call, item: Item) -> Fields:
    skus = [_sku(backend, call, item, one) for one in item.variations]
    return {
        "id": item.id,
        "title": item.name,
        "status": STATUS[item.status],
        "create_time": _created(backend, item),
        "update_time": _updated(backend, item),
        "sales_regions": [facts.REGION],
        "is_not_for_sale": False,
        "skus": [{name: value for name, value in sku.items() if name != "sales_attributes"} for sku in skus],
    }


def _sku(backend: Backend, call: Call, item: Item, variation: Variation) -> Fields:
    attributes = (
        [{"id": "100000", "name": item.axis, "value_id": variation.id[-6:], "value_name": variation.option}]
        if item.has_models
        else []
    )
    amount = str(variation.price)
    return {
        "id": variation.id,
        "seller_sku": variation.seller_sku,
        "price": {"currency": facts.CURRENCY, "sale_price": amount, "tax_exclusive_price": amount},
        "inventory": [{"warehouse_id": backend.warehouse(call.shop), "quantity": variation.stock}],
        "sales_attributes": attributes,
    }


def _inventory(backend: Backend, call: Call, variation: Variation) -> Fields:
    held = min(variation.held, variation.stock)
    campaigns = [{"campaign_name": "Flash Sale", "quantity": held}] if held else []
    return {
        "id": variation.id,
        "seller_sku": variation.seller_sku,
        "total_available_quantity": variation.stock,
        "total_committed_quantity": variation.open,
        "total_available_inventory_distribution": {
            "in_shop_inventory": {"quantity": variation.stock - held},
            "campaign_inventory": campaigns,
            "creator_inventory": [],
        },
        "warehouse_inventory": [
            {
                "warehouse_id": backend.warehouse(call.shop),
                "available_quantity": variation.stock,
                "committed_quantity": variation.open,
            }
        ],
    }


def _created(backend: Backend, item: Item) -> int:
    return int(backend.context.platform_time(item.created_at))


def _updated(backend: Backend, item: Item) -> int:
    """Return when the seller last changed it; sales do not count [inf]."""
    latest = max(item.updated_at, *(variation.updated_at for variation in item.variations))
    return int(backend.context.platform_time(latest))
