"""The page of the source documents: what is known of each, and every line that the book cites, with a translation.

A line has an address, ``documents.html#004-106``, and where a page speaks of lines it links to them.
"""

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from docutils import nodes
from nbformat import NotebookNode
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from bookbuild import notebooks
from llmcalc import files
from llmcalc.messages import marked, message
from llmcalc.report import ledger

PAGE = "documents"
LINES = r"\d+(?:(?: to |[-–])\d+)?"
# A document by its number, or lines, of one document or of that which was named last.
MENTION = re.compile(
    rf"\b[Dd]ocument (?P<document>00\d)\b|\b[Ll]ine (?P<line>{LINES})"
    rf"|\b[Ll]ines (?P<lines>{LINES}(?:(?:, | and |, and ){LINES})*)"
)
OF_DOCUMENT = re.compile(r" of document (00\d)\b")
LINE_CELL = re.compile(r'(col4" >)(\d+(?:-\d+)?)(?=</td>)')
NOTE_CELL = re.compile(r'(col5" >)([^<]*)(?=</td>)')
WEB = re.compile(r"https?://[\w./%-]*[\w/]")
FACTS = {"what": marked("What it is"), "who": marked("Who"), "when": marked("When"), "where": marked("Where")}
CHINESE = re.compile("[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]+")
SECTION = """
({key})=
## {title}

```{{raw}} html
<dl class="source-facts">
{facts}</dl>
```

### {of_lines}

```{{raw}} html
<dl class="source-lines">
{lines}</dl>
```
"""


def sections() -> str:
    """Return a section for each document: what is known of it, and its lines that are cited."""
    return "".join(map(_section, files.rows("source-documents")))


@lru_cache
def quoted() -> dict[str, set[int]]:
    """Return the lines of each document that the page quotes, by the document's number."""
    found: dict[str, set[int]] = {}
    for row in files.rows("source-lines"):
        found.setdefault(number(row["document"]), set()).update(span(row["line"]))
    return found


def number(document: str) -> str:
    """Return the number by which the book calls a document, the beginning of its file name."""
    return document[:3]


def span(line: str) -> range:
    """Return the lines of a line or of a range a-b."""
    first, _, last = line.partition("-")
    return range(int(first), int(last or first) + 1)


def address(document: str, line: str) -> str | None:
    """Return the address of a line, or of the first that is quoted of a range; None if none of them is."""
    known = quoted()[number(document)]
    first = next((line for line in span(line) if line in known), None)
    return None if first is None else f"{PAGE}.html#{number(document)}-{first}"


def _section(row: dict[str, Any]) -> str:
    facts = {message("Title"): row["title"] or message("none")}
    facts |= {message(label): row[column] for column, label in FACTS.items()}
    facts[message("The file")] = message("{file}, {lines} lines", file=row["document"], lines=row["lines"])
    lines = [line for line in files.rows("source-lines") if line["document"] == row["document"]]
    return SECTION.format(
        key=f"document-{number(row['document'])}",
        title=message("Document {number}: {name}", number=number(row["document"]), name=row["name"]),
        of_lines=message("Lines of document {number}", number=number(row["document"])),
        facts="".join(
            f"<dt>{label}</dt><dd>{with_lines(as_html(text), row['document'])}</dd>\n" for label, text in facts.items()
        ),
        lines="".join(map(_line, lines)),
    )


def _line(row: dict[str, Any]) -> str:
    document, lines = number(row["document"]), list(span(row["line"]))
    others = "".join(f'<span id="{document}-{line}"></span>' for line in lines[1:])
    first, label = f"{document}-{lines[0]}", row["line"].replace("-", "–")
    quote, translation = breakable(row["quote"]), breakable(row["translation"])
    said = f'<dd lang="zh">{quote}</dd><dd>{translation}</dd>' if quote != translation else f"<dd>{quote}</dd>"
    return f'<div id="{first}"><dt>{others}<a href="#{first}">{label}</a></dt>{said}</div>\n'


def breakable(text: str) -> str:
    """Return a text as HTML whose addresses of the web may break after their slashes."""
    return WEB.sub(lambda match: re.sub(r"(?<=[^/:])/(?=.)", "/<wbr>", match[0]), html.escape(text))


def as_html(text: str) -> str:
    """Return a text as HTML, its Chinese in elements that say so, and addresses of the web as links."""
    chinese = CHINESE.sub(lambda match: f'<span lang="zh">{match[0]}</span>', html.escape(text))
    return WEB.sub(lambda match: f'<a href="{match[0]}">{match[0].partition("//")[2]}</a>', chinese)


