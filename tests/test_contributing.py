"""Somebody new follows CONTRIBUTING.md to the letter, and passes; where a rule is broken, a test names it."""

import re
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from tests.conftest import ROOT, copy_project

FORMULA = '''

@formula
def idle_rent(cost: Numeric, mfu: Numeric) -> Numeric:
    r"""Part of a rent that is paid for what devices do not compute.

    .. math:: K_0 = K \\, (1 - u)

    Parameters
    ----------
    cost : float or array
        Rent K [USD].
    mfu : float or array
        Model FLOPs utilisation u, 0 < mfu <= 1 [1].

    Returns
    -------
    float or array
        Rent of what is not used [USD].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Chowdhery et al. 2022 (arXiv:2204.02311), appendix B, for the utilisation.

    Examples
    --------
    >>> idle_rent(100.0, 0.25)
    75.0
    """
    accept(cost=cost, mfu=mfu)
    return cost * (1 - mfu)
'''
MODULE = '''"""How long people read."""

from ..checks import Numeric, accept, formula


@formula
def reading_seconds(tokens: Numeric, token_rate: Numeric) -> Numeric:
    r"""Time in which somebody reads a text.

    .. math:: t = D / r

    Parameters
    ----------
    tokens : float or array
        Tokens of the text D [token].
    token_rate : float or array
        Tokens read in a second r [token/s].

    Returns
    -------
    float or array
        Reading time [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Brysbaert 2019 (doi:10.1016/j.jml.2019.104047): 238 words a minute, silently.

    Examples
    --------
    >>> reading_seconds(1000.0, 5.0)
    200.0
    """
    accept(tokens=tokens, token_rate=token_rate)
    return tokens / token_rate
'''
LAWS = """from llmcalc.formulas import reading

POWERS = {reading.reading_seconds: {"tokens": 1, "token_rate": -1}}
"""
ANSWER = '''"""How long would a person read what GPT-3 was trained on?"""

from ..answering import question
from ..formats import number_of
from ..formulas import reading
from ..results import GOOD, Results
from ..units import DAY


@question()
def reading_time(tokens: float = 300e9, token_rate: float = 5.0) -> Results:
    """Time in which one person reads a model's training text, without a break.

    Parameters
    ----------
    tokens : float
        Training tokens, all epochs [token].
    token_rate : float
        Tokens that a person reads in a second [token/s].

    Returns
    -------
    Results
        ``days``.

    References
    ----------
    Document 004, line 102.

    Examples
    --------
    >>> reading_time()["days"] > 600_000
    True
    """
    days = reading.reading_seconds(tokens, token_rate) / DAY
    return Results(days=(days, "day", "Days of reading")).tell(_told, tokens)


def _told(results: Results, tokens: float) -> "tuple[str, str]":
    return GOOD, f"Reading {number_of(tokens, 'token', 3, in_word=True)} takes {number_of(results['days'], 'day')}."
'''
DATA = """id,document,line,quantity,unit,printed
tokens,004_12c58f00a955f317.txt,102,training tokens of GPT-3,token,3000e8
read,004_12c58f00a955f317.txt,102,tokens that are read,token,3000e8
"""
NOTEBOOK = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
keywords: [reading time, 阅读时间]
---

(reading-time)=
# How long would a person read what GPT-3 was trained on?

The deck ({cite:t}`doc004`) trains GPT-3 on a text that nobody could read.

```{code-cell} ipython3
:tags: [hide-input]

from llmcalc import answers
from llmcalc.report import ledger, tables
```

## The answer

```{code-cell} ipython3
:tags: [parameters]

tokens: float = 300e9  # [token] training tokens, all epochs; 1e6 ≤ tokens ≤ 1e15
token_rate: float = 5.0  # [token/s] tokens that a person reads in a second; 0.01 ≤ token_rate ≤ 1e6
```

```{code-cell} ipython3
:tags: [headline, hide-input]

answer = answers.reading_time(tokens=tokens, token_rate=token_rate)
answer
```

## Every number, checked

```{code-cell} ipython3
:tags: [hide-input]

book = ledger.Ledger("reading-time", tables.read("reading-time").set_index("id"))
book.given("tokens", tokens)
book.given("read", tokens)
book
```
"""
EXERCISES = '''"""Exercises on reading."""

from ...formulas import reading
from ...units import DAY
from ..draws import steps
from ..telling import told
from ..writing import Chapter, numeric

chapter = Chapter("reading-time")
'''
EXERCISE = """

