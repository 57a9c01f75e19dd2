"""How teachers write exercises: a chapter, a function for each exercise, and what the function returns.

The decorator holds what never changes; the function takes the numbers that were drawn, by name, and returns the
key, the usual mistakes with what to say about each, hints and the worked solution.

>>> from llmcalc.teaching.draws import of
>>> chapter = Chapter("sums")
>>> drawn = {"a": of(1, 2), "b": of(5, 6)}
>>> @chapter.exercise(level=1, teaches="Adding.", text="{a} and {b} is?", unit="1", within=(0, 9), **drawn)
... def addition(a, b):
...     return numeric(
...         a + b,
...         mistakes=[(a * b, "That is the product."), (b - a, "That is the difference.")],
...         hints=["Count on.", "Use your fingers."],
...         steps=[f"{a} + {b} = {a + b}"],
...     )
>>> chapter.exercises[0].pose(seed=1).key in (6, 7, 8)
True
"""

from ..checks import Refusal
from ..formats import counted
from ..messages import marked, message
from .draws import Generator, stream_of
from .setting import plain, shown
from .telling import told

LEVELS = {1: marked("Recall and estimate"), 2: marked("Derive and compute"), 3: marked("Decide and defend")}
TOLERANCE = 0.02  # relative, for numbers that are no counts
CLEAR = 0.03  # relative distance of the items of an order
TRIES = 60  # drawings until every mistake can be told from the answer
LETTERS = "abcdefgh"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .draws import Draw

    Mistakes = Sequence[tuple[float, str]]


class Answer:
    """What the function of an exercise returns, made by `numeric`, `choose` or `order`.

    Parameters
    ----------
    kind : str
        numeric, choice or ordering.
    key
        A number, or the right texts.
    mistakes : list of (value, str)
        Wrong answers that people give, and what to say about each.
    hints, steps : list of str
        From a nudge to nearly all; the worked solution.
    given : dict
        Further values that the text names.
    clear : bool
        Whether the numbers leave no doubt about the right answer; others are drawn again.
    """

    def __init__(
        self,
        kind: str,
        key: "Any",
        mistakes: "Sequence[Any]",
        hints: "Sequence[str]",
        steps: "Sequence[str]",
        given: "dict[str, Any] | None" = None,
        clear: bool = True,
    ) -> None:
        self.clear = clear
        self.kind, self.key, self.mistakes = kind, key, list(mistakes)
        self.hints, self.steps, self.given = list(hints), list(steps), given or {}


def numeric(
    key: float,
    mistakes: "Mistakes",
    hints: "Sequence[str]",
    steps: "Sequence[str]",
    given: "dict[str, Any] | None" = None,
    clear: bool = True,
) -> Answer:
    """The answer is a number in the unit of the exercise."""
    return Answer("numeric", key, mistakes, hints, steps, given, clear)


def choose(
    right: str,
    wrong: "Sequence[tuple[str, str]]",
    hints: "Sequence[str]",
    steps: "Sequence[str]",
    given: "dict[str, Any] | None" = None,
    clear: bool = True,
) -> Answer:
    """The answer is one of some texts; each of the others comes with what to say to those who choose it."""
    return Answer("choice", right, wrong, hints, steps, given, clear)


def order(
    items: "Sequence[tuple[str, float]]",
    hints: "Sequence[str]",
    steps: "Sequence[str]",
    given: "dict[str, Any] | None" = None,
) -> Answer:
    """The answer is an order: texts by their values, the smallest first. The last step of the solution says it."""
    rising = sorted([value for _, value in items])
    key = [next(text for text, value in items if value == wanted) for wanted in rising]
    clear = all(rising[place] + CLEAR * abs(rising[place]) < rising[place + 1] for place in range(len(rising) - 1))
    return Answer(
        "ordering", key, [], hints, list(steps) + [message("In order: {items}.", items="; ".join(key))], given, clear
    )


