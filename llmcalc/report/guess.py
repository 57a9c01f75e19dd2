"""Predict first: a question about a curve that a reader answers before it shows."""

import html
import math

from ..checks import Refusal
from ..formats import counted, number
from ..messages import message

DIGITS = 3  # of the answer


class Guess:
    """A question to which a reader commits on a logarithmic scale before the next figure of the page shows.

    Where no script runs, and on paper, the question stands above the figure with its answer in a fold.

    Parameters
    ----------
    question : str
        What to guess, a sentence that ends in a question mark.
    value : float
        The answer, computed by the notebook; NaN, zero or less, or None where the parameters leave none.
    unit : str
        Unit of the answer, in the singular; ``1`` for a pure number.
    low, high : float
        Ends of the scale, powers of ten; it is longer by powers of ten where the answer would lie beyond it.

    Raises
    ------
    Refusal
        If the question is none, or the scale has no length.

    Examples
    --------
    >>> guess = Guess("How many does it take?", 4675.0, "device", 10, 1e5)
    >>> guess.text, guess.ends
    ('4,675 devices', (1, 5))
    """

    def __init__(self, question: str, value: "float | None", unit: str, low: float, high: float) -> None:
        if not question.endswith("?"):
            raise Refusal("question", question, "a sentence that ends in a question mark")
        if not 0 < low < high:
            raise Refusal("low", low, "a number above zero and below high")
        self.question, self.unit = question, unit
        self.value = None if value is None or not math.isfinite(value) or value <= 0 else float(value)
        ends = (round(math.log10(low)), round(math.log10(high)))
        if self.value is not None:
            exponent = math.log10(self.value)
            ends = (min(ends[0], math.floor(exponent)), max(ends[1], math.ceil(exponent)))
        self.ends = ends

    @property
    def text(self) -> str:
        """The answer with its unit."""
        if self.value is None:
            return ""
        return f"{number(self.value, DIGITS)} {counted(self.unit, self.value)}".rstrip()

    def _repr_html_(self) -> str:
        if self.value is None:
            return ""
        data = {
            "value": repr(self.value),
            "text": self.text,
            "one": counted(self.unit, 1),
            "many": counted(self.unit, 2),
            "low": self.ends[0],
            "high": self.ends[1],
        }
        first, answer = message("Predict first."), message("The answer")
        attributes = " ".join(f'data-{name}="{html.escape(str(cell))}"' for name, cell in data.items())
        return (
            f'<div class="guess" {attributes}>'
            f"<p><strong>{html.escape(first)}</strong> {html.escape(self.question)}</p>"
            f"<details><summary>{html.escape(answer)}</summary>"
            f"<p>{html.escape(self.text)}</p></details></div>"
        )
