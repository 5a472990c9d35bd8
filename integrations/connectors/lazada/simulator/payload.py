"""Payloads of product writes: XML, or the same tree as JSON where pages show it."""

from __future__ import annotations

import json
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
    """The `<Product>` of a payload. Refused when it is no such XML, or JSON of the same shape."""
    text = call.text(name)
    if text.lstrip().startswith("{"):
        return _of_json(text)
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
    """Return its rows, 1 to 50."""
    rows = [_row(sku) for sku in found.findall("Skus/Sku")]
    if not rows:
        raise _bad("Skus/Sku is missing")
    if len(rows) > facts.SKUS_MAX:
        raise Refusal("4171", f"E4171: the number of SKUs exceeds {facts.SKUS_MAX}")
    return rows


def text_of(found: Element, path: str) -> str:
    """The text at a path, "" when missing."""
    return (found.findtext(path) or "").strip()


def _of_json(text: str) -> Element:
    """The same tree from JSON: an object's members are elements, a list repeats one."""
    try:
        found = json.loads(text)["Request"]["Product"]
    except (ValueError, KeyError, TypeError):
        raise _bad("not in JSON format") from None
    if not isinstance(found, dict):
        raise _bad("Request/Product is missing")
    return _element("Product", found)


def _element(name: str, value: object) -> Element:
    element = Element(name)
    if not isinstance(value, dict):
        element.text = "" if value is None else str(value)
        return element
    for child, content in value.items():
        element.extend(_element(child, one) for one in (content if isinstance(content, list) else [content]))
    return element


def _row(sku: Element) -> SkuRow:
    texts = {part.tag: (part.text or "").strip() for part in sku if not len(part)}
    return SkuRow(texts, sku.find("MultiWarehouseInventories") is not None)


def _bad(words: str) -> Refusal:
    return Refusal("201", f"E201: Invalid payload: {words}")
