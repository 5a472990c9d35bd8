"""Fulfilment calls: pack, label, ready to ship, unpack. Each item or package has a code of its own, whatever `success` says."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from integrations.connectors.lazada.simulator import book, facts, steps
from integrations.connectors.lazada.simulator.backend import Backend
from integrations.connectors.lazada.simulator.book import Order, Package, Unit
from integrations.connectors.lazada.simulator.request import Call, Fields, Refusal, is_whole, rows
from integrations.connectors.lazada.simulator.wire import result
from integrations.simulator.pdf import label_pdf
from integrations.simulator.simulated_platform import InvalidState, Response

DOCUMENTS = "/label/"
_LABEL = "<html><body><h1>{carrier}</h1><p>{tracking}</p><p>{package}</p></body></html>"


class RowFailed(Exception):
    """Error of one item or package: its code and message."""

    def __init__(self, code: str, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retry = retry


def providers(backend: Backend, call: Call) -> Fields:
    """/order/shipment/providers/get: the platform allocates the carrier of local shops."""
    for row in _batch(call.object("getShipmentProvidersReq"), "orders"):
        _order(backend, call, row)
    return result({"platform_default": 1, "shipping_allocate_type": "TFS", "shipment_providers": []})


def pack(backend: Backend, call: Call) -> Fields:
    """/order/fulfill/pack: a package for the named items of each order."""
    body = call.object("packReq")
    if body.get("delivery_type") != "dropship" or body.get("shipping_allocate_type") != "TFS":
        raise Refusal("700004", "parameter error: delivery_type, shipping_allocate_type")
    outcomes = []
    for row in _batch(body, "pack_order_list"):
        if row.get("shipment_provider_code"):
            raise Refusal("700004", "parameter error: shipment_provider_code must be empty for TFS")
        order = _order(backend, call, row)
        outcomes.append({"order_item_list": _packed(backend, order, row.get("order_item_list")), "order_id": order.id})
    return result({"pack_order_list": outcomes})


def document(backend: Backend, call: Call) -> Fields:
    """/order/package/document/get: labels, base64 of HTML; of an iframe around the PDF's address when one was wanted."""
    body = call.object("getDocumentReq")
    wanted = body.get("doc_type")
    if wanted not in {"PDF", "HTML"}:
        raise Refusal("700004", "parameter error: doc_type")
    found = []
    for row in _batch(body, "packages"):
        try:
            _, package = _package(backend, call, row)
        except RowFailed as failure:
            raise Refusal(failure.code, str(failure)) from None
        if not any(unit.status in {book.PACKED, book.READY, book.SHIPPED} for unit in package.units):
            raise Refusal("700000", "package status not allow")
        found.append(package)
    if wanted == "HTML":
        html = "".join(_LABEL.format(carrier=facts.CARRIER, tracking=one.tracking, package=one.id) for one in found)
        return result({"file": _file(html), "doc_type": wanted})
    url = _pdf_address(backend, call, found)
    return result({"file": _file(f'<iframe src="{url}" width="100%"></iframe>'), "pdf_url": url, "doc_type": wanted})


def pdf(backend: Backend, path: str) -> Response:
    """Return the file behind a `pdf_url`, which needs no signature and lives ten minutes."""
    packages, until = backend.state.labels.get(path.removeprefix(DOCUMENTS).removesuffix(".pdf"), ([], 0.0))
    if backend.context.logical_time() >= until:
        return 403, {"Content-Type": "text/plain"}, b"expired"
    pages = [("Lazada", facts.CARRIER, tracking, f"Package {number}") for number, tracking in packages]
    return 200, {"Content-Type": "application/pdf"}, label_pdf(pages)


def _pdf_address(backend: Backend, call: Call, found: list[Package]) -> str:
    labels = backend.state.labels
    name = backend.context.draws.token(backend.context.channel, "label", found[0].id, len(labels))
    labels[name] = ([(one.id, one.tracking) for one in found], call.moment + facts.LABEL_LIFE)
    return f"{backend.context.base_url}{DOCUMENTS}{name}.pdf"


def _file(html: str) -> str:
    return b64encode(html.encode()).decode()


def ready(backend: Backend, call: Call) -> Fields:
    """/order/package/rts: packed packages wait for the courier."""
    return _each(backend, call, "readyToShipReq", _ready)


