"""Rules of WCAG 2.2 A and AA that a page breaks, by axe."""

import sys
from pathlib import Path

SCRIPT = Path(sys.prefix) / "npm/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]  # all rules that a colour can break
RUN = """async ([place, rules, colours]) => {
    const top = document.querySelector(place ?? "body");
    const elements = [top, ...top.querySelectorAll("*")];
    const parts = elements.map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [x, y, width, height, element.checkVisibility({ visibilityProperty: true, opacityProperty: true })];
    });
    const seen = [innerWidth, top.innerHTML, ...parts].join();
    const asBefore = window.keptAllRules === seen;

    // One of all texts that look alike upon what looks alike: nothing else covers them than what did before.
    const oneOfEach = () => {
        const numbers = new Map(), looks = new Map(), found = new Set();
        return elements.filter((element, index) => {
            const style = getComputedStyle(element);
            const own = [style.color, style.backgroundColor, style.backgroundImage, style.opacity, style.fontSize];
            own.push(style.fontWeight, style.textDecoration, element.localName);
            const look = [looks.get(element.parentElement), ...own].join();
            if (!numbers.has(look)) numbers.set(look, numbers.size);
            looks.set(element, numbers.get(look));
            const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
            if (found.has(look) || !hasText || !parts[index].at(-1)) return false;
            return found.add(look);
        });
    };

    const wanted = { resultTypes: ["violations"], elementRef: false, selectors: false, preload: false };
    wanted.runOnly = asBefore ? { type: "rule", values: colours } : { type: "tag", values: rules };
    const { violations } = await axe.run(asBefore ? { include: oneOfEach() } : place ?? document, wanted);
    if (!violations.length) window.keptAllRules = seen;
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary]));
}"""


def violations(tab, place=None):
    """Return the rules that a page breaks, or a part of it, each with what breaks it and why.

    Of a page that differs in nothing but colours from what kept all rules before, only colours are looked at, and of
    texts that look alike one.
    """
    # Further down what stays at the top of the window covers parts of what scrolls away below it.
    tab.evaluate("scrollTo(0, 0)")
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(SCRIPT.read_text(encoding="utf-8"))
    return [tuple(each) for each in tab.evaluate(RUN, [place, RULES, COLOURS])]
