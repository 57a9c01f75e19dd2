"""Rules of WCAG 2.2 A and AA that a page breaks, by axe."""

import sys
from pathlib import Path

SCRIPT = Path(sys.prefix) / "npm/node_modules/axe-core/axe.min.js"
AUDIT = Path(__file__).with_name("audit.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
KNOWN = set()  # looks of texts, on whichever page, whose contrasts are right


def violations(tab, place=None):
    """Return the rules that a page breaks, or a part of it, each with what breaks it and why."""
    # Further down what stays at the top of the window covers parts of what scrolls away below it.
    tab.evaluate("scrollTo(0, 0)")
    if not tab.evaluate("'audit' in window"):
        tab.evaluate(SCRIPT.read_text(encoding="utf-8"))
        tab.evaluate(AUDIT.read_text(encoding="utf-8"))
    found, right = tab.evaluate("given => audit(given)", [place, RULES, list(KNOWN)])
    KNOWN.update(right)
    return [tuple(each) for each in found]
