"""Texts that stand in code: their catalogue is complete; Python, MicroPython and scripts take them from it alike."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from babel.messages.jslexer import tokenize, unquote_string

from bookbuild import faults
from bookbuild import messages as catalogues
from bookbuild.edition import EditionError
from llmcalc import messages
from tests.editions import WORD
from tests.formulas import SOURCE
from tests.test_micropython import run_in_micropython

NODE = Path(sys.prefix) / "bin" / "node"
SCRIPT = SOURCE.parent / "book" / "_static" / "messages.mjs"
PLACEHOLDER = re.compile(r"\{\w+\}")
MARKED = re.compile(r"""(?<!\w)(?:_|marked|plural)\(\s*(["'])(.+?)\1""")
SCRIPTS = sorted(path for part in ("book", "bookbuild/teaching") for path in (SOURCE.parent / part).rglob("*.*js"))
WORDS = re.compile(r"[A-Za-z][a-z’']+,? [A-Za-z]?[a-z’']+")
PROGRAM = re.compile(r"\n(?:import|from) ")  # of Python, which takes its texts itself
VALUE = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")  # in a template
SELECTOR = re.compile(r"(?:^|[a-z ])[.#\[:][\w-]|^(?:article|dd|td)\b")
# Classes of elements, a font, and what is written into a form or the browser's store for programs to read.
NO_TEXTS = {
    "guess-mark guess-mark-",
    "calculator-more calculator-picture",
    "system-ui, sans-serif",
    "px system-ui, sans-serif",
    "my card",
    "llmcalc scenarios ",
}
EDITIONS = sorted(catalogues.LOCALE.glob("*/LC_MESSAGES/llmcalc.po"))
MADE_UP = {"{all} of us": "⟦{all}⟧", "{n} page": ["⟦{n} p⟧", "⟦{n} pp⟧"], "{n} card": ["⟦{n} k⟧"]}
CALLS = [
    ("message", ["{all} of us"], {"all": 3}),
    ("message", ["constructor"], {}),
    ("message", ["a set {in} braces"], {}),
    *[("plural", [f"{{n}} {thing}", f"{{n}} {thing}s", n], {}) for thing in ("page", "card", "row") for n in (0, 1, 7)],
    ("plural", ["{n} row of {all}", "{n} rows of {all}", 2], {"all": 9}),
]
IN_ENGLISH = [
    "3 of us",
    "constructor",
    "a set {in} braces",
    *["0 pages", "1 page", "7 pages", "0 cards", "1 card", "7 cards", "0 rows", "1 row", "7 rows"],
    "2 rows of 9",
]
MADE_UP_TEXTS = [
    "⟦3⟧",
    "constructor",
    "a set {in} braces",
    *["⟦0 pp⟧", "⟦1 p⟧", "⟦7 pp⟧", "⟦0 k⟧", "⟦1 k⟧", "⟦7 k⟧", "0 rows", "1 row", "7 rows"],
    "2 rows of 9",
]


@pytest.fixture(params=[({}, IN_ENGLISH), (MADE_UP, MADE_UP_TEXTS)], ids=["English", "made up"])
def edition(request):
    yield request.param
    messages.use({})


def test_python_takes_texts_from_the_catalogue(edition):
    catalogue, expected = edition
    messages.use(catalogue)
    assert [getattr(messages, name)(*given, **values) for name, given, values in CALLS] == expected


def test_micropython_takes_the_same(edition, tmp_path):
    catalogue, expected = edition
    lines = [f"from llmcalc import messages\nmessages.use(json.loads({json.dumps(catalogue)!r}))"]
    lines += [f"print(messages.{name}(*{given!r}, **{values!r}))" for name, given, values in CALLS]
    assert run_in_micropython([{"statements": "\n".join(lines)}], tmp_path, shared=("messages",)) == expected


def test_scripts_take_the_same(edition):
    catalogue, expected = edition
    program = f"""
import * as messages from {json.dumps(SCRIPT.as_uri())};
messages.use({json.dumps(catalogue)});
const calls = {json.dumps(CALLS)};
console.log(JSON.stringify(calls.map(([name, given, values]) => messages[name](...given, values))));
"""
    run = subprocess.run([NODE, "--input-type=module", "-e", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == expected


# A look at all sources takes two seconds.
extracted = cache(catalogues.extracted)


def test_the_template_is_up_to_date():
    assert catalogues.TEMPLATE.read_bytes() == catalogues.written(extracted()), "run make messages"


def test_the_template_has_every_text_that_scripts_mark():
    """Also that Babel looks into no template literal, and into no other text's values: nothing may be marked there."""
    scripts = [path for folder in ("book", "bookbuild") for path in (SOURCE.parent / folder).rglob("*.*js")]
    scripts += [*(SOURCE.parent / "bookbuild" / "templates").glob("*.html")]
    marked = {text for path in scripts for _, text in MARKED.findall(path.read_text(encoding="utf-8"))}
    assert {"This is my guess", "{n} point", "Copy link", "there is no result: {reason}"} <= marked <= texts()


def test_the_template_has_every_text_that_python_marks():
    """Also those within f-strings."""
    calls = [
        node
        for folder in ("llmcalc", "bookbuild")
        for path in (SOURCE.parent / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
    ]
    marked = {call.args[0].value for call in calls if getattr(call.func, "id", "") in ("message", "marked", "plural")}
    assert "How to cite" in marked
    assert {text for text in marked - texts() if isinstance(text, str) and WORD.search(text)} == set()


@cache
def texts():
    """All texts of the catalogue, of those with a plural both forms."""
    entries = [entry.id for entry in catalogues.read(catalogues.TEMPLATE) if entry.id]
    return {text for entry in entries for text in ([entry] if isinstance(entry, str) else entry)}


def literals(path):
    """Texts of a script as it has them, of templates what stands around their values."""
    for token in tokenize(path.read_text(encoding="utf-8")):
        if token.type == "string":
            yield unquote_string(token.value)
        elif token.type == "template_string" and not PROGRAM.match(token.value[1:]):
            yield from VALUE.split(token.value[1:-1])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_say_nothing_that_is_not_in_the_catalogue(path):
    """Whatever reads like some words is a text that is marked, a selector of elements, or listed as none."""
    said = {text for text in literals(path) if WORDS.search(text) and not SELECTOR.search(text)}
    assert said - texts() - NO_TEXTS == set()


def badly_filled(catalogue):
    """Texts whose translation has other placeholders; {n} may be told in words where the form is for one."""
    for entry in catalogue:
        texts, translated = [[text] if isinstance(text, str) else list(text) for text in (entry.id, entry.string)]
        names = {name for text in texts for name in PLACEHOLDER.findall(text)}
        if entry.id and any({*PLACEHOLDER.findall(text)} | {"{n}"} != names | {"{n}"} for text in translated if text):
            yield texts[0]


@pytest.mark.parametrize("path", EDITIONS, ids=lambda path: path.parent.parent.name)
def test_translations_have_the_placeholders_of_their_texts(path):
    assert list(badly_filled(catalogues.read(path, path.parent.parent.name))) == []


def test_an_edition_is_begun_and_brought_up_to_date(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    monkeypatch.setattr(catalogues, "TEMPLATE", tmp_path / "llmcalc.pot")
    monkeypatch.setattr(catalogues, "extracted", extracted)
    monkeypatch.setenv("BEGIN", "zh_CN")
    assert catalogues.main([]) == 0
    path = catalogues.edition("zh_CN")
    assert catalogues.of_edition("zh_CN") == {}
    begun = catalogues.read(path, "zh_CN")
    begun["This is my guess"].string = "我猜"
    begun["You guessed {guess}; it is {answer}."].string = "{guess}"
    assert list(badly_filled(begun)) == ["You guessed {guess}; it is {answer}."]
    path.write_bytes(catalogues.written(begun))
    monkeypatch.delenv("BEGIN")
    assert catalogues.main([]) == 0
    assert catalogues.of_edition("zh_CN")["This is my guess"] == "我猜"
    assert catalogues.of_edition("en") == {}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("../x", "is no language"),
        ("Klingon", "is no language"),
        ("ar", "6 forms for numbers"),
        ("pl", "forms for numbers"),
    ],
)
def test_a_language_that_no_edition_can_have_is_refused_in_a_line(tmp_path, monkeypatch, language, said):
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    monkeypatch.setattr(catalogues, "TEMPLATE", tmp_path / "llmcalc.pot")
    monkeypatch.setenv("BEGIN", language)
    with pytest.raises(EditionError, match=said) as refused:
        catalogues.main([])
    assert faults.explain(refused.value) == str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_language_without_translations_says_how_to_begin_them():
    with pytest.raises(EditionError, match="make messages BEGIN=fr begins its translations"):
        catalogues.of_edition("fr")
