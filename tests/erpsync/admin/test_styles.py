"""Classes of our pages: each is defined in a stylesheet, the theme's or ours; one that is not changes nothing and fails silently."""

from __future__ import annotations

import re
from pathlib import Path

from django.contrib.staticfiles import finders

from erpsync.environment import BASE_DIR

STYLESHEETS = ("unfold/css/styles.css", "erpsync/admin.css", "erpsync/utilities.css", "erpsync/print.css")
# hooks of scripts and tests, which no stylesheet needs to know
HOOKS = {"action-counter", "question", "rule-tier-label", "rule-tiers", "note", "position", "screen", "sign"}
_CLASS = re.compile(r'class="([^"]*)"')
_TAG = re.compile(r"\{[%{#].*?[%}#]\}")
_NAME = re.compile(r"[a-z0-9:.\-\[\]/]+")


def _stylesheets() -> str:
    found = [finders.find(name) for name in STYLESHEETS]
    return (
        "\n".join(Path(str(path)).read_text(encoding="utf-8") for path in found).replace("\\32", "2").replace("\\", "")
    )


def _classes(source: Path) -> set[str]:
    values = _CLASS.findall(_TAG.sub(" ", source.read_text(encoding="utf-8")))
    return {name for value in values for name in value.split() if _NAME.fullmatch(name)}


def test_every_class_has_a_style() -> None:
    styles = _stylesheets()
    sources = [*BASE_DIR.glob("templates/**/*.html"), *BASE_DIR.glob("erpsync/**/*.py")]
    used = {name: source.name for source in sources for name in _classes(source) - HOOKS}
    assert len(used) > 100
    missing = {
        name: where for name, where in used.items() if not re.search(rf"\.{re.escape(name)}(?![\w\-\[/])", styles)
    }
    assert missing == {}