@chapter.exercise(
    level={level},
    teaches="Divide a text by the pace of its readers.",
    text="{count} people read a text of {{tokens}} tokens together, each a part of it, at {{pace}} tokens in a second. "
    "How long does it take?",
    unit="day",
    within=(0.1, 1e6),
    tokens=steps(1e9, 100e9, 1e9),
    pace=steps(2.5, 8.0, 0.5),
)
def shared_by_{count}(tokens, pace):
    key = reading.reading_seconds(tokens / {count}, pace) / DAY
    return numeric(
        key,
        mistakes=[(24 * key, "Those are hours, of which a day has 24."), ({count} * key, "Each reads a part of it.")],
        hints=["What does one of them read?", "$t = D / r$, in seconds; a day has 86,400 of them."],
        steps=[f"{{told(tokens / {count})}} / {{told(pace)}} / 86,400 = {{told(key)}} days."],
    )
"""
READERS = (2, 3, 5, 10, 20, 50, 100, 1000)
EXERCISES += "".join(EXERCISE.format(level=1 + place // 3, count=count) for place, count in enumerate(READERS))
INDEPENDENT = f"""INDEPENDENT["reading-time"] = [
    lambda n, count=count: n.tokens / count / n.pace / DAY for count in {READERS}
]
"""
REASONS = """\
reading-time,tokens,document,the tokens that the deck says GPT-3 was trained on,004_12c58f00a955f317.txt,102,,
reading-time,token_rate,choice,about four words a second,,,,
"""
SECTIONS = {
    "How fast do people read?": "Adults read about four words in a second when nobody listens, which are five tokens.",
    "Without a break": "A day of reading has 86,400 seconds here. Who sleeps and eats needs three times as long.",
    "Many readers": "Two people who share a text need half the time, as long as nobody has to know all of it.",
    "Other texts": "A novel has a hundred thousand words, and takes seven hours: ten thousand novels take eight years.",
    "What a model does meanwhile": "GPT-3 met every token of its text about once, on a thousand devices, within weeks.",
    "What does not follow": "That somebody has read a text says nothing of what is kept of it, in people or in models.",
}
NOTEBOOK += "".join(f"\n## {title}\n\n{text}\n" for title, text in SECTIONS.items())
CHAPTER = {
    "llmcalc/formulas/reading.py": MODULE,
    "tests/laws/reading.py": LAWS,
    "llmcalc/answers/reading_time.py": ANSWER,
    "data/reading-time.csv": DATA,
    "notebooks/reading-time.md": NOTEBOOK,
    "llmcalc/teaching/exercises/reading_time.py": EXERCISES,
}
# What looks at everything of a kind, and what of it concerns what is new: by name, or because it looks at all at once.
NEW = "(reading or cost or test_rooms or test_data or test_reasons or test_micropython) and not beside_it"
LOOKING = ["formulas", "rooms", "laws", "data", "micropython", "parameters", "results", "command", "calculator_code"]
LOOKING += ["reasons", "teaching/test_exercises", "teaching/test_micropython"]


@pytest.fixture(scope="module")
def contributed(tmp_path_factory):
    """A copy of the project with a formula in a module that there is, and a module, an answer and a chapter more."""
    checkout = copy_project(tmp_path_factory.mktemp("contributed"), with_exercises=True)
    shutil.copytree(ROOT / "tests", checkout.folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    checkout.append("llmcalc/formulas/cost.py", FORMULA)
    for path, text in CHAPTER.items():
        (checkout.folder / path).write_text(text, encoding="utf-8")
    contract = (checkout.folder / "data/training-gpus.toml").read_text(encoding="utf-8")
    (checkout.folder / "data/reading-time.toml").write_text(contract, encoding="utf-8")
    answers = "llmcalc/answers/__init__.py"
    checkout.edit(answers, "from .small_print", "from .reading_time import reading_time\nfrom .small_print")
    checkout.edit(answers, '    "small_print",\n', '    "small_print",\n    "reading_time",\n')
    checkout.append("data/default-reasons.csv", REASONS)
    checkout.append("tests/teaching/independent.py", INDEPENDENT)
    checkout.append("_toc.yml", "  - file: notebooks/reading-time\n")
    checkout.append("book/index.md", "\n{ref}`reading-time`\n")
    return checkout


def run(checkout, *arguments):
    """Run tests of the copy, and return the names of those that failed, and what was said."""
    command = [".venv/bin/python", "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *arguments]
    run = subprocess.run(
        command, cwd=checkout.folder, env=checkout.environment, capture_output=True, encoding="utf-8", check=False
    )
    if run.returncode == 0:
        assert re.search(r"^\d+ passed", run.stdout.splitlines()[-1]), run.stdout
    return re.findall(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.MULTILINE), run.stdout + run.stderr


def test_steps_are_those_that_are_followed_here():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = text.partition("## Add a chapter")[2].partition("\n## ")[0]
    for path in [
        *CHAPTER,
        "data/reading-time.toml",
        "llmcalc/answers/__init__.py",
        "_toc.yml",
        "book/index.md",
        "tests/teaching/independent.py",
        "data/default-reasons.csv",
        "data/source-lines.csv",
        "data/usual-values.csv",
    ]:
        general = path.replace("reading-time", "NAME").replace("reading_time", "NAME").replace("reading", "ROOM")
        assert f"`{general}`" in steps, path


def test_what_is_new_passes_the_tests_that_look_for_it(contributed):
    files = [f"tests/{name}.py" if "/" in name else f"tests/test_{name}.py" for name in LOOKING]
    doctests = ["llmcalc/formulas/cost.py", "llmcalc/formulas/reading.py", "llmcalc/answers/reading_time.py"]
    failed, said = run(contributed, *files, *doctests, "-k", NEW, "-m", "not alone")
    assert failed == [], said
    status, printed, errors = contributed.python("-m", "llmcalc.cli", "answer", "reading-time", "tokens=1B", "--json")
    assert (status, errors) == (0, "")
    assert '"days"' in printed
    reference = "from bookbuild.site import reference; print(reference.sections())"
    status, printed, errors = contributed.python("-c", reference)
    assert status == 0, errors
    assert ".. automodule:: llmcalc.formulas.reading\n" in printed
    assert ".. automodule:: llmcalc.answers.reading_time\n" in printed


def test_what_is_new_is_built(contributed):
    status, output = contributed.make("book")
    assert status == 0, output
    page = (contributed.site / "notebooks/reading-time.html").read_text(encoding="utf-8")
    assert "Days of reading" in page
    assert "Reading 300 billion tokens takes 694,444 days." in page
    assert "694,444" in page
    assert 'id="reading-time-practice"' in page
    assert (contributed.site / "slides/reading-time.html").is_file()
    assert 'data-calculator="reading-time"' in page
    assert "reading-time/tokens" in (contributed.site / "reproduction.csv").read_text(encoding="utf-8")


NOTEBOOKS, ROOM, COST = "notebooks/reading-time.md", "llmcalc/formulas/reading.py", "llmcalc/formulas/cost.py"
OPENING = 'How long people read."""\n'
# What breaks a rule each, and what names it; none hides another. Without its unit no formula is looked at.
WITHOUT_UNIT = [(ROOM, "r [token/s].", "r.", "without a unit in brackets")]
BROKEN = [
    (ROOM, OPENING, f"{OPENING}\nimport csv\n", "imports_what_it_may: room = formulas, path = reading.py"),
    (
        COST,
        "return cost * (1 - mfu)",
        "return cost * cost * (1 - mfu)",
        "docstring_are_true: formula = cost.idle_rent",
    ),
    (COST, "(cost=cost, mfu=mfu)", "(mfu=mfu)", "nonsense_is_refused_by_name: formula = cost.idle_rent"),
    (
        "llmcalc/answers/reading_time.py",
        "..formulas import reading",
        "..report import tables as reading",
        "imports_what_it_may: room = answers, path = reading_time.py",
    ),
    ("data/reading-time.csv", "GPT-3,token,3000e8", "GPT-3,token,3000亿", "keeps_its_contract: name = reading-time"),
]
INCOMPLETE = [
    (NOTEBOOKS, 'book.given("read", tokens)\n', "", "no row for reading-time/read"),
    (NOTEBOOKS, 'given("tokens", tokens)', 'reproduced("tokens", 2 * tokens)', "reading-time/tokens is not reproduced"),
]
UNLISTED = [("_toc.yml", "  - file: notebooks/reading-time\n", "", "reading-time")]


@contextmanager
def edited(checkout, edits):
    """Edit files for a while."""
    kept = {path: (checkout.folder / path).read_text(encoding="utf-8") for path, *_ in edits}
    try:
        for path, old, new, _ in edits:
            checkout.edit(path, old, new)
        yield
    finally:
        for path, text in kept.items():
            (checkout.folder / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("edits", "looking"), [(WITHOUT_UNIT, ["formulas"]), (BROKEN, ["formulas", "rooms", "data"])])
def test_rules_that_are_broken_are_named(contributed, edits, looking):
    files = [f"tests/test_{name}.py" for name in looking]
    with edited(contributed, edits):
        failed, said = run(contributed, *files, "-k", NEW, "-m", "not built and not alone")
    assert failed
    for *_, named in edits:
        assert named in said, said


@pytest.mark.parametrize("edits", [INCOMPLETE, UNLISTED])
def test_a_chapter_that_is_not_complete_is_not_built(contributed, edits):
    with edited(contributed, edits):
        status, output = contributed.make("book")
    assert status != 0
    for *_, said in edits:
        assert said in output
