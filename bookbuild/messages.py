"""The catalogue of texts that stand in code: what there is to translate, and the translations of an edition.

``make messages`` writes ``book/locale/llmcalc.pot`` and brings the editions up to date; with ``BEGIN=zh_CN`` it begins
one.
"""

import os
import re
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bookbuild.notebooks import ROOT

LOCALE = ROOT / "book" / "locale"
TEMPLATE = LOCALE / "llmcalc.pot"
ENGLISH = "en"
# Folders with texts for people, and what reads them.
SOURCES = {"llmcalc": ("**.py", "python"), "book": ("**.mjs", "javascript")}
# What marks a text, and which arguments are texts; `_` is short for the first.
KEYWORDS = {"_": None, "message": None, "plural": (1, 2)}
DATE = re.compile(rb'^"POT-Creation-Date: .*\n', re.MULTILINE)


def extracted() -> Catalog:
    """Return all texts that the code marks, with the files that they stand in."""
    catalogue = Catalog(project="llmcalc", header_comment="# Texts of llmcalc and its book.", fuzzy=False)
    for folder, (pattern, reader) in SOURCES.items():
        found = extract_from_dir(
            ROOT / folder,
            [(pattern, reader)],
            keywords=KEYWORDS,
            comment_tags=["Translators:"],
            directory_filter=lambda path: True,  # Babel passes by folders like _static
        )
        for path, _, text, comments, context in found:
            catalogue.add(text, locations=[(f"{folder}/{path}", 1)], auto_comments=comments, context=context)
    return catalogue


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
    if catalogue.num_plurals > 2:
        raise ValueError(f"{catalogue.locale} has {catalogue.num_plurals} forms for numbers; at most 2 are known here")
    texts: dict[str, str | list[str]] = {}
    for entry in catalogue:
        if entry.fuzzy or not entry.id or not entry.string:
            continue
        if isinstance(entry.id, str):
            texts[entry.id] = str(entry.string)
        elif all(entry.string):
            texts[entry.id[0]] = list(entry.string)
    return texts


def is_english(language: str) -> bool:
    """Whether an edition is in English, as messages.mjs sees it, too."""
    return language.split("_")[0] == ENGLISH


def of_edition(language: str) -> dict[str, str | list[str]]:
    """Return the texts of an edition; there are none of the English one, whose texts are in the code."""
    return {} if is_english(language) else translations(read(edition(language), language))


def main(arguments: list[str]) -> int:
    """Write the template, and bring editions up to date, with the one to begin."""
    texts = extracted()
    LOCALE.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(written(texts))
    languages = {path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/llmcalc.po")}
    for language in sorted(languages | {begun for begun in [os.environ.get("BEGIN", "")] if begun}):
        path = edition(language)
        catalogue = read(path, language) if path.exists() else Catalog(locale=language, project="llmcalc", fuzzy=False)
        catalogue.update(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalogue))
    return 0
