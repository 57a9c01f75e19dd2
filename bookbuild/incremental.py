"""Builds that begin where the last one ended: of pages whose prose changed, those alone are read and written.

A folder in ``_build`` keeps what Jupyter Book built from and all that it made. A build works on a copy, at an
address that never changes, because Sphinx reads everything again if its sources move; the copy takes the kept
folder's place when all of it is there. Whatever is not prose (code, data, settings, outputs, the number of pages)
makes a build begin from nothing, and so does a folder that is incomplete.
"""

import fcntl
import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.jupyter_book import Builder
from bookbuild.notebooks import ROOT

MARK = "built-from"
# What a page may show of others, besides what domains know: titles, numbers, exercises; and files that come along.
SHOWN = [
    "dlfiles",
    "found_docs",
    "images",
    "longtitles",
    "sphinx_exercise_node_order",
    "sphinx_exercise_registry",
    "titles",
    "toc_fignumbers",
    "toc_secnumbers",
    "tocs",
    "toctree_includes",
]
OF_OTHER_LANGUAGES = {"c", "cpp", "js"}


def build(builder: Builder, staged: Path, store: Path, target: Path) -> Path:
    """Build a staged book, and return the folder of its finished pages, which is in `target`."""
    store.mkdir(exist_ok=True)
    with _alone(store) as undisturbed:
        if not undisturbed:  # another build is at work there
            return builder.build(staged, target, strict=True)
        kept, work = store / "kept", store / "work"
        mark = fingerprint(staged)
        shutil.rmtree(work, ignore_errors=True)
        try:
            if _read(kept / MARK) == mark:
                shutil.copytree(kept, work)
                _renew_pages(staged, work / "stage")
            else:
                shutil.copytree(staged, work / "stage")
            finished = builder.build(work / "stage", work / "out", strict=True)
            pages = target / "html"
            target.mkdir()
            shutil.move(finished, pages)
            (work / MARK).write_text(mark, encoding="utf-8")
            shutil.rmtree(kept, ignore_errors=True)
            work.rename(kept)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return pages


def fingerprint(staged: Path) -> str:
    """Return a digest of all that a page is made of, apart from prose."""
    digest = hashlib.sha256(f"{staged.anchor} {ROOT} {sys.version} {sys.prefix}".encode())
    for path in sorted(path for path in staged.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(staged)}\0".encode())
        if path.suffix == ".ipynb":
            digest.update(_without_prose(path))
        elif not _is_prose(staged, path):
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.name.encode() + path.read_bytes())
    digest.update(str((Path(sys.prefix) / ".installed").stat().st_mtime_ns).encode())
    return digest.hexdigest()


def _is_prose(staged: Path, path: Path) -> bool:
    return path.parent == staged and path.suffix == ".md"


def _without_prose(path: Path) -> bytes:
    notebook = json.loads(path.read_bytes())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = []
    return json.dumps(notebook, sort_keys=True).encode()


def _renew_pages(staged: Path, stage: Path) -> None:
    """Write pages that differ, and leave the others their times, by which Sphinx knows them."""
    for path in staged.rglob("*"):
        other = stage / path.relative_to(staged)
        if path.suffix in (".md", ".ipynb") and path.read_bytes() != other.read_bytes():
            other.write_bytes(path.read_bytes())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


@contextmanager
def _alone(store: Path) -> Iterator[bool]:
    """Hold a folder for oneself, if nobody else does."""
    with (store / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def rewrite_what_depends(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have all pages written anew if a page changed in something that others show: titles, labels, terms, citations."""
    seen = view(env)
    former, env.seen_by_other_pages = getattr(env, "seen_by_other_pages", seen), seen
    if former == seen:
        return []
    shutil.rmtree(app.outdir)
    Path(app.outdir).mkdir()
    return sorted(env.found_docs)


def view(env: BuildEnvironment) -> dict[str, str]:
    """Return digests of what pages may show of other pages, by its name."""
    facts = {name: getattr(env, name, None) for name in SHOWN}
    facts |= {f"domain {name}": data for name, data in env.domaindata.items() if name not in OF_OTHER_LANGUAGES}
    for page in env.found_docs & {"glossary"}:  # chapters show its terms, and find them in its text
        facts["glossary"] = Path(env.doc2path(page)).read_text(encoding="utf-8")
    return {name: hashlib.sha256(canonical(value).encode()).hexdigest() for name, value in facts.items()}


def canonical(value: Any) -> str:
    """Write a value so that equal ones are written alike."""
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{canonical(key)}:{canonical(other)}" for key, other in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(map(canonical, value))) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, nodes.Node):
        return value.pformat()
    if isinstance(value, str | int | float | bytes | Path | None):
        return repr(value)
    # Parts of the bibliography, whose file is no prose: a change of it begins from nothing.
    return f"{type(value).__name__} {getattr(value, 'key', '')}"


def let_pages_be_read_in_parallel(app: Sphinx) -> None:
    """Say for an extension what it does not: it numbers chapters when all are read, and touches none before."""
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", let_pages_be_read_in_parallel)
    # When figures are numbered, and works that are cited.
    app.connect("env-get-updated", rewrite_what_depends, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
