"""Exams: balanced, different in every version, and with keys that the exercises give."""

import re
import shutil
from collections import Counter
from html import escape

import pikepdf
import pytest

from llmcalc import cli, papers, teaching
from llmcalc.checks import Refusal
from llmcalc.teaching import exams
from llmcalc.teaching.marking import mark
from tests.grouped import together

SOME = ["training-gpus", "memory", "inference-gpus"]


@together
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("minutes", [30, 45, 90, 180])
@pytest.mark.parametrize("names", [SOME, None])
def test_an_exam_fills_its_time_and_is_balanced(names, minutes, seed):
    chapters = names or teaching.chapters()
    if names and minutes == 180:
        chapters = [*names, "planner", "training-cost", "failures"]
    exam = exams.make(chapters, minutes, seed)
    assert minutes - min(exams.MINUTES.values()) < exam.points <= minutes
    spent = Counter()
    for exercise in exam.exercises:
        spent[exercise.level] += exams.MINUTES[exercise.level]
    for level, share in exams.SHARES.items():
        assert abs(spent[level] - share * minutes) <= max(exams.MINUTES.values())
    by_chapter = Counter(exercise.chapter for exercise in exam.exercises)
    counts = [by_chapter[name] for name in chapters]
    assert max(counts) - min(counts) <= 2
    assert len({exercise.name for exercise in exam.exercises}) == len(exam.exercises)
    assert [exercise.level for exercise in exam.exercises] == sorted(exercise.level for exercise in exam.exercises)


def test_versions_ask_the_same_with_other_numbers_and_a_seed_gives_the_same_again():
    exam, again, other = (exams.make(SOME, 90, seed, versions=4) for seed in (7, 7, 8))
    texts = [[each.text for each in version] for version in exam.versions]
    assert texts == [[each.text for each in version] for version in again.versions]
    assert texts != [[each.text for each in version] for version in other.versions]
    for asked in zip(*exam.versions, strict=True):
        assert len({each.exercise.name for each in asked}) == 1
        assert len({each.text for each in asked}) == 4


def test_keys_hold_what_the_exercises_accept(tmp_path):
    exam = exams.make(SOME, 90, 7, versions=2)
    for version, asked in enumerate(exam.versions):
        paper, key = papers.paper(exam, version), papers.key(exam, version)
        assert paper.count("<section>") == key.count("<section>") == len(asked)
        for each in asked:
            shown = each.shown()
            assert f"<p>{shown['text']}</p>" in paper
            assert f"<p>{shown['text']}</p>" in key
            assert f"<strong>{escape(papers._answer(each))}</strong>" in key
            assert mark(each, each.solution()).right
            assert f"{each.exercise.name}, seed {each.seed}" in key
            assert shown["steps"]
            for step in shown["steps"]:
                assert f"<li>{step}</li>" in key
                assert f"<li>{step}</li>" not in paper
            for _, said in each.shown_mistakes():
                assert f"<td>{said}</td>" in key
                assert said not in paper


def test_the_command_writes_papers_and_keys(tmp_path, capsys):
    arguments = [
        "exam",
        "--chapters",
        ",".join(SOME),
        "--seed",
        "7",
        "--versions",
        "4",
        "--output",
        str(tmp_path / "e"),
    ]
    assert cli.run(arguments) == 0
    assert re.fullmatch(
        r"\d+ questions \(\d of level 1, \d of level 2, \d of level 3\), \d+ points; 8 files in .*\n",
        capsys.readouterr().out,
    )
    names = {path.name for path in (tmp_path / "e").iterdir()}
    assert names == {f"{kind}-{letter}.html" for kind in ("paper", "key") for letter in "ABCD"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--chapters", "memoy"], "did you mean 'memory'?"),
        (["--chapters", "memory,memory"], "names of chapters, each once"),
        (["--chapters", "memory", "--minutes", "300"], "minutes = 300 is not accepted"),
        (["--minutes", "5"], "a whole number from 10 to 600"),
        (["--versions", "27"], "a whole number from 1 to 26"),
        (["--seed", "-1"], "seed = -1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(arguments, said, tmp_path, capsys):
    assert cli.run(["exam", "--output", str(tmp_path / "exam"), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "exam").exists()


def test_a_folder_that_is_a_file_and_a_browser_that_is_missing_are_told(tmp_path, capsys, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    assert cli.run(["exam", "--output", str(file)]) == 2
    assert "can't be written" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER", raising=False)
    assert cli.run(["exam", "--output", str(tmp_path / "exam"), "--pdf"]) == 2
    assert "install Chromium or Chrome" in capsys.readouterr().err


def test_a_browser_that_prints_nothing_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("BROWSER", shutil.which("true"))
    with pytest.raises(Refusal, match="printed nothing"):
        papers.write(exams.make(["memory"], 30), tmp_path, as_pdf=True)


@pytest.mark.skipif(papers.find_browser() is None, reason="no browser: install Chromium, or name one in BROWSER")
@pytest.mark.built
def test_a_browser_prints_them(tmp_path):
    written = papers.write(exams.make(["memory"], 30), tmp_path, as_pdf=True)
    assert [path.name for path in written] == ["paper-A.pdf", "key-A.pdf"]
    for path in written:
        with pikepdf.open(path) as made:
            assert 1 <= len(made.pages) <= 6
            assert abs(float(made.pages[0].mediabox[2]) - 595) < 2
