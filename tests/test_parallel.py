"""Pages that are written side by side: one that fails is never left out without a word."""

import pytest
from sphinx.errors import SphinxParallelError
from sphinx.util.parallel import ParallelTasks

from bookbuild.site.jupyter_book import told_of_failures


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
        run(told_of_failures(ParallelTasks))


def test_sphinx_itself_would_pass_over_it():
    run(ParallelTasks)
