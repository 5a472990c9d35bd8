"""XML payloads of product writes."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, fromstring

from integrations.connectors.lazada.simulator import facts
from integrations.connectors.lazada.simulator.request import Call, Refusal

_DECLARES = ("<!DOCTYPE", "<!ENTITY")


@dataclass(frozen=True)
class SkuRow:
    """One `<Sku>`: its texts by name, and whether it used the form for several warehouses."""

    texts: dict[str, str]
    is_multi: bool

    def text(self, name: str) -> str:
        """A text, "" when missing."""
        return self.texts.get(name, "")


def product(call: Call, name: str = "payload") -> Element:
    """The `<Product>` of a payload. Refused when it is no such XML."""
    text = call.text(name)
    if any(word in text for word in _DECLARES):
        raise _bad("DTD is not allowed")
    try:
        root = fromstring(text.encode())  # noqa: S314 - no document type gets here
    except ParseError as error:
        raise _bad(str(error)) from None
    found = root.find("Product")
    if root.tag != "Request" or found is None:
        raise _bad("Request/Product is missing")
    return found


def sku_rows(found: Element) -> list[SkuRow]:
    """Its rows, 1 to 50."""
    rows = [_row(sku) for sku in found.findall("Skus/Sku")]
    if not rows:
        raise _bad("Skus/Sku is missing")
    if len(rows) > facts.SKUS_MAX:
        raise Refusal("4171", f"E4171: the number of SKUs exceeds {facts.SKUS_MAX}")
    return rows


def text_of(found: Element, path: str) -> str:
    """The text at a path, "" when missing."""
    return (found.findtext(path) or "").strip()


def _row(sku: Element) -> SkuRow:
    texts = {part.tag: (part.text or "").strip() for part in sku if not len(part)}
    return SkuRow(texts, sku.find("MultiWarehouseInventories") is not None)


def _bad(words: str) -> Refusal:
    return Refusal("201", f"E201: Invalid payload: {words}")
