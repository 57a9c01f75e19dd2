"""Slides of every chapter: as many as a lesson takes, its own numbers, and nothing beyond their edges."""

import functools
import html
import re
from dataclasses import dataclass

import lxml.html
import pikepdf
import pytest

from bookbuild import browser as browsing
from bookbuild import notebooks
from bookbuild.build import EXECUTED
from bookbuild.notebooks import BUILD
from bookbuild.site import pdf
from bookbuild.teaching import slides
from llmcalc import teaching
from llmcalc.report.ledger import verdict
from llmcalc.teaching.writing import LEVELS
from tests.watching import in_a_browser

SITE = BUILD / "html"
CHAPTERS = notebooks.names()
HAN = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
# A chapter's tests one after another: they share what one visit has seen.
every_chapter = pytest.mark.parametrize("name", CHAPTERS, scope="module")

# Of every slide, with all that comes step by step: what reaches over its edges, or those of its contents.
OVER_THE_EDGE = """async ([smallest, smallestCell]) => {
 const found = [];
 for (const part of document.querySelectorAll(".fragment")) part.classList.add("visible");
 for (const [place, section] of document.querySelectorAll(".slides > section").entries()) {
  location.hash = `#/${place}`;
  while (!section.classList.contains("present")) await new Promise((done) => setTimeout(done, 5));
  const sheet = section.querySelector(".sheet");
  const body = sheet.querySelector(".body");
  const edges = sheet.getBoundingClientRect();
  if (edges.width !== 1280 || edges.height !== 720) found.push([place, edges.width, edges.height]);
  if (parseFloat(getComputedStyle(body).fontSize) < smallest) found.push([place, "too small to read"]);
  for (const cell of body.querySelectorAll("td, th")) {
    if (parseFloat(getComputedStyle(cell).fontSize) < smallestCell) found.push([place, "too small a table to read"]);
  }
  for (const box of [sheet, body]) {
    if (box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1) {
      found.push([place, box.className]);
    }
  }
  for (const part of sheet.querySelectorAll("h1, h2, p, li, table, tr, td, th, img, mjx-container")) {
    const { left, right, top, bottom } = part.getBoundingClientRect();
    if (part.closest("mjx-assistive-mml")) continue;
    if (left < edges.left - 1 || right > edges.right + 1 || top < edges.top - 1 || bottom > edges.bottom + 1) {
      found.push([place, part.tagName, part.textContent.slice(0, 60)]);
    }
  }
 }
 return found;
}"""
# Of every table, how many rows it shows and how many it says to have left out.
TABLES = """() => [...document.querySelectorAll("section table")].map((table) => [
  table.rows.length - (table.tHead?.rows.length ?? 0),
  table.nextElementSibling?.className === "rest" ? parseInt(table.nextElementSibling.textContent) : 0,
])"""
SMALLEST = 18  # pixels of a slide that is 720 high
SMALLEST_CELL = 16


def page(name):
    return lxml.html.document_fromstring((SITE / "slides" / f"{name}.html").read_text(encoding="utf-8"))


def article(name):
    return lxml.html.document_fromstring((SITE / "notebooks" / f"{name}.html").read_text(encoding="utf-8")).find(
        ".//article"
    )


def texts(element):
    """Text of an element without formulas, which are set a letter at a time."""
    for formula in element.xpath(".//mjx-container"):
        formula.drop_tree()
    return " ".join(element.itertext()).replace("\xa0", " ")


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@dataclass(frozen=True)
class Visit:
    """What a chapter's slides did in a window of their size, opened in a light and again in a dark scheme."""

    counts: dict
    tables: list
    over_the_edge: dict
    troubles: list


