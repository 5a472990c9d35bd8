"""The Vietnamese catalogue is complete: every text a person can meet, ours and the theme's, has a translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polib
import pytest
import unfold
from django.utils import translation
from django.utils.formats import localize
from django.utils.translation.template import templatize

from erpsync.admin.kit.words import money, units
from erpsync.environment import BASE_DIR

SINGLE = {"gettext", "gettext_lazy", "gettext_noop", "_"}
PLURAL = {"ngettext", "ngettext_lazy"}
APPS = ("core", "erpsync", "inventory", "orders", "commissions", "integrations")
# of the theme: parts for packages that are not installed here, and its text editor
UNUSED = (
    "contrib/constance",
    "contrib/guardian",
    "contrib/import_export",
    "contrib/location_field",
    "simple_history",
    "wysiwyg",
)


def catalogue() -> dict[str, polib.POEntry]:
    po = polib.pofile(str(BASE_DIR / "locale/vi/LC_MESSAGES/django.po"))
    return {entry.msgid: entry for entry in po if not entry.obsolete}


def texts_of(source: str) -> Iterator[str]:
    """The texts marked for translation in Python source; what is put together at run time is not a text."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        first = node.args[0]
        if name in SINGLE | PLURAL and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def in_templates(folder: Path) -> Iterator[tuple[str, str]]:
    """The texts of Django templates, by the way `makemessages` reads them."""
    for template in sorted(folder.rglob("*.html")):
        if not any(part in str(template) for part in UNUSED):
            for text in texts_of_template(template.read_text()):
                yield text, str(template)


def texts_of_template(source: str) -> Iterator[str]:
    for found in re.finditer(r"""\b(?:gettext|ngettext)\((u?)(['"])(.*?)(?<!\\)\2""", templatize(source), re.DOTALL):
        yield ast.literal_eval(f'"""{found[3]} """')[:-1]


def ours() -> Iterator[tuple[str, str]]:
    for app in APPS:
        for path in sorted((BASE_DIR / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from ((text, str(path.relative_to(BASE_DIR))) for text in texts_of(path.read_text()))
    yield from in_templates(BASE_DIR / "templates")


def test_every_text_of_ours_has_a_vietnamese_one() -> None:
    """When this fails: `make messages`, then translate what is empty in locale/vi/LC_MESSAGES/django.po."""
    known = catalogue()
    missing = {
        f"{place}: {text!r}"
        for text, place in ours()
        if text not in known or known[text].fuzzy or not (known[text].msgstr or known[text].msgstr_plural.get(0))
    }
    assert not missing


def test_the_texts_are_found_at_all() -> None:
    """Else the test above would pass by looking at nothing."""
    texts = {text for text, _place in ours()}
    assert len(texts) > 400
    assert {"Top products", "Fetch again", "%(n)s second", "safety stock", "Nothing here yet"} <= texts


def test_nothing_of_the_theme_stays_english() -> None:
    shown = {text for text, _place in in_templates(Path(unfold.__path__[0]) / "templates" / "unfold")}
    # said only in places that our pages do not have, or the same in both languages
    excused = {
        "This page yielded into no results. Create a new item or reset your filters.",
        "Select currency",
        "Found %(counter)s result in %(time)s seconds",
        "Image preview",
        "Enter an URL",
    }
    with translation.override("vi"):
        english = {text.strip() for text in shown if text.strip() and translation.gettext(text) == text} - excused
    assert not english


def test_placeholders_survive_translation() -> None:
    broken = []
    for msgid, entry in catalogue().items():
        wanted = set(re.findall(r"%\((\w+)\)[sd]", entry.msgid_plural or msgid))
        for translated in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            if set(re.findall(r"%\((\w+)\)[sd]", translated)) != wanted:
                broken.append(msgid)  # noqa: PERF401  (two loops and a condition read better so)
    assert not broken


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [("vi", "Orders", "Đơn hàng"), ("vi", "Filters", "Bộ lọc"), ("vi", "Save", "Lưu lại"), ("en", "Orders", "Orders")],
)
def test_a_language_is_the_one_that_was_chosen(language: str, text: str, shown: str) -> None:
    with translation.override(language):
        assert translation.gettext(text) == shown


def test_numbers_and_dates_are_written_as_in_vietnam() -> None:
    with translation.override("vi"):
        assert money(Decimal("1234567.0000"), "VND") == "1.234.567 ₫"
        assert units(Decimal("1234.500")) == "1.234,500"
        assert localize(datetime(2026, 11, 21, 15, 4)) == "21/11/2026 15:04"  # noqa: DTZ001  (as it is shown)
