"""Texts from code and data, written so that Markdown shows them as they are."""

_MARKED = str.maketrans({letter: f"\\{letter}" for letter in "\\*_{}[]<>$|#~^"})


def plain(text: str) -> str:
    r"""Return Markdown that shows a text letter by letter, but for code, which stands between backticks.

    Examples
    --------
    >>> plain("a_b is *not* [marked], and `a_b` is code")
    'a\\_b is \\*not\\* \\[marked\\], and `a_b` is code'
    """
    parts = text.split("`")
    return "`".join(
        part if place % 2 and place < len(parts) - 1 else part.translate(_MARKED) for place, part in enumerate(parts)
    )
