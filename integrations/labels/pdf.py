"""PDF files: counting their pages and putting them together."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

# raised by the library for bytes that are no PDF, or a damaged one
_UNREADABLE = (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)


def page_count(content: bytes) -> int | None:
    """Return the number of pages, None for what is no PDF that can be put together with others."""
    if content.lstrip()[:5] != b"%PDF-":
        return None
    try:
        reader = PdfReader(BytesIO(content))
        return None if reader.is_encrypted else len(reader.pages) or None
    except _UNREADABLE:
        return None


def merged(files: Iterable[bytes]) -> bytes:
    """Return one PDF with the pages of all files, in order. Every file must have a `page_count`."""
    writer = PdfWriter()
    for content in files:
        writer.append(BytesIO(content), import_outline=False)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
