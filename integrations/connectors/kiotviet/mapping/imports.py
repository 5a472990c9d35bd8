"""Documents that KiotViet makes by itself for the marketplaces that a shop has connected there, known by their codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.connectors.kiotviet.mapping import fields

# the mark in a code, after DH (order) or HD (invoice) -> our name of the marketplace
MARKS: Mapping[str, str] = {
    "SPE": "shopee",
    "LZD": "lazada",
    "TTS": "tiktok_shop",
    "TIKI": "tiki",
    "SDO": "sendo",
}
# An order in several parcels becomes several invoices, numbered behind a dot.
_IMPORTED = re.compile(rf"(?:DH|HD)(?P<mark>{'|'.join(MARKS)})_(?P<number>.+?)(?:\.\d{{1,3}})?")
# Codes of documents made at the till are DH or HD and digits; letters and an underline stand for a marketplace.
_MARKED = re.compile(r"(?:DH|HD)[A-Z][A-Z0-9]{1,9}_.+")


@dataclass(frozen=True, slots=True)
class Imported:
    """Marketplace order that the code of an imported document names."""

    channel: str
    number: str


def imported(code: str) -> Imported | None:
    """Return the marketplace's order in the code of a document that KiotViet imported; None for any other document."""
    found = _IMPORTED.fullmatch(fields.normal_key(code))
    return Imported(MARKS[found["mark"]], found["number"]) if found else None


def is_of_unknown_marketplace(code: str) -> bool:
    """Return whether a code looks as those of imports do, with a mark that is in no table."""
    return imported(code) is None and _MARKED.fullmatch(fields.normal_key(code)) is not None
