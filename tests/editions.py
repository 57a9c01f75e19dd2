"""An edition in a made-up language: English between brackets, so that a text that no catalogue has is seen."""

import re

from bookbuild import messages as catalogues

INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
CUT_OFF = re.compile(r"⟦[^⟦⟧]*$")  # at a comma, where only the beginning of a text is shown
WORD = re.compile(r"[A-Za-z]{2,}")


def bracketed(text):
    """A text of the made-up language."""
    return f"⟦{text}⟧"


def made_up():
    """The catalogue of the made-up edition: every text that there is to translate."""
    texts = {}
    for entry in catalogues.read(catalogues.TEMPLATE):  # a test holds it to be up to date
        if entry.id:
            one = isinstance(entry.id, str)
            texts[entry.id if one else entry.id[0]] = bracketed(entry.id) if one else [*map(bracketed, entry.id)]
    return texts


def left_in_english(text, names=()):
    """Words of a text that stand in no brackets and in no name of data, such as a device's."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    while INNERMOST.search(text):
        text = INNERMOST.sub("", text)
    return WORD.findall(CUT_OFF.sub("", text))
