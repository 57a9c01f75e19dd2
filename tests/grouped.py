"""Tests of many things that are alike: one test a group of them, which names the one that fails."""

import functools
import inspect

import pytest


def for_each(argument, things, name=str, group=None):
    """Run a test for each of the things, a group after the other; without groups, for all of them together.

    To gather, start and report a test takes a millisecond or two, which is more than many of them take to run.
    """
    groups = {}
    for thing in things:
        groups.setdefault(group(thing) if group else "", []).append(thing)

    def decorate(test):
        @functools.wraps(test)
        def run(members, **others):
            for thing in members:
                try:
                    test(**{argument: thing}, **others)
                except BaseException as error:
                    error.add_note(f"{argument}: {name(thing)}")
                    raise

        known = inspect.signature(test).parameters.values()
        others = [parameter for parameter in known if parameter.name != argument]
        members = inspect.Parameter("members", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = inspect.Signature([members, *others])
        # One after another, so that what all tests of a group look at is kept.
        return pytest.mark.parametrize("members", groups.values(), ids=groups.keys(), scope="module")(run)

    return decorate
