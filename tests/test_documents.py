"""Every line of a source document that the book cites can be read there: quoted, translated, and at its address."""

import ast
import csv
import re
from functools import lru_cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild import notebooks
from bookbuild.site import documents
from llmcalc import files
from llmcalc.report import tables
from tests.grouped import together

ROOT = Path(__file__).parent.parent
HTML = notebooks.BUILD / "html"
# The source documents are not part of the book; where they lie beside it, the quotes are held against them.
DOCUMENTS = ROOT.parent / "shared" / "documents"
CITED = [
    name
    for name in sorted(path.stem for path in (ROOT / "data").glob("*.toml"))
    if files.contract(name).get("document")
]
# Of a longer passage that is cited as a whole, the page has the lines that numbers come from, its first and its last.
PASSAGE = 12
EMPTY = re.compile(r"|\||\S+\.(?:png|jpg)")  # a bar between cells, or where a picture was
at_hand = pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the source documents do not lie beside the book")


@lru_cache
def text_of(document):
    [path] = DOCUMENTS.glob(f"{document[:3]}_*.txt")
    return path.read_text(encoding="utf-8").splitlines()


def written(document, lines):
    """What stands on some lines, as quotes have it: bars between the cells, no empty lines."""
    text = text_of(document)
    cells = (" ".join(text[line - 1].split()) for line in lines)
    return " | ".join(cell for cell in cells if cell not in ("", "|"))


def named(text, known):
    """Documents and ranges of lines that a text names; without a document right before, one of all those named."""
    known, last, end = list(known), "", -10
    for mention in documents.MENTION.finditer(text):
        if mention["document"]:
            last, end = mention["document"], mention.end()
            known.append(last)
        for line in re.findall(documents.LINES, mention["line"] or mention["lines"] or ""):
            yield [last] if mention.start() - end < len(",  ") else list(known), re.sub(" to |–", "-", line)


def of_tables():
    """Lines of every number of every table, and the passages that contracts name."""
    for name in CITED:
        contract = files.contract(name)
        for row in tables.cells(name).reset_index().to_dict("records") if is_table(name) else files.rows(name):
            yield name, [row["document"][:3]], str(row["line"])
        known = [document[:3] for document in re.findall(r"\d{3}_[0-9a-f]{16}", contract["document"])]
        for part in re.split(r"[;,] | and ", contract["lines"]):
            inside = re.findall(r"document (\d{3})", contract["lines"][contract["lines"].index(part) :])
            yield name, inside[:1] if inside else known, re.search(r"\d+(?:-\d+)?", part)[0]


def is_table(name):
    return any("line_offset" in rules for rules in files.contract(name)["columns"].values())


def of_notebooks():
    """Lines that notebooks name: in prose, in code and in the errata that they record."""
    for name in notebooks.names():
        text = (notebooks.SOURCES / f"{name}.md").read_text(encoding="utf-8")
        mine = sorted(set(re.findall(r"\bdoc(\d{3})\b", text)) | set(re.findall(r"\b(\d{3})_[0-9a-f]{16}", text)))
        yield from ((name, known, line) for known, line in named(text.replace("\n", " "), mine))
        for slip in re.findall(r'\bline="([\d, and-]+)"', text):
            yield from ((name, mine, line) for line in re.findall(r"\d+(?:-\d+)?", slip))


def of_modules():
    """Lines that docstrings name."""
    for path in sorted((ROOT / "llmcalc").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = " ".join((ast.get_docstring(node) or "").split())
                yield from ((path.stem, known, line) for known, line in named(text, []) if known)


def is_quoted(document, line):
    known, lines = documents.quoted()[document], documents.span(line)
    if DOCUMENTS.is_dir():
        text = text_of(document)
        lines = [line for line in lines if line > len(text) or not EMPTY.fullmatch(text[line - 1].strip())]
        if len(lines) > PASSAGE:
            lines = [lines[0], lines[-1]]
        return bool(lines) and known.issuperset(lines)
    return not known.isdisjoint(lines)


@pytest.mark.parametrize("cited", [of_tables, of_notebooks, of_modules], ids=lambda cited: cited.__name__)
def test_every_line_that_is_cited_is_quoted(cited):
    found = list(cited())
    assert len(found) > 50
    missing = [(name, line) for name, known, line in found if not any(is_quoted(document, line) for document in known)]
    assert not missing


def test_a_line_that_is_not_quoted_is_noticed():
    assert not is_quoted("004", "77")
    assert not is_quoted("003", "104-110") or DOCUMENTS.is_dir()


@together
@at_hand
@pytest.mark.parametrize("row", files.rows("source-lines"))
def test_a_quote_is_what_the_document_says(row):
    whole, place = written(row["document"], documents.span(row["line"])), 0
    for part in row["quote"].split("…"):
        found = whole.find(part.strip(), place)
        assert found >= 0, part
        place = found + len(part.strip())
    # What a quote leaves out at its ends is marked, too.
    assert row["quote"].startswith("…") or whole.startswith(row["quote"].partition("…")[0])
    assert row["quote"].endswith("…") or whole.endswith(row["quote"].rpartition("…")[2])


def test_every_quote_has_a_translation_into_english():
    for row in files.rows("source-lines"):
        assert not re.search("[\u3400-\u9fff]", row["translation"]), row["line"]
        assert re.search(r"\w", row["translation"]), row["line"]


def test_quotes_are_short_and_in_order_and_no_line_is_quoted_twice():
    seen = {}
    for row in files.rows("source-lines"):
        assert len(row["quote"]) < 700, row["line"]
        lines = documents.span(row["line"])
        assert lines[0] > seen.get(row["document"], 0), row["line"]
        seen[row["document"]] = lines[-1]


@at_hand
def test_documents_are_as_long_and_called_as_the_page_says():
    for row in files.rows("source-documents"):
        text = text_of(row["document"])
        assert len(text) == row["lines"]
        assert row["title"] is None or row["title"] in (line.strip() for line in text)


@pytest.mark.parametrize(
    ("document", "line", "address"),
    [
        ("004_12c58f00a955f317.txt", "106", "documents.html#004-106"),
        ("000_c6ae01cfccea77da.txt", "142", "documents.html#000-142"),
        ("002_874d009b9bc27126.txt", "30-61", "documents.html#002-45"),
        ("004_12c58f00a955f317.txt", "77", None),
    ],
)
def test_a_line_has_an_address_if_it_is_quoted(document, line, address):
    assert documents.address(document, line) == address


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Repeats lines 667 to 670.", "Repeats lines <a href=\"documents.html#000-667\">667 to 670</a>."),
        ("Line 916 repeats line 911.", "Line <a href=\"documents.html#000-916\">916</a> repeats line "
         "<a href=\"documents.html#000-911\">911</a>."),
        ("Lines 1, 9", "Lines <a href=\"documents.html#000-1\">1</a>, <a href=\"documents.html#000-9\">9</a>"),
        ("A line of 3 lamps and document 003", "A line of 3 lamps and document 003"),
    ],
)  # fmt: skip
def test_mentions_of_lines_become_links(text, linked):
    assert documents.with_lines(text, "000") == linked


