from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core import erased
from core.db import database_time, execute, fetch
from core.erased import add_erased
from core.places import Place
from erpsync.backup import erased_list, take
from erpsync.backup.databases import as_default
from erpsync.backup.manifest import all_of, manifest_name
from erpsync.backup.restore import RestoreRefused, check, restore
from erpsync.backup.take import BackupFailed, delete_old_backups, take_backup
from erpsync.models import Backup
from integrations.models import Authorisation
from integrations.restoring import held
from orders.models import Order
from tests.erpsync.admin.worlds import world

SECRET = "a-refresh-token-to-be-found-nowhere"


def test_a_backup_holds_its_moment_and_comes_back_in_another_database(place: Place, other_database: str) -> None:
    world("KEPT")
    Authorisation.objects.update(refresh_token=SECRET)
    before = database_time()
    taken = take_backup(place)
    assert before < taken.taken_at < database_time()
    assert all_of(place) == [taken]
    Authorisation.objects.update(refresh_token="later")
    counts = fetch("SELECT (SELECT count(*) FROM orders_order), (SELECT count(*) FROM inventory_stockmovement)")
    row = Backup.objects.get(name=taken.name)
    assert (row.name, row.size, row.problem, row.place) == (taken.name, taken.size, "", place.url)
    assert place.names() == [taken.name, manifest_name(taken.name)]
    assert fetch("SELECT max(name) FROM django_migrations WHERE app = 'erpsync'") == [(taken.migrations["erpsync"],)]
    assert set(taken.key_ids) == {"dev"}
    path = Path(place.url) / taken.name
    assert path.stat().st_size == taken.size
    assert SECRET.encode() not in path.read_bytes()
    assert b"PGDMP" not in path.read_bytes()

    restore(place, taken.name, into=other_database)
    with as_default(other_database):
        assert {a.refresh_token for a in Authorisation.objects.all()} == {SECRET}
        assert (
            fetch("SELECT (SELECT count(*) FROM orders_order), (SELECT count(*) FROM inventory_stockmovement)")
            == counts
        )
        assert not Backup.objects.filter(name=taken.name).exists()
        assert held() is not None
    assert {a.refresh_token for a in Authorisation.objects.all()} == {"later"}

    with pytest.raises(RestoreRefused, match="name an empty one, or add --replace"):
        restore(place, taken.name, into=other_database)
    Authorisation.objects.update(refresh_token="third")
    restore(place, take_backup(place).name, into=other_database, replace=True)
    with as_default(other_database):
        assert {a.refresh_token for a in Authorisation.objects.all()} == {"third"}


@pytest.fixture
def backed_up(place: Place, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a small sealed file with the manifest of a backup."""

    def dump(target: Any, snapshot: str) -> None:
        target.write(b"rows" * 100_000)

    monkeypatch.setattr(take, "_dump", dump)
    return take_backup(place).name


def test_what_cannot_be_restored_is_refused_before_the_database_is_touched(
    place: Place, backed_up: str, settings: Any
) -> None:
    path, manifest = Path(place.url) / backed_up, Path(place.url) / manifest_name(backed_up)
    assert check(place, backed_up).name == backed_up
    assert check(place, manifest.name).name == backed_up
    nowhere = "postgres://nobody@127.0.0.1:1/none"

    def refusal() -> str:
        with pytest.raises(RestoreRefused) as refused:
            restore(place, backed_up, into=nowhere, replace=True)
        return str(refused.value)

    whole, told = path.read_bytes(), json.loads(manifest.read_text())
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "altered or cut off" in refusal()
    path.write_bytes(whole)
    manifest.write_text(json.dumps({**told, "sha256": "0" * 64}))
    assert "its SHA-256 differs" in refusal()
    manifest.write_text(json.dumps({**told, "migrations": {"orders": "9999_from_the_future"}}))
    assert "of a newer release (orders.9999_from_the_future)" in refusal()
    manifest.write_text(json.dumps({**told, "key_ids": ["dev", "k7"]}))
    assert "FIELD_KEYS lacks k7" in refusal()
    manifest.unlink()
    assert "is no whole backup" in refusal()
    manifest.write_text(json.dumps(told))
    assert "database cannot be used" in refusal()


def test_a_failure_is_recorded_and_leaves_no_file(
    place: Place, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> str:
        return "false" if name == "pg_dump" else name

    monkeypatch.setattr(take, "program", broken)
    with pytest.raises(BackupFailed):
        take_backup(place)
    row = Backup.objects.get()
    assert (row.name, row.size, row.problem) == ("", 0, "BackupFailed: it ended without a word")
    assert place.names() == []


def test_only_the_newest_are_kept(place: Place, backed_up: str) -> None:
    later = [take_backup(place).name for _ in range(3)]
    assert delete_old_backups(place, keep=2) == 2
    assert [m.name for m in all_of(place)] == later[1:]
    assert place.names() == sorted([*later[1:], *map(manifest_name, later[1:])])
    assert {row.name for row in Backup.objects.filter(deleted_at=None)} == set(later[1:])


def test_the_command_says_which_setting_is_missing(transactional_db: None, settings: Any) -> None:
    settings.BACKUP_URL = ""
    with pytest.raises(CommandError, match="BACKUP_URL is not set"):
        call_command("backup")


@pytest.mark.django_db
def test_whoever_was_erased_after_the_backup_is_erased_again(place: Place, settings: Any) -> None:
    settings.BACKUP_URL = place.url
    made = world("BACK")
    [order] = Order.objects.filter(shop=made.shop)[:1]
    rows = list(Order.objects.filter(pk=order.pk).values("buyer_name", "recipient", "raw"))
    add_erased([erased.order(order.shop_id, order.number)])
    erased_list.keep()
    assert order.number.encode() not in place.read(erased_list.NAME)
    execute("DELETE FROM core_erasedidentity")
    assert erased_list.apply(place) > 0
    [after] = Order.objects.filter(pk=order.pk).values("buyer_name", "recipient", "raw")
    assert after["buyer_name"] == ""
    assert after != rows[0]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-30T18:00:00"])
def test_a_recovery_by_other_means_names_its_moment_with_an_offset(moment: str, settings: Any, place: Place) -> None:
    settings.BACKUP_URL = place.url
    with pytest.raises(CommandError):
        call_command("restored", "--as-of", moment)
