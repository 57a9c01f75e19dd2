"""Style sheets as readers get them: two files a page, with the rules that something on the site can match.

A page of the theme and its extensions links to a dozen style sheets, of which a telephone asks for six at a time before
it draws anything, and most of whose rules are for elements that the book does not have.
"""

import hashlib
import html
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

from bookbuild.site import mathematics
from bookbuild.site.remembered import Remembered

LINK = re.compile(r'\s*<link\b(?=[^>]*\brel="stylesheet")[^>]*?\bhref="([^"]*)"[^>]*>')
CLASSES = re.compile(r'\bclass="([^"]*)"')
SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)
WORD = re.compile(r"-?[A-Za-z_][\w-]*")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
IMPORT = re.compile(r"""@import\s+["']([^"']+)["'];""")
NAMED = re.compile(r"""url\(\s*(["']?)(?!data:|[a-z]+:|#|/)([^"')]+)\1\s*\)""")
SCRIPTS = {".js", ".mjs"}
RULES = {"media", "supports", "layer", "container"}  # at-rules that hold rules
WITH_SLIDES = {Path(mathematics.STYLE).name, "style.css"}  # which slides take besides
STATIC, NAME = "_static", "sheet"


def bundle(output: Path, remembered: Remembered) -> None:
    """Put the style sheets of all pages together: those that every page begins with, and those that follow there."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(output.rglob("*.html"))}
    linked = {
        path: [_sheet(output, path, address) for address in LINK.findall(_head(page))] for path, page in pages.items()
    }
    first = list(_common(linked.values()))
    named = _Named(pages.values(), (path for path in output.rglob("*") if path.suffix in SCRIPTS))
    used: dict[Path, str] = {}
    for sheet in sorted({sheet for sheets in linked.values() for sheet in sheets}):
        style = _with_imports(sheet, output / STATIC)
        wanted = sorted({name for name in CLASS.findall(style) if name in named})
        used[sheet] = remembered.made(without_unused, style, " ".join(wanted))
    for sheet in output.rglob("*.css"):
        if sheet.name not in WITH_SLIDES:
            sheet.unlink()
    for path, sheets in linked.items():
        links = []
        for together in (sheets[: len(first)], sheets[len(first) :]):
            text = "".join(used[sheet] for sheet in together)
            file = output / STATIC / f"{NAME}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"
            if text:
                file.write_text(text, encoding="utf-8")
                address = posixpath.relpath(file.as_posix(), path.parent.as_posix())
                links.append(f'\n  <link rel="stylesheet" href="{address}" />')
        path.write_text(_placed(pages[path], "".join(links)), encoding="utf-8")


def _with_imports(sheet: Path, folder: Path) -> str:
    """Return a style sheet with those that it imports, and with addresses as they are in a folder."""
    style = IMPORT.sub(lambda match: _with_imports(sheet.parent / match[1], sheet.parent), sheet.read_text("utf-8"))
    return NAMED.sub(partial(_moved, posixpath.relpath(sheet.parent.as_posix(), folder.as_posix())), style)


def without_unused(style: str, words: str) -> str:
    """Return a style sheet without the rules that only match elements of classes other than these."""
    return "".join(
        _kept(tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True), set(words.split()))
    )


def _kept(rules: Iterable[Node], words: set[str]) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            # A comma within brackets, as of `:is(.a, .b)`, is in a block of its own.
            selectors = [selector for selector in _separated(rule.prelude) if _can_match(selector, words)]
            if selectors:
                written = ",".join(tinycss2.serialize(selector).strip() for selector in selectors)
                yield f"{written}{{{tinycss2.serialize(rule.content).strip()}}}\n"
        elif isinstance(rule, AtRule) and rule.lower_at_keyword in RULES and rule.content is not None:
            inner = "".join(_kept(tinycss2.parse_rule_list(rule.content, True, True), words))
            if inner:
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}\n"
        elif not (isinstance(rule, AtRule) and rule.lower_at_keyword == "charset"):
            yield f"{rule.serialize()}\n"


def _separated(prelude: Iterable[Node]) -> list[list[Node]]:
    selectors: list[list[Node]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def _can_match(selector: list[Node], words: set[str]) -> bool:
    # What stands in brackets may be one of several, or what is not to be.
    return all(
        name.value in words
        for dot, name in pairwise(selector)
        if dot.type == "literal" and dot.value == "." and name.type == "ident"
    )


class _Named:
    """What pages and scripts name: classes of elements, and all words of scripts, which may be classes or begin one."""

    def __init__(self, pages: Iterable[str], scripts: Iterable[Path]) -> None:
        self._classes: set[str] = set()
        self._words: set[str] = set()
        for page in pages:
            for names in set(CLASSES.findall(page)):
                self._classes.update(html.unescape(names).split())
            for script in SCRIPT.findall(page):
                self._words.update(WORD.findall(script))
        for path in scripts:
            self._words.update(WORD.findall(path.read_text(encoding="utf-8")))

    def __contains__(self, name: str) -> bool:
        return name in self._classes or name in self._words or any(start in self._words for start in _starts(name))


def _starts(name: str) -> Iterator[str]:
    # Scripts write `guess-mark-${kind}`, and "bs-tooltip" of which a function makes "bs-tooltip-auto".
    for match in re.finditer("-", name):
        yield name[: match.end()]
        if "-" in name[: match.start()]:
            yield name[: match.start()]


def _common(lists: Iterable[list[Path]]) -> Iterator[Path]:
    for sheets in zip(*lists, strict=False):
        if len(set(sheets)) > 1:
            return
        yield sheets[0]


def _sheet(output: Path, page: Path, address: str) -> Path:
    path = posixpath.join(page.parent.relative_to(output).as_posix(), address.partition("?")[0])
    return output / posixpath.normpath(path)


def _moved(folder: str, match: re.Match[str]) -> str:
    return f'url("{posixpath.normpath(posixpath.join(folder, match[2]))}")'


def _head(page: str) -> str:
    return page[: page.find("</head>")]


def _placed(page: str, links: str) -> str:
    """Return a page with other links to style sheets where the first stood."""
    head = _head(page)
    first, *others = LINK.finditer(head)
    rest = "".join(head[end.end() : start.start()] for end, start in pairwise([first, *others]))
    return head[: first.start()] + links + rest + head[(others or [first])[-1].end() :] + page[len(head) :]
