"""POST /api/partner/product/update-by-field-mask: only the named fields of each product change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from integrations.connectors.sendo.simulator import facts
from integrations.connectors.sendo.simulator.backend import Backend
from integrations.connectors.sendo.simulator.request import Call, whole
from integrations.connectors.sendo.simulator.wire import Refusal, Row, detail, wrong
from integrations.simulator.shops import DELETED, Item, Variation

Change = Callable[[], None]


def update(backend: Backend, call: Call) -> bool:
    """Apply all valid rows; if any is not valid, the response is a refusal that names it [nv: such a response was never seen]."""
    failed: list[Row] = []
    for place, row in enumerate(call.rows()):
        try:
            for change in _changes(backend, row):
                change()
        except Refusal as refusal:
            words = "; ".join(str(found["message"]) for found in refusal.details) or str(refusal)
            failed.append(detail(f"[{place}].id", words, row.get("id")))
    if failed:
        raise Refusal("Cập nhật không thành công", details=failed)
    return True


def _changes(backend: Backend, row: Row) -> list[Change]:
    """Return the changes of one row, checked as a whole before any is applied."""
    item = backend.shop.items.get(str(whole(row, "id", low=1)))
    if item is None:
        raise Refusal("Sản phẩm không tồn tại", code=404)
    if facts.PRODUCT_STATUS[item.status] in facts.UNCHANGEABLE:
        raise wrong("status", "Sản phẩm không thể cập nhật", facts.PRODUCT_STATUS[item.status])
    masks = row.get("field_mask", row.get("Field_Mask"))
    if not isinstance(masks, list) or not masks or not set(map(str, masks)) <= facts.MASKS:
        raise wrong("field_mask", "field_mask không hợp lệ", masks)
    if backend.context.hits("partial_batch"):
        raise wrong("id", "Không thể cập nhật sản phẩm, vui lòng thử lại", item.id)
    return [change for mask in masks for change in _BY_MASK[mask](backend, item, row)]


def _quantities(backend: Backend, item: Item, row: Row) -> list[Change]:
    changes: list[Change] = []
    for variation, fields, name in _sold(item, row, "stock_quantity", "variant_quantity"):
        number = whole(fields, name, high=1_000_000)
        changes.append(lambda variation=variation, number=number: backend.context.set_stock(variation, number))  # type: ignore[misc]
    total = whole(row, "stock_quantity", high=10_000_000)
    if row.get("stock_availability") is not (total > 0):
        raise wrong(
            "stock_availability", "stock_availability phải là false khi hết hàng", row.get("stock_availability")
        )
    return changes


def _prices(backend: Backend, item: Item, row: Row) -> list[Change]:
    changes: list[Change] = []
    for variation, fields, name in _sold(item, row, "price", "variant_price"):
        price = whole(fields, name, low=1000, high=1_000_000_000)
        changes.append(lambda variation=variation, price=price: backend.context.set_price(variation, price))  # type: ignore[misc]
    return changes


def _status(backend: Backend, item: Item, row: Row) -> list[Change]:
    if whole(row, "status") != facts.DELETED:
        raise wrong("status", "Trạng thái không hợp lệ", row["status"])
    return [lambda: backend.context.set_listed(item, DELETED)]


def _sold(item: Item, row: Row, own: str, of_variant: str) -> list[tuple[Variation, Row, str]]:
    """(variation, the object that carries its number, under which name)."""
    if not item.has_models:
        return [(item.variations[0], row, own)]
    known = {variation.id: variation for variation in item.variations}
    rows = row.get("variants")
    if not isinstance(rows, list) or not rows or not all(isinstance(found, dict) for found in rows):
        raise wrong("variants", "variants là bắt buộc", item.id)
    found = []
    for variant in rows:
        variation = known.get(str(variant.get("variant_attribute_hash")))
        if variation is None:
            raise wrong("variant_attribute_hash", "Biến thể không tồn tại", variant.get("variant_attribute_hash"))
        found.append((variation, variant, of_variant))
    return found


_BY_MASK: Mapping[str, Callable[[Backend, Item, Row], list[Change]]] = {
    "quantity": _quantities,
    "price": _prices,
    "status": _status,
}
