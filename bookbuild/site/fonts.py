"""Fonts with the characters that a site shows, and no others: an icon font holds thousands, a site draws a dozen."""

import base64
import io
import re
from collections.abc import Iterable
from pathlib import Path

from bookbuild.site.remembered import Remembered

ICON_NAME = re.compile(r"\bfa-[a-z0-9-]+")
ICON_RULE = re.compile(r'([^{}]*)\{content:"([^"]*)"\}')
ESCAPE = re.compile(r"\\([0-9a-fA-F]{2,5})\s?")
PRIVATE = re.compile("[\ue000-\uf8ff]")  # where icon fonts have their characters


def reduce_icons(folder: Path, texts: Iterable[str], remembered: Remembered) -> None:
    """Leave of Font Awesome, in a folder, the icons that pages, scripts and other style sheets name."""
    [sheet] = folder.glob("css/*.css")
    style = sheet.read_text(encoding="utf-8")
    used, names = set(), set()
    for text in texts:
        used.update(PRIVATE.findall(unescape(text)))
        names.update(ICON_NAME.findall(text))
    for selectors, character in ICON_RULE.findall(style):
        if names & set(ICON_NAME.findall(selectors)):
            used.add(unescape(character))
    sheet.write_text(ICON_RULE.sub(lambda rule: rule[0] if unescape(rule[2]) in used else "", style), encoding="utf-8")
    for font in folder.glob("webfonts/*"):
        if font.suffix == ".woff2":
            whole = base64.b64encode(font.read_bytes()).decode()
            font.write_bytes(base64.b64decode(remembered.made(reduced, whole, "".join(sorted(used)))))
        else:
            font.unlink()  # for browsers of before 2018


def unescape(style: str) -> str:
    """Return a style sheet's text with its escaped characters."""
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), style)


def reduced(font: str, characters: str) -> str:
    """Return a font with the glyphs of some characters alone, both in Base64."""
    from fontTools import subset  # a quarter of a second, which a build that remembers its fonts need not wait

    options = subset.Options(hinting=False, layout_features=[])
    written = io.BytesIO()
    with subset.load_font(io.BytesIO(base64.b64decode(font)), options) as loaded:
        options.flavor = loaded.flavor
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(loaded)
        subset.save_font(loaded, written, options)
    return base64.b64encode(written.getvalue()).decode()
