"""What scripts write into pages of another edition: the built site, told to be the made-up one, has nothing in English.

Pages come as they are built, in English, but for their language and the descriptions of their calculators. What stands
in them from the start is left aside, and so is what exercises say.
"""

import json
import re
from functools import cache

import pytest
from bs4 import BeautifulSoup

from bookbuild import browser as browsing
from bookbuild.calculator import menus
from bookbuild.notebooks import BUILD
from llmcalc.questions import questions
from llmcalc.vocabulary import WORDS
from tests.editions import WORD, bracketed, left_in_english, made_up
from tests.test_calculators import ready
from tests.watching import in_a_browser, watched

SITE = BUILD / "html"
SHOWN = {"meaning", "unit", "units", "label", "behind", "text"}  # of what describes a calculator
TYPED = {"abc", "x.json", "0.3 to 0.5", "my card", "312 TFLOP/s", "llama"}
MODEL = (
    '{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, '
    '"num_attention_heads": 4, "vocab_size": 99}'
)
# What exercises say, and what is no language.
ANSWERED = (
    ".practice-text, .practice-feedback, .practice-hints, .practice-steps, [data-option], .practice-solution strong, "
    ".drill-text, .drill-unit, .drill-result td, code, pre, script, style, mjx-container, [lang=zh]"
)
# Texts of elements that scripts fill, and what is read aloud for them.
COLLECT = """(answered) => {
  const places = ".calculator, .verbs, .practice, .drill, .guess, figure, [role=region], #search-status";
  const aloud = ["aria-label", "aria-valuetext", "placeholder", "title"];
  const found = [];
  for (const place of document.querySelectorAll(places)) {
    for (const element of [place, ...place.querySelectorAll("*")]) {
      if (element.closest(answered)) continue;
      for (const name of aloud) found.push(element.getAttribute(name) ?? "");
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
      if (element.matches("input[type=text]")) found.push(element.value);
    }
  }
  return [...new Set(found.map((text) => text.trim()).filter(Boolean))];
}"""

PLACEHOLDER = re.compile(r"\{\w+\}")

pytestmark = in_a_browser


@cache
def catalogue():
    """The made-up edition with its brackets around words alone: a value that stands between them is looked at, too."""
    return {text: outside(found) for text, found in made_up().items()}


def outside(found):
    if isinstance(found, list):
        return [outside(text) for text in found]
    return PLACEHOLDER.sub(lambda value: f"⟧{value[0]}⟦", found).replace("⟦⟧", "")


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@pytest.fixture
def tab(site):
    with watched(site, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as tab:
        tab.route(re.compile(r"\.html(\?.*)?$"), in_another_language)
        tab.route("**/_static/messages.json", lambda route: route.fulfill(json=catalogue()))
        tab.route(re.compile(r"/calculator/\w+/(?!\w+-program)[\w-]+\.json$"), described_in_it)
        yield tab
        tab.unroute_all(behavior="wait")


def in_another_language(route):
    response = route.fetch()
    page = response.text().replace('<html lang="en"', '<html lang="xx"', 1)
    # What scripts take from the page for their sentences: names of fields and in menus, units, and the unit of a guess.
    page = re.sub(r'(<option value="[\w-]+"[^>]*>)([^<]+)', lambda option: option[1] + bracketed(option[2]), page)
    page = re.sub(
        r'(<label for="calculator-[\w-]+">|calculator-unit">\[)([^<\]]+)', lambda of: of[1] + bracketed(of[2]), page
    )
    page = re.sub(r'(data-(?:one|many|text)=")([^"]+)', lambda unit: unit[1] + bracketed(unit[2]), page)
    route.fulfill(response=response, body=page)


def described_in_it(route):
    response = route.fetch()
    route.fulfill(response=response, body=json.dumps(translated(response.json())))


def translated(described):
    """A description as the build of an edition writes it."""
    if isinstance(described, list):
        return [translated(each) for each in described]
    if not isinstance(described, dict):
        return described
    shown = {key: value for key, value in described.items() if key in SHOWN and WORD.search(str(value))}
    return {key: translated(value) for key, value in described.items()} | {key: bracketed(shown[key]) for key in shown}


def english_in(tab, page, more=()):
    """Texts that scripts have written and that have words of English outside of the names of data, and of some more."""
    tree = BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "html.parser")
    built = {text for element in tree.find_all(True) for text in map(str, element.attrs.values())}
    built |= {text.strip() for text in tree.find_all(string=True)}
    written = [text for text in tab.evaluate(COLLECT, ANSWERED) if text not in built]
    assert any("⟦" in text for text in written)
    return {text: words for text in written if (words := left_in_english(text, names().union(more)))}


