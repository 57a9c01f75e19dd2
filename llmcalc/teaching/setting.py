"""Formulas in the texts of exercises: authors put them between dollar signs, readers see them plain or in HTML.

Numbers are drawn in the page, in a test system and at a prompt, where there is no MathJax. So formulas are set wherever
numbers are drawn, MicroPython included: letters in italics and exponents raised are what a line of text needs.
"""

SUPERSCRIPTS = dict(zip("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻"))  # noqa: B905 - MicroPython's zip knows no strict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def plain(text: str) -> str:
    """A text whose formulas are in characters alone.

    Examples
    --------
    >>> plain("By $C = 6 N D$, and $0.97^12 - 1$; then $e^(R/M)$.")
    'By C = 6 N D, and 0.97¹² − 1; then e^(R/M).'
    """
    return "".join([_plain(part) if formula else part for formula, part in _parts(text)])


def shown(text: str) -> str:
    """A text as HTML: letters of formulas in italics, exponents raised.

    Examples
    --------
    >>> shown("If $C = 6 N D$ & more")
    'If <var>C</var> = 6 <var>N</var> <var>D</var> &amp; more'
    >>> shown("$0.97^12$ and $e^(R/M)$")
    '0.97¹² and <var>e</var><sup><var>R</var>/<var>M</var></sup>'
    """
    return "".join([_html(part) if formula else escaped(part) for formula, part in _parts(text)])


def escaped(text: str) -> str:
    """A text as HTML, with nothing in it that HTML would take for its own.

    Examples
    --------
    >>> escaped("a < b & c")
    'a &lt; b &amp; c'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _parts(text: str) -> "Iterator[tuple[bool, str]]":
    """Parts of a text, and whether each is a formula: every second one is."""
    for place, part in enumerate(text.split("$")):
        yield place % 2 == 1, part


def _plain(formula: str) -> str:
    found = ""
    for kind, part in _pieces(formula):
        if kind == "exponent":
            raised = [SUPERSCRIPTS.get(letter, "") for letter in part]
            # What has no raised letters keeps its hat, and parentheses where it is more than a word.
            found += (
                "".join(raised)
                if all(raised)
                else "^" + (part.replace("-", "−") if _is_word(part) else "(" + _plain(part) + ")")
            )
        else:
            found += part
    return found


def _html(formula: str) -> str:
    found = ""
    for kind, part in _pieces(formula):
        if kind == "exponent":
            raised = [SUPERSCRIPTS.get(letter, "") for letter in part]
            found += "".join(raised) if all(raised) else "<sup>" + _html(part) + "</sup>"
        elif kind == "letter":
            found += "<var>" + part + "</var>"
        else:
            found += escaped(part)
    return found


def _is_word(part: str) -> bool:
    return all(letter in ".-−" or _is_of_word(letter) for letter in part)


def _is_of_word(letter: str) -> bool:
    return letter.isdigit() or _is_letter(letter)


def _is_letter(letter: str) -> bool:
    # MicroPython's isalpha knows no Greek.
    return letter.isalpha() or "α" <= letter <= "ω"


def _pieces(formula: str) -> "Iterator[tuple[str, str]]":
    """Pieces of a formula by kind: a letter that stands alone, an exponent, or a text."""
    place = 0
    while place < len(formula):
        start = place
        if formula[place] == "^":
            start, place = _exponent(formula, place + 1)
            yield "exponent", formula[start:place]
            if formula[place : place + 1] == ")" and formula[start - 1] == "(":
                place += 1
        elif _is_letter(formula[place]):
            while place < len(formula) and _is_letter(formula[place]):
                place += 1
            yield "letter" if place - start == 1 else "text", formula[start:place]
        else:
            place += 1
            yield "text", "−" if formula[start] == "-" else formula[start]


def _exponent(formula: str, place: int) -> "tuple[int, int]":
    """Where an exponent begins and ends: what stands in parentheses, or a number or letter."""
    if formula[place : place + 1] == "(":
        depth, end = 1, place + 1
        while end < len(formula) and depth:
            depth += {"(": 1, ")": -1}.get(formula[end], 0)
            end += 1
        return place + 1, end - 1
    end = place + (formula[place : place + 1] in ("-", "−"))
    while end < len(formula) and (
        _is_of_word(formula[end]) or (_is_of_word(formula[end + 1 : end + 2]) and formula[end] == ".")
    ):
        end += 1
    return place, end