def repack(backend: Backend, call: Call) -> Fields:
    """/order/package/repack: packages that are packed are taken apart."""
    return _each(backend, call, "rePackReq", _repack)


def _packed(backend: Backend, order: Order, ids: Any) -> list[Fields]:
    if not isinstance(ids, list) or not ids:
        raise Refusal("700004", "parameter error: order_item_list")
    outcomes: dict[int, Fields] = {}
    good: list[Unit] = []
    for one in ids:
        unit = next((unit for unit in order.units if str(unit.id) == str(one)), None)
        failure = _not_packable(backend, order, unit)
        if unit is not None and failure is None:
            good.append(unit)
        else:
            assert failure is not None
            number = int(one) if is_whole(str(one)) else 0
            outcomes[number] = _item_row(number, failure.code, str(failure), retry=failure.retry)
    if good:
        package = steps.pack(backend, order, good)
        for unit in good:
            outcomes[unit.id] = _item_row(unit.id, "0", "success", package)
    return list(outcomes.values())


def _not_packable(backend: Backend, order: Order, unit: Unit | None) -> RowFailed | None:
    if unit is None:
        return RowFailed("700025", "order item not found")
    if unit.by_lazada:
        return RowFailed("700027", "FBL order item")
    if unit.status not in book.PACKABLE or order.cancel_id:
        return RowFailed("700026", "item current status not allow to pack")
    if backend.context.hits("partial_batch"):
        return RowFailed("700024", "get lock failed", retry=True)
    return None


def _item_row(unit_id: int, code: str, words: str, package: Package | None = None, *, retry: bool = False) -> Fields:
    return {
        "order_item_id": unit_id,
        "msg": words,
        "item_err_code": code,
        "tracking_number": package.tracking if package else "",
        "shipment_provider": facts.CARRIER if package else "",
        "package_id": package.id if package else "",
        "retry": retry,
    }


def _each(backend: Backend, call: Call, name: str, act: Callable[[Backend, Order, Package], None]) -> Fields:
    outcomes = []
    for row in _batch(call.object(name), "packages"):
        code, words, retry = "0", "success", False
        try:
            order, package = _package(backend, call, row)
            if backend.context.hits("partial_batch"):
                raise RowFailed("700024", "get lock failed", retry=True)
            act(backend, order, package)
        except RowFailed as failure:
            code, words, retry = failure.code, str(failure), failure.retry
        outcomes.append({"msg": words, "item_err_code": code, "package_id": str(row.get("package_id")), "retry": retry})
    return result({"packages": outcomes}, errorCode="", errorMsg="")


def _ready(backend: Backend, order: Order, package: Package) -> None:
    if any(unit.status != book.PACKED for unit in package.units):
        raise RowFailed("700000", "package status not allow")
    others = [unit for unit in order.live if unit not in package.units]
    if backend.sale(order).status != "to_ship":
        raise RowFailed("700000", "order status not allow")
    steps.ready(backend, order, package)
    if all(unit.status == book.READY for unit in others):
        try:
            backend.context.arrange_shipment(backend.sale(order))
        except InvalidState:
            raise RowFailed("700000", "order status not allow") from None


def _repack(backend: Backend, order: Order, package: Package) -> None:
    if any(unit.status != book.PACKED for unit in package.units):
        raise RowFailed("700000", "package status not allow")
    steps.unpack(backend, order, package)


def _batch(body: Fields, name: str) -> list[Fields]:
    found = rows(body, name)
    if len(found) > facts.PACKAGES_MAX:
        raise Refusal("700022", f"batch size exceeds {facts.PACKAGES_MAX}")
    return found


def _order(backend: Backend, call: Call, row: Fields) -> Order:
    number = str(row.get("order_id", ""))
    found = backend.book.order(call.seller, int(number)) if is_whole(number) else None
    if found is None:
        raise Refusal("700025", "order not found")
    return found


def _package(backend: Backend, call: Call, row: Fields) -> tuple[Order, Package]:
    """A package of the seller, by its id. A package whose units were called off is cancelled."""
    order = backend.book.packages.get((call.seller, str(row.get("package_id"))))
    package = order.packages.get(str(row.get("package_id"))) if order else None
    if order is None or package is None:
        raise RowFailed("600001", "package not found")
    if all(unit.status == book.CANCELED for unit in package.units):
        raise RowFailed("600002", "package already cancelled")
    return order, package
