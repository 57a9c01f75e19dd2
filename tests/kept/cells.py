"""How values are written in the cells of tables."""


def written(number):
    """A number to nine digits: what comes after them may depend on the machine."""
    return f"{number:.9g}"


def brief(value):
    """Whatever an answer or a part has, its numbers to seven digits."""
    return f"{value:.7g}" if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)
