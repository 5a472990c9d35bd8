"""Recognition of a file: the profile of all channels that fits best. Names of files are not looked at, people change them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from integrations.connectors import channels, connector_of
from integrations.contract.file_reasons import ID_LOST, NOT_RECOGNISED
from integrations.contract.statement_files import Contents, FileRefused, Part, Profile, Reading, Workbook
from integrations.statements.others import OTHERS
from integrations.wire.statements import finding
from integrations.wire.statements.rows import TableRow, rows_of

_QUOTED = 8
# digits of a number that Excel keeps; and the zeros beyond them that are no accident
_EXACT, _CHANCE = 15, 6


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file of a known kind. `channel` "": of a system that the hub does not talk to. `is_cover`: a part without rows."""

    workbook: Workbook
    channel: str
    profile: Profile
    is_cover: bool = False

    @property
    def title(self) -> Promise | str:
        return self.profile.title


def recognise(workbook: Workbook) -> Recognised:
    """Return what a file is. Raises FileRefused for what no profile fits."""
    scored = [(finding.score(workbook, profile), channel, profile) for channel, profile in _profiles()]
    best = max(scored, key=lambda row: row[0])
    if any(best[0]):
        return Recognised(workbook, best[1], best[2])
    for channel, profile in _profiles():
        if finding.is_cover(workbook, profile):
            return Recognised(workbook, channel, profile, is_cover=True)
    sheets = ", ".join(sheet.name or "–" for sheet in workbook.sheets)
    seen = next((row for sheet in workbook.sheets for row in sheet.rows if len(row) > 1), ())
    raise FileRefused(
        NOT_RECOGNISED(sheets=sheets or "–", seen=", ".join(str(cell) for cell in seen[:_QUOTED] if cell != "") or "–")
    )


def read(recognised: Recognised, *, asked_at: datetime, currency: str, time_zone: str) -> Contents:
    """Return what a file says. Raises FileRefused for a kind that is not imported, a missing column, or lost ids."""
    profile = recognised.profile
    parts = finding.parts(recognised.workbook, profile)
    _refuse_rounded(parts, profile)
    if profile.read is None:
        count(parts, profile)
        assert profile.refusal is not None
        raise FileRefused(profile.refusal(kind=profile.title))
    return profile.read(Reading(recognised.workbook, parts, asked_at, currency, time_zone))


def count(parts: tuple[Part, ...], profile: Profile) -> tuple[int, int]:
    """Return (rows, things that they name) of a file that is only known by sight. Raises FileRefused for lost ids."""
    ids = []
    for part in parts:
        for row in rows_of(part, profile.forms):
            found = row.identity(profile.identity)
            # a row below the headings that explains them has prose in place of an id
            if not (profile.explained and " " in found):
                ids.append(found)
    return len(ids), len(set(ids))


def _refuse_rounded(parts: tuple[Part, ...], profile: Profile) -> None:
    """Refuse a file whose long ids all end in zeros from the 16th digit on: Excel showed them whole, and had rounded them.

    By chance as many zeros as _CHANCE stand there once in a million files.
    """
    long: list[tuple[TableRow, str]] = []
    for part in parts:
        for row in rows_of(part, profile.forms):
            found = row.cell(profile.identity)
            if isinstance(found, str) and found.isdecimal() and len(found) > _EXACT:
                long.append((row, found))
    ids = {found for _row, found in long}
    if sum(len(found) - _EXACT for found in ids) >= _CHANCE and all(not found[_EXACT:].strip("0") for found in ids):
        raise FileRefused(long[0][0].problem(ID_LOST, profile.identity))


def _profiles() -> Iterator[tuple[str, Profile]]:
    for channel in channels():
        port = connector_of(channel).statement_files
        if port is not None:
            yield from ((channel, profile) for profile in port.profiles)
    yield from (("", profile) for profile in OTHERS)
