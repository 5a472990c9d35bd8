"""Opening uploaded files: recognised by their bytes, read within limits, refused in words."""

from __future__ import annotations

import io
import resource
import time
import zipfile
from collections.abc import Callable, Mapping
from datetime import date

import pytest
import xlsxwriter

from core.reasons import as_reason
from integrations.contract.statement_files import FileRefused
from integrations.wire.workbooks import limits, open_workbook

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"
# a long way to write style 1
ZEROS = "0" * 30


def workbook(rows: list[list[object]], name: str = "Trang 1") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def repacked(content: bytes, change: Callable[[dict[str, bytes]], Mapping[str, bytes]]) -> bytes:
    """A workbook with other parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in change(parts).items():
            archive.writestr(name, part)
    return out.getvalue()


def refused(content: bytes) -> str:
    with pytest.raises(FileRefused) as found:
        open_workbook(content)
    return found.value.reason.code


def with_sheet(xml: str) -> bytes:
    return repacked(workbook([["x"]]), lambda parts: parts | {SHEET: (HEAD + xml + TAIL).encode()})


def test_cells_are_trimmed_composed_and_typed() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Đơn  hàng")
        sheet.write_row(1, 1, ["  Giá  ưu\u00a0đãi ".replace("ư", "u\u031b"), "-1620", 5.5, True])
        sheet.write_datetime(2, 1, date(2026, 5, 8), book.add_format({"num_format": "yyyy-mm-dd"}))
    [sheet] = open_workbook(out.getvalue()).sheets
    assert sheet.rows == ((), ("", "Giá ưu đãi", "-1620", 5.5, "TRUE"), ("", date(2026, 5, 8)))


def test_a_text_file_is_read_whatever_its_delimiter_and_code_page() -> None:
    lines = '"Mã; đơn,x";Phí\nA1;"1,208.00"\n'
    for content, encoding in (
        (("\ufeff" + lines).encode(), "utf-8-sig"),
        (lines.encode("utf-16"), "utf-16"),
        (_cp1258(lines), "cp1258"),
    ):
        found = open_workbook(content)
        assert found.sheets[0].rows == (("Mã; đơn,x", "Phí"), ("A1", "1,208.00"))
        assert (found.encoding, found.delimiter) == (encoding, ";")
        assert [as_reason(warning).code for warning in found.warnings] == (
            ["file_other_encoding"] if encoding == "cp1258" else []
        )


def _cp1258(text: str) -> bytes:
    return text.replace("ã", "a\u0303").replace("ơ", "ơ").encode("cp1258")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\x00" * 100, "file_empty"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "file_protected_or_old"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "file_no_table"),
        (b"%PDF-1.7\n%\x00\x81\n", "file_no_table"),
        (b"one line without columns\n", "file_no_table"),
        (b'a;b\n"never closed', "file_damaged"),
        (b"PK\x03\x04 and no more", "file_damaged"),
        (b"x;" * (limits.PACKED_MB * limits.MB // 2 + 1), "file_too_large"),
        (b"P" * 60 * limits.MB, "file_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_macros_formulas_and_locks_are_refused() -> None:
    plain = workbook([["a", 1]])
    assert refused(repacked(plain, lambda parts: parts | {"xl/vbaProject.bin": b"x"})) == "file_has_macros"
    assert refused(with_sheet('<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>')) == "file_has_formulas"
    locked = bytearray(plain)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + place] |= 1
            at = locked.find(mark, at + 1)
    assert refused(bytes(locked)) == "file_protected_or_old"


def test_a_text_that_looks_like_a_formula_is_a_text() -> None:
    rows = open_workbook(b"name;amount\n=HYPERLINK(1);2\n+84;@x\n").sheets[0].rows
    assert rows[1:] == (("=HYPERLINK(1)", "2"), ("+84", "@x"))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked(
        workbook([["x"]]), lambda parts: parts | {"xl/media/a.xml": b"\x00" * (limits.UNPACKED_MB + 10) * limits.MB}
    )
    assert len(bomb) < limits.MB
    started = time.monotonic()
    assert refused(bomb) == "file_too_large_unpacked"
    assert time.monotonic() - started < 2


def test_a_cell_at_the_end_of_the_world_costs_nothing_here() -> None:
    """A dense reader wants 17 billion cells for it: the child process dies, this one says so."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    code = refused(
        with_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    )
    assert code in {"file_damaged", "file_too_many_cells"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_sheet_that_is_no_xml_is_damaged() -> None:
    assert (
        refused(repacked(workbook([["x"]]), lambda parts: parts | {SHEET: b"<worksheet><sheetData><row"}))
        == "file_damaged"
    )


def test_a_padded_sheet_of_sixty_megabytes_is_read() -> None:
    """1,301 rows, each with empty cells up to column 1,000, as one seller centre writes them."""
    padding = "".join(f'<c r="{_letters(place)}1" s="{ZEROS}1"/>' for place in range(3, 1001))
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" t="inlineStr"><is><t>-</t></is></c>'
        + padding.replace('1" s=', f'{n}" s=') + "</row>"
        for n in range(1, 1302)
    )  # fmt: skip
    content = with_sheet(rows)
    assert len(rows) > 55 * limits.MB
    assert len(content) < limits.PACKED_MB * limits.MB
    [sheet] = open_workbook(content).sheets
    assert (len(sheet.rows), sheet.rows[-1]) == (1301, (1301, "-"))


def _letters(place: int) -> str:
    found = ""
    while place:
        place, letter = divmod(place - 1, 26)
        found = chr(65 + letter) + found
    return found


def test_too_many_rows_columns_and_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS", 3)
    assert refused(b"a;b\n" * 4) == "file_too_many_cells"
    monkeypatch.setattr(limits, "ROWS", 30)
    monkeypatch.setattr(limits, "COLUMNS", 2)
    assert refused(b"a;b;c\n") == "file_too_many_cells"
    monkeypatch.setattr(limits, "CELLS", 5)
    assert refused(b"a;b\n" * 3) == "file_too_many_cells"