def test_a_table_of_the_ledger_that_is_not_in_its_order_is_refused():
    row = {"id": "a/b", "document": "004", "line": "106", "status": "given", "printed": "1", "computed": 1.0}
    table = '<td class="data row0 col4" >106</td>'
    assert 'href="../documents.html#004-106"' in documents._linked(table, [row])
    with pytest.raises(ValueError, match="has line 106 where a/b has line 102"):
        documents._linked(table, [row | {"line": "102"}])


@pytest.mark.built
def test_docstrings_link_lines_to_what_they_say():
    assert '"documents.html#004-104">line 104</a>' in (HTML / "reference.html").read_text(encoding="utf-8")


@lru_cache
def soup(page):
    return BeautifulSoup((HTML / page).read_text(encoding="utf-8"), "html.parser")


def test_addresses_of_the_web_break_after_their_slashes():
    assert documents.breakable("a < b, https://github.com/x/y-z") == "a &lt; b, https://github.com/<wbr>x/<wbr>y-z"


@pytest.fixture(scope="module")
def page():
    return soup("documents.html")


@pytest.mark.built
def test_every_quote_is_marked_as_chinese_and_has_its_address(page):
    for row in files.rows("source-lines"):
        lines = documents.span(row["line"])
        block = page.find(id=f"{row['document'][:3]}-{lines[0]}")
        quote, *translation = block.find_all("dd")
        assert quote.get_text() == row["quote"]
        # What needs no translation is not said twice.
        same = row["quote"] == row["translation"]
        assert quote.get("lang") == (None if same else "zh")
        assert [each.get_text() for each in translation] == ([] if same else [row["translation"]])
        for line in lines[1:]:
            assert page.find(id=f"{row['document'][:3]}-{line}").find_parent("div") is block


@pytest.mark.built
@pytest.mark.parametrize(
    ("name", "target", "text"),
    [
        ("scoreboard.html", "documents.html#004-106", "004:106"),
        ("errata.html", "documents.html#004-106", "106"),
        ("errata.html", "documents.html#000-445", "445"),
        ("notebooks/training-step.html", "../documents.html#003-74", "line 74"),
        ("notebooks/memory.html", "../documents.html#003-213", "line 213"),
        ("notebooks/how-much-data.html", "../documents.html#001-43", "line 43"),
        ("notebooks/training-cost.html", "../documents.html#000-445", "line 445"),
        ("notebooks/inference-gpus.html", "../documents.html#004-106", "106"),
    ],
)
def test_pages_link_lines_to_what_they_say(name, target, text):
    assert text in [link.get_text() for link in soup(name).find_all("a", href=target)]


@pytest.mark.built
def test_every_link_to_a_line_leads_to_one(page):
    known = {element["id"] for element in page.find_all(id=re.compile(r"^00\d-"))}
    for path in [*HTML.glob("*.html"), *HTML.glob("notebooks/*.html")]:
        targets = re.findall(r'href="(?:\.\./)?documents\.html#(00\d-\d+)"', path.read_text(encoding="utf-8"))
        assert known.issuperset(targets), path.name


@pytest.mark.built
def test_every_line_of_the_scoreboard_is_linked():
    for table in soup("scoreboard.html").select("table"):
        columns = [cell.get_text() for cell in table.select("thead th")]
        if "Line" in columns:
            for row in table.select("tbody tr"):
                cell = row.find_all("td")[columns.index("Line")]
                assert cell.a["href"].startswith("documents.html#"), cell.get_text()


@pytest.mark.built
def test_the_quotes_are_published_as_a_file():
    with (HTML / "source-lines.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(files.rows("source-lines"))
