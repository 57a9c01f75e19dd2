"""The guard of an answer: each of its parameters is a word of the vocabulary, in the unit that people write."""

from . import datasets
from .checks import NUMBERS, Refusal, choice
from .messages import message
from .vocabulary import WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, ParamSpec

    from .results import Results

    Given = ParamSpec("Given")


# Lists of the book's models and devices, in whose place people may give one of their own (see `choosing`).
MODELS = "model in data/models.csv"
DEVICES = "accelerator in data/accelerators.csv"


def question(
    **limits: "tuple[float, float] | tuple[str, ...] | str",
) -> "Callable[[Callable[Given, Results]], Callable[Given, Results]]":
    """Make a function the answer to a question of the book: what it is given is refused if it is out of range.

    Parameters
    ----------
    **limits : tuple
        By parameter: smallest and largest number, or the texts to choose from or the column that has them, where they
        differ from the vocabulary's. The answer's documentation says why.

    Examples
    --------
    >>> from llmcalc import answers
    >>> answers.training_gpus(mfu=1.63)
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: mfu = 1.63 is not accepted: give a number from 0.001 to 1
    """

    def guard(function: "Callable[Given, Results]") -> "Callable[Given, Results]":
        def answer(**given: "Any") -> "Results":
            for name, value in given.items():
                accept(name, value, limits.get(name))
            return function(**given)  # type: ignore[call-arg]

        try:
            from functools import update_wrapper
        except ImportError:  # in MicroPython
            return answer  # type: ignore[return-value]
        answer.limits = limits  # type: ignore[attr-defined]
        return update_wrapper(answer, function)  # type: ignore[return-value]

    return guard


def accept(name: str, value: "Any", limits: "tuple[Any, ...] | str | None" = None) -> None:
    """Refuse a value that a parameter cannot have.

    Raises
    ------
    Refusal
        Naming the parameter, its unit and what is accepted; the closest choice of texts.
    """
    if name not in WORDS:
        sentence = message("{name} is no parameter of this question", name=name)
        raise Refusal(name, value, "a parameter of this question", reason=sentence)
    word = WORDS[name]
    if word.choices:
        _accept_text(name, value, limits or word.choices)
    elif word.range is None:
        if type(value) is not bool:
            raise Refusal(name, value, "true or false")
    else:
        assert not isinstance(limits, str), f"{name} is a number"
        low, high = limits or word.usual or (word.range.low, word.range.high)
        number = value if type(value) in NUMBERS else _number(value)
        if number is None or not low <= number <= high or (word.whole and number % 1):
            raise Refusal(name, value, numbers_between(low, high, word.whole), unit=word.shown)


def numbers_between(low: float, high: float, whole: bool) -> str:
    """What is accepted where it is a number between two ends.

    Examples
    --------
    >>> numbers_between(0.1, 1, False), numbers_between(1, 72, True)
    ('a number from 0.1 to 1', 'a whole number from 1 to 72')
    """
    if whole:
        return message("a whole number from {low} to {high}", low=written(low), high=written(high))
    return message("a number from {low} to {high}", low=written(low), high=written(high))


def takes_own(listed: "str | Sequence[str]") -> bool:
    """Whether one of people's own is accepted beside the texts that are listed.

    Examples
    --------
    >>> takes_own("model in data/models.csv"), takes_own("none, selective, full")
    (True, False)
    """
    return listed in (MODELS, DEVICES)


def kept(text: str, listed: str) -> str:
    """The text that is kept of a model or a device of somebody's own: on one line, and a model in short.

    Examples
    --------
    >>> kept('{"memory":\\n "24 GB"}', DEVICES)
    '{"memory": "24 GB"}'
    """
    if listed != MODELS:
        return " ".join(text.split())
    from .choosing import model_named
    from .models import short

    model = model_named(text)
    try:
        return short.written(model)
    except Refusal:
        return text  # longer than links take, and good all the same


def _accept_text(name: str, value: "Any", listed: "str | Sequence[str]") -> None:
    texts = choices(listed)
    if not isinstance(value, str) or value in texts or not takes_own(listed):
        choice(name, value, texts)
    elif listed == MODELS:
        from .choosing import model_named  # which most pages do without

        model_named(value)
    elif value[:1] == "{":
        from . import own_devices

        own_devices.device(value, name)
    else:
        choice(name, value, texts)


def choices(given: "str | Sequence[str]") -> "Sequence[str]":
    """Texts to choose from: those given or listed in a text, or those of ``column in data/NAME.csv``.

    Examples
    --------
    >>> choices("none, selective, full")
    ['none', 'selective', 'full']
    >>> choices("model in data/transformer-shapes.csv")[0]
    'GPT-1'
    """
    if not isinstance(given, str):
        return given
    column, found, name = given.partition(" in data/")
    return datasets.values(name[: -len(".csv")], column) if found else given.split(", ")


def written(number: float) -> str:
    """Write an end of a range as short as Python reads it.

    Examples
    --------
    >>> written(1e6), written(72), written(0.01), written(1e15)
    ('1000000', '72', '0.01', '1e15')
    """
    if number == number // 1 and abs(number) < 1e9:
        return str(int(number))
    return f"{number:g}".replace("e+", "e")


def _number(value: "Any") -> "float | None":
    # A number of an array library, e.g. a cell of a table.
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return float(value) if kind and kind in "fiu" and getattr(value, "ndim", 1) == 0 else None