class Posed:
    """An exercise with its numbers: what to show, and what the answer is.

    Texts are plain. `answer` has its texts as the author wrote them, with formulas between dollar signs.
    """

    def __init__(self, exercise: "Exercise", seed: int, values: "dict[str, Any]", answer: Answer, options: "Any"):
        self.exercise, self.seed, self.values, self.answer, self.options = exercise, seed, values, answer, options
        self.kind, self.key = answer.kind, answer.key
        self.mistakes = [(value, plain(said)) for value, said in answer.mistakes]
        self.hints, self.steps = [plain(hint) for hint in answer.hints], [plain(step) for step in answer.steps]
        named = {name: exercise.draws[name].tell(value) for name, value in values.items()}
        for name, value in answer.given.items():
            named[name] = told(value)
        try:
            self.written = exercise.text.format(**named)
            self.text = plain(self.written)
        except (KeyError, IndexError, ValueError) as error:
            known = ", ".join(sorted(named))
            accepted = message(
                "a text that names {names} in braces, in {exercise}", names=known, exercise=exercise.name
            )
            raise Refusal("text", exercise.text, accepted) from error

    def letters(self, texts: "Sequence[str]") -> str:
        """Letters of some of the options, in the order of the texts."""
        return " ".join([LETTERS[self.options.index(text)] for text in texts])

    def solution(self) -> str:
        """The right answer, as one would write it."""
        if self.kind == "numeric":
            unit = self.exercise.unit
            return (told(self.key) + " " + counted(unit, self.key)).rstrip()
        return self.letters([self.key] if self.kind == "choice" else self.key)

    def _words(self) -> str:
        return str(self.key) if self.kind == "choice" else "; ".join(self.key)

    def shown(self) -> "dict[str, Any]":
        """Text, hints and steps as HTML, in which formulas are set."""
        return {
            "text": shown(self.written),
            "hints": [shown(hint) for hint in self.answer.hints],
            "steps": [shown(step) for step in self.answer.steps],
        }

    def shown_mistakes(self) -> "list[tuple[Any, str]]":
        """Answers of usual mistakes, with what to say about each as HTML."""
        return [(value, shown(said)) for value, said in self.answer.mistakes]

    def described(self) -> "dict[str, Any]":
        """All that a page shows, ready for JSON, which keeps the order of lists alone."""
        exercise = self.exercise
        return {
            "name": exercise.name,
            "level": exercise.level,
            "teaches": exercise.teaches,
            "kind": self.kind,
            "unit": exercise.unit,
            "text": self.text,
            "options": self.options,
            "shown": self.shown(),
            # Options have no letters in a page.
            "solution": self.solution() if self.kind == "numeric" else self._words(),
        }


class Exercise:
    """A question whose numbers are drawn; see `Chapter.exercise` for what it is made of."""

    def __init__(
        self,
        chapter: str,
        number: int,
        function: "Callable[..., Answer]",
        level: int,
        teaches: str,
        text: str,
        unit: str,
        tolerance: float,
        within: "tuple[float, float] | None",
        draws: "dict[str, Draw]",
    ) -> None:
        self.chapter, self.number, self.name = chapter, number, chapter + "/" + str(number)
        self.function, self.level, self.teaches, self.text = function, level, teaches, text
        self.unit, self.tolerance, self.within, self.draws = unit, tolerance, within, draws

    def __repr__(self) -> str:
        return self.name

    def pose(self, seed: int) -> Posed:
        """The exercise with the numbers of a seed.

        They are drawn again while the answer is out of its range, or a mistake cannot be told from it.

        Raises
        ------
        Refusal
            If the seed is no whole number from 0 on, or what the function returns is not complete.
        """
        if type(seed) is not int or seed < 0:
            raise Refusal("seed", seed, "a whole number from 0 on")
        generator = Generator(seed, stream_of(self.name))
        # Mappings have no order in MicroPython.
        names = sorted(self.draws)
        for _ in range(TRIES):
            values = {name: self.draws[name].draw(generator) for name in names}
            answer = self.function(**values)
            self._hold(answer)
            if answer.clear and (answer.kind != "numeric" or self._sensible(answer)):
                return Posed(self, seed, values, answer, self._options(answer, generator))
        raise Refusal(self.name, values, "draws whose answers are in range and differ from the mistakes")

    def _sensible(self, answer: Answer) -> bool:
        assert self.within is not None
        return self.within[0] <= answer.key <= self.within[1] and _told_apart(answer, self.tolerance)

    def _options(self, answer: Answer, generator: Generator) -> "list[str]":
        if answer.kind == "numeric":
            return []
        texts = list(answer.key) if answer.kind == "ordering" else [answer.key] + [text for text, _ in answer.mistakes]
        return generator.shuffled(texts)

    def _hold(self, answer: "Any") -> None:
        if not isinstance(answer, Answer):
            raise Refusal(self.name, answer, "what numeric, choose or order return")
        if not 2 <= len(answer.hints) <= 3:
            raise Refusal(self.name, len(answer.hints), "two or three hints")
        if not answer.steps:
            raise Refusal(self.name, answer.steps, "the steps of a solution")
        for text in [self.text] + answer.hints + answer.steps + [said for _, said in answer.mistakes]:
            if text.count("$") % 2:
                raise Refusal(self.name, text, "a text with a dollar sign on either side of each formula")
        if answer.kind == "numeric":
            self._hold_number(answer)
            return
        texts = list(answer.key) if answer.kind == "ordering" else [answer.key] + [text for text, _ in answer.mistakes]
        if "$" in "".join(texts):
            raise Refusal(self.name, texts, "options without formulas, which are compared as they are written")
        if answer.clear and not 3 <= len(set(texts)) == len(texts) <= len(LETTERS):
            raise Refusal(self.name, texts, message("three to {most} different options", most=len(LETTERS)))

    def _hold_number(self, answer: Answer) -> None:
        if len(answer.mistakes) < 2:
            raise Refusal(self.name, len(answer.mistakes), "two usual mistakes or more")
        if self.within is None:
            raise Refusal(self.name, self.within, "within=(low, high), the range of sensible answers")


