"""Texts for people, in the language of the edition: English as the code has it, or what a catalogue has for it.

No `gettext` here, since MicroPython has none. English needs no catalogue, and a page in English carries none. Another
edition's build names the file of its catalogue in the environment, as ``LLMCALC_MESSAGES``.

A sentence is put together where it is said, with `message`. A label, a unit, a choice stays the English that programs
know, and is turned into the edition's where it is shown.

>>> message("{count} of {all} cards", count=3, all=8)
'3 of 8 cards'
>>> plural("{n} page", "{n} pages", 1), plural("{n} page", "{n} pages", 3)
('1 page', '3 pages')
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # A text's translation, or its forms: one of a language without a plural, else those for one and for many.
    Catalogue = dict[str, str | list[str]]

_translations: "Catalogue" = {}


def use(catalogue: "Catalogue") -> None:
    """Take texts from a catalogue from now on; an empty one is English."""
    _translations.clear()
    _translations.update(catalogue)


def catalogue() -> "Catalogue":
    """Return the catalogue that is used."""
    return dict(_translations)


def message(text: str, **values: "Any") -> str:
    """Return a text in the edition's language, with values in the place of the names between braces."""
    found = _translations.get(text, text)
    return _filled(found if isinstance(found, str) else found[0], values)


def marked(text: str) -> str:
    """Return a text as it is, for `message` to find in the catalogue where it is shown.

    Examples
    --------
    >>> NOTHING = marked("no device fits")
    >>> message(NOTHING)
    'no device fits'
    """
    return text


def plural(singular: str, plural_: str, n: float, **values: "Any") -> str:
    """Return the form of a text that a number asks for; the number stands in it as {n}."""
    found = _translations.get(singular, [singular, plural_])
    forms = [found] if isinstance(found, str) else found
    return _filled(forms[0 if n == 1 else -1], dict(values, n=n))


def _filled(text: str, values: "dict[str, Any]") -> str:
    return text.format(**values) if values else text


if sys.implementation.name != "micropython":
    import os

    if named := os.environ.get("LLMCALC_MESSAGES"):
        import json

        with open(named, encoding="utf-8") as file:
            use(json.load(file))
