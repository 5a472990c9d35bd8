"""Statement files: every profile can be told from all others, and a file of nothing but its headings is read as empty."""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, datetime

from commissions.snapshots import FEE_KINDS
from integrations.contract.statement_files import Contents, FileRefused, Profile, Sheet, Workbook
from integrations.statements.recognising import read, recognise
from integrations.wire.workbooks import open_workbook

from .ports import CONNECTORS, assert_runs_over_all, each

EACH = each("statement_files")
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def profiles(channel: str) -> tuple[Profile, ...]:
    port = CONNECTORS[channel].statement_files
    assert port
    return port.profiles


def headings(profile: Profile, *, without: str = "") -> Workbook:
    names = [column.names[0].text for column in profile.columns if column.meaning != without]
    if profile.sheets:
        return Workbook((Sheet(profile.sheets[0], (tuple(names),)),))
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerow(names)
    return open_workbook(out.getvalue().encode())


@EACH
def test_a_profile_states_what_it_needs(channel: str) -> None:
    kinds = [profile.kind for profile in profiles(channel)]
    assert len(set(kinds)) == len(kinds)
    for profile in profiles(channel):
        assert (profile.read is None) == (profile.refusal is not None)
        assert any(column.proof for column in profile.columns)
        meanings = [column.meaning for column in profile.columns]
        assert len(set(meanings)) == len(meanings)
        assert all(column.names and all(name.text for name in column.names) for column in profile.columns)
        names = [name.text for column in profile.columns for name in column.names]
        assert len(set(names)) == len(names), "one heading has two meanings"


@EACH
def test_a_file_of_headings_alone_is_recognised_and_empty(channel: str) -> None:
    for profile in profiles(channel):
        found = recognise(headings(profile))
        assert (found.channel, found.profile) == (channel, profile)
        if profile.read is None:
            continue
        contents = read(found, asked_at=NOW, currency="VND", time_zone="Asia/Ho_Chi_Minh")
        assert isinstance(contents, Contents)
        assert (contents.lines, contents.rows, contents.problems) == ((), 0, ())


@EACH
def test_each_needed_column_is_named_when_it_is_missing(channel: str) -> None:
    for profile in profiles(channel):
        for column in profile.columns:
            if not column.needed or profile.read is None:
                continue
            try:
                found = recognise(headings(profile, without=column.meaning))
                read(found, asked_at=NOW, currency="VND", time_zone="Asia/Ho_Chi_Minh")
            except FileRefused as refused:
                reason = refused.reason
            else:
                raise AssertionError(f"{profile.kind} is read without {column.meaning}")
            assert reason.code in {"file_column_missing", "file_not_recognised"}
            if reason.code == "file_column_missing":
                assert reason.values["column"] == column.names[0].text


@EACH
def test_cells_that_make_no_sense_are_problems_of_the_file(channel: str) -> None:
    for profile in profiles(channel):
        if profile.read is None:
            continue
        book = headings(profile)
        sheet = book.sheets[0]
        for nonsense in ("x" * 50, "1E999999", "=1+1", "−", "5,841E+17", -1.5, datetime(2026, 1, 1), "2026-13-45"):  # noqa: DTZ001
            rows = (*sheet.rows, tuple(nonsense for _ in sheet.rows[0]))
            found = recognise(Workbook((Sheet(sheet.name, rows),)))
            contents = read(found, asked_at=NOW, currency="VND", time_zone="Asia/Ho_Chi_Minh")
            assert all(line.kind in FEE_KINDS for line in contents.lines)
            assert contents.problems or not contents.lines


def test_it_runs_over_every_connector_with_the_port() -> None:
    assert_runs_over_all(sys.modules[__name__], "statement_files")
