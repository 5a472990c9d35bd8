"""Opening uploaded workbooks and text tables: `open_workbook(bytes)` yields sheets of clean cells, or refuses with the reason."""

from integrations.wire.workbooks.opening import open_workbook

__all__ = ["open_workbook"]
