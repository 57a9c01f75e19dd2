"""Rules of WCAG 2.2 A and AA that a page breaks, by axe."""

import sys
from pathlib import Path

SCRIPT = Path(sys.prefix) / "npm/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "([place, rules]) => axe.run(place ?? document, {runOnly: rules, resultTypes: ['violations'], elementRef: false})"


def violations(tab, place=None):
    """Return the rules that a page breaks, or a part of it, each with what breaks it and why."""
    # Further down what stays at the top of the window covers parts of what scrolls away below it.
    tab.evaluate("scrollTo(0, 0)")
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found = tab.evaluate(RUN, [place, RULES])["violations"]
    return [(rule["id"], node["html"], node["failureSummary"]) for rule in found for node in rule["nodes"]]
