"""An edition in another language: `_config.yml` names it, its translations are inputs of all that is built."""

import json

import pytest
from babel.messages import Catalog

from bookbuild import edition
from bookbuild import messages as catalogues
from tests.editions import bracketed, left_in_english
from tests.test_build import planned

LANGUAGE = "zh_CN"
ENGLISH = " language: en  #"


@pytest.mark.parametrize(
    ("language", "is_english"), [("en", True), ("en_GB", True), ("en-GB", True), ("zh_CN", False), ("enm", False)]
)
def test_which_languages_are_english(language, is_english):
    assert edition.is_english(language) == is_english


def test_the_book_is_in_english():
    assert edition.language() == "en"
    assert edition.files() == []
    assert edition.is_this(["llmcalc/messages.py"])
    assert not edition.is_this(["llmcalc/messages.py", edition.catalogue(LANGUAGE)])


def written():
    """Translations of all texts into the made-up language, as if it were a real one."""
    made_up = Catalog(locale=LANGUAGE, project="llmcalc", fuzzy=False)
    for entry in catalogues.read(catalogues.TEMPLATE):
        if entry.id:
            made_up.add(entry.id, bracketed(entry.id) if isinstance(entry.id, str) else (bracketed(entry.id[1]),))
    return catalogues.written(made_up)


def test_an_edition_is_built_of_its_translations(checkout):
    texts = checkout.folder / edition.catalogue(LANGUAGE)
    texts.parent.mkdir(parents=True)
    texts.write_bytes(written())
    assert planned(checkout) == ["site"]  # in English it is one more file of the book's folder
    checkout.edit("_config.yml", ENGLISH, f" language: {LANGUAGE}  #")
    assert planned(checkout) == ["run", "site"]
    status, output = checkout.make("book")
    assert status == 0, output
    assert planned(checkout) == []

    page = (checkout.site / "notebooks" / "training-gpus.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN"' in page
    for text in ("Your assumptions", "Practice", "Show the code of this answer", "The answer in numbers"):
        assert bracketed(text) in page
    model = json.loads(next(checkout.site.glob("calculator/*/training-gpus.json")).read_text(encoding="utf-8"))
    shown = [
        part[key] for part in [*model["parameters"], *model["results"]] for key in ("meaning", "label") if key in part
    ]
    assert [text for text in shown if left_in_english(text)] == []
    loaded = json.loads((checkout.site / "_static" / "messages.json").read_text(encoding="utf-8"))
    assert loaded["Copied"] == "⟦Copied⟧"
    assert "new Function" not in (checkout.site / "_static" / "doctools.js").read_text(encoding="utf-8")

    texts.write_bytes(texts.read_bytes().replace("⟦".encode(), "«".encode(), 1))
    assert planned(checkout) == ["run", "site"]
    checkout.edit("_config.yml", f" language: {LANGUAGE}  #", ENGLISH)
    assert planned(checkout) == ["run", "site"]
