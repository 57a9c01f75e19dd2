"""How the numbers of an exercise are drawn: a small generator that every Python runs alike, and what to draw from."""

from .. import datasets
from ..checks import Refusal
from .telling import percent, told

MOST_64 = (1 << 64) - 1
MOST_32 = (1 << 32) - 1
MULTIPLIER = 6364136223846793005  # of the generator's state, as published

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Generator:
    """Whole numbers at random from a seed: PCG32 (XSH RR, 64 bits of state), the same in every Python.

    Parameters
    ----------
    seed : int
        Where to start [1].
    stream : int
        Which of the independent sequences [1].

    References
    ----------
    O'Neill (2014), "PCG: A family of simple fast space-efficient statistically good algorithms for random number
    generation", HMC-CS-2014-0905; the example is the first line of the authors' check of pcg32 with 42 and 54.

    Examples
    --------
    >>> generator = Generator(42, 54)
    >>> [hex(generator.next()) for _ in range(3)]
    ['0xa15c02b7', '0x7b47f409', '0xba1d3330']
    """

    def __init__(self, seed: int, stream: int) -> None:
        self._increment = ((stream << 1) | 1) & MOST_64
        self._state = 0
        self.next()
        self._state = (self._state + seed) & MOST_64
        self.next()

    def next(self) -> int:
        """A whole number of 32 bits."""
        old = self._state
        self._state = (old * MULTIPLIER + self._increment) & MOST_64
        mixed = (((old >> 18) ^ old) >> 27) & MOST_32
        turn = old >> 59
        return ((mixed >> turn) | (mixed << ((32 - turn) & 31))) & MOST_32

    def below(self, count: int) -> int:
        """A whole number from 0 to below a count, each as likely."""
        least = (MOST_32 + 1 - count) % count
        while True:
            number = self.next()
            if number >= least:
                return number % count

    def shuffled(self, items: "list[Any]") -> "list[Any]":
        """The items in another order (Fisher and Yates)."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed


def stream_of(name: str) -> int:
    """The sequence of an exercise, so that exercises with the same seed draw independently: FNV-1a of its name.

    References
    ----------
    Fowler, Noll, Vo and Eastlake, "The FNV Non-Cryptographic Hash Algorithm", IETF draft-eastlake-fnv; the
    example is the 64-bit value of "a" there.

    Examples
    --------
    >>> hex(stream_of("a"))
    '0xaf63dc4c8601ec8c'
    """
    found = 0xCBF29CE484222325
    for byte in name.encode():
        found = ((found ^ byte) * 0x100000001B3) & MOST_64
    return found


class Draw:
    """Values of which one is drawn, and how it is told.

    Parameters
    ----------
    values : list
        What may be drawn.
    shares : bool
        Whether values are told in per cent.
    """

    def __init__(self, values: "list[Any]", shares: bool = False) -> None:
        self.values, self.shares = values, shares

    def draw(self, generator: Generator) -> "Any":
        """One of the values."""
        return self.values[generator.below(len(self.values))]

    def tell(self, value: "Any") -> str:
        """The value as the text of the exercise has it."""
        return percent(value) if self.shares else told(value)


def of(*values: "float | str") -> Draw:
    """Draw one of some values.

    Examples
    --------
    >>> of(7e9, 13e9).tell(7e9)
    '7 × 10⁹'
    """
    return Draw(list(values))


def steps(low: float, high: float, step: float) -> Draw:
    """Draw a number that lies some steps above the lower end, up to the higher one.

    Examples
    --------
    >>> steps(10, 20, 5).values, steps(0.1, 0.3, 0.1).values
    ([10, 15, 20], [0.1, 0.2, 0.3])
    """
    # Fractions are whole numbers over whole numbers, so that 0.3 is 0.3 in every Python.
    parts = 1 if step >= 1 else int(1 / step + 0.5)
    first, last, width = int(low * parts + 0.5), int(high * parts + 0.5), int(step * parts + 0.5)
    exact = all(abs(made - given * parts) < 1e-6 for made, given in ((first, low), (width, step)))
    if not width or last <= first or not exact:
        raise Refusal(
            "steps", (low, high, step), "a lower end, a higher one, and a step, whole or one over a whole number"
        )
    # MicroPython counts in ranges of small numbers only.
    numbers = [first + width * place for place in range((last - first) // width + 1)]
    return Draw([number if parts == 1 else number / parts for number in numbers])


def shares(low: float, high: float, step: float) -> Draw:
    """Draw a share as `steps` does, and tell it in per cent.

    Examples
    --------
    >>> shares(0.3, 0.5, 0.1).tell(0.4)
    '40 %'
    """
    return Draw(steps(low, high, step).values, shares=True)


class Column(Draw):
    """Values of a column of a table in data/, read when one is drawn first, because a page's tables come later."""

    def __init__(self, table: str, column: str, leave_out: "tuple[Any, ...]") -> None:
        super().__init__([])
        self.table, self.column, self._leave_out = table, column, leave_out

    def draw(self, generator: Generator) -> "Any":
        if not self.values:
            known = datasets.values(self.table, self.column)
            self.values = [value for value in known if value is not None and value not in self._leave_out]
        return super().draw(generator)


def column(table: str, name: str, leave_out: "tuple[Any, ...]" = ()) -> Column:
    """Draw a value of a column of `data/TABLE.csv`.

    Examples
    --------
    >>> column("transformer-shapes", "model").draw(Generator(1, 1)) in datasets.values("transformer-shapes", "model")
    True
    """
    return Column(table, name, leave_out)
