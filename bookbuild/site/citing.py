"""How the book is cited: CITATION.cff says who wrote what, when, and where it is kept, and nothing else does.

What is not known there, such as the site's address or a repository, is left out wherever it would stand.
"""

import html
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import yaml
from markupsafe import Markup

from bookbuild import edition, notebooks
from bookbuild.notebooks import ROOT
from llmcalc.messages import message

FILE = "CITATION.cff"
KEY = "howmuchcompute"
# Colab reads notebooks as they are built from repositories at GitHub, but not the Markdown that they are built from.
BUILT = re.compile(r"https://github\.com/([^/]+/[^/]+)/tree/(.+?)/?")
SECTION = """
(cite)=
## {heading}

{text}

```bibtex
{book}
```

{of_chapters}

```bibtex
{chapter}
```
"""


@lru_cache
def citation() -> dict[str, Any]:
    """Return what CITATION.cff says."""
    told: dict[str, Any] = yaml.safe_load((ROOT / FILE).read_text(encoding="utf-8"))
    return told


def authors() -> list[str]:
    """Return the names of the authors as they are read aloud."""
    return [_name(author, lambda given, family: f"{given} {family}") for author in citation()["authors"]]


def text() -> str:
    """Return the citation of the book in words."""
    told = citation()
    names = [_name(author, lambda given, family: f"{family}, {given}") for author in told["authors"]]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    version = f" Version {told['version']}." + (f" {told['url']}" if "url" in told else "")
    return f"{listed} ({_year()}). *{told['title']}*{'' if told['title'][-1] in '.?!' else '.'}{version}"


def bibtex() -> str:
    """Return the book as an entry of BibTeX."""
    return _entry("misc", KEY + _year(), {"title": citation()["title"]})


def chapter_bibtex(name: str, title: str, address: str) -> str:
    """Return a chapter as an entry of BibTeX: its name, its title, and its address below the site's."""
    return _entry("incollection", f"{KEY}{_year()}{name}", {"title": title, "booktitle": citation()["title"]}, address)


def _entry(kind: str, key: str, titles: dict[str, str], address: str = "") -> str:
    told = citation()
    names = [_name(author, lambda given, family: f"{family}, {given}", "{{{}}}") for author in told["authors"]]
    # Capitals are names here: BibTeX's styles would make most of them small.
    fields = {"author": " and ".join(names)} | {name: f"{{{title}}}" for name, title in titles.items()}
    fields |= {"year": _year(), "note": f"Version {told['version']}"}
    if "url" in told:
        fields["url"] = public_address(address)
    return f"@{kind}{{{key},\n" + "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items()) + "}"


def _name(author: dict[str, str], person: Callable[[str, str], str], group: str = "{}") -> str:
    if "name" in author:
        return group.format(author["name"])
    return person(author["given-names"], author["family-names"])


def _year() -> str:
    return str(citation()["date-released"])[:4]


def public_address(page: str) -> str:
    """Return the address of a page of the published site, or nothing if nobody knows where it is published."""
    return f"{citation()['url'].rstrip('/')}/{page}" if "url" in citation() else ""


def repository() -> str:
    """Return where the sources are kept, or nothing if nobody knows."""
    return str(citation().get("repository-code", ""))


def in_colab(notebook: str) -> str:
    """Return where Colab opens a notebook of the built site, or nothing if no built site is kept where it can."""
    built = BUILT.fullmatch(citation().get("repository-artifact", ""))
    return f"https://colab.research.google.com/github/{built[1]}/blob/{built[2]}/{notebook}" if built else ""


def metatags(title: str, page: str, is_root: bool) -> str:
    """Return what a page tells reference managers of itself, by the names of Highwire Press."""
    tags = [*_told(title if not is_root else citation()["title"], page)]
    if not is_root:
        tags.insert(1, ("inbook_title", citation()["title"]))
    lines = (f'\n    <meta name="citation_{name}" content="{html.escape(content)}" />' for name, content in tags)
    return "".join(lines)


def _told(title: str, page: str) -> Iterator[tuple[str, str]]:
    yield "title", Markup(title).striptags()
    for name in authors():
        yield "author", name
    yield "publication_date", str(citation()["date-released"]).replace("-", "/")
    yield "language", edition.language().replace("_", "-")
    if address := public_address(page):
        yield "public_url", address


def sections() -> str:
    """Return how the book and its chapters are cited, with the first chapter for an example."""
    from bookbuild.site import programs  # which reads this module's citation

    name = notebooks.names()[0]
    chapter = programs.page(f"notebooks/{name}")
    example = chapter_bibtex(name, chapter.title, chapter.address)
    return SECTION.format(
        heading=message("How to cite"),
        text=text(),
        book=bibtex(),
        of_chapters=message("A chapter is cited by its title. All pages tell reference managers what they are."),
        chapter=example,
    )
