from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from erpsync.management.commands.compile_catalogues import compile_catalogue

CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Orders"
msgstr "Đơn hàng"
"""


def ensure_admin() -> str:
    output = io.StringIO()
    call_command("ensure_admin", "admin", stdout=output)
    return output.getvalue().strip()


@pytest.mark.django_db
def test_the_admin_is_made_once_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "first")
    assert ensure_admin() == "same"
    assert ensure_admin() == "same"
    user = User.objects.get(username="admin", is_superuser=True, is_staff=True)
    user.set_password("their own")
    user.save()
    assert ensure_admin() == "other"
    user.refresh_from_db()
    assert user.check_password("their own")


def test_a_catalogue_is_compiled_without_gettext(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    source.write_text(CATALOGUE)
    with compile_catalogue(source).open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Orders") == "Đơn hàng"


def test_a_broken_catalogue_is_named(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    source.write_text('oops "Orders"\n')
    with pytest.raises(CommandError, match=r"django\.po"):
        compile_catalogue(source)
