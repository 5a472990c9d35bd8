"""Accessibility of a page as axe-core measures it: violations of impact serious or critical."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

# rules that a page may break, each with its reason
ACCEPTED: dict[str, str] = {}

# neither selectors nor what passed is asked for: they cost more than the rules
_RUN = """([place, accepted]) => axe.run(place, { resultTypes: ['violations'], selectors: false, preload: false }).then(found =>
    found.violations.filter(rule => ['serious', 'critical'].includes(rule.impact) && !accepted.includes(rule.id)).flatMap(rule =>
        rule.nodes.map(node => `${rule.id} (${rule.impact}): ${node.html.slice(0, 160)}`)))"""


# the same on every page: a third of the elements
SIDEBAR = "#nav-sidebar"


def violations(page: Any, *, with_sidebar: bool) -> list[str]:
    """Return the severe violations of the page as it is shown now, one line per element."""
    page.evaluate(AXE_SCRIPT)
    place = {"include": [["html"]], "exclude": [] if with_sidebar else [[SIDEBAR]]}
    found: list[str] = page.evaluate(_RUN, [place, list(ACCEPTED)])
    return found
