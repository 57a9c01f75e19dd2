"""The first page's form, by a browser: what people come with, in a few actions, as CPython answers it."""

import functools
import re
from types import SimpleNamespace

import pytest

from bookbuild import browser as browsing
from bookbuild.calculator import verbs
from bookbuild.notebooks import BUILD
from bookbuild.site import sphinx_extension
from llmcalc.checks import Refusal
from llmcalc.quantities import read
from llmcalc.questions import find
from tests.watching import in_a_browser

SITE = BUILD / "html"
MOST_ACTIONS = 4

pytestmark = in_a_browser


@functools.cache
def described():
    return {verb["name"]: verb for verb in verbs.described()}


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@pytest.fixture
def tab(site):
    address, browser = site
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    troubles = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on("requestfailed", lambda request: troubles.extend(browsing.lost(request)))
    tab.on("request", lambda request: None if request.url.startswith(address) else troubles.append(request.url))
    yield tab
    context.close()
    assert not [trouble for trouble in troubles if not trouble.startswith("data:")]


def open_page(tab, site, query=""):
    tab.goto(f"{site[0]}index.html{query}")
    browsing.wait_until(tab, "performance.getEntriesByName('verbs-ready').length")


def answered(tab, name, actions, start=True):
    """Do what a reader does, each action one, and return the sentence that comes."""
    counted = 0
    if start and name != "Train":
        tab.get_by_role("button", name=name, exact=True).click()
        counted += 1
    section = tab.locator(f'section[data-verb="{name}"]')
    for field, text in actions.items():
        tab.evaluate("performance.clearMarks('verbs-answered')")
        control = section.locator(f'[name="{field}"]')
        if control.evaluate("control => control.tagName") == "SELECT":
            control.select_option(text)
        else:
            control.fill(text)
        counted += 1
        browsing.wait_until(tab, "performance.getEntriesByName('verbs-answered').length")
    assert counted <= MOST_ACTIONS
    return section.locator(".verbs-sentence").inner_text()


def expected(name, texts):
    question = find(described()[name]["question"])
    return question.answer(**{field: read(text, field) for field, text in texts.items()})


@pytest.mark.parametrize(
    ("name", "actions", "found"),
    [
        pytest.param("Train", {"model": "70B", "tokens": "15T", "days": "30"}, r"[\d,]+ H100 SXM train", id="70B"),
        pytest.param("Serve", {"model": "Llama 3.1 8B"}, r"H100 SXM .* serve 1 million users .* USD a day", id="users"),
        pytest.param("Fit", {"model": "Qwen2.5 32B"}, r"fits on one RTX 4090 in GGUF", id="24 GB"),
        pytest.param("Train", {"model": "DeepSeek V3", "tokens": "14.8T"}, r"train DeepSeek V3", id="DeepSeek"),
        pytest.param(
            "Train",
            {"model": "100B", "accelerator": "Ascend 910B3", "sized_by": "devices", "device_count": "512"},
            r"512 Ascend 910B3 train a dense model of 100B .* days",
            id="Ascend",
        ),
    ],
)
def test_what_people_come_with_is_answered_in_four_actions(tab, site, name, actions, found):
    open_page(tab, site)
    sentence = answered(tab, name, actions)
    assert re.search(found, sentence), sentence
    answer = expected(name, actions)
    assert sentence == answer.sentence
    section = tab.locator(f'section[data-verb="{name}"]')
    for result, text in answer.formatted().items():
        row = section.locator(f'[data-result="{result}"] dd')
        if row.count():
            assert row.inner_text().split(" ")[0] == text.split(" ")[0]


def test_the_default_answers_stand_in_the_page_without_scripts(site):
    context = site[1].new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{site[0]}index.html")
    for name, verb in described().items():
        assert tab.locator(f'section[data-verb="{name}"] .verbs-sentence').inner_text() == verb["sentence"]
        assert verb["sentence"] == find(verb["question"]).answer().sentence
    context.close()


def test_a_place_whose_form_was_not_staged_stays_as_it_is(tmp_path):
    context = {"body": f"before{verbs.PLACE}"}
    sphinx_extension.add_verbs(SimpleNamespace(srcdir=tmp_path), "index", "page.html", context, None)
    assert context == {"body": f"before{verbs.PLACE}"}


def test_nothing_is_calculated_before_somebody_asks(tab, site):
    requests = []
    tab.on("request", lambda request: requests.append(request.url))
    open_page(tab, site)
    for name in described():
        tab.get_by_role("button", name=name, exact=True).click()
        assert tab.locator(f'section[data-verb="{name}"]').is_visible()
    assert not [url for url in requests if "micropython" in url or "program" in url]


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_answer_is_seen_without_scrolling(site, width, height):
    context = site[1].new_context(viewport={"width": width, "height": height})
    tab = context.new_page()
    open_page(tab, site)
    box = tab.locator('section[data-verb="Train"] .verbs-sentence').bounding_box()
    assert box["y"] + (box["height"] if width > 1000 else 0) < height
    if width > 1000:
        picture = tab.locator('section[data-verb="Train"] .verbs-picture').bounding_box()
        assert picture["y"] + picture["height"] / 2 < height
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_a_link_opens_the_scenario_and_its_chapter(tab, site):
    open_page(tab, site)
    sentence = answered(tab, "Serve", {"users": "5M", "model": "Llama 3.1 8B"})
    link = tab.url
    assert "verb=Serve" in link
    open_page(tab, site, "?" + link.split("?")[1] + "&utm_source=elsewhere")
    browsing.wait_until(tab, "performance.getEntriesByName('verbs-answered').length")
    section = tab.locator('section[data-verb="Serve"]')
    assert section.locator(".verbs-sentence").inner_text() == sentence
    href = section.locator(".verbs-more a").get_attribute("href")
    assert href.startswith("notebooks/serving-users.html?") or "/notebooks/serving-users.html?" in href
    tab.goto(f"{site[0]}{href[href.index('notebooks/') :]}")
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-ready').length")
    assert tab.locator(".with-calculator .answer-sentence").inner_text() == sentence


@pytest.mark.parametrize(("field", "text"), [("tokens", "many"), ("days", "-3"), ("model", "Llama 9")])
def test_what_is_refused_is_said_at_its_field(tab, site, field, text):
    open_page(tab, site)
    before = tab.locator('section[data-verb="Train"] .verbs-sentence').inner_text()
    assert answered(tab, "Train", {field: text}) == before
    with pytest.raises(Refusal) as refused:
        expected("Train", {field: text})
    said = tab.locator(f"#train-{field}-error").inner_text()
    assert said.partition("; did you mean")[0] == str(refused.value).partition("; did you mean")[0]
    assert "verbs-old" in tab.locator('section[data-verb="Train"]').get_attribute("class")
    # A number that is right ends it.
    answered(tab, "Train", {field: described()["Train"]["fields"][names("Train").index(field)]["default"]})
    assert tab.locator(f"#train-{field}-error").is_hidden()


def names(verb):
    return [field["name"] for field in described()[verb]["fields"]]


def test_an_answer_that_is_no_says_so(tab, site):
    open_page(tab, site)
    sentence = answered(tab, "Fit", {"model": "Llama 3.1 405B"})
    assert "does not fit" in sentence
    assert "What would help" in sentence
