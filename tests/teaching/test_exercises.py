"""Keys computed twice, over 200 seeds: right, in range, different, and told apart from the usual mistakes."""

import copy
import math
import re
from functools import lru_cache
from types import SimpleNamespace

import pytest

from llmcalc import teaching
from llmcalc.checks import Refusal
from llmcalc.teaching.draws import Draw, of
from llmcalc.teaching.marking import mark
from llmcalc.teaching.telling import told
from llmcalc.teaching.writing import LETTERS, LEVELS, Chapter, choose, numeric, order
from tests.grouped import together
from tests.teaching.independent import INDEPENDENT

SEEDS = range(200)
CHAPTERS = teaching.chapters()
EXERCISES = [exercise for name in CHAPTERS for exercise in teaching.chapter(name).exercises]
ROUNDED = re.compile(r"([\d,]+(?:\.\d+)?), rounded (up|down): ([\d,]*\d)")


def every_exercise(test):
    """Run a test for every exercise, those of a chapter together: what all tests look at is posed once."""
    return together(pytest.mark.parametrize("exercise", EXERCISES)(test), by=lambda exercise: exercise.chapter)


@lru_cache(maxsize=12 * len(SEEDS))  # a chapter
def pose(exercise, seed):
    return exercise.pose(seed)


def numbers(posed):
    return SimpleNamespace(**(posed.values | posed.answer.given))


def expected(posed):
    return INDEPENDENT[posed.exercise.chapter][posed.exercise.number - 1](numbers(posed))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_eight_exercises_in_three_levels(name):
    exercises = teaching.chapter(name).exercises
    assert len(exercises) >= 8
    assert {exercise.level for exercise in exercises} == set(LEVELS)
    assert [exercise.level for exercise in exercises] == sorted(exercise.level for exercise in exercises)
    assert len(INDEPENDENT[name]) == len(exercises)


@every_exercise
def test_a_key_is_the_same_by_arithmetic_alone(exercise):
    for seed in SEEDS:
        posed = pose(exercise, seed)
        again = expected(posed)
        if posed.kind == "numeric":
            assert math.isclose(posed.key, again, rel_tol=1e-9), (seed, posed.text)
        elif posed.kind == "choice":
            assert posed.key.startswith(again), (seed, posed.text)
        else:
            assert len(again) == len(posed.key)
            rising = sorted(again, key=again.get)
            for text, beginning in zip(posed.key, rising, strict=True):
                assert text.startswith(beginning), (seed, posed.text)


def posed_with(exercise, seed, values):
    """The exercise with these numbers, or nothing where they leave doubt about the answer."""
    fixed = copy.copy(exercise)
    fixed.draws = {name: Draw([value], exercise.draws[name].shares) for name, value in values.items()}
    try:
        return fixed.pose(seed)
    except Refusal:
        return None


