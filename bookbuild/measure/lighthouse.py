"""Lighthouse's scores of pages: performance, accessibility, best practices and search, on a phone and on a desk."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bookbuild import browser

NODE = Path(sys.prefix) / "bin" / "node"
PACKAGES = Path(sys.prefix) / "npm" / "package.json"
FORMS = ("phone", "desk")
PAGES = ("index.html", "notebooks/training-gpus.html", "notebooks/planner.html")
AIM = 95


@dataclass(frozen=True)
class Audit:
    """A page's scores on a device, out of 100, and the audits that it loses points in."""

    page: str
    form: str
    scores: dict[str, int]
    lost: list[str]


def is_installed() -> bool:
    """Whether Lighthouse is there; only tests and measurements bring it."""
    return (PACKAGES.parent / "node_modules" / "lighthouse").exists()


def audit(folder: Path, pages: Sequence[str], forms: Sequence[str] = FORMS) -> list[Audit]:
    """Serve a site and have Lighthouse judge some of its pages."""
    with browser.serve(folder) as address:
        work = {
            "packages": str(PACKAGES),
            "browser": browser.find_browser(),
            "flags": browser.FLAGS,
            "forms": forms,
            "pages": [address + page for page in pages],
        }
        run = subprocess.run(
            [NODE, Path(__file__).with_suffix(".mjs"), json.dumps(work)], capture_output=True, encoding="utf-8"
        )
    if run.returncode:
        raise RuntimeError(f"Lighthouse failed:\n{run.stderr}")
    found = [Audit(**json.loads(line)) for line in run.stdout.splitlines()]
    return [Audit(one.page.removeprefix(address), one.form, one.scores, one.lost) for one in found]
