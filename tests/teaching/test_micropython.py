"""The same exercises in MicroPython, by the page's own script: the same texts, numbers and verdicts."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild.calculator import calculators, exercises
from llmcalc import teaching
from llmcalc.teaching.marking import mark

NODE = Path(sys.prefix) / "bin" / "node"
TOGETHER = 3
SEEDS = [0, 1, 2, 3, 7, 123456789]


def whole(name):
    """All that a page has after its calculator: the calculator's modules, and those of the exercises."""
    model = exercises.model(name)
    return model | {"modules": calculators.modules_of(name) | model["modules"]}


def answers_of(name):
    for seed in SEEDS[:3]:
        for place, exercise in enumerate(teaching.chapter(name).exercises):
            posed = exercise.pose(seed)
            yield place, posed.solution(), seed, 1
            yield place, "nonsense", seed, 1
            if posed.kind == "numeric":
                for value, _ in posed.mistakes:
                    yield place, repr(float(value)), seed, 1
                yield place, repr(77.7 * posed.key), seed, 2
            elif posed.kind == "choice":
                for text, _ in posed.mistakes:
                    yield place, posed.letters([text]), seed, 1


@pytest.mark.built
# To start an interpreter takes as long as to answer all exercises of a chapter.
@pytest.mark.parametrize("names", [teaching.chapters()[start::TOGETHER] for start in range(TOGETHER)], ids=" ".join)
def test_pages_pose_and_check_as_cpython_does(names, tmp_path):
    calculators.copy_runtime(tmp_path, calculators.SHARED.as_uri())
    shutil.copy(Path(__file__).parent / "micropython.mjs", tmp_path / "try.mjs")
    answers = {name: list(answers_of(name)) for name in names}
    work = json.dumps([{"model": whole(name), "seeds": SEEDS, "answers": answers[name]} for name in names])
    run = subprocess.run(
        [NODE, "try.mjs"], input=work, capture_output=True, text=True, check=False, timeout=600, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr[-2000:]
    for name, found in zip(names, json.loads(run.stdout), strict=True):
        chapter = teaching.chapter(name).exercises
        for seed, posed in zip(SEEDS, found["posed"], strict=True):
            assert posed == [exercise.pose(seed).described() for exercise in chapter]
        for (place, answer, seed, attempt), verdict in zip(answers[name], found["verdicts"], strict=True):
            expected = mark(chapter[place].pose(seed), answer, attempt)
            said = {"kind": expected.kind, "feedback": expected.feedback, "shown": expected.shown}
            assert verdict == said, (name, answer)
