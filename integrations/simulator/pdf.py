"""A minimal PDF for the labels of simulated platforms: one A6 page per label, lines of text in a standard font."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_WIDTH, _HEIGHT, _MARGIN, _LEADING = 298, 420, 24, 18


def label_pdf(pages: Iterable[Sequence[str]]) -> bytes:
    """Return a PDF 1.4 file with a page per label; each page is a list of lines, of which only ASCII is drawn."""
    contents = [_drawn(lines) for lines in pages]
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(contents)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} /MediaBox [0 0 {_WIDTH} {_HEIGHT}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for place, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * place} 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    return _written(objects)


def _drawn(lines: Sequence[str]) -> str:
    """Return the operators that draw the lines from the top, in a frame."""
    texts = "".join(f"({_escaped(line)}) Tj T* " for line in lines)
    frame = f"{_MARGIN / 2} {_MARGIN / 2} {_WIDTH - _MARGIN} {_HEIGHT - _MARGIN} re S"
    return f"{frame} BT /F1 12 Tf {_LEADING} TL {_MARGIN} {_HEIGHT - 2 * _MARGIN} Td {texts}ET"


def _escaped(line: str) -> str:
    bare = line.encode("ascii", "replace").decode()
    return bare.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _written(objects: Sequence[str]) -> bytes:
    """Return the file: the objects, the table of their offsets, the trailer."""
    body, offsets = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{rows}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + table).encode("ascii")
