"""Exercises at the end of a chapter: what the page shows, and what its worker needs to grade them."""

from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode, v4

from bookbuild.calculator import calculators
from bookbuild.templates import TEMPLATES
from llmcalc import datasets, teaching
from llmcalc.messages import marked, message
from llmcalc.questions import questions
from llmcalc.teaching import marking
from llmcalc.teaching.draws import Column
from llmcalc.teaching.writing import LETTERS, LEVELS

FIRST_SEED = 1
PLACE = '<div class="practice-place" data-exercises="{name}"></div>'
INTRODUCTION = """\
({name}-practice)=
## {heading}

{text}

{place}
"""
TEXT = marked("""\
{count} exercises whose numbers are drawn anew as often as you like. An answer is a number with or without its unit, as
you would write it; the page says whether it is right, or what went wrong. In Python, `from llmcalc import teaching`,
`print(teaching.pose("{name}/1", seed={seed}).text)` and `teaching.check("{name}/1", "your answer", seed={seed})` do
the same.""")


def names() -> list[str]:
    """Return the chapters with exercises."""
    return teaching.chapters()


def with_practice(name: str, notebook: NotebookNode) -> NotebookNode:
    """Return a chapter's notebook with a last section, in which the exercises will stand."""
    if name not in names():
        return notebook
    text = INTRODUCTION.format(
        name=name,
        heading=message("Practice"),
        text=message(TEXT, name=name, count=len(teaching.chapter(name).exercises), seed=FIRST_SEED),
        place=PLACE.format(name=name),
    )
    extended = NotebookNode(notebook)
    extended.cells = [*notebook.cells, v4.new_markdown_cell(text, id="practice")]
    return extended


def model(name: str) -> dict[str, Any]:
    """Return what a worker needs to grade a chapter's exercises, besides what its calculator has brought."""
    own = f"llmcalc.teaching.exercises.{name.replace('-', '_')}"
    modules = calculators.modules_of(name)
    wanted = sorted(calculators.closure({own, "llmcalc.teaching.marking"}))
    added = {module: calculators.shipped(module) for module in wanted if module not in modules}
    calculator = calculators.tables(questions()[name], list(modules.values()))
    return {
        "module": own,
        "modules": added,
        "data": calculators.by_columns(tables([name], [*modules.values(), *added.values()], set(calculator))),
    }


def tables(chapters: Iterable[str], sources: list[str], known: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Rows that chapters' exercises look up or draw from, with the columns that they or a calculator name."""
    trees = [calculators.parsed(text) for text in sources]
    words = {word for tree in trees for word in calculators.words(tree)}
    found = {table for tree in trees for table in calculators.looked_up(tree)} | known
    for name in chapters:
        for exercise in teaching.chapter(name).exercises:
            found |= {draw.table for draw in exercise.draws.values() if isinstance(draw, Column)}
    return {
        table: [{column: cell for column, cell in row.items() if column in words} for row in datasets.records(table)]
        for table in sorted(found)
    }


def section(name: str) -> str:
    """Return the exercises of a chapter as HTML, with the numbers of the first seed."""
    posed = [exercise.pose(FIRST_SEED) for exercise in teaching.chapter(name).exercises]
    return TEMPLATES.get_template("exercises.html").render(
        name=name,
        seed=FIRST_SEED,
        letters=LETTERS,
        levels=LEVELS,
        exercises=[each.described() | {"wanted": marking.wanted(each.exercise)} for each in posed],
    )


def place(body: str) -> str:
    """Put the exercises where a page's HTML has a place for them."""
    for name in names():
        marked = PLACE.format(name=name)
        if marked in body:
            body = body.replace(marked, section(name))
    return body


def files(chapters: Iterable[str]) -> dict[str, str]:
    """Return what pages of some chapters fetch, by file name."""
    return {f"{name}-exercises.json": calculators.packed(model(name)) for name in names() if name in chapters}
