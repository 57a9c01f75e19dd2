"""Exercises in their pages, by a browser: answered right, wrong, with each mistake, in other units, with nonsense."""

import html
import json
import re

import pytest

from bookbuild import browser as browsing
from bookbuild.notebooks import BUILD
from llmcalc import teaching
from llmcalc.teaching.marking import mark
from tests.teaching.test_exercises import in_another_unit
from tests.watching import in_a_browser

SITE = BUILD / "html"
SEED = 7
PHONE = {"width": 390, "height": 800}

# Gives answers as a reader does, texts or options, and waits for what is said of each.
ANSWER = """async (answers) => {
  const told = [];
  for (const { place, text, option } of answers) {
    const section = document.getElementById(`practice-${place + 1}`);
    const feedback = section.querySelector(".practice-feedback");
    delete feedback.dataset.kind;
    const said = new Promise((done, fail) => {
      new MutationObserver((changes, observer) => {
        if (!feedback.dataset.kind) return;
        observer.disconnect();
        done();
      }).observe(feedback, { attributeFilter: ["data-kind"] });
      setTimeout(() => fail(new Error(`nothing is said of ${text ?? option}`)), 20_000);
    });
    if (option) section.querySelector(`input[value="${option}"]`).click();
    else {
      const field = section.querySelector("input[type=text]");
      field.value = text;
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    section.querySelector("button[type=submit]").click();
    await said;
    told.push([feedback.dataset.kind, feedback.checkVisibility() ? feedback.innerText : ""]);
  }
  return told;
}"""
# Goes to the button that moves a line up, and tells how many lines are above it.
TO_THE_BUTTON = """(line) => {
  [...line.querySelectorAll("button")].find((button) => button.textContent.trim() === "Up").focus();
  return [...line.parentElement.children].indexOf(line);
}"""

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@pytest.fixture
def context(site):
    made = site[1].new_context(viewport=PHONE, reduced_motion="reduce", accept_downloads=True)
    yield made
    made.close()


def open_page(context, site, name, query=f"?seed={SEED}"):
    tab = context.new_page()
    tab.troubles = []
    tab.on("pageerror", lambda error: tab.troubles.append(str(error)))
    tab.on("request", lambda request: None if request.url.startswith(site[0]) else tab.troubles.append(request.url))
    tab.goto(f"{site[0]}notebooks/{name}.html{query}")
    tab.locator(".practice").scroll_into_view_if_needed()
    browsing.wait_until(tab, "performance.getEntriesByName('practice-ready').length")
    return tab


def seen(shown):
    """What a reader sees of HTML."""
    return html.unescape(re.sub(r"<[^>]+>", "", shown))


def section(tab, place):
    return tab.locator(f"#practice-{place + 1}")


def told(tab, place, kind):
    feedback = section(tab, place).locator(f".practice-feedback[data-kind='{kind}']")
    feedback.wait_for(timeout=10_000)
    return feedback.inner_text()


def clear(tab, place):
    """Forget what was said, so that the next words are those about the next answer."""
    section(tab, place).locator(".practice-feedback").evaluate("element => delete element.dataset.kind")


def answer(tab, place, text, kind):
    clear(tab, place)
    section(tab, place).locator("input[type=text]").fill(text)
    section(tab, place).locator("input[type=text]").press("Enter")
    return told(tab, place, kind)


@pytest.fixture(scope="module")
def shared(site):
    context = site[1].new_context(viewport=PHONE, reduced_motion="reduce")
    yield context
    context.close()


def put_in_order(tab, place, letters):
    for wanted, letter in enumerate(letters):
        line = section(tab, place).locator(f"li[data-letter='{letter}']")
        above = line.evaluate(TO_THE_BUTTON) - wanted
        for _ in range(above):
            tab.keyboard.press("Enter")  # the button that was pressed goes with its line
    section(tab, place).locator("button[type=submit]").click()


def tries_of(posed):
    """Answers to a posed exercise, each with the kind of what is said, and a check of its words."""
    if posed.kind == "choice":
        mistakes = [({"option": posed.letters([text])}, "mistake", said.__eq__) for text, said in posed.mistakes]
        return [*mistakes, ({"option": posed.solution()}, "right", lambda words: words.startswith("Right"))]
    mistakes = [repr(float(value)) for value, _ in posed.mistakes]
    right = filter(None, (in_another_unit(posed), repr(float(posed.key))))
    return [
        *(({"text": text}, "mistake", seen(mark(posed, text).shown).__eq__) for text in mistakes),
        ({"text": "nonsense"}, "unread", mark(posed, "nonsense").feedback.__eq__),
        ({"text": repr(float(123 * posed.key))}, "wrong", lambda words: words.startswith("Too large. Hint: ")),
        *(({"text": text}, "right", f"Right: {posed.solution()}.".__eq__) for text in right),
    ]


