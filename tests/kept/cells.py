"""How values are written in the cells of tables."""

import zlib


def written(number):
    """A number to nine digits: what comes after them may depend on the machine."""
    return f"{number:.9g}"


def brief(value):
    """Whatever an answer or a part has, its numbers to seven digits."""
    return f"{value:.7g}" if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)


def digest(things):
    """A short text that stands for many, where a table of all would be too long to read."""
    return f"{zlib.crc32(repr(things).encode()):08x}"
