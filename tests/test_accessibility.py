"""Every page for everybody: rules of WCAG 2.2 A and AA, the keyboard, and the policy that keeps scripts out."""

from contextlib import contextmanager

import pytest

from bookbuild import browser as browsing
from tests.axe import violations
from tests.visits import PAGES, PHONE, SITE, WIDE, resize, settle, window
from tests.watching import in_a_browser

CHAPTER = "notebooks/training-gpus.html"

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@contextmanager
def listening(site):
    """Open a tab that keeps what pages complain of."""
    context = site[1].new_context(viewport=window(WIDE), reduced_motion="reduce")
    tab = context.new_page()
    tab.messages = []
    tab.on("console", lambda message: tab.messages.append(message.text))
    tab.on("pageerror", lambda error: tab.messages.append(str(error)))
    yield tab
    context.close()


@pytest.fixture
def tab(site):
    with listening(site) as tab:
        yield tab


def test_a_colour_that_is_hard_to_read_in_the_dark_alone_is_found(site, tab):
    tab.emulate_media(color_scheme="light")
    tab.goto(site[0] + "glossary.html")
    tab.evaluate("""() => {
        const sheet = new CSSStyleSheet();
        const dim = "article dd p:first-child { color: #444 !important }";
        sheet.replaceSync(`@media (prefers-color-scheme: dark) { ${dim} }`);
        document.adoptedStyleSheets.push(sheet);
    }""")
    assert not violations(tab)
    tab.emulate_media(color_scheme="dark")
    settle(tab)
    assert {name for name, *_ in violations(tab)} == {"color-contrast"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_it_is(page):
    text = (SITE / page).read_text(encoding="utf-8")
    assert '<html lang="en"' in text
    assert text.count("<title>") == text.count('<meta name="description"') == text.count('name="viewport"') == 1
    assert text.index("Content-Security-Policy") < text.index("<script")
    assert "document.write" not in text
    assert "onclick=" not in text


def test_a_script_that_the_policy_does_not_name_does_not_run(site, tab):
    tab.goto(site[0] + CHAPTER)
    tab.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.intruder = true";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.intruder = true">');
    }""")
    tab.wait_for_timeout(200)
    assert tab.evaluate("window.intruder") is None
    assert any("Content Security Policy" in message for message in tab.messages)


def test_buttons_work_under_the_policy(site, tab):
    tab.goto(site[0] + CHAPTER)
    theme = tab.locator(".theme-switch-button")
    seen = set()
    for _ in range(3):
        theme.click()
        seen.add(tab.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"light", "dark", "auto"}
    tab.locator("details.hide summary").first.click()
    tab.locator(".copybtn").first.wait_for(state="attached")
    solution = tab.locator(".solution.dropdown").first
    solution.locator(".toggle-button").click()
    assert "toggle-hidden" not in solution.get_attribute("class")
    tab.locator(".search-button__button").first.click()
    assert tab.locator(".search-button__search-container input").is_visible()
    resize(tab, PHONE)
    tab.keyboard.press("Escape")
    tab.locator("button.primary-toggle").click()
    tab.locator(".bd-sidebar-primary a", has_text="Glossary").click()
    tab.wait_for_url("**/glossary.html")
    assert not tab.messages


@pytest.mark.parametrize(("chosen", "shown"), [(None, "dark"), ("auto", "dark"), ("dark", "dark"), ("light", "light")])
def test_the_theme_is_right_before_any_script_file_is_there(site, tab, chosen, shown):
    tab.emulate_media(color_scheme="dark")
    tab.goto(site[0])
    tab.evaluate("mode => mode ? localStorage.setItem('mode', mode) : localStorage.clear()", chosen)
    tab.route("**/*.js*", lambda route: route.abort())
    tab.reload()
    assert tab.evaluate("document.documentElement.dataset.theme") == shown


def test_the_keyboard_skips_to_the_text_and_shows_where_it_is(site, tab):
    tab.goto(site[0] + CHAPTER)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    tab.keyboard.press("Enter")
    assert tab.url.endswith("#main-content")
    for _ in range(12):
        tab.keyboard.press("Tab")
        style = tab.evaluate("getComputedStyle(document.activeElement).outline")
        assert "none" not in style, tab.evaluate("document.activeElement.outerHTML")


def test_a_table_that_scrolls_can_be_reached_by_keyboard(site, tab):
    resize(tab, PHONE)
    tab.goto(site[0] + CHAPTER)
    settle(tab)
    boxes = tab.locator("[role=region][tabindex='0']")
    assert boxes.count()
    assert all(box.get_attribute("aria-label") for box in boxes.all())
    tab.set_viewport_size({"width": 3000, "height": 900})
    settle(tab)
    assert boxes.count() < tab.locator("article table").count()