@pytest.fixture(scope="module")
def visit(site):
    """Open a chapter's slides once for all that is asked of them."""
    address, browser = site
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light")

    @functools.cache
    def open_once(name):
        tab = context.new_page()
        troubles = open_slides(tab, f"{address}slides/{name}.html")
        tables = tab.evaluate(TABLES)
        counts, found = {}, {}
        for scheme in ("light", "dark"):
            if scheme == "dark":  # slides are fitted when they are opened
                tab.emulate_media(color_scheme=scheme)
                tab.reload()
                browsing.wait_until(tab, "document.documentElement.dataset.ready")
            assert tab.evaluate("document.documentElement.dataset.theme") == scheme
            counts[scheme] = int(tab.evaluate("document.documentElement.dataset.ready"))
            found[scheme] = tab.evaluate(OVER_THE_EDGE, [SMALLEST, SMALLEST_CELL])
        tab.close()
        return Visit(counts, tables, found, troubles)

    yield open_once
    context.close()


def open_slides(tab, address):
    """Open slides, and gather what is wrong: errors, what policies forbid, and requests to elsewhere."""
    troubles = []
    root = address.split("slides/")[0]
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    tab.on("requestfailed", lambda request: troubles.extend(browsing.lost(request)))
    tab.on("request", lambda request: None if request.url.startswith(root) else troubles.append(request.url))
    tab.goto(address)
    browsing.wait_until(tab, "document.documentElement.dataset.ready")
    return troubles


@every_chapter
def test_a_chapter_has_as_many_slides_as_a_lesson_takes(name):
    assert slides.FEWEST <= len(page(name).xpath("//section")) <= slides.MOST
    titles = [texts(heading).strip() for heading in page(name).xpath("//section//h1 | //section//h2")]
    assert len(titles) == len(page(name).xpath("//section"))
    assert all(titles)
    assert {
        "What you can do after this lesson",
        "Estimate first",
        "What to take home",
        *list(LEVELS.values())[1:],
    } <= set(titles)


@every_chapter
def test_a_chapter_shows_its_figures_and_asks_before_the_curve(name):
    shown = {image.get("src").rsplit("/", 1)[-1] for image in page(name).xpath("//section//img")}
    pictures = {image.get("src").rsplit("/", 1)[-1] for image in article(name).xpath(".//figure//img")}
    assert shown == pictures
    assert all(image.get("alt") for image in page(name).xpath("//section//img"))
    assert len(page(name).xpath("//ol[@class='scale']")) == 1
    for posed in slides.chosen(name):
        shown = posed.shown()
        seen = "".join("".join(page(name).itertext()).split())
        for text in (shown["text"], *shown["hints"], *shown["steps"], *map(html.escape, posed.options)):
            assert "".join(html.unescape(slides.TAG.sub("", text)).split()) in seen, text


@every_chapter
def test_notes_say_more_than_slides(name):
    for section in page(name).xpath("//section"):
        assert len(section.xpath("./aside[@class='notes']")) == 1
    said = sum(len(texts(notes)) for notes in page(name).xpath("//aside[@class='notes']"))
    assert said > 2000


@every_chapter
def test_every_number_is_the_chapters_own(name):
    known = texts(article(name)).replace("−", "-")
    for posed in slides.chosen(name):
        known += " ".join([posed.text, *posed.hints, *posed.steps, *posed.options, posed.solution()])
        known += " ".join(said for _, said in posed.mistakes)
    notebook = notebooks.load(EXECUTED / f"{name}.ipynb")
    rows = [row for part in notebooks.emitted(notebook, notebooks.LEDGER) for row in part["rows"]]
    errata = [each for part in notebooks.emitted(notebook, notebooks.LEDGER) for each in part["errata"]]
    known += " ".join(str(each) for erratum in errata for each in erratum.values())
    verdicts = [verdict(row) for row in rows]
    counts = {str(verdicts.count(status)) for status in verdicts} | {str(len(rows))}
    counts |= {
        str(len(teaching.chapter(name).exercises)),
        *(str(posed.exercise.number) for posed in slides.chosen(name)),
    }
    own = set(NUMBER.findall(known)) | counts
    for body in page(name).xpath("//div[@class='body']"):
        # Computed mistakes, the scale's powers of ten, and how many results are left out.
        computed = (
            ".//table[contains(@class, 'mistakes')]//td[@class='number'] | .//ol[@class='scale'] | .//p[@class='more']"
        )
        for part in body.xpath(computed):
            part.drop_tree()
        assert set(NUMBER.findall(texts(body))) <= own


