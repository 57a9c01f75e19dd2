"""One visit of a page of the built site, for all that tests ask of it: to open a page takes longer than to look."""

from contextlib import contextmanager
from dataclasses import dataclass

from bookbuild import browser as browsing
from bookbuild.notebooks import BUILD
from bookbuild.site import pdf
from tests.axe import violations

SITE = BUILD / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]
WIDE, TABLET, PHONE = (1280, 800), (768, 800), (390, 844)  # windows, width and height [px]
PAPER = (round((210 - 2 * 18) / 25.4 * 96), 900)  # as wide as between the margins of A4
PATIENCE = 180_000  # ms, for however busy the machine is

# What style sheets draw: fonts, their weight, and characters, of all elements, folded or not.
DRAWN_BY_STYLE = """() => {
  const found = new Map();
  for (const element of document.querySelectorAll("*")) {
    for (const part of ["::before", "::after"]) {
      const { content, fontFamily, fontWeight } = getComputedStyle(element, part);
      const drawn = [fontFamily.replaceAll('"', ""), fontWeight, content.replace(/^"|"$/g, "")];
      if (/Font Awesome|MJX/.test(fontFamily) && content.startsWith('"')) found.set(drawn.join(), drawn);
    }
  }
  return [...found.values()];
}"""
# Sizes of letters of all texts that are seen; exponents, code and formulas follow what stands around them.
SIZES = """() => {
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest("mjx-container, code, pre, sup, sub, svg, [hidden], .sd-stretched-link")) continue;
    const fields = ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName);
    if (!fields && ![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    found[getComputedStyle(element).fontSize] ??= element.outerHTML.slice(0, 160);
  }
  return found;
}"""
# Edges of an answer's sentence and of its numbers, and where its numbers and its form begin.
PLACES = """() => {
  const edges = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return [left, top, right, bottom];
  };
  const parts = [...document.querySelectorAll(".calculator-form, table.headline")];
  const [sentence, numbers] = [".answer-sentence", "table.headline"].map((part) => document.querySelector(part));
  return [edges(sentence), edges(numbers), parts.map((part) => edges(part)[1])];
}"""
# Pictures follow the width when they are told of it.
NARROW = """async () => {
  const end = performance.now() + 3000;
  const wide = () => document.documentElement.scrollWidth > innerWidth;
  do await new Promise((done) => setTimeout(done, 50)); while (wide() && performance.now() < end);
}"""
# What reaches over the edges of the paper. Formulas are there a second time for screen readers, clipped to nothing.
BEYOND = """(width) => [...document.querySelectorAll("article *")]
  .filter((element) => !element.closest("mjx-assistive-mml, svg"))
  .filter((element) => {
    const { right, left, height } = element.getBoundingClientRect();
    return right > left && height && (right > width + 1 || left < -1);
  })
  .map((element) => `${element.tagName}: ${element.textContent.trim().slice(0, 60)}`)"""


@dataclass(frozen=True)
class Visit:
    """What a page did when it was opened on a desk, made as narrow as a tablet and a phone, and printed."""

    address: str  # of the site
    requests: list[str]
    troubles: list[str]  # what it complained of, violations of its policy among it, and what it asked for in vain
    weight: int  # byte, compressed, of what came before anything was done to it, without pictures
    places: dict
    width: int  # px, of its contents on a phone
    drawn: list
    sizes: dict
    violations: dict  # of rules of accessibility, by width and colour scheme
    beyond_paper: list[str]


@contextmanager
def below_a_path(root):
    """Serve the site below a path of a host, as GitHub Pages does; give its address, and a browser."""
    (root / "some").mkdir()
    (root / "some" / "path").symlink_to(SITE, target_is_directory=True)
    with browsing.serve(root) as address, browsing.browse() as browser:
        yield f"{address}some/path/", browser


def visit(browser, address, page):
    """Open a page in a browser that has nothing of the site yet, and note all that tests ask of it."""
    context = browser.new_context(viewport=window(WIDE), reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    requests, troubles, answered = [], [], []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("requestfailed", lambda request: troubles.extend(browsing.lost(request)))
    tab.on("requestfinished", lambda request: answered.append(request))
    tab.on("response", lambda response: troubles.append(response.url) if response.status >= 400 else None)
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on("console", lambda message: troubles.append(message.text))
    tab.goto(address + page)
    if page in CHAPTERS:
        browsing.wait_until(tab, "performance.getEntriesByName('calculator-ready').length", PATIENCE / 1000)
    settle(tab)
    weight = sum(one.sizes()["responseBodySize"] for one in answered if one.resource_type != "image")
    sizes, places, broken = tab.evaluate(SIZES), {}, {}
    for size in (WIDE, TABLET, PHONE):
        resize(tab, size)
        if page in CHAPTERS:
            places[size] = tab.evaluate(PLACES)
        if size == TABLET:
            continue
        tab.evaluate(NARROW)
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            settle(tab)
            broken[size[0], scheme] = violations(tab)
        tab.emulate_media(color_scheme="light")
    width = tab.evaluate("document.documentElement.scrollWidth")
    drawn, sizes = tab.evaluate(DRAWN_BY_STYLE), sizes | tab.evaluate(SIZES)
    resize(tab, PAPER)
    tab.emulate_media(media="print")
    tab.evaluate(pdf.PREPARE)
    tab.evaluate(NARROW)
    beyond = tab.evaluate(BEYOND, PAPER[0])
    context.close()
    return Visit(address, requests, troubles, weight, places, width, drawn, sizes, broken, beyond)


def window(size):
    """A size as the browser has it."""
    width, height = size
    return {"width": width, "height": height}


def resize(tab, size):
    tab.set_viewport_size(window(size))
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def settle(tab):
    """Wait until fonts are there, nothing is asked for, and what follows a change is done."""
    tab.wait_for_load_state("networkidle")
    tab.evaluate("document.fonts.ready.then(() => {})")
    tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