@pytest.mark.parametrize("name", teaching.chapters())
def test_answers_get_the_words_that_python_has_for_them(site, shared, name):
    tab = open_page(shared, site, name)
    tries = []
    exercises = teaching.chapter(name).exercises
    posed_in_page = tab.locator(".practice-exercise .practice-text").all_inner_texts()
    for place, (exercise, text) in enumerate(zip(exercises, posed_in_page, strict=True)):
        posed = exercise.pose(SEED)
        assert text == seen(posed.shown()["text"])
        if posed.kind == "ordering":
            put_in_order(tab, place, posed.solution().split(" "))
            assert told(tab, place, "right").startswith("Right")
        else:
            tries += [({"place": place} | answer, kind, says) for answer, kind, says in tries_of(posed)]
    found = tab.evaluate(ANSWER, [answer for answer, *_ in tries])
    for (answer, kind, says), (kind_in_page, words) in zip(tries, found, strict=True):
        assert kind_in_page == kind, (answer, words)
        assert says(words), (answer, words)
    assert tab.locator(".practice-progress").inner_text().startswith(f"{len(exercises)} of {len(exercises)} solved")
    assert not tab.troubles
    tab.evaluate("localStorage.clear()")
    tab.close()


def test_other_units_are_converted(site, context):
    tab = open_page(context, site, "training-gpus")
    key = teaching.pose("training-gpus/2", SEED).key
    assert answer(tab, 1, f"{key / 1000} PFLOP/s", "right").startswith("Right")
    assert answer(tab, 1, f"{key} GB", "unread").startswith("That cannot be read")


def test_new_numbers_come_with_the_address_and_progress_stays(site, context):
    tab, count = open_page(context, site, "training-gpus"), len(teaching.chapter("training-gpus").exercises)
    assert answer(tab, 0, repr(teaching.pose("training-gpus/1", SEED).key), "right")
    tab.get_by_role("button", name="New numbers").click()
    browsing.wait_until(tab, f"new URLSearchParams(location.search).get('seed') !== '{SEED}'")
    seed = int(tab.evaluate("new URLSearchParams(location.search).get('seed')"))
    browsing.wait_until(tab, f"document.querySelector('.practice-bar [name=seed]').value === '{seed}'")
    assert section(tab, 0).locator(".practice-text").inner_text() == teaching.pose("training-gpus/1", seed).text
    assert tab.locator(".practice-progress").inner_text().startswith(f"1 of {count} solved")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save progress as a file").click()
    kept = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert kept == {"solved": {"training-gpus/1": {"seed": SEED, "tries": 1}}}
    again = open_page(context, site, "training-gpus")
    assert again.locator(".practice-progress").inner_text().startswith(f"1 of {count} solved")
    again.get_by_role("button", name="Forget progress").click()
    assert again.locator(".practice-progress").inner_text().startswith(f"0 of {count} solved")


def test_where_nothing_can_be_kept_exercises_work_all_the_same(site, context):
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    tab = open_page(context, site, "small-print")
    assert answer(tab, 0, repr(teaching.pose("small-print/1", SEED).key), "right")
    assert tab.locator(".practice-progress").inner_text().startswith("1 of 10 solved")
    assert set(tab.troubles) <= {"no"}  # of the theme, which asks, too


def test_hints_come_one_by_one_and_a_seed_that_is_none_is_refused(site, context):
    tab = open_page(context, site, "training-gpus")
    hints = teaching.pose("training-gpus/1", SEED).hints
    for count in range(len(hints)):
        section(tab, 0).get_by_role("button", name="Hint").click()
        assert section(tab, 0).locator(".practice-hints li").all_inner_texts() == hints[: count + 1]
    assert section(tab, 0).get_by_role("button", name="Hint").is_disabled()
    tab.locator(".practice-bar [name=seed]").fill("x")
    tab.get_by_role("button", name="Use this seed").click()
    assert "is not accepted" in tab.locator(".practice-progress").inner_text()


def test_the_calculator_leaves_the_numbers_of_the_exercises_alone(site, context):
    tab = open_page(context, site, "training-gpus")
    tab.locator(".calculator-form [name=days]").fill("60")
    tab.locator(".calculator-form [name=days]").press("Tab")
    browsing.wait_until(tab, "location.search.includes('days=60')")
    assert f"seed={SEED}" in tab.url


def test_letters_of_formulas_are_set_in_texts_hints_solutions_and_what_is_said(site, context):
    tab = open_page(context, site, "failures")
    formula = section(tab, 7)
    assert formula.locator(".practice-text var").all_inner_texts()[:2] == ["M", "τ"]
    assert formula.locator(".practice-text sup").first.inner_text() == "R/M"
    formula.get_by_role("button", name="Hint").click()
    formula.get_by_role("button", name="Hint").click()
    assert formula.locator(".practice-hints var").count() == 5
    quick = teaching.pose("failures/8", SEED).mistakes[0][0]
    assert answer(tab, 7, repr(quick), "mistake").endswith("eR/M.")
    assert formula.locator(".practice-feedback sup").inner_text() == "R/M"


@pytest.mark.parametrize("name", teaching.chapters())
def test_a_page_without_scripts_shows_questions_and_solutions(name):
    page = (SITE / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
    assert page.count('class="practice-exercise"') == len(teaching.chapter(name).exercises)
    assert "practice-place" not in page
