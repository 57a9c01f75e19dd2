"""Every page of the site in a browser: what it asks for, how it fits a screen and the paper, and who can read it."""

import functools
import re

import pytest
from fontTools.ttLib import TTFont

from tests import visits
from tests.test_style import themes
from tests.visits import CHAPTERS, PAGES, PHONE, SITE, TABLET, WIDE
from tests.watching import in_a_browser

HEAVIEST = 700_000  # byte, compressed, with a calculator and without pictures
STEPS = ("tiny", "small", "text", "lead", "part", "section", "title")

pytestmark = in_a_browser
# A page's tests one after another: they share what one visit has seen.
every_page = pytest.mark.parametrize("page", PAGES, scope="module")
every_chapter = pytest.mark.parametrize("page", CHAPTERS, scope="module")


@pytest.fixture(scope="module")
def visit(tmp_path_factory):
    """What was seen of a page when it was opened below a path of a host, as on GitHub Pages."""
    with visits.below_a_path(tmp_path_factory.mktemp("host")) as (address, browser):
        yield functools.cache(lambda page: visits.visit(browser, address, page))


@functools.cache
def characters_of(family, weight):
    """Return the characters that a font of the site has, by its family and weight in the style sheets."""
    for sheet in SITE.glob("_static/**/*.css"):
        for face in re.findall(r"@font-face[^{]*\{([^}]*)\}", sheet.read_text(encoding="utf-8")):
            rules = dict(rule.strip().split(":", 1) for rule in face.split(";") if rule.strip())
            name = rules["font-family"].replace("\\", "").strip()
            if name == family and rules.get("font-weight", weight) == weight:
                [file, *_] = re.findall(r'url\("?([^")]+)', rules["src"])
                return set(TTFont(sheet.parent / file).getBestCmap())
    return set()


@every_chapter
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_chapter_s_answer_is_seen_without_scrolling(visit, page, size):
    width, height = size
    [left, top, right, bottom], _, tops = visit(page).places[size]
    assert 0 <= left <= right <= width
    assert 0 < top < bottom < height
    # Of the numbers or the form below it, too, the beginning is seen.
    assert 0 < min(tops) < height


@every_chapter
@pytest.mark.parametrize("size", [WIDE, TABLET], ids=["wide", "tablet"])
def test_numbers_of_an_answer_stay_in_their_column(visit, page, size):
    [_, _, right, _], [left_of_numbers, _, right_of_numbers, _], _ = visit(page).places[size]
    assert left_of_numbers < right_of_numbers <= right + 1


@every_page
def test_a_page_asks_no_other_host_and_breaks_nothing(visit, page):
    seen = visit(page)
    assert seen.requests
    assert not [url for url in seen.requests if not url.startswith((seen.address, "data:"))]
    assert not seen.troubles


@every_page
def test_a_page_fits_a_phone(visit, page):
    assert visit(page).width <= 390


@every_page
def test_a_page_is_light(visit, page):
    assert 0 < visit(page).weight < HEAVIEST


@every_page
def test_a_page_keeps_the_rules_and_its_policy(visit, page):
    seen = visit(page)
    assert not seen.troubles  # violations of the policy would be among them
    assert seen.violations.keys() == {(WIDE[0], "light"), (WIDE[0], "dark"), (PHONE[0], "light"), (PHONE[0], "dark")}
    assert not any(seen.violations.values())


@every_page
def test_a_printed_page_is_not_wider_than_the_paper(visit, page):
    assert visit(page).beyond_paper == []


@every_page
def test_every_icon_and_every_character_of_a_formula_is_drawn(visit, page):
    drawn = visit(page).drawn
    assert page.startswith("slides/") or any(font == "Font Awesome 6 Free" for font, *_ in drawn)
    for font, weight, text in drawn:
        characters = {ord(character) for character in text if not character.isspace()}
        families = [family.strip() for family in font.split(",")]
        assert any(characters <= characters_of(family, weight) for family in families), (font, weight, text)


@every_page
def test_all_letters_of_a_page_have_sizes_of_the_style_sheet(visit, page):
    told = themes()["light"]
    steps = {f"{16 * float(told[f'size-{step}'].removesuffix('rem')):g}px" for step in STEPS}
    sizes = visit(page).sizes
    assert len(sizes) > 1
    if not page.startswith("slides/"):  # theirs grow until a slide is full
        assert not {size: where for size, where in sizes.items() if size not in steps}
