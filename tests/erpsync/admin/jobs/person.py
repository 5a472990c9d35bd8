"""A person at a screen: goes to pages, looks at each, and keeps pictures of them when asked to."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tests.erpsync.admin.jobs.accessibility import violations

SCREENS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
# a picture of a desktop is scaled down to this width
WIDEST = 960
FITS = """() => document.documentElement.scrollWidth <= innerWidth
    && [...document.querySelectorAll('#result_list thead th')].every(head => head.getBoundingClientRect().right <= innerWidth)"""
# the theme fades in what it shows: axe would measure half of the contrast
STILL = "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; }"


@dataclass
class Person:
    page: Any
    url: str
    screen: str
    language: str
    faults: list[str] = field(default_factory=list)

    def note(self, error: object) -> None:
        """Note an error of the page's scripts."""
        self.faults.append(str(error))

    def go(self, place: str) -> None:
        """Open a page of the admin."""
        answer = self.page.goto(f"{self.url}/admin/{place}")
        assert answer.status == 200, place

    def look(self, name: str) -> None:
        """Check the page as it is now, and keep a picture of it under this name."""
        self.check(name)
        if folder := os.environ.get("PICTURES"):
            self._keep(Path(folder) / f"{name}-{self.screen}-{self.language}.webp")

    def check(self, name: str) -> None:
        """Note what is wrong with the page as it is now."""
        self.page.wait_for_load_state("load")
        self.page.add_style_tag(content=STILL)
        self.faults += [
            f"{name}: {fault}" for fault in violations(self.page, with_sidebar=self.page.url.endswith("/admin/"))
        ]
        if not self.page.evaluate(FITS):
            self.faults.append(f"{name}: wider than the screen")

    def _keep(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(io.BytesIO(self.page.screenshot())) as picture:
            picture.thumbnail((WIDEST, WIDEST))
            picture.save(path, quality=70, method=6)

    def press(self, name: str) -> None:
        """Press the button or link of this name, which leads to another page."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first.click()

    def confirm(self) -> None:
        """Confirm in the dialog that is open."""
        with self.page.expect_navigation():
            self.page.locator("#modal-content button[type=submit]").click()

    def scan(self, code: str, outcome: str) -> None:
        """Type a code as a scanner does, and wait for what the page says."""
        self.type(code)
        self.heard(outcome)

    def type(self, code: str) -> None:
        self.page.keyboard.type(code)
        self.page.keyboard.press("Enter")

    def heard(self, outcome: str) -> None:
        self.page.wait_for_selector(f"[data-scan-said].{outcome}")

    def numbers(self) -> list[str]:
        """Return the numbers of the orders in the list."""
        return [text.split()[0] for text in self.page.locator(".data-row .field-order a").all_inner_texts()]

    def search(self, term: str) -> None:
        """Search the list."""
        with self.page.expect_navigation():
            self.page.locator("#searchbar").fill(term)
            self.page.keyboard.press("Enter")

    def tick(self, n: int) -> list[int]:
        """Tick the first rows of the list and return their keys."""
        boxes = self.page.locator("input.action-select").all()[:n]
        for box in boxes:
            box.check()
        return [int(box.get_attribute("value")) for box in boxes]

    def run(self, action: str) -> None:
        """Run an action on the ticked rows."""
        self.page.select_option("select[name=action]", action)
        with self.page.expect_navigation():
            self.page.locator("button[name=index]").click()

    def act(self, action: str) -> None:
        """Open the dialog of an action of the page."""
        link = self.page.locator(f'a[href$="/{action}/"]').first
        if not link.is_visible():  # on a phone the actions are in a menu
            self.page.locator('a[x-on\\:click*="showActions"]').click()
        link.click()
        self.page.locator("#modal-content button[type=submit]").wait_for()
