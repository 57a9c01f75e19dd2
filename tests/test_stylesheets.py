"""Style sheets as readers get them: what is left out, and that no element of any page misses a rule for it."""

import re

import pytest

from bookbuild import browser as browsing
from bookbuild.notebooks import BUILD
from bookbuild.site import stylesheets
from tests.watching import in_a_browser

SITE, WRITTEN = BUILD / "html", BUILD / "sphinx" / "kept" / "out" / "html"
STATES = r"""::?(before|after|marker|placeholder|selection|backdrop|hover|focus|focus-visible|focus-within|active|
visited|-(webkit|moz)-[a-z-]+)""".replace("\n", "")
MISSING = "html:not(#nothing)"  # which no sheet has, so that it is found if anything is
KINDS = (
    "index.html",
    "glossary.html",
    "drill.html",
    "reference.html",
    "notebooks/planner.html",
    "notebooks/memory.html",
)

# Selectors that match an element, or would in some state of it, and that no sheet of the page has.
LOST = """([sheets, states]) => {
  const rules = (list) => [...list].flatMap((rule) =>
    rule.selectorText ? rule.selectorText.split(/,(?![^(]*\\))/) : rule.cssRules ? rules(rule.cssRules) : []);
  const kept = new Set([...document.styleSheets].flatMap((sheet) => rules(sheet.cssRules)).map((text) => text.trim()));
  const lost = [];
  for (const text of sheets) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    for (const selector of rules(sheet.cssRules).map((text) => text.trim())) {
      if (kept.has(selector)) continue;
      try {
        if (document.querySelector(selector.replace(new RegExp(states, "g"), "") || "*")) lost.push(selector);
      } catch { /* it is for another browser */ }
    }
  }
  return lost;
}"""


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("p{color:red}", "p{color:red}"),
        (".kept{a:b}.lost{a:b}", ".kept{a:b}"),
        (".kept .lost,.kept>p{a:b}", ".kept>p{a:b}"),
        (".kept.lost{a:b}", ""),
        (":is(.kept,.lost) p{a:b}", ":is(.kept,.lost) p{a:b}"),
        ("p:not(.lost){a:b}", "p:not(.lost){a:b}"),
        ("[title='.lost, p']{a:b}", '[title=".lost, p"]{a:b}'),
        ("@media print{.lost{a:b}.kept{a:b}}", "@media print{.kept{a:b}}"),
        ("@media print{.lost{a:b}}", ""),
        ("@supports (a:b){@media print{.kept{a:b}}}", "@supports (a:b){@media print{.kept{a:b}}}"),
        ('@charset "utf-8";p{a:b}', "p{a:b}"),
        ("@font-face{font-family:x;src:url(x.woff)}", "@font-face{font-family:x;src:url(x.woff)}"),
        ("@keyframes lost{to{a:b}}", "@keyframes lost{to{a:b}}"),
        ("@page{margin:1cm}", "@page{margin:1cm}"),
        ("/* .kept */ .lost{a:b}", ""),
    ],
)
def test_a_rule_stays_while_something_may_match_it(style, expected):
    assert re.sub(r"\s*\n\s*", "", stylesheets.without_unused(style, "kept")) == expected


def test_what_a_script_may_make_a_name_of_is_named(tmp_path):
    script = tmp_path / "a.mjs"
    script.write_text('mark.className = `guess-mark-${kind}`; tip = "bs-tooltip"; row.classList.add("old")', "utf-8")
    named = stylesheets._Named(['<p class="one two&amp;"><script>let three = 1</script>four'], [script])
    for name in ("one", "two&", "three", "old", "guess-mark-answer", "bs-tooltip-auto"):
        assert name in named
    for name in ("four", "guess", "guess-other", "bs-other"):
        assert name not in named


def test_a_page_loads_two_style_sheets_and_no_two_the_same():
    sheets = {}
    for page in [*SITE.glob("*.html"), *SITE.glob("notebooks/*.html")]:
        found = re.findall(r'<link rel="stylesheet" href="([^"]*)"', page.read_text(encoding="utf-8"))
        assert 1 <= len(found) <= 2, page
        for address in found:
            file = page.parent / address
            sheets.setdefault(file.resolve(), file.read_text(encoding="utf-8"))
            for named in re.findall(r'url\("?([^")]+)', sheets[file.resolve()]):
                # Fonts in an older format are left out; every browser of today takes the first that is named.
                assert named.startswith(("data:", "#")) or (file.parent / named).exists() or named.endswith(".ttf")
    assert len(set(sheets.values())) == len(sheets)
    assert sum(1 for _ in SITE.glob("_static/sheet-*.css")) == len(sheets)


@in_a_browser
def test_no_element_misses_a_rule():
    """Of the sheets as Sphinx wrote them, a page loads each rule that matches one of its elements."""
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        tab = browser.new_page()
        for page in KINDS:
            written = (WRITTEN / page).read_text(encoding="utf-8")
            linked = stylesheets.LINK.findall(stylesheets._head(written))
            sheets = [stylesheets._sheet(WRITTEN, WRITTEN / page, sheet) for sheet in linked]
            whole = [stylesheets._with_imports(sheet, sheet.parent) for sheet in sheets if sheet.exists()]
            tab.goto(address + page)
            lost = tab.evaluate(LOST, [[*whole, f"{MISSING} {{ color: red }}"], STATES])
            assert lost == [MISSING], page