def spread_out(values, most=6):
    return values[:: -(-len(values) // most)]


@every_exercise
def test_the_words_tell_all_that_the_answer_depends_on(exercise):
    for seed in range(2):
        drawn = exercise.pose(seed).values
        posed = posed_with(exercise, seed, drawn)
        told_to_all = (posed.text, sorted(posed.options))
        for name, draw in exercise.draws.items():
            for value in spread_out(draw.values):
                other = posed_with(exercise, seed, drawn | {name: value})
                if other and (other.text, sorted(other.options)) == told_to_all:
                    assert (other.key, other.steps) == (posed.key, posed.steps), (name, drawn[name], value)


@every_exercise
def test_numbers_differ_and_answers_are_finite_and_in_range(exercise):
    posed = [pose(exercise, seed) for seed in SEEDS]
    assert len({(each.text, str(each.key)) for each in posed}) >= 12
    for each in posed:
        assert "{" not in each.text
        assert "None" not in each.text
        if each.kind == "numeric":
            assert math.isfinite(each.key)
            assert exercise.within[0] <= each.key <= exercise.within[1]
            for value, said in each.mistakes:
                assert math.isfinite(value)
                assert said.endswith((".", "?"))
    if posed[0].kind == "choice":
        # No option is always right.
        assert len({each.solution() for each in posed}) > 1


@every_exercise
def test_mistakes_are_told_from_the_answer_by_more_than_the_tolerance(exercise):
    for seed in SEEDS:
        posed = pose(exercise, seed)
        if posed.kind != "numeric":
            continue
        for value, _ in posed.mistakes:
            assert abs(value - posed.key) > 2 * exercise.tolerance * max(abs(value), abs(posed.key))
            assert value != posed.key


@every_exercise
def test_the_key_is_right_and_each_mistake_is_named(exercise):
    for seed in range(12):
        posed = pose(exercise, seed)
        if posed.kind == "numeric":
            assert mark(posed, repr(float(posed.key))).right
            assert mark(posed, posed.solution()).right, posed.solution()
            for value, _ in posed.mistakes:
                verdict = mark(posed, repr(float(value)))
                assert verdict.kind == "mistake", (seed, value)
                assert verdict.feedback in [said for _, said in posed.mistakes]
            verdict = mark(posed, repr(float(123.456 * posed.key + 1e-3)))
            assert verdict.kind == "wrong"
            assert posed.hints[0] in verdict.feedback
            assert posed.hints[1] in mark(posed, repr(float(123.456 * posed.key + 1e-3)), attempt=2).feedback
        elif posed.kind == "choice":
            assert mark(posed, posed.solution().upper()).right
            for text, said in posed.mistakes:
                verdict = mark(posed, posed.letters([text]))
                assert (verdict.kind, verdict.feedback) == ("mistake", said)
        else:
            assert mark(posed, posed.solution()).right
            assert mark(posed, posed.solution().replace(" ", ", ")).right
            swapped = posed.solution().split(" ")
            swapped[0], swapped[1] = swapped[1], swapped[0]
            assert not mark(posed, " ".join(swapped)).right
        for nonsense in ("", "many", "12 bananas", "?", "1,5", "z"):
            assert mark(posed, nonsense).kind == "unread", nonsense


@every_exercise
def test_the_solution_shows_its_numbers(exercise):
    for seed in range(12):
        posed = pose(exercise, seed)
        if posed.kind == "numeric":
            shown = {told(posed.key, digits) for digits in (3, 4, 5, 6, 7)}
            assert any(text in posed.steps[-1] for text in shown), posed.steps[-1]
        elif posed.kind == "choice":
            assert posed.key in " ".join(posed.steps)
        assert all(step.endswith(".") for step in posed.steps)


@every_exercise
def test_a_count_that_is_rounded_at_the_end_bears_what_was_rounded_before(exercise):
    for seed in SEEDS if exercise.tolerance == 0 else ():
        for exact, way, whole in ROUNDED.findall(pose(exercise, seed).steps[-1]):
            value, count = (float(text.replace(",", "")) for text in (exact, whole))
            for slip in (-5e-5, 0, 5e-5):
                rounded = (math.ceil if way == "up" else math.floor)(round(value * (1 + slip), 9))
                assert rounded == count or value == round(value), (seed, exact, whole)


def test_all_counts_that_take_several_steps_are_looked_at():
    looked = [each.name for each in EXERCISES if ROUNDED.search(pose(each, 1).steps[-1])]
    assert {"training-gpus/4", "training-gpus/10", "inference-gpus/4", "small-print/8", "planner/7"} <= set(looked)


def test_options_have_no_formulas_and_every_formula_ends():
    for text, message in (("One $a.", "on either side"), ("Two $a$.", None)):
        posing = declare(
            lambda a, text=text: numeric(a, [(2 * a, "Twice."), (3 * a, "Thrice.")], ["One.", text], [f"{a}."])
        )
        if message:
            with pytest.raises(Refusal, match=message):
                posing.pose(1)
        else:
            assert posing.pose(1).hints[1] == "Two a."
            assert posing.pose(1).described()["shown"]["hints"][1] == "Two <var>a</var>."
    with pytest.raises(Refusal, match="options without formulas"):
        declare(lambda a: choose("$x$", [("No", "Not."), ("Or", "Nor.")], ["One.", "Two."], ["A."])).pose(1)


@every_exercise
def test_no_formula_is_left_in_a_programmers_signs(exercise):
    for seed in range(12):
        posed = pose(exercise, seed)
        said = [posed.text, *posed.hints, *posed.steps, *posed.options, *(text for _, text in posed.mistakes)]
        said = [text for text in said if isinstance(text, str)]
        for text in said:
            assert not re.search(r"\*|\$| - |\^\d+(?![.\d])", text), text
        shown = posed.shown()
        for html in (shown["text"], *shown["hints"], *shown["steps"]):
            assert "^" not in html
            # Letters that stand alone beside an operator are set as letters.
            assert not re.search(r"(?<![\w>])[A-Za-zτδ] (?:=|×|/) (?!<)\d*[A-Za-zτδ]\b(?!\w)", html), html


def test_units_convert_and_are_held_apart():
    speed, weights, cost, days, share, count = (
        teaching.pose(name, seed=7)
        for name in (
            "training-gpus/2",
            "transformer-flops/5",
            "training-cost/1",
            "training-gpus/5",
            "training-gpus/6",
            "training-gpus/4",
        )
    )
    for text in (f"{speed.key / 1000} PFLOP/s", f"{speed.key:,} TFLOPS", f"≈ {speed.key * 1e3} GFLOP/s"):
        assert mark(speed, text).right, text
    assert mark(speed, f"{speed.key} TB").kind == "unread"
    assert mark(speed, f"{speed.key * 1000}").kind == "slip"
    assert mark(weights, f"{weights.key / 1e6}M weights").right
    for text in (f"${cost.key}", f"{cost.key / 1e6} million dollars", f"{cost.key} USD"):
        assert mark(cost, text).right, text
    assert mark(days, f"{days.key * 24} h").right
    assert mark(share, f"{share.key} %").right
    assert mark(share, f"{share.key}").right
    assert mark(share, f"{share.key / 100}").kind == "slip"
    for text in (f"{count.key:,.0f} devices", f"{count.key:.0f} GPUs", f"{count.key:.0f}"):
        assert mark(count, text).right, text
    assert mark(count, f"{count.key + 1:.0f}").kind == "wrong"


def test_seeds_and_exercises_that_are_none_are_refused_in_a_line():
    with pytest.raises(Refusal, match="seed = -1 is not accepted"):
        teaching.pose("training-gpus/1", seed=-1)
    with pytest.raises(Refusal, match=r"seed = 1\.5 is not accepted"):
        teaching.pose("training-gpus/1", seed=1.5)
    with pytest.raises(Refusal, match="training-gpus/1 to training-gpus/"):
        teaching.find("training-gpus/99")
    with pytest.raises(Refusal, match="did you mean 'training-gpus'"):
        teaching.find("trainig-gpus/1")


# Of a unit another one in which people answer, and how many of these it is.
OTHER_UNITS = {
    "FLOP": (1e-18, "EFLOP"),
    "MAC": (1e-9, "GMAC"),
    "TFLOP/s": (1e-3, "PFLOP/s"),
    "PFLOP/s": (1e3, "TFLOP/s"),
    "PFLOP": (1e3, "TFLOP"),
    "TOPS": (1e-3, "POPS"),
    "GB": (1e-3, "TB"),
    "GiB": (1024, "MiB"),
    "GB/s": (1e-3, "TB/s"),
    "bit": (1 / 8, "bytes"),
    "year": (365, "days"),
    "day": (24, "h"),
    "h": (60, "min"),
    "min": (60, "s"),
    "s": (1000, "ms"),
    "ms": (1e-3, "s"),
    "1/s": (60, "1/min"),
    "MWh": (1e3, "kWh"),
    "USD": (1e-6, "million USD"),
    "token": (1e-6, "million tokens"),
    "token/s": (1e-3, "thousand token/s"),
    "parameter": (1e-9, "billion parameters"),
}


def in_another_unit(posed):
    """The right answer in another unit, as a text, or nothing where there is none that people use."""
    if posed.kind != "numeric" or posed.exercise.unit not in OTHER_UNITS:
        return ""
    many, unit = OTHER_UNITS[posed.exercise.unit]
    return f"{many * posed.key:.15g} {unit}"


@every_exercise
def test_an_answer_in_another_unit_is_the_same_answer(exercise):
    for seed in range(20):
        posed = pose(exercise, seed)
        if text := in_another_unit(posed):
            assert mark(posed, text).right, text


def test_most_units_have_another_one():
    units = [exercise.unit for exercise in EXERCISES if pose(exercise, 1).kind == "numeric"]
    assert sum(unit in OTHER_UNITS for unit in units) > 60
    assert set(OTHER_UNITS) <= set(units)


@every_exercise
def test_who_chooses_wrongly_hears_what_is_wrong_with_that_choice(exercise):
    if pose(exercise, 1).kind != "choice":
        return
    heard = [[said for _, said in pose(exercise, seed).mistakes] for seed in SEEDS]
    assert any(len(set(each)) > 1 for each in heard)


def test_digits_may_stand_in_groups_and_what_was_rounded_too_far_is_called_close():
    count, time = teaching.pose("training-gpus/4", seed=25), teaching.pose("failures/3", seed=7)
    whole = f"{count.key:,.0f}"
    assert count.key > 1000
    for text in (whole, whole.replace(",", " "), f"{whole} devices".replace(",", "\u202f")):
        assert mark(count, text).right, text
    assert mark(count, "12 34").kind == "unread"
    verdict = mark(time, f"{time.key * 1.03} s")
    assert verdict.kind == "wrong"
    assert verdict.feedback.startswith("Close")
    assert not mark(time, f"{time.key * 1.06} s").feedback.startswith("Close")
    assert "Carry five digits, round once, at the end" in mark(count, f"{count.key + 1}").feedback


def declare(function, **changes):
    chapter = Chapter("tried")
    declared = {"level": 1, "teaches": "A thing.", "text": "What is {a}?", "unit": "1", "within": (0, 9), "a": of(1, 2)}
    chapter.exercise(**(declared | changes))(function)
    return chapter.exercises[0]


def sound(a):
    return numeric(a, [(2 * a, "Twice."), (3 * a, "Thrice.")], ["One.", "Two."], [f"{a}."])


@pytest.mark.parametrize(
    ("changes", "function", "message"),
    [
        ({"level": 4}, sound, "level = 4"),
        ({"teaches": "A thing"}, sound, "teaches = 'A thing'"),
        ({"text": "What is {b}?"}, sound, "a text that names a in braces"),
        ({"tolerance": 0.5}, sound, "tolerance = 0.5"),
        ({"within": None}, sound, "within="),
        ({"within": (5, 9)}, sound, "draws whose answers are in range"),
        ({}, lambda a: a, "what numeric, choose or order return"),
        ({}, lambda a: numeric(a, [], ["One.", "Two."], ["A."]), "two usual mistakes"),
        ({}, lambda a: numeric(a, [(a, "Same."), (a, "Same.")], ["One.", "Two."], ["A."]), "differ from the mistakes"),
        ({}, lambda a: numeric(a, [(5, "Five."), (6, "Six.")], ["One."], ["A."]), "two or three hints"),
        ({}, lambda a: numeric(a, [(5, "Five."), (6, "Six.")], ["One.", "Two."], []), "the steps of a solution"),
        ({}, lambda a: choose("Yes", [("No", "Not so.")], ["One.", "Two."], ["A."]), "three to"),
        ({}, lambda a: order([("one", 1), ("two", 2)], ["One.", "Two."], ["A."]), "three to"),
    ],
)
def test_what_an_exercise_lacks_is_said_in_a_line(changes, function, message):
    with pytest.raises(Refusal) as refusal:
        declare(function, **changes).pose(1)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_letters_are_enough_for_all_options():
    assert max(len(pose(exercise, 1).options) for exercise in EXERCISES) <= len(LETTERS)
