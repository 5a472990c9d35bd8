"""Tables of a file by a profile: the sheet's name and the headings decide, never the name of the file.

The row of the headings is looked for among the first 30: preambles grow. A renamed heading must not make the file unknown, so
a part of the headings is enough to recognise it; what is missing is named afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from integrations.contract.file_reasons import COLUMN_MISSING
from integrations.contract.statement_files import Column, FileRefused, Name, Part, Profile, Row, Sheet, Workbook

ROWS_LOOKED_AT = 30
# of the needed headings, where the sheet's name proves nothing
_ENOUGH = 0.6
# headings that are quoted when one is missing
_QUOTED = 12

Score = tuple[bool, float, int]
_NONE: Score = (False, 0.0, 0)


def score(workbook: Workbook, profile: Profile) -> Score:
    """Return how well a file fits a profile: (all proofs there, share of needed headings, known headings); zeros when it does not."""
    return max((_fit(sheet, profile)[0] for sheet in workbook.sheets), default=_NONE)


def parts(workbook: Workbook, profile: Profile) -> tuple[Part, ...]:
    """Return the tables of a profile: cut exports have several sheets of one kind. Raises FileRefused for a missing heading."""
    found = []
    for sheet in workbook.sheets:
        fit, row = _fit(sheet, profile)
        if fit != _NONE:
            found.append(_part(sheet, row, profile))
    return tuple(found)


def is_cover(workbook: Workbook, profile: Profile) -> bool:
    """Return whether a file is a part of a cut export that came without rows."""
    if profile.cover is None:
        return False
    name, texts = profile.cover
    firsts = {row[0] for sheet in workbook.sheets if sheet.name == name for row in sheet.rows if row}
    return firsts.issuperset(texts)


def table(sheet: Sheet, header_row: int, columns: Iterable[Column]) -> Part:
    """Return the table below a known row of headings. Raises FileRefused for a missing heading."""
    headings = sheet.rows[header_row - 1]
    names = {name.text: (column, name) for column in columns for name in column.names}
    places: dict[str, int] = {}
    found: dict[str, Name] = {}
    unknown: dict[str, int] = {}
    twice: list[str] = []
    seen: set[str] = set()
    for place, heading in enumerate(headings):
        if not isinstance(heading, str) or not heading:
            continue
        if heading in seen:
            twice.append(heading)
            continue
        seen.add(heading)
        if heading not in names:
            unknown[heading] = place
        elif names[heading][0].meaning in places:
            twice.append(heading)
        else:
            column, name = names[heading]
            places[column.meaning], found[column.meaning] = place, name
    _need(sheet, header_row, columns, places, headings)
    languages = [name.language for name in found.values()]
    language = max(set(languages), key=languages.count) if languages else ""
    shown = {meaning: name.text for meaning, name in found.items()}
    return Part(sheet, header_row, places, shown, unknown, tuple(twice), language)


def _part(sheet: Sheet, row: int, profile: Profile) -> Part:
    return table(sheet, row, profile.columns)


def _need(
    sheet: Sheet, row: int, columns: Iterable[Column], places: Mapping[str, int], headings: Sequence[object]
) -> None:
    for column in columns:
        if column.needed and column.meaning not in places:
            seen = ", ".join(str(heading) for heading in headings[:_QUOTED] if heading)
            raise FileRefused(
                COLUMN_MISSING(sheet=sheet.name or "–", row=row, column=column.names[0].text, seen=seen or "–")
            )


def _fit(sheet: Sheet, profile: Profile) -> tuple[Score, int]:
    """Return the score of a sheet, and its row of headings (from 1)."""
    names = {name.text: column for column in profile.columns for name in column.names}
    proofs = {column.meaning for column in profile.columns if column.proof}
    needed = {column.meaning for column in profile.columns if column.needed}
    best, at = _NONE, 0
    is_named = bool(profile.sheets) and any(sheet.name.startswith(name) for name in profile.sheets)
    for number, row in enumerate(sheet.rows[:ROWS_LOOKED_AT], 1):
        known = _known(row, names)
        share = len(needed & known) / len(needed)
        all_proofs = proofs <= known
        if len(known) < 2 or not (all_proofs or share >= _ENOUGH or (is_named and needed & known)):
            continue
        if (found := (all_proofs, share, len(known))) > best:
            best, at = found, number
    return best, at


def _known(row: Row, names: Mapping[str, Column]) -> set[str]:
    return {names[cell].meaning for cell in row if isinstance(cell, str) and cell in names}