def with_lines(text: str, document: str, root: str = "") -> str:
    """Link the lines of one document that a text in HTML mentions."""

    def link(mention: re.Match[str]) -> str:
        return re.sub(LINES, lambda line: written(document, line[0].replace(" to ", "-"), line[0], root), mention[0])

    return MENTION.sub(lambda mention: mention[0] if mention["document"] else link(mention), text)


def written(document: str, line: str, label: str, root: str = "") -> str:
    """Return a line's label as HTML that links to it, if the page quotes it; `root` leads to the site's root."""
    target = address(document, line)
    return label if target is None else f'<a href="{root}{target}">{label}</a>'


def with_links(notebook: NotebookNode) -> NotebookNode:
    """Link the lines in the ledger's tables of an executed notebook to the page of the documents."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            emitted = output.get("data", {}).get(notebooks.LEDGER)
            if emitted is not None:
                output["data"]["text/html"] = _linked(output["data"]["text/html"], emitted["rows"])
    return notebook


def _linked(table: str, rows: list[dict[str, Any]]) -> str:
    """Link lines and what notes say of lines; rows come in the order of the ledger's, those used as printed last."""
    shown = sorted(rows, key=lambda row: ledger.verdict(row) == "given")
    lines, notes = iter(shown), iter(shown)

    def line(cell: re.Match[str]) -> str:
        row = next(lines)
        if row["line"] != cell[2]:
            raise ValueError(f"the ledger's table has line {cell[2]} where {row['id']} has line {row['line']}")
        return cell[1] + written(row["document"], cell[2], cell[2], "../")

    def note(cell: re.Match[str]) -> str:
        return cell[1] + with_lines(cell[2], next(notes)["document"], "../")

    return NOTE_CELL.sub(note, LINE_CELL.sub(line, table))


class LinkLines(SphinxTransform):
    """Links lines of the source documents, where prose speaks of them, to what they say.

    Prose names a document by a citation or by its number, and goes on with "line 74": such a line is one of the
    document named last, or of one named before that if only that has such a line among those quoted.
    """

    default_priority = 885  # the page is all there, and citations still have their keys

    def apply(self, **_: object) -> None:
        page = self.env.docname
        if PAGE not in self.env.found_docs or page == PAGE:
            return
        self.root = "../" * page.count("/")
        named: list[str] = []  # the last one last
        for node in list(self.document.findall()):
            if isinstance(node, addnodes.pending_xref) and node.get("refdomain") == "cite":
                for key in re.findall(r"\bdoc(00\d)\b", node["reftarget"]):
                    _name(named, key)
            elif isinstance(node, nodes.Text) and not _is_fixed(node):
                parts = list(self.parts(str(node), named))
                if len(parts) > 1:
                    node.parent.replace(node, parts)

    def parts(self, text: str, named: list[str]) -> Iterator[nodes.Node]:
        """Give a text, and links to the lines that it mentions."""
        end = 0
        for match in MENTION.finditer(text):
            if match["document"]:
                _name(named, match["document"])
                continue
            after = OF_DOCUMENT.match(text, match.end())
            if after:
                _name(named, after[1])
            group = "line" if match["line"] else "lines"
            for found in re.finditer(LINES, match[group]):
                line = re.sub(" to |–", "-", found[0])
                targets = (target for document in reversed(named) if (target := address(document, line)))
                target = next(targets, None)
                if target is None:
                    continue
                # A single line is linked with the word before it.
                start = match.start() if group == "line" else match.start(group) + found.start()
                stop = match.start(group) + found.end()
                yield nodes.Text(text[end:start])
                yield nodes.reference("", text[start:stop], refuri=self.root + target, internal=True)
                end = stop
        yield nodes.Text(text[end:])


def _name(named: list[str], document: str) -> None:
    if document in named:
        named.remove(document)
    named.append(document)


def _is_fixed(node: nodes.Text) -> bool:
    """Whether a text is part of a heading, a link or code."""
    kinds = (nodes.title, nodes.reference, addnodes.pending_xref, nodes.literal, nodes.literal_block, nodes.raw)
    parent = node.parent
    while parent is not None:
        if isinstance(parent, (*kinds, nodes.comment)):
            return True
        parent = parent.parent
    return False
