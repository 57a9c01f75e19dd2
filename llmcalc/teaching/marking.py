"""What is said about an answer: right, which mistake, or a hint."""

from ..checks import Refusal
from ..formats import counted
from ..messages import marked, message
from . import reading
from .setting import escaped, plain, shown
from .telling import told
from .writing import Exercise, Posed

# Slips that need no exercise: factor, and what to say.
SLIPS = (
    (1e3, marked("That is 1,000 times the answer: check the prefixes (kilo, mega, giga, tera).")),
    (1e-3, marked("That is a thousandth of the answer: check the prefixes (kilo, mega, giga, tera).")),
    (1e6, marked("That is a million times the answer: check the prefixes (kilo, mega, giga, tera).")),
    (1e-6, marked("That is a millionth of the answer: check the prefixes (kilo, mega, giga, tera).")),
    (8.0, marked("That is 8 times the answer: a byte has 8 bits. Which of the two is asked for?")),
    (0.125, marked("That is an eighth of the answer: a byte has 8 bits. Which of the two is asked for?")),
    (10.0, marked("That is 10 times the answer: count the zeros again.")),
    (0.1, marked("That is a tenth of the answer: count the zeros again.")),
)
CLOSE = 0.05  # what rounding to two digits may lose
EXACT = 1e-9  # what arithmetic itself may lose

TYPE_CHECKING = False


class Verdict:
    """What is said about an answer.

    Parameters
    ----------
    kind : str
        right, mistake (a usual one of this exercise), slip (one of any exercise), wrong, or unread.
    said : str
        What to say.
    formulas : bool
        Whether it has formulas between dollar signs; if not, a dollar sign is one.
    """

    def __init__(self, kind: str, said: str, formulas: bool = True) -> None:
        self.kind, self.feedback = kind, plain(said) if formulas else said
        # The same as HTML, in which formulas are set.
        self.shown = shown(said) if formulas else escaped(said)

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.kind == "right"

    def __repr__(self) -> str:
        return self.kind + ": " + self.feedback


def mark(posed: Posed, answer: str, attempt: int = 1) -> Verdict:
    """Say what is to say about an answer.

    Parameters
    ----------
    posed : Posed
        The exercise with its numbers.
    answer : str
        What was written.
    attempt : int
        The how-manieth answer it is, for the hint.
    """
    try:
        if posed.kind != "numeric":
            return _mark_letters(posed, reading.letters(answer, len(posed.options)), attempt)
        return _mark_number(posed, reading.number(answer, posed.exercise.unit), str(answer), attempt)
    except Refusal as refusal:
        return Verdict("unread", unread(refusal), formulas=False)


def unread(refusal: Refusal) -> str:
    """What is said where an answer cannot be read."""
    return message("That cannot be read: give {accepted}.", accepted=refusal.accepted)


def near(value: float, wanted: float, tolerance: float) -> bool:
    """Whether a number is another one within a relative tolerance.

    Examples
    --------
    >>> near(101, 100, 0.02), near(101, 100, 0)
    (True, False)
    """
    return abs(value - wanted) <= max(tolerance, EXACT) * abs(wanted)


def _mark_number(posed: Posed, value: float, text: str, attempt: int) -> Verdict:
    exercise = posed.exercise
    if near(value, posed.key, exercise.tolerance):
        return Verdict("right", message("Right: {answer}.", answer=posed.solution()))
    closest, feedback = None, ""
    for wrong, said in posed.answer.mistakes:
        distance = abs(value - wrong)
        if near(value, wrong, exercise.tolerance) and (closest is None or distance < closest):
            closest, feedback = distance, said
    if closest is not None:
        return Verdict("mistake", feedback)
    if exercise.unit == "%" and "%" not in text and near(100 * value, posed.key, exercise.tolerance):
        percent = told(100 * value)
        return Verdict("slip", message("Percent are asked for: write {number}, or {number} %.", number=percent))
    for factor, said in SLIPS:
        if near(value, factor * posed.key, exercise.tolerance):
            return Verdict("slip", message(said))
    if near(value, posed.key, 0.01) and not exercise.tolerance:
        return Verdict(
            "wrong",
            message(
                "Very near: the exact whole number is asked for. Carry five digits, round once, at the end: up or down?"
            ),
        )
    if near(value, posed.key, CLOSE) and exercise.tolerance:
        return Verdict("wrong", message("Close: was it rounded too early, or too far? Carry three digits and more."))
    hint = _hint(posed, attempt)
    if value > posed.key:
        return Verdict("wrong", message("Too large. Hint: {hint}", hint=hint))
    return Verdict("wrong", message("Too small. Hint: {hint}", hint=hint))


def _mark_letters(posed: Posed, given: str, attempt: int) -> Verdict:
    if posed.kind == "choice":
        if len(given) > 1:
            return Verdict("unread", message("That cannot be read: give one letter."))
        if given == posed.letters([posed.key]):
            return Verdict("right", message("Right: {step}", step=posed.answer.steps[-1]))
        for text, said in posed.answer.mistakes:
            if given == posed.letters([text]):
                return Verdict("mistake", said)
    if len(given.split(" ")) < len(posed.options):
        return Verdict("unread", message("That cannot be read: put all {count} in order.", count=len(posed.options)))
    if given == posed.letters(posed.key):
        return Verdict("right", message("Right: {step}", step=posed.answer.steps[-1]))
    if given == " ".join(reversed(posed.letters(posed.key).split(" "))):
        return Verdict("mistake", message("That is the order upside down: the smallest comes first."))
    return Verdict("wrong", message("Not in this order. Hint: {hint}", hint=_hint(posed, attempt)))


def _hint(posed: Posed, attempt: int) -> str:
    hints = posed.answer.hints
    return hints[min(max(attempt, 1), len(hints)) - 1]


def wanted(exercise: Exercise) -> str:
    """What to write, for the label of an answer's field.

    Examples
    --------
    >>> from .bank import find
    >>> wanted(find("training-gpus/1"))
    'FLOP'
    """
    return counted(exercise.unit)
