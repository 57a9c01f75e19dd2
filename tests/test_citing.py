"""Citations: made of CITATION.cff alone, readable by BibTeX, and silent on what is not known."""

import re
from types import SimpleNamespace

import pytest
import yaml
from bs4 import BeautifulSoup
from pybtex.database import parse_string

from bookbuild import inputs
from bookbuild.site import citing, pdf, sphinx_extension
from llmcalc import __version__
from tests import conftest

PEOPLE = [
    {"given-names": "Ada", "family-names": "Lovelace"},
    {"given-names": "José", "family-names": "de la Cruz"},
    {"name": "The Others"},
]
KNOWN = {
    "url": "https://book.example/compute/",
    "repository-code": "https://github.com/them/compute",
    "repository-artifact": "https://github.com/them/compute/tree/built",
}


@pytest.fixture
def cited(monkeypatch, tmp_path):
    """Return a function that changes what CITATION.cff says."""
    told = yaml.safe_load((citing.ROOT / citing.FILE).read_text(encoding="utf-8"))

    def change(**changes):
        (tmp_path / citing.FILE).write_text(yaml.safe_dump(told | changes), encoding="utf-8")
        citing.citation.cache_clear()

    monkeypatch.setattr(citing, "ROOT", tmp_path)
    change()
    yield change
    citing.citation.cache_clear()


def entries(text):
    return parse_string(text, "bibtex").entries


def test_the_book_is_cited_as_its_file_says(cited):
    assert citing.text() == f"The llmcalc authors (2026). *How much compute do I need?* Version {__version__}."
    cited(authors=PEOPLE, title="Compute", version="2.0", url=KNOWN["url"], **{"date-released": "2031-02-03"})
    assert citing.text() == (
        "Lovelace, Ada, de la Cruz, José and The Others (2031). *Compute*. Version 2.0. https://book.example/compute/"
    )
    assert citing.authors() == ["Ada Lovelace", "José de la Cruz", "The Others"]


def test_bibtex_reads_what_is_written(cited):
    cited(authors=PEOPLE, **KNOWN)
    [book] = entries(citing.bibtex()).values()
    [chapter] = entries(citing.chapter_bibtex("memory", "Does it fit?", "notebooks/memory.html")).values()
    assert book.fields["title"] == chapter.fields["booktitle"] == "{How much compute do I need?}"
    assert (book.fields["year"], chapter.fields["title"]) == ("2026", "{Does it fit?}")
    assert book.fields["note"] == f"Version {__version__}"
    assert book.fields["url"] == "https://book.example/compute/"
    assert chapter.fields["url"] == "https://book.example/compute/notebooks/memory.html"
    for entry in (book, chapter):
        first, second, third = entry.persons["author"]
        assert (first.first_names, first.last_names) == (["Ada"], ["Lovelace"])
        assert " ".join(second.prelast_names + second.last_names) == "de la Cruz"
        assert (third.first_names, third.last_names) == ([], ["{The Others}"])
    assert book.key != chapter.key


def test_what_is_not_known_is_left_out(cited):
    assert "url" not in citing.bibtex()
    assert "public_url" not in citing.metatags("Memory", "notebooks/memory.html", False)
    assert (citing.repository(), citing.in_colab("a.ipynb"), citing.public_address("a.html")) == ("", "", "")
    # A repository of sources has no notebook that Colab can read.
    cited(**{"repository-code": KNOWN["repository-code"]})
    assert citing.in_colab("a.ipynb") == ""


def tags(text):
    found = {}
    for tag in BeautifulSoup(text, "html.parser").find_all("meta"):
        found.setdefault(tag["name"], []).append(tag["content"])
    return found


def test_pages_tell_reference_managers_what_they_are(cited):
    cited(authors=PEOPLE, **KNOWN)
    page = tags(citing.metatags('Of <code>a</code> &amp; "b"', "notebooks/memory.html", False))
    assert page == {
        "citation_title": ['Of a & "b"'],
        "citation_inbook_title": ["How much compute do I need?"],
        "citation_author": ["Ada Lovelace", "José de la Cruz", "The Others"],
        "citation_publication_date": ["2026/11/21"],
        "citation_language": ["en"],
        "citation_public_url": ["https://book.example/compute/notebooks/memory.html"],
    }
    root = tags(citing.metatags("Whatever", "index.html", True))
    assert root["citation_title"] == ["How much compute do I need?"]
    assert "citation_inbook_title" not in root


def buttons(folder, page):
    context = {"pathto": lambda target, resource: f"../{target}"}
    sphinx_extension.offer_downloads(SimpleNamespace(confdir=folder), page, "page.html", context, None)
    return {button["text"]: button["url"] for button in context["header_buttons"]}


def test_the_bar_links_what_there_is(cited, tmp_path):
    (tmp_path / "extra").mkdir()
    assert buttons(tmp_path, "notebooks/memory") == {"Notebook": "../_sources/notebooks/memory.ipynb"}
    assert buttons(tmp_path, "glossary") == {}
    (tmp_path / "extra" / pdf.NAME).touch()
    cited(**KNOWN)
    assert buttons(tmp_path, "teach") == {"PDF": f"../{pdf.TEACHERS_NAME}", "Source": KNOWN["repository-code"]}
    assert buttons(tmp_path, "notebooks/memory") == {
        "Notebook": "../_sources/notebooks/memory.ipynb",
        "Colab": "https://colab.research.google.com/github/them/compute/blob/built/_sources/notebooks/memory.ipynb",
        "PDF": f"../{pdf.NAME}",
        "Source": KNOWN["repository-code"],
    }


def test_the_section_quotes_the_book_and_its_first_chapter():
    text = citing.sections()
    assert citing.text() in text
    listings = re.findall(r"```bibtex\n(.*?)\n```", text, re.DOTALL)
    assert [entry.type for listing in listings for entry in entries(listing).values()] == ["misc", "incollection"]


def test_the_file_is_among_what_the_site_is_made_of():
    assert citing.FILE in inputs.taken()
    assert citing.FILE in conftest.SOURCES
