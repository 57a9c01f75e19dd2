"""`llmcalc.tables` in a page: the same look-ups, in the data that came with it."""

import json

from . import lookups

with open("data.json") as file:
    DATA = json.load(file)


def records(name):
    """Rows of a data file as plain dicts."""
    return DATA[name]


def record(name, column, value):
    """The one row of a data file whose column has a value."""
    return lookups.row(records(name), column, value)


def peak_flops(accelerator, number_format):
    """Dense peak of an accelerator for a number format."""
    return lookups.peak_flops(DATA["specifications"], accelerator, number_format)


def specification(accelerator, quantity):
    """A number of an accelerator's datasheet."""
    return lookups.specification(DATA["specifications"], accelerator, quantity)
