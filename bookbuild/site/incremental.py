"""Builds that begin where the last one ended: of pages whose prose changed, those alone are laid out, read and written.

A folder in ``_build`` keeps what Jupyter Book built from and all that it made. A build works on a copy, at an
address that never changes, because Sphinx reads everything again if its sources move; the copy takes the kept
folder's place when all of it is there. Whatever is not prose (code, data, settings, outputs, titles, the list of pages)
makes a build begin from nothing, and so does a folder that is incomplete. A build during which a file was changed
leaves the kept folder as it was: nobody knows which of its pages show the change.
"""

import fcntl
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild import inputs, scratch
from bookbuild.build import EXECUTED
from bookbuild.inputs import Fingerprints
from bookbuild.notebooks import ROOT, SOURCES, names
from bookbuild.site import remembered
from bookbuild.site.jupyter_book import Builder
from bookbuild.site.remembered import Remembered

MARK = "built-from"
INDEX = "index-entries.json"
CODE = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
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


def build(
    builder: Builder,
    store: Path,
    target: Path,
    stage: Callable[[Path, set[Path] | None], None],
    complete: Callable[[Path, Remembered], None],
) -> Path:
    """Build the book, and return the folder of its finished pages, which is in `target`.

    `stage` lays out the whole book in a folder, or renews there what is made of the files given; `complete` adds to
    finished pages what is made of them.
    """
    store.mkdir(exist_ok=True)
    with _alone(store) as undisturbed:
        if not undisturbed:  # another build is at work there
            stage(target / "stage", None)
            pages = builder.build(target / "stage", target / "out", strict=True)
            complete(pages, Remembered(pages))
            return pages
        kept, work = store / "kept", store / "work"
        shutil.rmtree(work, ignore_errors=True)
        with scratch.owned(work):
            sources = inputs.taken()
            now, then = made_of(sources), inputs.read_record(kept / MARK)
            if now["rest"] == then.get("rest"):
                shutil.copytree(kept, work)
                shutil.rmtree(work / "out" / "html" / "_static")  # pages would name versions of what is there already
                changed = {Path(path) for path, digest in now["prose"].items() if then["prose"].get(path) != digest}
                stage(work / "stage", changed | {ROOT / "book" / "index.md"})  # without any, Sphinx would do nothing
            else:
                stage(work / "stage", None)
            remembered.begin(work)
            finished = builder.build(work / "stage", work / "out", strict=True)
            pages = target / "html"
            complete(finished, Remembered(finished))
            shutil.move(finished, pages)
            if None not in inputs.vouched(sources).values():
                (work / MARK).write_text(json.dumps(now), encoding="utf-8")
                shutil.rmtree(work / remembered.BEFORE, ignore_errors=True)
                shutil.rmtree(kept, ignore_errors=True)
                work.rename(kept)
        return pages


def made_of(sources: Fingerprints) -> dict[str, Any]:
    """Return digests of the files with prose by their paths, and one of all else that the site is made of."""
    prose = [*sorted((ROOT / "book").glob("*.md")), *(EXECUTED / f"{name}.ipynb" for name in names())]
    rest = hashlib.sha256(f"{ROOT} {sys.version} {sys.prefix} {[path.name for path in prose]}".encode())
    digests = {}
    for path in prose:
        content = path.read_bytes()
        digests[str(path)] = hashlib.sha256(content).hexdigest()
        if path.suffix == ".ipynb":
            rest.update(_without_prose(content))
    for path in sorted(SOURCES.glob("*.md")):  # parameters are read from there
        rest.update("".join(CODE.findall(path.read_text(encoding="utf-8"))).encode())
    with_prose = {path.relative_to(ROOT).as_posix() for path in (*prose, *SOURCES.glob("*.md"))}
    rest.update(json.dumps({path: sources[path] for path in sources.keys() - with_prose}, sort_keys=True).encode())
    return {"prose": digests, "rest": rest.hexdigest()}


def _without_prose(content: bytes) -> bytes:
    """Return an executed notebook without its text, but for its headings: other pages quote its title."""
    notebook = json.loads(content)
    kept = []
    for cell in notebook["cells"]:
        del cell["id"]
        if cell["cell_type"] == "markdown":
            cell = [line for line in "".join(cell["source"]).splitlines() if line.startswith("#")]
        if cell:
            kept.append(cell)
    return json.dumps(notebook | {"cells": kept}, sort_keys=True).encode()


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


def rewrite_what_depends(app: Sphinx, env: Any) -> list[str]:
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
    facts: dict[str, Any] = {name: getattr(env, name, None) for name in SHOWN}
    facts |= {f"domain {name}": data for name, data in env.domaindata.items() if name not in OF_OTHER_LANGUAGES}
    # Lists of citations grow in the order in which pages are read; works are listed in that of their authors.
    cited = facts["domain cite"]
    facts["domain cite"] = {
        name: set(map(canonical, part)) if isinstance(part, list) else part for name, part in cited.items()
    }
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
        return str(value.pformat())
    if isinstance(value, str | int | float | bytes | Path | None):
        return repr(value)
    # Parts of the bibliography, whose file is no prose: a change of it begins from nothing.
    return f"{type(value).__name__} {getattr(value, 'key', '')}"


def recall_index_entries(app: Sphinx, env: BuildEnvironment) -> None:
    """Tell the search of entries in pages that are not written anew: of all that it finds, Sphinx forgets these."""
    env._search_index_index_entries = inputs.read_record(Path(app.doctreedir, INDEX))


def keep_index_entries(app: Sphinx, exception: Exception | None) -> None:
    """Keep the entries of the index that the search shows."""
    if exception is None:
        entries = json.dumps(app.env._search_index_index_entries)
        Path(app.doctreedir, INDEX).write_text(entries, encoding="utf-8")


def let_pages_be_read_in_parallel(app: Sphinx) -> None:
    """Say for an extension what it does not: it numbers chapters when all are read, and touches none before."""
    app.extensions["sphinx_multitoc_numbering"].parallel_read_safe = True


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", let_pages_be_read_in_parallel)
    # When figures are numbered, and works that are cited.
    app.connect("env-get-updated", rewrite_what_depends, priority=900)
    app.connect("env-updated", recall_index_entries)
    app.connect("build-finished", keep_index_entries)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
