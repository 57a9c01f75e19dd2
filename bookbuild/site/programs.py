"""What the site has for programs: a list of its pages to read (llms.txt), and a schema of every question and answer."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bookbuild import notebooks
from bookbuild.notebooks import ROOT
from bookbuild.site import citing, data_page, downloads, figures, publications
from bookbuild.site.markdown import plain
from bookbuild.site.staging import write_json
from llmcalc.messages import message
from llmcalc.questions import Question, answer_schema, json_schema, questions

LIST = "llms.txt"
SCHEMAS = "schemas"
LONGEST = 240  # characters of a description
FENCE = re.compile(r"^(```|:::+).*?^\1$", re.MULTILINE | re.DOTALL)
HEAD = re.compile(r"\A---\n.*?^---$", re.MULTILINE | re.DOTALL)
ASIDE = re.compile(r"\s*\((?:see (?:the )?)?\{ref\}`[^`]+`\)")
# What Markdown adds to the words of a sentence.
MARKS = [(re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"), (re.compile(r"<[^>]+>|\*\*|`"), "")]


@dataclass(frozen=True)
class Page:
    """A page of the site: its address, its title, and what it says first."""

    address: str
    title: str
    about: str


def contents() -> dict[str, list[Page]]:
    """Return the pages of the site in the order of `_toc.yml`, by the captions of its parts, if it has any."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    found = {"Start": [page(toc["root"])]}
    for part in toc.get("parts") or [toc]:
        listed = [page(name) for name in _files(part.get("chapters", []))]
        if listed:
            found.setdefault(part.get("caption", "Pages"), []).extend(listed)
    return found


def _files(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        if "file" in entry:
            yield entry["file"]
        yield from _files(entry.get("sections", []))


def page(name: str) -> Page:
    """Return what is to be told of a page: of a question its answer, of others their first sentence."""
    text = HEAD.sub("", (ROOT / f"{name}.md").read_text(encoding="utf-8"))
    text = FENCE.sub("", text)
    asked = questions().get(name.removeprefix("notebooks/"))
    about = asked.answer().sentence if asked and name.startswith("notebooks/") else _first_sentence(text)
    title = next(line for line in text.splitlines() if line.startswith("# ")).removeprefix("# ")
    return Page(f"{name.removeprefix('book/')}.html", _words(title), about)


def _first_sentence(text: str) -> str:
    """Return the first sentence of a page that quotes no computed value, as words alone."""
    for block in text.split("\n\n"):
        block = " ".join(line for line in block.splitlines() if not re.match(r"#|\(\S+\)=$|[-|:<{]", line))
        for sentence in re.split(r"(?<=[.?!:])\s+", _words(block)):
            if sentence and "{" not in sentence:
                return textwrap.shorten(re.sub(r":$", ".", sentence), LONGEST, placeholder=" …")
    return ""


def _words(text: str) -> str:
    text = downloads.portable(ASIDE.sub("", text))
    for pattern, kept in MARKS:
        text = pattern.sub(kept, text)
    return " ".join(text.split())


def stage_list(folder: Path) -> None:
    """Write llms.txt (https://llmstxt.org): what the book is, and a line for each page and file, with its address."""
    told = citing.citation()
    lines = [f"# {told['title']}", "", f"> {' '.join(told['abstract'].split())}", "", *HOW_TO_USE, ""]
    for caption, pages in contents().items():
        lines += [f"## {caption}", "", *(_link(one.title, one.address, one.about) for one in pages), ""]
    package = f"{data_page.FOLDER}/{data_page.PACKAGE}"
    lines += ["## Files", ""]
    lines.append(_link("Data package", package, "every table of the book, with the meaning and unit of each column"))
    about = "every figure of the book as SVG and PNG, its data as CSV, and their meaning, units and sources as JSON"
    lines.append(_link("Figures", f"{figures.FOLDER}/{figures.LIST}", about))
    lines.append(
        _link("Ledger", "reproduction.csv", "every number that the sources print, and what is computed for it")
    )
    for wheel in sorted(folder.glob("*.whl")):
        lines.append(_link("Package for Python", wheel.name, "all formulas, answers and data; the command llmcalc"))
    lines += ["", "## Optional", ""]
    for name, question in questions().items():
        for ending, of in (("", "parameters"), (".answer", "answer")):
            lines.append(_link(f"Schema, {of} of {name}", f"{SCHEMAS}/{name}{ending}.json", question.title))
    (folder / LIST).write_text("\n".join(lines) + "\n", encoding="utf-8")


HOW_TO_USE = [
    "Every number of the site is computed by the Python package `llmcalc`. With the package installed,",
    "`llmcalc answer QUESTION NAME=VALUE --json` answers a question; `llmcalc schema QUESTION` says what may be given.",
    "All quantities have units; peaks are dense, a multiply-accumulate is two FLOP, GB is 10⁹ bytes and GiB 2³⁰.",
]


def _link(title: str, address: str, about: str) -> str:
    return f"- [{title}]({address})" + (f": {about}" if about else "")


def stage_schemas(folder: Path) -> None:
    """Write the schemas of every question's parameters and of its answer, as the command prints them."""
    folder.mkdir(parents=True)
    for name, question in questions().items():
        write_json(folder / f"{name}.json", json_schema(question))
        write_json(folder / f"{name}.answer.json", answer_schema(question))


def sections() -> str:
    """Return the table of all questions with their schemas."""
    known = notebooks.names()
    heads = [message("Question"), message("Results"), message("Schemas")]
    lines = ["\n## " + message("Schemas of all questions") + "\n", f"| {' | '.join(heads)} |", "|:--|:--|:--|"]
    return "\n".join(lines + [_line(name, question, name in known) for name, question in questions().items()]) + "\n"


def _line(name: str, question: Question, is_chapter: bool) -> str:
    title = f"{{ref}}`{name}`" if is_chapter else plain(message(question.title))
    results = ", ".join(f"`{result['name']}`" for result in question.answer().listed())
    links = [
        f'<a href="{SCHEMAS}/{name}{ending}.json" aria-label="{name}, {of}">{of}</a>'
        for ending, of in (("", message("parameters")), (".answer", message("answer")))
    ]
    return f"| {publications.address(name)}`{name}`<br>{title} | {results} | {'<br>'.join(links)} |"