@every_chapter
def test_the_mistakes_on_slides_are_those_of_the_exercises(name):
    tables = page(name).xpath("//table[contains(@class, 'mistakes')]")
    with_mistakes = [posed for posed in slides.chosen(name) if posed.mistakes]
    assert len(tables) == len(with_mistakes)
    for table, posed in zip(tables, with_mistakes, strict=True):
        heard = [texts(row.xpath("./td")[1]) for row in table.xpath("./tbody/tr")]
        said = [said for _, said in posed.shown_mistakes()[: slides.MISTAKES]]
        assert heard == [texts(lxml.html.fragment_fromstring(text, create_parent="p")) for text in said]


def test_formulas_in_the_words_for_a_mistake_are_set():
    exercise = next(each for each in teaching.chapter("failures").exercises if "formula" in each.text)
    slide = slides._solution(exercise.pose(1))
    assert "The recovery is missing: <var>e</var><sup><var>R</var>/<var>M</var></sup>." in slide.body
    assert "e^(" not in slide.body + "".join(slide.notes)


@in_a_browser
@every_chapter
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_reaches_over_the_edge_of_a_slide(visit, name, scheme):
    seen = visit(name)
    assert seen.counts[scheme] == len(page(name).xpath("//section"))
    assert seen.over_the_edge[scheme] == []
    assert not seen.troubles


@in_a_browser
@every_chapter
def test_what_a_table_leaves_out_is_said(visit, name):
    whole = [len(table.xpath(".//tbody/tr")) for table in page(name).xpath("//section//table")]
    assert [shown + left for shown, left in visit(name).tables] == whole
    assert all(shown for shown, _ in visit(name).tables)


@in_a_browser
def test_slides_work_from_a_folder_without_a_server_and_print(site, tmp_path):
    names = slides.pack(SITE, tmp_path / "slides")
    assert names == sorted(CHAPTERS)
    assert not re.search(
        r'(?:src|href)="\.\./', (tmp_path / "slides" / "training-gpus.html").read_text(encoding="utf-8")
    )
    tab = site[1].new_page(viewport={"width": 1280, "height": 720})
    troubles = open_slides(tab, (tmp_path / "slides" / "training-gpus.html").as_uri())
    pictures = "[...document.images].every((image) => image.complete && image.naturalWidth)"
    assert tab.evaluate(pictures)
    assert not troubles
    tab.close()
    slides.print_all(tmp_path / "slides", ["inference-gpus", "planner"], site[1])
    for name in ("inference-gpus", "planner"):
        with pikepdf.open(tmp_path / "slides" / f"{name}.pdf") as printed:
            assert len(printed.pages) == len(page(name).xpath("//section"))
            assert all(len(sheet.Contents.read_bytes()) > 500 for sheet in printed.pages)
            in_chinese = [bool(HAN.search(section.text_content())) for section in page(name).xpath("//section")]
            brought = [
                any("NotoSansSC" in str(font.BaseFont) for font in sheet.Resources.Font.values() if "/BaseFont" in font)
                for sheet in printed.pages
            ]
            assert brought == in_chinese or not pdf.CHINESE.exists()
            assert any(in_chinese) == (name == "inference-gpus")
            with printed.open_outline() as outline:
                assert len(list(outline.root)) >= 1


@in_a_browser
def test_notes_open_in_a_window_of_their_own(site):
    address, browser = site
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    tab = context.new_page()
    troubles = open_slides(tab, f"{address}slides/memory.html")
    with context.expect_page() as opened:
        tab.keyboard.press("s")
    window = opened.value
    window.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    said = window.locator(".speaker-controls-notes .value")
    said.wait_for(timeout=10_000)
    assert "Keys: S opens these notes" in said.inner_text()
    assert not troubles
    context.close()


@in_a_browser
def test_slides_fit_a_phone(site):
    address, browser = site
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    troubles = open_slides(tab, f"{address}slides/memory.html")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert not troubles
    tab.close()


# What an author decides.

