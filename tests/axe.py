"""Rules of WCAG 2.2 A and AA that a page breaks, by axe."""

import sys
from pathlib import Path

SCRIPT = Path(sys.prefix) / "npm/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]  # all rules that a colour can break
RUN = """async ([place, rules, colours]) => {
    const top = document.querySelector(place ?? "body");
    const parts = [top, ...top.querySelectorAll("*")].map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [x, y, width, height, element.checkVisibility({ visibilityProperty: true, opacityProperty: true })];
    });
    const seen = [innerWidth, top.innerHTML, ...parts].join();
    const asBefore = window.keptAllRules === seen;
    const runOnly = asBefore ? { type: "rule", values: colours } : { type: "tag", values: rules };
    const wanted = { runOnly, resultTypes: ["violations"], elementRef: false };
    const { violations } = await axe.run(place ?? document, wanted);
    if (!violations.length) window.keptAllRules = seen;
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary]));
}"""


def violations(tab, place=None):
    """Return the rules that a page breaks, or a part of it, each with what breaks it and why.

    Of a page that differs in nothing but colours from what kept all rules before, only colours are looked at.
    """
    # Further down what stays at the top of the window covers parts of what scrolls away below it.
    tab.evaluate("scrollTo(0, 0)")
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(SCRIPT.read_text(encoding="utf-8"))
    return [tuple(each) for each in tab.evaluate(RUN, [place, RULES, COLOURS])]
