"""What the log stores is no translation: it is read by people of another language, and by whoever was not there."""

from __future__ import annotations

import ast

import pytest

from erpsync.environment import BASE_DIR

LOGS = {"log_change", "log_rows", "log_addition", "said"}
AT_ONCE = {"gettext", "ngettext", "pgettext", "npgettext"}


def translated_at_once(source: str) -> list[int]:
    """Return the lines in which a text goes into the log translated for whoever acts."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in AT_ONCE
    }
    return [
        inner.lineno
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in LOGS
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for inner in ast.walk(argument)
        if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in names
    ]


def test_no_text_is_translated_before_it_is_logged() -> None:
    found = {
        str(path.relative_to(BASE_DIR)): lines
        for path in (BASE_DIR / "erpsync").rglob("*.py")
        if (lines := translated_at_once(path.read_text()))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('self.log_change(request, row, gettext("Ended"))', [3]),
        ('self.log_change(request, row, said(_("Ended"), why=gettext("why")))', [3]),
        ('self.log_change(request, row, said(_("Ended")))', []),
        ('messages.success(request, gettext("Ended"))', []),
    ],
)
def test_a_planted_one_is_found(line: str, found: list[int]) -> None:
    source = (
        "from django.utils.translation import gettext\n"
        "from django.utils.translation import gettext_lazy as _\n"
        f"{line}\n"
    )
    assert sorted(set(translated_at_once(source))) == found