PAGE = """<article><section id="a"><h1>How many?</h1><div class="cell tag_headline">
<div class="cell_output"><div class="output"><p class="answer-sentence">Three do.</p></div></div></div>
<p>A lead. More of it.</p>
<section id="b"><h2>One</h2>{first}</section><section id="c"><h2>Two</h2>{second}</section></section></article>"""
CELL = '<div class="cell {tags}"><div class="cell_output"><p>{text}</p></div></div>'


def shown(first="", second=""):
    found = slides.sections(lxml.html.fragment_fromstring(PAGE.format(first=first, second=second)))
    return [slide for section in found[2:] for slide in slides._of_section(section)]


def test_a_tag_keeps_a_cell_from_the_slides_or_puts_it_there():
    plain = CELL.format(tags="", text="It computes 7.")
    [slide] = shown(plain)
    assert (slide.title, slide.rank) == ("One", slides.SAID)
    assert shown(CELL.format(tags="tag_no-slide", text="It computes 7.")) == []
    assert shown('<p class="no-slide">Not this.</p>') == []
    [wanted] = shown(CELL.format(tags="tag_slide", text="It computes 7."))
    assert wanted.rank == slides.ASKED_FOR


def test_what_a_chapter_can_do_without_goes_first_and_what_was_asked_for_never():
    made = [slides.Slide(str(rank), "", rank=rank) for rank in (0, 5, 3, 5, 3, 0)]
    assert [slide.title for slide in slides._within(made, 4)] == ["0", "3", "3", "0"]
    assert [slide.title for slide in slides._within(made, 3)] == ["0", "3", "0"]
    assert [slide.title for slide in slides._within(made, 1)] == ["0", "0"]


def test_a_chapter_with_too_little_to_show_is_refused():
    article = lxml.html.fragment_fromstring(PAGE.format(first="", second=""))
    with pytest.raises(slides.SlidesError, match="training-gpus: 10 slides, and a chapter has 15 to 25"):
        slides.deck("training-gpus", article, [], [])


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("One thing. Another.", 0, "One thing."),
        ("One thing. Another.", 50, "One thing. Another."),
        ("As Brown et al. [2020] say. Not this.", 0, "As Brown et al. [2020] say."),
        ("<strong>Work.</strong> It is so. And more.", 0, "<strong>Work.</strong> It is so."),
        ("It is <em>so. Not</em> this.", 0, "It is <em>so.</em>"),
        ("It has 3.5 of these. More.", 0, "It has 3.5 of these."),
        ("Alone", 0, "Alone"),
        ('<a href="x. Y">One</a> is. Two.', 0, '<a href="x. Y">One</a> is.'),
        ("How much is that? Seven. More.", 0, "How much is that? Seven."),
        ("It is <em>so. Not</em> this.", 90, "It is <em>so.</em> <em>Not</em> this."),
        ("It is so. The table shows it. So it is.", 90, "It is so."),
        ("The last row is the surprising one.", 90, ""),
        ("It is half the factor above.", 90, ""),
        ("It keeps every card at or below 90 %.", 90, "It keeps every card at or below 90 %."),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_sentence(text, most, expected):
    assert slides.beginning(text, most) == expected


def test_letters_of_a_formula_are_explained_beside_it():
    first = (
        "<p>A file has bytes. It is long. A text of <i>S</i> bytes has</p><div class='math'>D</div>"
        "<p>tokens. Nothing else.</p><p>not a sentence.</p><p>More of it.</p>"
    )
    found = slides.sections(lxml.html.fragment_fromstring(PAGE.format(first=first, second="")))
    said = [slides.plain(point) for point in slides._points(found[2].blocks, 0)]
    assert said == ["A file has bytes. A text of S bytes has", "D", "tokens.", "More of it."]


def table(heads, *rows):
    made = [
        "".join(f"<{tag}>{text}</{tag}>" for text in row)
        for tag, row in [("th", heads), *(("td", row) for row in rows)]
    ]
    head, *body = (f"<tr>{cells}</tr>" for cells in made)
    return slides.slide_table(
        lxml.html.fragment_fromstring(f"<table><thead>{head}</thead><tbody>{''.join(body)}</tbody></table>")
    )


