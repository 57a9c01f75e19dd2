"""Exams from the exercises: questions balanced by level and chapter, and versions with other numbers."""

from ..checks import Refusal
from ..messages import message
from .bank import chapter
from .draws import Generator, stream_of
from .writing import LEVELS, TRIES, Exercise, Posed

MINUTES = {1: 4, 2: 8, 3: 10}  # for a question of a level; as many points
SHARES = {1: 0.25, 2: 0.45, 3: 0.3}  # of the time, by level
LEAST_FILLED = 0.8  # of the time; an exam that fills less is none
MOST_MINUTES = 600
MOST_VERSIONS = 26  # as there are letters
SEEDS = 1 << 30  # from which those of questions are drawn

TYPE_CHECKING = False


class Exam:
    """Questions of an exam and their numbers in each version.

    Parameters
    ----------
    exercises : list of Exercise
        The questions, in the order of their levels.
    versions : list of list of Posed
        For each version the questions with their numbers.
    minutes : int
        The time allowed [min].
    seed : int
        What chose questions and numbers [1].
    """

    def __init__(self, exercises: "list[Exercise]", versions: "list[list[Posed]]", minutes: int, seed: int) -> None:
        self.exercises, self.versions, self.minutes, self.seed = exercises, versions, minutes, seed

    @property
    def points(self) -> int:
        """Points of a whole paper: one a minute of work [1]."""
        return sum([MINUTES[exercise.level] for exercise in self.exercises])


def make(names: "list[str]", minutes: int = 90, seed: int = 1, versions: int = 1) -> Exam:
    """An exam on some chapters.

    All versions have the same questions, so that they are equally hard; numbers and the order of options differ.

    Parameters
    ----------
    names : list of str
        Chapters to ask about.
    minutes : int
        The time allowed [min].
    seed : int
        Seed of the choice and of the numbers [1].
    versions : int
        How many versions [1].

    Raises
    ------
    Refusal
        If something of this cannot be, or the chapters have too few exercises for the time.

    Examples
    --------
    >>> exam = make(["memory", "training-gpus"], minutes=60, seed=7, versions=2)
    >>> [exercise.level for exercise in exam.exercises], exam.points
    ([1, 1, 1, 1, 2, 2, 2, 3, 3], 60)
    """
    for argument, value, low, high in (
        ("minutes", minutes, 10, MOST_MINUTES),
        ("versions", versions, 1, MOST_VERSIONS),
        ("seed", seed, 0, SEEDS),
    ):
        if type(value) is not int or not low <= value <= high:
            raise Refusal(argument, value, message("a whole number from {low} to {high}", low=low, high=high))
    if not names or len(set(names)) < len(names):
        raise Refusal("chapters", ",".join(names), "names of chapters, each once")
    generator = Generator(seed, stream_of("exam"))
    exercises = choose(sorted(names), minutes, generator)
    filled = sum([MINUTES[exercise.level] for exercise in exercises])
    if filled < LEAST_FILLED * minutes:
        most = int(filled / LEAST_FILLED)
        accepted = message("10 to {most}, as many as the chapters have exercises for", most=most)
        raise Refusal("minutes", minutes, accepted)
    papers: list[list[Posed]] = [[] for _ in range(versions)]
    for exercise in exercises:
        different = _different(exercise, versions, generator)
        for place in range(versions):
            papers[place].append(different[place])
    return Exam(exercises, papers, minutes, seed)


def choose(names: "list[str]", minutes: int, generator: Generator) -> "list[Exercise]":
    """Questions that fill a time, in the order of their levels: each level its share, and no chapter far ahead.

    Parameters
    ----------
    names : list of str
        Chapters to ask about.
    minutes : int
        The time allowed [min].
    generator : Generator
        What draws them.
    """
    waiting = {level: _by_level(names, level, generator) for level in sorted(LEVELS)}
    taken = dict.fromkeys(names, 0)
    spent = dict.fromkeys(LEVELS, 0)
    chosen: list[Exercise] = []
    # The level that lags behind its share most comes next, as long as something of it is left and fits.
    while True:
        free = minutes - sum(spent.values())
        levels = [level for level in sorted(LEVELS) if waiting[level] and MINUTES[level] <= free]
        if not levels:
            return [each for level in sorted(LEVELS) for each in chosen if each.level == level]
        lags = [SHARES[level] * minutes - spent[level] for level in levels]
        level = levels[lags.index(max(lags))]
        fewest = min([taken[each.chapter] for each in waiting[level]])
        found = next(each for each in waiting[level] if taken[each.chapter] == fewest)
        waiting[level].remove(found)
        taken[found.chapter] += 1
        spent[level] += MINUTES[level]
        chosen.append(found)


def _by_level(names: "list[str]", level: int, generator: Generator) -> "list[Exercise]":
    return generator.shuffled([each for name in names for each in chapter(name).exercises if each.level == level])


def _different(exercise: Exercise, count: int, generator: Generator) -> "list[Posed]":
    """An exercise with other numbers for each version."""
    found: list[Posed] = []
    for _ in range(TRIES * count):
        posed = exercise.pose(generator.below(SEEDS))
        if all(posed.text != other.text or posed.options != other.options for other in found):
            found.append(posed)
        if len(found) == count:
            return found
    accepted = message(
        "1 to {most}, as {exercise} has no more different numbers", most=len(found), exercise=exercise.name
    )
    raise Refusal("versions", count, accepted)