class Chapter:
    """The exercises of a chapter, in order.

    Parameters
    ----------
    name : str
        Name of the chapter's notebook.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.exercises: list[Exercise] = []

    def exercise(
        self,
        level: int,
        teaches: str,
        text: str,
        unit: str = "",
        within: "tuple[float, float] | None" = None,
        tolerance: float = TOLERANCE,
        **draws: "Draw",
    ) -> "Callable[[Callable[..., Answer]], Callable[..., Answer]]":
        """Make a function an exercise.

        Parameters
        ----------
        level : int
            1 recall and estimate, 2 derive and compute, 3 decide and defend.
        teaches : str
            What who has solved it can do.
        text : str
            The question, with the name of every number in braces.
        unit : str
            Unit of the answer, ``1`` for a pure number; none for choice and ordering.
        within : tuple of float
            Smallest and largest sensible answer, which the draws keep to.
        tolerance : float
            Accepted deviation, relative; 0 for counts that must be exact.
        **draws : Draw
            By name: what each number is drawn from.

        Raises
        ------
        Refusal
            In one line, if something of this is missing or cannot be.
        """
        number = len(self.exercises) + 1
        _hold_declaration(self.name + "/" + str(number), level, teaches, text, tolerance, draws)

        def declare(function: "Callable[..., Answer]") -> "Callable[..., Answer]":
            made = Exercise(self.name, number, function, level, teaches, text, unit, tolerance, within, draws)
            self.exercises.append(made)
            return function

        return declare


def _hold_declaration(
    name: str, level: int, teaches: str, text: str, tolerance: float, draws: "dict[str, Draw]"
) -> None:
    if level not in LEVELS:
        raise Refusal("level", level, message("1, 2 or 3, the levels of {exercise}", exercise=name))
    for argument, value in (("teaches", teaches), ("text", text)):
        if not isinstance(value, str) or value[-1:] not in (".", "?", ")"):
            raise Refusal(argument, value, message("a sentence, in {exercise}", exercise=name))
    if not 0 <= tolerance <= 0.2:
        raise Refusal("tolerance", tolerance, message("a share from 0 to 0.2, in {exercise}", exercise=name))
    if not draws:
        raise Refusal("draws", "", message("numbers to draw, in {exercise}", exercise=name))


def carried(exact: float) -> bool:
    """Whether a count comes out the same for everybody who carries five digits, and rounds it at the end.

    Examples
    --------
    >>> carried(1558.05), carried(1558.4), carried(12345.6)
    (False, True, False)
    """
    return abs(exact - int(exact + 0.5)) > 1e-4 * exact


def _told_apart(answer: Answer, tolerance: float) -> bool:
    for value, _ in answer.mistakes:
        # Somebody's rounding may bring the two nearer to each other.
        if abs(value - answer.key) <= 2.5 * tolerance * max(abs(answer.key), abs(value)):
            return False
    return True
