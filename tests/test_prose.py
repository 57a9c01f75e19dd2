"""What people read is written as the rules in prose.toml say; spelling is left to codespell, beside the linters."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookbuild.notebooks import ROOT

RULES = tomllib.loads((Path(__file__).parent / "prose.toml").read_text(encoding="utf-8"))["rule"]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.md")])
MODULES = sorted(
    [*(ROOT / "llmcalc" / "answers").glob("*.py"), *(ROOT / "llmcalc" / "teaching" / "exercises").glob("*.py")]
)
SENTENCE = 4  # words, from which on a text in code is one that people read
# Not prose, in this order: front matter, code in blocks and in lines, formulas, what others said, addresses and labels.
CODE = re.compile(r"^(`{3,}|~{3,})(?:\{code-cell\} ipython3|\w*)\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)
ASIDE = re.compile(
    r"\A---\n.*?\n---\n|<!--.*?-->|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\$\$.*?\$\$|\$[^$\n]+\$"
    r"|\"[^\"\n]{1,400}\"|“[^”]*”|\]\([^)]*\)|<[^>\s]+>|https?://\S+|^\([\w-]+\)=$",
    re.MULTILINE | re.DOTALL,
)


def blanked(found: re.Match[str]) -> str:
    """As many lines as there were, and something that is no word."""
    return "¤" + "\n" * found[0].count("\n")


def prose_of(page: str) -> str:
    """What a page says in its own words, on the lines where it stands."""
    return ASIDE.sub(blanked, CODE.sub(blanked, page))


def sentences_of(code: str, first: int = 1) -> Iterator[tuple[int, str]]:
    """Texts in Python code that are long enough to be sentences, with their lines; names and formats are none."""
    tree = ast.parse(code)
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and isinstance(node.body[0], ast.Expr)
    }
    # What a source printed is quoted letter by letter.
    quoted = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "printed"
        for part in ast.walk(node)
    }
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in documented | quoted | inner:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "¤" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if len(text.split()) >= SENTENCE:
            yield first + node.lineno - 1, prose_of(text)


def said(path: Path) -> Iterator[tuple[int, str]]:
    """All that a file says to people: where it begins, and the text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from sentences_of(text)
        return
    yield 1, prose_of(text)
    for cell in CODE.finditer(text):
        if cell[0].startswith("```{code-cell}"):
            options = re.compile(r"\A(?:---\n.*?---\n|(?::[^\n]*\n)+)", re.DOTALL).sub(blanked, cell[2])
            yield from sentences_of(options.replace("¤", ""), text[: cell.start(2)].count("\n") + 1)


def faults(text: str, rule: dict) -> Iterator[tuple[int, str]]:
    """Where a text breaks a rule."""
    for found in re.finditer(rule["pattern"], text):
        if not any(re.search(before, text[: found.start()]) for before in rule.get("but", [])):
            yield text[: found.start()].count("\n"), found[0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["says"])
def test_a_rule_finds_what_it_is_for_and_no_more(rule):
    assert rule["finds"]
    assert rule["passes"]
    for text in rule["finds"]:
        assert list(faults(text, rule)), text
    for text in rule["passes"]:
        assert not list(faults(text, rule)), text


def test_what_is_not_this_projects_own_prose_is_left_out():
    page = '---\na: utilization\n---\n"utilization".\n```python\nutilization = 1\n```\nIn `utilization`: utilization.\n'
    assert "tilization" in prose_of(page)
    assert prose_of(page).count("tilization") == 1
    assert prose_of(page).count("\n") == page.count("\n")
    assert list(sentences_of('x = "one two"\ny = f"one two three {x} utilization"')) == [
        (2, "one two three ¤ utilization")
    ]


@pytest.mark.parametrize("path", [*PAGES, *MODULES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_people_read_is_written_as_the_rules_say(path):
    broken = [
        f"{path.relative_to(ROOT)}:{line + below}: {what!r}: {rule['says']}"
        for line, text in said(path)
        for rule in RULES
        for below, what in faults(text, rule)
    ]
    assert not broken, "\n".join(broken)
