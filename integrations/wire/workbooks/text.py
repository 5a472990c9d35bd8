"""Text files with columns: the delimiter is looked for outside quotes, UTF-8 first, then the code page of Vietnamese Windows."""

from __future__ import annotations

import csv
import io
import re

from integrations.contract.file_reasons import DAMAGED, NO_TABLE, OTHER_ENCODING
from integrations.contract.statement_files import FileRefused, Sheet, Workbook
from integrations.wire.workbooks import limits
from integrations.wire.workbooks.cells import RowCleaner

DELIMITERS = ",;\t"
# a file in UTF-16 begins with a mark; Excel saves "Unicode text" so
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_PAGE = re.compile(r"\s*<(?:!doctype|html|table|\?xml)", re.IGNORECASE)


def open_text(content: bytes) -> Workbook:
    """Return the one sheet of a text file. Raises FileRefused."""
    text, encoding = _decoded(content)
    if _PAGE.match(text) or "\x00" in text:
        raise FileRefused(NO_TABLE)
    delimiter = _delimiter(text)
    csv.field_size_limit(limits.TEXT_LENGTH)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = tuple(RowCleaner().rows("", lines))
    except csv.Error as error:
        raise FileRefused(DAMAGED(error=error)) from error
    warnings = (OTHER_ENCODING,) if encoding == "cp1258" else ()
    return Workbook((Sheet("", rows),), encoding, delimiter, warnings)


def _decoded(content: bytes) -> tuple[str, str]:
    """Return (text, encoding)."""
    for encoding in ("utf-16",) if content.startswith(_UTF16) else ("utf-8-sig", "cp1258"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise FileRefused(NO_TABLE)


def _delimiter(text: str) -> str:
    """Return the delimiter of the first line that has one. Raises FileRefused when there is none."""
    for line in io.StringIO(text[: 30 * limits.TEXT_LENGTH]):
        bare = _QUOTED.sub("", line)
        counts = {delimiter: bare.count(delimiter) for delimiter in DELIMITERS}
        best = max(counts, key=lambda delimiter: counts[delimiter])
        if counts[best]:
            return best
    raise FileRefused(NO_TABLE)