def test_columns_of_a_wide_table_that_are_all_alike_are_said_once():
    heads = [f"c{place} [10⁶ h]" for place in range(9)]
    made = table(heads, "123456789", "223456789")
    assert "c0" in made.partition("</table>")[0]
    assert "c3" not in made.partition("</table>")[0]
    assert "c3 [10⁶ h] 4" in made.partition("</table>")[2]
    narrow = table(heads[:4], "1234", "2234")
    assert "c3" in narrow
    assert not narrow.partition("</table>")[2]
    assert '<span class="unit">[10⁶ h]</span>' in narrow


def headline(*groups):
    bodies = ""
    for name, *rows in groups:
        heading = f'<tr><th scope="rowgroup" colspan="3">{name}</th></tr>' if name else ""
        made = "".join(f'<tr><th scope="row">{label}</th><td>{value}</td><td>h</td></tr>' for label, value in rows)
        bodies += f"<tbody>{heading}{made}</tbody>"
    return lxml.html.fragment_fromstring(f'<table class="dataframe headline">{bodies}</table>')


FOUND = headline(
    ("Run", ("Verdict", "yes"), ("Days", "29.21"), ("Low", "26.2"), ("Cards", "6,560"), ("Again", "6,560")),
    ("Memory: of each [GiB]", ("Fits", "yes, 3 left"), ("Peak", "71.8"), ("Rest", "2")),
    ("Money", ("Hours", "5"), ("Rent", "12,369,331")),
)


def test_of_a_long_answer_slides_show_what_is_said_and_the_first_number_of_each_group():
    sentence = "6,560 cards take 29.2 days, for 12.4 million."
    shown, rest = slides.results(FOUND, sentence)
    rows = [" ".join("".join(cell.itertext()) for cell in row[:2]) for row in shown.xpath(".//tr")]
    assert rows == [
        "Verdict yes",
        "Days 29.21",
        "Low 26.2",
        "Cards 6,560",
        "Memory: Peak 71.8",
        "Money: Rent 12,369,331",
    ]
    assert slides.plain(rest) == "4 more results below the chapter’s form: Run · Memory · Money"
    assert len(FOUND.xpath(".//tr")) == 13, "the page keeps its table"


def test_an_answer_that_fits_is_shown_as_it_is():
    short = headline(("", *((f"r{place}", str(place)) for place in range(slides.RESULTS))))
    assert slides.results(short, "") == (short, "")


@every_chapter
def test_an_answer_is_read_at_a_glance(name):
    [answer] = page(name).xpath("//div[contains(@class, 'answer')]")[:1]
    assert 1 <= len(answer.xpath(".//table[contains(@class, 'headline')]//tr")) <= slides.RESULTS


def test_a_table_named_as_its_section_stands_below_no_second_heading():
    [slide] = shown(CELL.format(tags="", text="").replace("<p></p>", "<table><caption>One</caption></table>"))
    assert (slide.title, slide.above) == ("One", "")


def test_a_sentence_that_leads_elsewhere_stands_on_no_table():
    first = "<p>This table has it.</p>" + CELL.format(tags="", text="").replace("<p></p>", "<table></table>")
    [slide] = shown(first)
    assert "This table" not in slide.body


@every_chapter
def test_no_slide_points_to_what_stands_above_or_below_on_the_page(name):
    for point in page(name).xpath("//p[starts-with(@class, 'point') or @class='lead']"):
        assert not slides.ELSEWHERE.search(" ".join(texts(point).split()))
    # Headings and cells may name a row or column, which is there.
    for part in page(name).xpath("//section//h2 | //div[@class='body']//*[self::td or self::th]"):
        assert not re.search(r"\b(?:above|below)[,:;]|\b(?:above|below)$", " ".join(texts(part).split()))


def test_a_text_that_goes_on_from_a_formula_or_leads_elsewhere_is_no_point():
    assert slides._whole("It is so.")
    assert not slides._whole("tokens a second.")
    assert not slides._whole("One at a time:")
    assert not slides._whole("")
