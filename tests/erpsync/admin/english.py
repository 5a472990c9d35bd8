"""English in a page that is to be in Vietnamese: what a person can see or hear of it, word by word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from unicodedata import normalize

import django
import polib
import unfold

from erpsync.environment import BASE_DIR
from tests.erpsync.test_catalogue import in_templates, texts_of

SPOKEN = ("title", "aria-label", "placeholder", "alt", "value")
SILENT = {"script", "style", "pre", "code", "svg"}
ENDLESS = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

# an ASCII word of this shape may be Vietnamese: "theo", "trong", "hai"
SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?"
    r"(?:oai|oay|uay|uoi|ieu|yeu|uya|uye|ia|ie|iu|oa|oe|oi|oo|ua|ue|ui|uo|uu|uy|ai|ao|au|ay|eo|eu|ye|[aeiouy])"
    r"(?:ng|nh|ch|[cmnpt])?",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]+")
# addresses, file names, format placeholders and codes made of letters and digits are no words
CODE = re.compile(
    r"\S*(?://|@|\.(?:html|json|xlsx|pdf|vn|com)\b)\S*|%\(\w+\)s|\b\w*\d\w*\b|\b[A-Z]\w+/[A-Z]\w+\b"
    r"|\b(?:GET|POST) /\S+ \(\w+\)"  # the call that failed, behind our sentence about it
)


class Reader(HTMLParser):
    """Collect the texts of a page, without what is marked as somebody's own words (`translate="no"`)."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        silent = tag in SILENT or said.get("translate") == "no" or "material-symbols" in (said.get("class") or "")
        silent = said.get("translate") != "yes" and (silent or bool(self._silent and self._silent[-1]))
        if not silent:
            self._attributes(tag, said)
        if tag not in ENDLESS:
            self._silent.append(silent)

    def _attributes(self, tag: str, said: dict[str, str | None]) -> None:
        if tag == "input" and said.get("type") in ("hidden", "checkbox", "radio", "text", "number", None):
            said = said | {"value": None}
        names = SPOKEN if tag in ("input", "button") else SPOKEN[:-1]
        self.texts += [text for name in names if (text := said.get(name))]

    def handle_endtag(self, tag: str) -> None:
        if tag not in ENDLESS and self._silent:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not (self._silent and self._silent[-1]) and data.strip():
            self.texts.append(normalize("NFC", " ".join(data.split())))


def texts_of_page(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return reader.texts


def english_msgids() -> Iterator[str]:
    """Every English text that our catalogue, Django and the theme know."""
    home, theme = Path(django.__path__[0]), Path(unfold.__path__[0])
    for folder in (BASE_DIR / "locale/vi", home / "conf/locale/en", *home.glob("contrib/a*/locale/en")):
        for entry in polib.pofile(str(folder / "LC_MESSAGES/django.po")):
            yield from (entry.msgid, entry.msgid_plural) if entry.msgid_plural else (entry.msgid,)
    yield from (text for text, _place in in_templates(theme / "templates"))
    for path in theme.rglob("*.py"):
        yield from texts_of(path.read_text())


@cache
def english_words() -> frozenset[str]:
    """Return the words of all English texts, in small letters."""
    texts = (CODE.sub(" ", text) for text in english_msgids())
    return frozenset(word.casefold() for text in texts for word in WORD.findall(text) if word.isascii())


def english_in(text: str, allowed: Collection[str]) -> list[str]:
    """Return the words of a text that are English: no Vietnamese syllable has their shape, or all of the text is known as English.

    `allowed`: names and words of the trade, in small letters.
    """
    plain = CODE.sub(" ", text)
    found = [
        word for word in WORD.findall(plain) if word.isascii() and len(word) > 1 and word.casefold() not in allowed
    ]
    foreign = [word for word in found if not SYLLABLE.fullmatch(word)]
    if foreign or not plain.isascii():
        return foreign
    return found if all(word.casefold() in english_words() for word in found) else []
