"""A pair that rotated after the backup comes back from the journal; an older one never replaces a newer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core.encryption import SecretUnreadable
from core.places import Place, backup_place
from integrations.accounts import token_journal
from integrations.accounts.tokens import stored_tokens
from integrations.models import Authorisation
from tests.integrations.accounts.test_tokens import Channel, channel, stored

__all__ = ["channel"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Place:
    settings.BACKUP_URL = str(tmp_path)
    return backup_place()


def test_a_pair_that_rotated_after_the_backup_comes_back(channel: Channel, place: Place, settings: Any) -> None:
    authorisation = stored()
    before = Authorisation.objects.filter(pk=authorisation.pk).values().get()
    backup_at = timezone.now()
    stored_tokens(authorisation).renewed("access-1")
    stored_tokens(authorisation).renewed("access-2")
    names = place.names("tokens")
    assert len(names) == 2
    assert all(b"refresh-" not in place.read(name) for name in names)

    Authorisation.objects.filter(pk=authorisation.pk).update(**before | {"state": "red"})
    assert token_journal.apply(place, since=timezone.now()) == 0
    assert token_journal.apply(place, since=backup_at) == 1
    row = Authorisation.objects.get()
    assert (row.access_token, row.refresh_token, row.state) == ("access-3", "refresh-3", "ok")
    assert row.expires_at is not None
    assert row.renewed_at is not None
    assert row.expires_at - row.renewed_at == timedelta(hours=4)
    assert token_journal.apply(place, since=backup_at) == 0, "what is stored is as new"
    assert stored_tokens(authorisation).renewed("access-3") == "access-4"

    right, settings.FIELD_KEYS = settings.FIELD_KEYS, {"other": b"o" * 32}
    with pytest.raises(SecretUnreadable):
        token_journal.apply(place, since=backup_at)
    settings.FIELD_KEYS = right
    token_journal.forget(place, before=backup_at)
    assert len(place.names("tokens")) == 3
    token_journal.forget(place, before=timezone.now())
    assert place.names("tokens") == []


def test_a_place_that_is_away_costs_no_renewal(channel: Channel, tmp_path: Path, settings: Any) -> None:
    (tmp_path / "file").write_text("")
    settings.BACKUP_URL = str(tmp_path / "file" / "below")
    assert stored_tokens(stored()).renewed("access-1") == "access-2"
    settings.BACKUP_URL = ""
    assert stored_tokens(Authorisation.objects.get()).renewed("access-2") == "access-3"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