@cache
def names():
    """Names of data, parameters and formats, which stay as they are in every language, and what was typed."""
    found = {device.name for device in menus.catalogue.devices()} | TYPED | {"CSV", "JSON", "SVG", "PNG", "TF32"}
    for question in questions().values():
        for name, parameter in question.parameters.items():
            found |= {name} | (set(parameter.choices) if " in data/" in WORDS[name].choices else set())
    return found


def open_page(tab, site, page, query=""):
    tab.goto(f"{site[0]}{page}{query}")
    assert tab.evaluate("document.documentElement.lang") == "xx"


def change(tab, name, text):
    tab.evaluate("performance.clearMeasures('calculator-update')")
    control = tab.locator(f".calculator-form [name={name}]")
    control.fill(text)
    control.press("Enter")  # and no change is left for when the field is left
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-update').length")


def done(tab, mark):
    browsing.wait_until(tab, f"performance.getEntriesByName('{mark}').length")


def test_a_chapter_is_in_the_language_of_its_edition(tab, site):
    page = "notebooks/training-gpus.html"
    open_page(tab, site, page, "?days=20&days=30")
    ready(tab)
    assert tab.inner_text(".calculator-alert").startswith("⟦Left out of this link: ⟧days⟦ is given ⟧2⟦ times⟧")
    assert english_in(tab, page) == {}
    change(tab, "days", "60")
    assert tab.inner_text("tr[data-result=gpus] small").startswith("⟦the document’s: ")
    change(tab, "mfu", "0.3 to 0.5")
    browsing.wait_until(tab, "location.search.includes('mfu=0.3')")  # then it is shown again
    browsing.wait_until(tab, "document.querySelector('.calculator-moves:not([hidden])')")
    tab.locator(".calculator-moves .calculator-picture summary").click()
    tab.locator("[data-picture=csv]").first.click()
    browsing.wait_until(
        tab, "document.querySelector('.calculator-moves [role=status]').textContent.startsWith('⟦Downloaded ')"
    )
    change(tab, "days", "abc")
    browsing.wait_until(tab, "document.querySelector('.calculator-summary').textContent.startsWith('⟦No answer: ')")
    assert english_in(tab, page, ["training-gpus-gpus-ranges.csv"]) == {}


def test_what_is_taken_from_a_chapter_is(tab, site):
    page = "notebooks/training-gpus.html"
    open_page(tab, site, page)
    ready(tab)
    tab.locator(".calculator-take > summary").click()
    done(tab, "calculator-taken")
    tab.locator("[data-download=csv]").click()
    tab.locator("[data-copy=link]").click()
    said = "document.querySelector('.calculator-take [role=status]').textContent"
    browsing.wait_until(tab, f"{said}.endsWith('⟦: ⟧⟦A link to this answer⟧⟦.⟧')")
    own = tab.locator("[data-own=accelerator]")
    own.locator("summary").first.click()
    own.locator("button").click()
    assert own.locator("[role=alert]").inner_text() == "⟦give at least one number, such as the memory⟧"
    own.locator("[data-quantity=peak_bf16]").fill("312 TFLOP/s")
    own.locator("button").click()
    browsing.wait_until(
        tab, "document.querySelector('[name=accelerator]').selectedOptions[0].textContent.startsWith('⟦your own: ')"
    )
    assert english_in(tab, page, ["training-gpus.csv"]) == {}


def test_scenarios_of_a_chapter_are(tab, site):
    page = "notebooks/training-gpus.html"
    open_page(tab, site, page, "?saved=days%3D30")
    ready(tab)
    section = tab.locator(".calculator-scenarios")
    done(tab, "calculator-compared")
    assert english_in(tab, page) == {}
    change(tab, "days", "60")
    change(tab, "mfu", "0.4")
    save = section.locator("form button")
    save.click()
    change(tab, "mfu", "0.3")
    browsing.wait_until(tab, "document.querySelectorAll('.calculator-scenarios table').length === 2")
    assert english_in(tab, page) == {}
    for named in ("", "⟦The form as it is⟧", "⟦Of a link, 1⟧"):
        section.locator("form input").fill(named)
        save.click()
        assert left_in_english(section.locator("[role=alert]").inner_text()) == []
    for scenarios in (
        "{",
        "{}",
        '{"question": "planner", "scenarios": []}',
        '{"question": "training-gpus", "scenarios": [1]}',
    ):
        file = {"name": "x.json", "mimeType": "application/json", "buffer": scenarios.encode()}
        section.locator("[type=file]").set_input_files(file)
        assert (
            left_in_english(section.locator("[role=alert]").inner_text(), {"x.json", "planner", "training-gpus"}) == []
        )
    for button in section.locator("li button").all()[:2]:
        button.click()
    assert english_in(tab, page) == {}


