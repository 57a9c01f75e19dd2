"""Estimation drill: sizing questions drawn from all chapters, scored by orders of magnitude."""

import math

from ..checks import Refusal
from ..formats import number, together
from ..messages import message
from . import reading
from .bank import chapter
from .draws import Generator, stream_of
from .marking import unread
from .writing import Exercise, Posed

COUNT = 10  # questions of a drill
MOST_POINTS = 10  # for a question; one order of magnitude off costs all of them
PURE = ("", "1", "%")  # units of answers that are no sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def sizing(exercise: Exercise) -> bool:
    """Whether an exercise asks for a size, which one can guess by orders of magnitude.

    Examples
    --------
    >>> from .bank import find
    >>> sizing(find("training-gpus/1")), sizing(find("training-gpus/6"))
    (True, False)
    """
    return exercise.unit not in PURE


def draw(names: "list[str]", seed: int, count: int = COUNT) -> "list[Posed]":
    """Sizing questions of different chapters, with the numbers of a seed.

    Parameters
    ----------
    names : list of str
        Chapters to draw from.
    seed : int
        Seed of the choice and of the numbers [1].
    count : int
        Questions [1].

    Raises
    ------
    Refusal
        If the seed is no whole number from 0 on, or there are fewer chapters than questions.

    Examples
    --------
    >>> from .bank import chapters
    >>> [posed.exercise.name for posed in draw(chapters(), seed=7)] == [
    ...     posed.exercise.name for posed in draw(list(reversed(chapters())), seed=7)
    ... ]
    True
    """
    if type(seed) is not int or seed < 0:
        raise Refusal("seed", seed, "a whole number from 0 on")
    if not 1 <= count <= len(names):
        raise Refusal("count", count, message("1 to {most}, a question of each chapter", most=len(names)))
    generator = Generator(seed, stream_of("drill"))
    found = []
    for name in generator.shuffled(sorted(names))[:count]:
        sizes = [exercise for exercise in chapter(name).exercises if sizing(exercise)]
        if not sizes:
            raise Refusal("chapter", name, "a chapter that asks for a size")
        found.append(sizes[generator.below(len(sizes))].pose(seed))
    return found


def orders_off(guess: float, key: float) -> float:
    """Orders of magnitude between a guess and the answer, above zero if it is too large.

    Examples
    --------
    >>> orders_off(1000.0, 10.0), orders_off(1.0, 10.0)
    (2.0, -1.0)
    """
    return math.log10(guess) - math.log10(key)


def points(off: float) -> int:
    """Points for a guess so many orders of magnitude off: 10 less 10 for each order, rounded.

    Examples
    --------
    >>> points(0.0), points(-0.3), points(0.96), points(3.0)
    (10, 7, 0, 0)
    """
    return max(0, int(MOST_POINTS * (1 - abs(off)) + 0.5))


def judge(posed: Posed, text: str) -> "dict[str, Any]":
    """What is said about a guess: its points, and how far off it is, or why it cannot be read.

    Parameters
    ----------
    posed : Posed
        The question with its numbers.
    text : str
        What was written, a number with or without its unit.

    Examples
    --------
    >>> from .bank import pose
    >>> judge(pose("training-gpus/1", seed=7), "1e23")["said"]
    'It is 1.158 × 10²³ FLOP. Too small by a factor of 1.2, 0.06 orders of magnitude.'
    """
    try:
        guess = reading.number(text, posed.exercise.unit)
        if guess <= 0:
            raise Refusal("guess", text, "a number above zero")
    except Refusal as refusal:
        return {"kind": "unread", "points": 0, "said": unread(refusal)}
    off = orders_off(guess, posed.key)
    said = message("It is {answer}.", answer=posed.solution())
    apart = {"factor": number(10 ** abs(off), 2), "orders": number(abs(off), 1)}
    if off >= 0.01:
        said = together(said, message("Too large by a factor of {factor}, {orders} orders of magnitude.", **apart))
    elif off <= -0.01:
        said = together(said, message("Too small by a factor of {factor}, {orders} orders of magnitude.", **apart))
    return {"kind": "read", "points": points(off), "off": off, "guess": guess, "said": said}
