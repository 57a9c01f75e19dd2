"""Cases that are alike, in one test that names those that fail."""

import functools
import inspect
import itertools
from pathlib import Path

import pytest


def together(test, by=None):
    """Run all cases of a parametrised test in one, or in one for each group that `by` tells of a case.

    To gather, start and report a test takes a millisecond or two, which is more than many cases take to run.

    Parameters
    ----------
    test : function
        A test with marks of `pytest.mark.parametrize`, whose other arguments are fixtures of a module or of all tests.
    by : function, optional
        From the keyword arguments of a case to the name of its group. Tests of one group run after another, so that
        what they keep is kept for all of them.
    """
    groups = {}
    for case in _cases(test):
        groups.setdefault(by(**case) if by else "", []).append(case)

    @functools.wraps(test)
    def run(**given):
        failed = []
        for case in given.pop("cases", groups.get("")):
            try:
                test(**case, **given)
            except (Exception, pytest.fail.Exception) as error:
                told = (
                    f"{name} = {value.name if isinstance(value, Path) else value!s:.200}"
                    for name, value in case.items()
                )
                error.add_note(f"{test.__name__}: {', '.join(told)}")
                failed.append(error)
        if failed:
            raise failed[0] if len(failed) == 1 else BaseExceptionGroup(f"{len(failed)} cases fail", failed)

    fixtures = [each for each in inspect.signature(test).parameters.values() if each.name not in next(_cases(test))]
    run.pytestmark = [mark for mark in getattr(test, "pytestmark", []) if mark.name != "parametrize"]
    if by:
        fixtures.append(inspect.Parameter("cases", inspect.Parameter.KEYWORD_ONLY))
        run = pytest.mark.parametrize("cases", groups.values(), ids=groups.keys(), scope="module")(run)
    run.__signature__ = inspect.Signature(fixtures)
    return run


def _cases(test):
    """Keyword arguments of all cases, those of the mark next to the function in the outermost loop."""
    marks = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    listed = []
    for names, values, *_ in (mark.args for mark in marks):
        several = not isinstance(names, str)
        listed.append([dict(zip(names, value, strict=True)) if several else {names: value} for value in values])
    for chosen in itertools.product(*listed):
        yield {name: value for part in chosen for name, value in part.items()}