def test_curves_exercises_and_a_guess_are(tab, site):
    page = "notebooks/training-gpus.html"
    open_page(tab, site, page)
    ready(tab)
    tab.locator(".calculator-whatif").scroll_into_view_if_needed()
    done(tab, "calculator-whatif")
    assert tab.get_attribute(".calculator-plot", "aria-label").startswith("⟦GPUs that finish in time⟧⟦ by ⟧⟦")
    tab.locator(".practice").scroll_into_view_if_needed()
    done(tab, "practice-ready")
    tab.locator(".practice-bar [name=seed]").fill("abc")
    tab.locator(".practice-bar [type=submit]").click()
    assert english_in(tab, page) == {}
    tab.locator(".practice-bar [data-action=new]").click()
    browsing.wait_until(tab, "location.search.includes('seed')")
    tab.locator("[data-move='1']:enabled").first.click()
    assert (
        left_in_english(tab.locator("[data-kind=ordering] .practice-feedback").first.inner_text().split("⟧")[-1]) == []
    )
    tab.locator(".guess-form [type=submit]").first.click()
    assert english_in(tab, page) == {}


def test_the_planner_is(tab, site):
    page = "notebooks/planner.html"
    open_page(tab, site, page)
    ready(tab)
    tab.locator("table.curves").evaluate("table => { table.closest('details').open = true; table.scrollIntoView(); }")
    done(tab, "calculator-curves")
    assert "⟦the plan has ⟧" in tab.get_attribute(".planner-plots", "aria-label")
    own = tab.locator("[data-own=model]")
    own.evaluate("fold => { for (let at = fold; at; at = at.parentElement.closest('details')) at.open = true; }")
    own.locator("textarea").fill("{")
    own.locator("button").click()
    browsing.wait_until(tab, "!document.querySelector('[data-own=model] [role=alert]').hidden")
    assert english_in(tab, page) == {}
    own.locator("textarea").fill(MODEL)
    own.locator("button").click()
    browsing.wait_until(
        tab, "document.querySelector('[name=model]').selectedOptions[0].textContent.startsWith('⟦your own: ')"
    )
    assert english_in(tab, page) == {}


def test_the_first_page_is(tab, site):
    open_page(tab, site, "index.html")
    done(tab, "verbs-ready")
    tab.locator("#train-tokens").fill("3T")
    done(tab, "verbs-answered")
    browsing.wait_until(tab, "document.querySelector('.verbs-picture [aria-label], .verbs-picture[aria-label]')")
    assert english_in(tab, "index.html") == {}


def test_the_drill_is(tab, site):
    open_page(tab, site, "drill.html")
    done(tab, "drill-ready")
    tab.locator("#drill-seed").fill("abc")
    tab.locator(".drill-start button").click()
    assert english_in(tab, "drill.html") == {}
    tab.locator("#drill-seed").fill("1")
    tab.locator(".drill-start button").click()
    tab.locator("#drill-answer").fill("1000")
    tab.locator(".drill-question [type=submit]").click()
    browsing.wait_until(tab, "document.querySelector('#drill-title').textContent === '⟦Question ⟧2⟦ of ⟧10'")
    tab.locator("[data-action=pass]").click()
    assert tab.inner_text(".drill-said") == "⟦Passed.⟧"
    tab.locator("[data-action=end]").click()
    assert english_in(tab, "drill.html") == {}


@pytest.mark.parametrize("words", ["memory", "constructor"])
def test_a_search_is(tab, site, words):
    open_page(tab, site, "search.html", f"?q={words}")
    browsing.wait_until(tab, "document.querySelector('#search-status').textContent")
    assert english_in(tab, "search.html", [words]) == {}


def test_without_a_worker_a_page_says_so_in_its_language(site):
    context = site[1].new_context()
    tab = context.new_page()
    tab.route(re.compile(r"\.html(\?.*)?$"), in_another_language)
    tab.route("**/_static/messages.json", lambda route: route.fulfill(json=catalogue()))
    tab.route("**/worker.mjs", lambda route: route.abort())
    open_page(tab, site, "notebooks/training-gpus.html", "?days=20")
    alarm = "document.querySelector('.calculator-alert').textContent"
    browsing.wait_until(tab, alarm)
    assert left_in_english(tab.evaluate(alarm)) == []
    context.close()
