"""Sphinx on all cores: whichever is free takes the next page.

Sphinx itself reads pages in chunks of ten, so that the cores wait for the one that got the long ones. It resolves and
indexes them one by one in a single process, which hands them on to be written. Here a process for each core takes page
after page and does all of that. What pages leave for others (what they are called, entries of the search, images) is
brought together at the end, in the order of the pages, so that no build differs by who was faster.
"""

import multiprocessing
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.builders import html, singlehtml
from sphinx.util.build_phase import BuildPhase
from sphinx.util.parallel import ParallelTasks

# What the index of the search holds by pages, and what it holds by words: the pages that have them.
BY_PAGE = ("_titles", "_filenames", "_all_titles", "_index_entries")
BY_WORD = ("_mapping", "_title_mapping")


class Tasks(ParallelTasks):
    """Sphinx's tasks, which would pass over one that failed while another was begun."""

    def terminate(self) -> None:
        super().terminate()
        if failure := sys.exc_info()[1]:
            raise failure


def share(pages: Sequence[str], processes: int, work: Callable[[Iterator[str]], Any]) -> dict[str, Any]:
    """Let forks of this process work on pages, each on the next that is left; return by pages what their fork returns.

    Their order is that in which the pages are begun: those that take long should come first.
    """
    begun = multiprocessing.get_context("fork").Value("L", 0)
    processes = min(processes, len(pages))
    by_page: dict[str, Any] = {}

    def one() -> tuple[list[str], Any]:
        mine: list[str] = []

        def taken() -> Iterator[str]:
            while True:
                with begun.get_lock():
                    place, begun.value = begun.value, begun.value + 1
                if place >= len(pages):
                    return
                mine.append(pages[place])
                yield pages[place]

        return mine, work(taken())

    def merge(_: None, result: tuple[list[str], Any]) -> None:
        by_page.update(dict.fromkeys(result[0], result[1]))

    tasks = Tasks(processes)
    for _ in range(processes):
        tasks.add_task(one, None, merge)
    tasks.join()
    return by_page


class ReadSideBySide(html.StandaloneHTMLBuilder):
    """Sphinx's builder of HTML, but for how it reads pages."""

    def _read_parallel(self, docnames: list[str], nproc: int) -> None:
        for docname in docnames:
            self.events.emit("env-purge-doc", self.env, docname)
            self.env.clear_doc(docname)

        def read(pages: Iterator[str]) -> bytes:
            self.env.app = self.app
            for docname in pages:
                self.read_doc(docname, _cache=False)
            return pickle.dumps(self.env, pickle.HIGHEST_PROTOCOL)

        by_page = share(sorted(docnames, key=self._effort, reverse=True), nproc, read)
        environments = {found: pickle.loads(found) for found in set(by_page.values())}
        for docname in docnames:
            self.env.merge_info_from([docname], environments[by_page[docname]], self.app)

    def _effort(self, docname: str) -> tuple[int, int]:
        """Return what tells how long a page takes to be read: directives may write far more than its source has."""
        source = Path(self.env.doc2path(docname))
        text = source.read_bytes()
        return (text.count(b"```{") if source.suffix == ".md" else 0), len(text)


class Pages(ReadSideBySide):
    """The builder of a site, which resolves, indexes and writes pages side by side, too."""

    def _write_parallel(self, docnames: Sequence[str], nproc: int) -> None:
        first, *others = docnames
        self._write(first)  # what pages share, templates above all, is there for all of them then
        sizes = {docname: Path(self.doctreedir, f"{docname}.doctree").stat().st_size for docname in others}

        def write(pages: Iterator[str]) -> dict[str, dict[str, Any]]:
            return {docname: self._write_apart(docname) for docname in pages}

        # Sphinx keeps one of its processes for what is done by all of them here.
        by_page = share(sorted(others, key=sizes.__getitem__, reverse=True), nproc + 1, write)
        for docname in others:
            self._take_over(docname, by_page[docname][docname])

    def _write(self, docname: str) -> None:
        self.app.phase = BuildPhase.RESOLVING
        doctree = self.env.get_and_resolve_doctree(docname, self)
        self.app.phase = BuildPhase.WRITING
        self.write_doc_serialized(docname, doctree)
        self.write_doc(docname, doctree)

    def _write_apart(self, docname: str) -> dict[str, Any]:
        """Write a page in a process of its own, and return what it leaves for others."""
        self.images.clear()
        self._write(docname)
        index = self.indexer
        left: dict[str, Any] = {name: getattr(index, name).get(docname) for name in BY_PAGE}
        for name in BY_WORD:
            left[name] = [word for word, pages in getattr(index, name).items() if docname in pages]
        return left | {"images": dict(self.images)}

    def _take_over(self, docname: str, left: dict[str, Any]) -> None:
        self.images.update(left["images"])
        for name in BY_PAGE:
            if left[name] is not None:
                getattr(self.indexer, name)[docname] = left[name]
        for name in BY_WORD:
            for word in left[name]:
                getattr(self.indexer, name).setdefault(word, set()).add(docname)


class OnePage(singlehtml.SingleFileHTMLBuilder, ReadSideBySide):
    """The builder of the whole book as one page."""


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_builder(Pages, override=True)
    app.add_builder(OnePage, override=True)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
