"""Pages that are read and written side by side: each once, and no failure is passed over."""

import pytest
from sphinx.errors import SphinxParallelError
from sphinx.util.parallel import ParallelTasks

from bookbuild.site.side_by_side import Tasks, share


def fail():
    raise RuntimeError("a page cannot be written")


def run(kind):
    """Begin a task that fails, and another once it has."""
    tasks = kind(1)
    tasks.add_task(fail)
    [pipe] = tasks._precvs.values()
    assert pipe.poll(30)
    tasks.add_task(lambda: None)
    tasks.join()


def test_a_task_that_failed_when_another_begins_is_told_of():
    with pytest.raises(SphinxParallelError, match="a page cannot be written"):
        run(Tasks)


def test_sphinx_itself_would_pass_over_it():
    run(ParallelTasks)


@pytest.mark.parametrize("processes", [1, 2, 3, 50])
def test_every_page_is_worked_on_once(processes):
    pages = [f"page-{number}" for number in range(20)]
    by_page = share(pages, processes, list)
    assert by_page.keys() == set(pages)
    assert all(page in mine for page, mine in by_page.items())
    shares = {tuple(mine) for mine in by_page.values()}
    assert sorted(page for mine in shares for page in mine) == sorted(pages)
    assert len(shares) <= processes


def test_pages_are_begun_in_the_order_given():
    assert set(map(tuple, share(["c", "a", "b"], 1, list).values())) == {("c", "a", "b")}


def test_a_page_that_fails_fails_the_build():
    def work(pages):
        return [fail() if page == "b" else page for page in pages]

    with pytest.raises(SphinxParallelError, match="a page cannot be written"):
        share(["a", "b", "c"], 2, work)
