"""The catalogue of texts that stand in code: what there is to translate, and the translations of an edition.

``make messages`` writes ``book/locale/llmcalc.pot`` and brings the editions up to date; with ``BEGIN=zh_CN`` it begins
one.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bookbuild.edition import LOCALE as LOCALES
from bookbuild.edition import EditionError, is_english
from bookbuild.notebooks import ROOT, names
from bookbuild.run import parameters
from llmcalc import datasets, files
from llmcalc import messages as texts
from llmcalc.formats import THINGS
from llmcalc.formats import plural as things
from llmcalc.questions import questions
from llmcalc.report import ledger
from llmcalc.teaching.writing import LEVELS
from llmcalc.vocabulary import WORDS

LOCALE = ROOT / LOCALES
TEMPLATE = LOCALE / "llmcalc.pot"
# Folders with texts for people, and what reads them.
READERS = {"py": "python", "mjs": "javascript", "js": "javascript", "html": "jinja2"}
SOURCES = {"llmcalc": ["py"], "book": ["mjs", "js", "html"], "bookbuild": ["py", "html", "js"]}
# What marks a text, and which arguments are texts; `_` is short for the first.
KEYWORDS = {"_": None, "message": None, "marked": None, "plural": (1, 2), "Refusal": (3,)}
MOST_FORMS = 2
DATE = re.compile(rb'^"POT-Creation-Date: .*\n', re.MULTILINE)


def extracted() -> Catalog:
    """Return all texts that the code marks, with the files that they stand in."""
    catalogue = Catalog(project="llmcalc", header_comment="# Texts of llmcalc and its book.", fuzzy=False)
    for folder, endings in SOURCES.items():
        found = extract_from_dir(
            ROOT / folder,
            [(f"**.{ending}", READERS[ending]) for ending in endings],
            keywords=KEYWORDS,
            comment_tags=["Translators:"],
            directory_filter=lambda path: True,  # Babel passes by folders like _static
        )
        for path, _, text, comments, context in found:
            catalogue.add(text, locations=[(f"{folder}/{path}", 1)], auto_comments=comments, context=context)
    for place, text in _declared():
        catalogue.add(text, locations=[(place, 1)])
    return catalogue


def _declared() -> Iterator[tuple[str, str]]:
    """Yield texts that data and declarations hold, which code shows without naming them, each with its place."""
    for name, word in WORDS.items():
        yield from _of(f"llmcalc/vocabulary.py:{name}", word.meaning, word.shown, word.accepted)
    for question in questions().values():
        place = f"llmcalc/answers/{question.name.replace('-', '_')}.py"
        for parameter in question.parameters.values():
            listed = parameter.choices if WORDS[parameter.name].choices.count(" in data/") == 0 else ()
            yield from _of(place, parameter.meaning, parameter.unit, *listed)
        yield from _of(place, question.title)
        for result in question.answer().listed():
            yield from _of(place, result["label"], result["heading"], result["unit"])
    for thing in sorted(THINGS):
        yield from _of("llmcalc/formats.py", thing, things(thing))
    for row in datasets.records("default-reasons"):
        yield from _of("data/default-reasons.csv", row["reason"])
    for row in datasets.records("usual-values"):
        yield from _of("data/usual-values.csv", row["how"])
    for row in datasets.records("accelerators-missing"):
        yield from _of("data/accelerators-missing.csv", row["reason"])
    for name in sorted(path.stem for path in files.DATA.glob("*.csv")):
        contract = files.contract(name)
        yield from _of(f"data/{name}.toml", contract["title"], " ".join(contract.get("description", "").split()))
    yield from _of("llmcalc/report/ledger.py", *ledger.STATUSES)
    for verb in tomllib.loads((ROOT / "book" / "verbs.toml").read_text(encoding="utf-8"))["verbs"]:
        yield from _of("book/verbs.toml", verb["name"], verb["asks"])
    for name in names():
        yield from _of(f"notebooks/{name}.md", *parameters.groups(name).values())
    yield from _of("llmcalc/teaching/writing.py", *LEVELS.values())


def _of(place: str, *texts: str) -> Iterator[tuple[str, str]]:
    """Yield those of some texts that have a letter, with their place."""
    yield from ((place, text) for text in texts if any(letter.isalpha() for letter in text))


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as a file, without what changes although no text does: places in files, and the date."""
    file = BytesIO()
    write_po(file, catalogue, sort_output=True, include_lineno=False, width=120)
    return DATE.sub(b"", file.getvalue())


def edition(language: str) -> Path:
    """Return where the translations into a language are."""
    return LOCALE / language / "LC_MESSAGES" / "llmcalc.po"


def read(path: Path, language: str | None = None) -> Catalog:
    """Return a catalogue from its file."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def translations(catalogue: Catalog) -> dict[str, str | list[str]]:
    """Return what `llmcalc.messages.use` and messages.mjs take: texts that are translated, and no guess of a merge.

    Forms for one and for many are all that they tell apart.
    """
    found: dict[str, str | list[str]] = {}
    for entry in catalogue:
        if entry.fuzzy or not entry.id or not entry.string:
            continue
        if isinstance(entry.id, str):
            found[entry.id] = str(entry.string)
        elif all(entry.string):
            found[entry.id[0]] = list(entry.string)
    return found


def of_edition(language: str) -> dict[str, str | list[str]]:
    """Return the texts of an edition; there are none of the English one, whose texts are in the code."""
    if is_english(language):
        return {}
    check(language)
    if not edition(language).exists():
        raise EditionError(f"no edition {language} is begun: make messages BEGIN={language} begins its translations")
    return translations(read(edition(language), language))


def check(language: str) -> None:
    """Refuse a language that nobody knows, or that has more forms for numbers than one for one and one for many."""
    try:
        Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        raise EditionError(f"{language!r} is no language: give its code, such as zh_CN or fr") from None
    forms = Catalog(locale=language).num_plurals
    if forms > MOST_FORMS:
        raise EditionError(f"{language} has {forms} forms for numbers, and at most {MOST_FORMS} are known here")


@contextmanager
def in_english() -> Iterator[None]:
    """Let texts be English for a while, for code that has to know what they say."""
    kept = texts.catalogue()
    texts.use({})
    try:
        yield
    finally:
        texts.use(kept)


def main(arguments: list[str]) -> int:
    """Write the template, and bring editions up to date, with the one to begin."""
    languages = {path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/llmcalc.po")}
    if begun := os.environ.get("BEGIN"):
        check(begun)
        languages.add(begun)
    found = extracted()
    LOCALE.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(written(found))
    for language in sorted(languages):
        path = edition(language)
        catalogue = read(path, language) if path.exists() else Catalog(locale=language, project="llmcalc", fuzzy=False)
        catalogue.update(found)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalogue))
    return 0
