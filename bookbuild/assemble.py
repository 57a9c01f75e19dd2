"""Make the site of executed notebooks and pages.

Pages, executed notebooks and settings are staged side by side, Jupyter Book builds the site
from there with warnings as errors, and the finished site takes the old one's place.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
import yaml

from bookbuild import notebooks, publications
from bookbuild.execute import EXECUTED

ROOT = notebooks.ROOT
BUILD = ROOT / "_build"
SITE = BUILD / "html"
MATHJAX = ROOT / "node_modules" / "mathjax" / "es5"


class BuildFailure(Exception):
    """The site can't be made: one line that says why."""


def stage(folder: Path, executed: dict[str, Any]) -> None:
    """Lay out what Jupyter Book builds from: pages at the root, notebooks below, computed values in the settings."""
    shutil.copytree(ROOT / "book", folder, dirs_exist_ok=True)
    (folder / "notebooks").mkdir()
    for name, notebook in executed.items():
        text = nbformat.writes(notebooks.without_records(notebook))
        (folder / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8").replace("book/", "")
    (folder / "_toc.yml").write_text(toc, encoding="utf-8")
    record = publications.collect(executed)
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings["parse"]["myst_substitutions"] = publications.substitutions(record)
    (folder / "_config.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    extra = folder / "extra"
    extra.mkdir(exist_ok=True)
    (extra / "reproduction.csv").write_text(publications.ledger_csv(record), encoding="utf-8")
    copy_mathjax(extra / "mathjax")


def copy_mathjax(target: Path) -> None:
    """Copy the part of MathJax that the pages load."""
    fonts = Path("output/chtml/fonts/woff-v2")
    shutil.copytree(MATHJAX / fonts, target / fonts)
    shutil.copy(MATHJAX / "tex-mml-chtml.js", target)


def build(folder: Path, output: Path) -> None:
    """Build a staged book into a folder, strictly."""
    command = ["jupyter-book", "build", "-W", "-n", "--keep-going", str(folder), "--path-output", str(output)]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        complaints = [line for line in (result.stdout + result.stderr).splitlines() if "WARNING" in line or "Error" in line]
        raise BuildFailure("Jupyter Book refused the pages:\n" + "\n".join(complaints or [result.stderr[-2000:]]))


def replace(site: Path, finished: Path) -> None:
    """Put a finished site in the place of the old one."""
    old = site.with_name(f".{site.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    try:
        finished.rename(site)
    except BaseException:
        if old.exists() and not site.exists():
            old.rename(site)
        raise
    shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bookbuild.assemble", description=__doc__.splitlines()[0])
    parser.parse_args()
    start = time.monotonic()
    executed = {name: notebooks.load(EXECUTED / f"{name}.ipynb") for name in notebooks.names()}
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="site-") as temporary:
        folder, output = Path(temporary, "stage"), Path(temporary, "out")
        folder.mkdir()
        try:
            stage(folder, executed)
            build(folder, output)
        except (BuildFailure, publications.LedgerError) as failure:
            print(f"book: {failure}", file=sys.stderr)
            return 1
        replace(SITE, output / "_build" / "html")
    print(f"  site  {len(executed)} notebooks  {time.monotonic() - start:5.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
