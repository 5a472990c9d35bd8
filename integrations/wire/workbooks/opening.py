"""Detect a file's type by its first bytes, whatever its name says: a zip (workbook), an old container, or text."""

from __future__ import annotations

from threading import BoundedSemaphore

from integrations.contract.file_reasons import NOTHING_INSIDE, PROTECTED_OR_OLD, TOO_LARGE
from integrations.contract.statement_files import FileRefused, Workbook
from integrations.wire.workbooks import limits
from integrations.wire.workbooks.packed import open_packed
from integrations.wire.workbooks.text import open_text

# Compound File Binary: an .xls, or an encrypted .xlsx inside
_OLD_CONTAINER = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"
# files of a process that are unpacked at the same time: each may take the memory of `limits`
_AT_ONCE = BoundedSemaphore(2)


def open_workbook(content: bytes) -> Workbook:
    """Return the sheets of a file. Raises FileRefused. Memory is bounded by `limits`, whatever the file holds."""
    if not content.strip(b"\x00 \r\n\t"):
        raise FileRefused(NOTHING_INSIDE)
    if len(content) > limits.PACKED_MB * limits.MB:
        raise FileRefused(TOO_LARGE(size=-(-len(content) // limits.MB), most=limits.PACKED_MB))
    if content.startswith(_OLD_CONTAINER):
        raise FileRefused(PROTECTED_OR_OLD)
    with _AT_ONCE:
        return open_packed(content) if content.startswith(_ZIP) else open_text(content)
