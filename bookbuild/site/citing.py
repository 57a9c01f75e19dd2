"""How the book is cited: CITATION.cff says who wrote what, when, and where it is kept, and nothing else does."""

from functools import lru_cache
from typing import Any

import yaml

from bookbuild.notebooks import ROOT

FILE = "CITATION.cff"


@lru_cache
def citation() -> dict[str, Any]:
    """Return what CITATION.cff says."""
    told: dict[str, Any] = yaml.safe_load((ROOT / FILE).read_text(encoding="utf-8"))
    return told


def authors() -> list[str]:
    """Return the names of the authors, as they are read aloud."""
    return [" ".join(parts) for parts in _names()]


def _names() -> list[list[str]]:
    """Return of each author the given names and the family name, or the one name of a group."""
    return [
        [author["name"]] if "name" in author else [author[part] for part in ("given-names", "family-names")]
        for author in citation()["authors"]
    ]
