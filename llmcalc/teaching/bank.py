"""The exercises of all chapters, found by looking."""

from ..checks import Refusal, did_you_mean
from ..messages import message
from .marking import Verdict, mark
from .writing import Chapter, Exercise, Posed

TYPE_CHECKING = False


def chapters() -> "list[str]":
    """Names of the chapters that have exercises, in the order of the alphabet.

    Examples
    --------
    >>> "training-gpus" in chapters()
    True
    """
    import pkgutil  # which MicroPython, where a page brings its own chapter, does not have

    from . import exercises

    return sorted([module.name.replace("_", "-") for module in pkgutil.iter_modules(exercises.__path__)])


def chapter(name: str) -> Chapter:
    """The exercises of a chapter.

    Raises
    ------
    Refusal
        If there is no such chapter, naming the closest; or in one line what an exercise lacks.
    """
    try:
        module = __import__("llmcalc.teaching.exercises." + name.replace("-", "_"), None, None, ["chapter"])
    except ImportError as error:
        accepted = did_you_mean(message("the name of a chapter with exercises"), name, chapters())
        raise Refusal("chapter", name, accepted) from error
    found: Chapter = module.chapter
    return found


def find(name: str) -> Exercise:
    """An exercise by its chapter and number, e.g. ``training-gpus/3``.

    Raises
    ------
    Refusal
        If there is no such exercise.
    """
    of_chapter = name.split("/")[0] if isinstance(name, str) else ""
    exercises = chapter(of_chapter).exercises
    for exercise in exercises:
        if exercise.name == name:
            return exercise
    accepted = message("{first} to {last}", first=f"{of_chapter}/1", last=f"{of_chapter}/{len(exercises)}")
    raise Refusal("exercise", name, accepted)


def pose(name: str, seed: int = 1) -> Posed:
    """An exercise with the numbers of a seed.

    Examples
    --------
    >>> pose("training-gpus/1", seed=7).solution()
    '1.158 × 10²³ FLOP'
    """
    return find(name).pose(seed)


def check(name: str, answer: str, seed: int = 1, attempt: int = 1) -> Verdict:
    """Say whether an answer is right, which mistake it is, or a hint.

    Parameters
    ----------
    name : str
        Chapter and number of the exercise.
    answer : str
        What was written, e.g. ``1,072 devices``; letters where there are options.
    seed : int
        Seed of the numbers.
    attempt : int
        The how-manieth answer it is, for the hint.

    Examples
    --------
    >>> check("training-gpus/1", "3.86e22", seed=7)
    mistake: Two FLOP per parameter and token are the way forward alone; the way back takes four more.
    """
    return mark(pose(name, seed), answer, attempt)
