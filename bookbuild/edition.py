"""The edition that is built: the language that `_config.yml` names, and the texts for all that a build runs.

The English edition has none, and nothing is imported for it.
"""

import json
import os
import re
from collections.abc import Iterable

from bookbuild import scratch
from bookbuild.inputs import BUILD, ROOT

ENGLISH = "en"
LANGUAGE = re.compile(r"^ *language: *(\w+)", re.MULTILINE)
LOCALE = "book/locale"
TEXTS = "LLMCALC_MESSAGES"  # where llmcalc looks for the file of its texts


class EditionError(Exception):
    """A language that no edition can have, or has no translations yet: a line that says what to do."""


def language() -> str:
    """Return the language of the book."""
    found = LANGUAGE.search((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return found[1] if found else ENGLISH


def is_english(language: str) -> bool:
    """Whether an edition is in English, as messages.mjs sees it, too."""
    return re.split("[_-]", language)[0] == ENGLISH


def catalogue(language: str) -> str:
    """Return the path of the translations into a language, from the project's folder."""
    return f"{LOCALE}/{language}/LC_MESSAGES/llmcalc.po"


def files() -> list[str]:
    """Return the files with the texts of this edition, by which its results differ from those of others."""
    return [] if is_english(language()) else [catalogue(language())]


def is_this(made_from: Iterable[str]) -> bool:
    """Whether something was made for this edition, by the files that it was made from."""
    return [path for path in made_from if path.startswith(f"{LOCALE}/")] == files()


def begin() -> None:
    """Let this process speak the language of the book, and all that it starts: kernels, and Jupyter Book."""
    os.environ.pop(TEXTS, None)
    if is_english(language()):
        return
    from bookbuild import messages
    from llmcalc.messages import use

    texts = messages.of_edition(language())
    path = BUILD / "messages" / f"{language()}.json"
    scratch.write(path, json.dumps(texts, ensure_ascii=False))
    os.environ[TEXTS] = str(path)
    use(texts)
