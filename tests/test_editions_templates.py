"""In another edition no template leaves anything in English; the made-up edition shows what does."""

import re
from itertools import pairwise
from types import SimpleNamespace

import jinja2
import pytest
from bs4 import BeautifulSoup

from bookbuild import notebooks
from bookbuild.build import EXECUTED
from bookbuild.calculator import calculators, drill, exercises, menus, reasons, verbs
from bookbuild.site import citing, data_page, documents, programs, publications, reference, sphinx_extension
from bookbuild.teaching import teach
from bookbuild.templates import TEMPLATES
from llmcalc import datasets, messages
from llmcalc.questions import questions
from llmcalc.reasons import origin
from llmcalc.vocabulary import WORDS
from tests.editions import left_in_english, made_up

READ_ALOUD = ("aria-label", "placeholder", "title", "label", "alt")
# What llmcalc's own sentences, data and addresses fill: they are no texts of templates.
FILLED = (
    ".answer-sentence, .practice-text, .practice-steps, [data-option], .practice-solution strong, .practice-unit, "
    ".drill-plain, .drill-unit, code, pre, script, .calculator-why a, .verbs-answer dd, [lang=zh]"
)
BODY = (
    '<div class="cell_output docutils container"><div class="output text_html"><p class="answer-sentence"></p>'
    '<table class="dataframe headline"></table></div></div>'
)


@pytest.fixture(scope="module")
def catalogue():
    return made_up()


@pytest.fixture
def edition(catalogue):
    """The made-up edition, for all that keeps texts once it has made them."""
    kept = (verbs.described, reasons.published)
    for function in kept:
        function.cache_clear()
    messages.use(catalogue)
    yield
    messages.use({})
    for function in kept:
        function.cache_clear()


def names():
    """Names of data, which stay as they are in every language."""
    found = {device.name for device in menus.catalogue.devices()}
    for question in questions().values():
        for parameter in question.parameters.values():
            found |= set(parameter.choices) if " in data/" in WORDS[parameter.name].choices else set()
    sources = [row["source"] for table in ("default-reasons", "usual-values") for row in datasets.records(table)]
    found |= {re.sub("<[^>]+>", "", reasons.published(key)) for key in sources if key}
    return found | {origin(row) for row in datasets.records("default-reasons")}


def texts_of(page):
    """Texts of a page, and what is read aloud in their place."""
    tree = BeautifulSoup(page.replace("<wbr>", ""), "html.parser")
    for element in tree.select(FILLED):
        element.decompose()
    for element in tree.find_all(True):
        yield from (element[name] for name in READ_ALOUD if element.get(name))
    yield from tree.stripped_strings


def heads_of(text):
    """Headings that the build writes into pages, and heads of tables; modules' names are headings, too."""
    lines = text.splitlines()
    yield from (line for line in lines if re.match("##? ", line))
    yield from (line for line, below in pairwise(lines) if re.match(r"\|:?--", below))


def english_in(page):
    known = names()
    return {text: words for text in texts_of(page) if (words := left_in_english(text, known))}


@pytest.mark.parametrize("name", ["training-gpus", "planner", "failures", "what-fits"])
def test_a_calculator_is_in_the_language_of_its_edition(edition, name):
    model = calculators.model(name, notebooks.load(EXECUTED / f"{name}.ipynb"))
    page = calculators.place(BODY, "../calculator/0", model)
    assert "⟦Your assumptions⟧" in page
    assert english_in(page) == {}


def test_forms_of_verbs_are(edition):
    page = verbs.place(verbs.PLACE, "calculator/0", verbs.described())
    assert "⟦Train⟧" in page
    assert english_in(page) == {}


def test_the_drill_is(edition):
    page = drill.place(drill.PLACE)
    assert "⟦Ten new questions⟧" in page
    assert english_in(page) == {}


def test_exercises_are(edition):
    page = exercises.section("training-gpus")
    assert "⟦Numbers of seed⟧" in page
    assert english_in(page) == {}


def test_slides_are(edition):
    slide = SimpleNamespace(kind="", above="", title="", body="", notes=[])
    template = TEMPLATES.get_template("slides.html")
    page = template.render(language="xx", title=messages.message("Sequences"), slides=[slide], mathematics="")
    assert "⟦Slide 1⟧" in page
    assert left_in_english(" ".join(re.findall(r'(?:content|aria-label|data-rows?)="([^"]*⟦[^"]*)"', page))) == []


def test_the_search_page_is(edition):
    theme = "{% block docs_body %}{% endblock %}{% block scripts %}{% endblock %}"
    source = (notebooks.ROOT / "book" / "_templates" / "search.html").read_text(encoding="utf-8")
    pages = jinja2.Environment(
        loader=jinja2.DictLoader({"!search.html": theme, "search.html": source})
    )  # as Sphinx has it
    context = {}
    sphinx_extension.know_texts(None, "search", "search.html", context, None)
    page = pages.get_template("search.html").render(context, pathto=lambda *of: "to", hasdoc=lambda name: True)
    assert "⟦Search⟧" in page
    assert '<a href="to">' in page
    assert left_in_english(" ".join(texts_of(page))) == []  # as a whole: a link stands within a text


@pytest.mark.parametrize(
    "page", [citing, data_page, documents, programs, reference, teach], ids=lambda page: page.__name__
)
def test_headings_are_that_the_build_adds_to_pages(edition, page):
    heads = [*heads_of(page.sections())]
    assert heads
    assert [head for head in heads if left_in_english(head)] == []


def test_heads_of_the_ledger_are(edition):
    chapter = "training-gpus"
    record = publications.collect({chapter: notebooks.load(EXECUTED / f"{chapter}.ipynb")})
    summary = publications.scoreboard_summary(record)
    tables = [summary, publications.scoreboard(record), publications.parameter_tables(record)]
    heads = [head for text in tables for head in heads_of(text) if head.startswith("|")]
    assert len(heads) == 3
    assert [head for head in heads if left_in_english(head)] == []
    assert left_in_english(summary.splitlines()[-1]) == []
