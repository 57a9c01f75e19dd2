"""Exercises elsewhere: notebooks for nbgrader, Moodle's XML, QTI 2.1 and PrairieLearn, read as those systems do."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

from bookbuild.notebooks import ROOT
from bookbuild.teaching import course
from llmcalc import teaching
from llmcalc.teaching.marking import mark
from llmcalc.teaching.setting import escaped
from tests.grouped import together

CHAPTERS = teaching.chapters()
EXERCISES = [exercise for name in CHAPTERS for exercise in teaching.chapter(name).exercises]
NBGRADER = Path(sys.prefix) / "grading" / "bin" / "nbgrader"
WRONG = '"1e-30"'
NAME = re.compile(r"[A-Za-z_][\w.-]*")  # of XML, without a colon
every_chapter = pytest.mark.parametrize("name", CHAPTERS)


def run(notebook, answers=None):
    """Points of a notebook whose code is run cell by cell; answers replace the cells to fill."""
    values, points = {}, 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        given = cell.metadata["nbgrader"]
        source = cell.source
        if given["solution"] and answers is not None:
            source = f"{given['grade_id'].replace('-', '_')} = {answers}"
        try:
            exec(source, values)
            points += given.get("points", 0)
        except (AssertionError, NotImplementedError, NameError):
            pass
    return points


@every_chapter
def test_notebooks_have_what_nbgrader_asks_for(name):
    assignment = course.notebook(name, "llmcalc.whl", seed=3)
    nbformat.validate(assignment)
    given = [cell.metadata["nbgrader"] for cell in assignment.cells]
    assert len({each["grade_id"] for each in given}) == len(given)
    for each, cell in zip(given, assignment.cells, strict=True):
        assert each["schema_version"] == 3
        assert re.fullmatch(r"[A-Za-z0-9_-]+", each["grade_id"])
        assert each["grade"] == ("points" in each)
        assert not (cell.cell_type == "markdown" and (each["grade"] or each["solution"]))


@every_chapter
def test_right_answers_get_all_points_and_others_none(name):
    assignment = course.notebook(name, "llmcalc.whl", seed=3)
    everything = sum(exercise.level for exercise in teaching.chapter(name).exercises)
    assert run(assignment) == everything
    assert run(assignment, WRONG) == 0
    assert run(assignment, "None") == 0


@every_chapter
def test_students_get_neither_solutions_nor_hidden_tests(name):
    released = course.for_students(course.notebook(name, "llmcalc.whl", seed=3))
    text = "\n".join(cell.source for cell in released.cells)
    assert "BEGIN" not in text
    assert "verdict.right" not in text
    assert text.count("raise NotImplementedError()") == len(teaching.chapter(name).exercises)
    assert text.count('assert verdict.kind != "unread"') == len(teaching.chapter(name).exercises)
    assert run(released, '"nonsense"') == 0


@pytest.mark.built
def test_nbgrader_releases_and_grades(tmp_path):
    shutil.copytree(ROOT / "llmcalc", tmp_path / "package" / "llmcalc")
    shutil.copytree(ROOT / "data", tmp_path / "package" / "data")
    name = "training-gpus"
    assignment = course.notebook(name, "llmcalc.whl", seed=3)
    source = tmp_path / "source" / name / f"{name}.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(course.notebook(name, "llmcalc.whl", seed=3), source)
    (tmp_path / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "llmcalc"\n')

    def nbgrader(*arguments):
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "package")}
        environment["PATH"] = f"{NBGRADER.parent}:{environment['PATH']}"
        done = subprocess.run([NBGRADER, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]

    nbgrader("generate_assignment", name)
    released = nbformat.read(tmp_path / "release" / name / f"{name}.ipynb", as_version=4)
    ours = course.for_students(assignment)
    assert [cell.source.rstrip() for cell in released.cells] == [cell.source for cell in ours.cells]
    solutions = {cell.metadata["nbgrader"]["grade_id"]: cell.source for cell in assignment.cells}
    for student, solve in (("right", solutions.get), ("wrong", lambda _: None), ("empty", None)):
        handed_in = nbformat.read(tmp_path / "release" / name / f"{name}.ipynb", as_version=4)
        for cell in handed_in.cells:
            given = cell.metadata["nbgrader"]
            if given["solution"] and solve:
                cell.source = solve(given["grade_id"]) or f"{given['grade_id'].replace('-', '_')} = {WRONG}"
        path = tmp_path / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(handed_in, path)
    nbgrader("autograde", name)
    nbgrader("export", "--to", "grades.csv")
    rows = [line.split(",") for line in (tmp_path / "grades.csv").read_text().splitlines()]
    scores = {row[rows[0].index("student_id")]: float(row[rows[0].index("score")]) for row in rows[1:]}
    everything = sum(exercise.level for exercise in teaching.chapter(name).exercises)
    assert scores == {"right": everything, "wrong": 0, "empty": 0}


@every_chapter
def test_moodle_reads_every_question(name):
    quiz = ElementTree.fromstring(course.moodle(name, variants=3))
    questions = [question for question in quiz if question.get("type") != "category"]
    posed = [each for exercise in teaching.chapter(name).exercises for each in course.posed(exercise, 3)]
    assert len(questions) == len(posed)
    for question, each in zip(questions, posed, strict=True):
        text = "".join(ElementTree.fromstring(question.findtext("questiontext/text")).itertext())
        asked = "".join(ElementTree.fromstring(f"<p>{each.shown()['text']}</p>").itertext())
        assert text.startswith(asked)
        assert question.findtext("name/text") == f"{each.exercise.name}, seed {each.seed}"
        full = question.findall("answer[@fraction='100']")
        if each.kind == "numeric":
            assert question.get("type") == "numerical"
            assert float(full[0].findtext("text")) == each.key
            tolerance = float(full[0].findtext("tolerance"))
            for answer in question.findall("answer[@fraction='0']"):
                assert abs(float(answer.findtext("text")) - each.key) > tolerance
                assert answer.findtext("feedback/text")
        elif each.kind == "choice":
            assert len(full) == 1
            assert len(question.findall("answer")) == len(each.options)
        else:
            places = {part.findtext("text"): part.findtext("answer/text") for part in question.findall("subquestion")}
            rising = sorted(places, key=lambda option: int(places[option]))
            assert rising == [escaped(option) for option in each.key]


@together
@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_item_of_qti_holds_the_right_answer(exercise):
    space = {"q": course.QTI}
    for each in course.posed(exercise, 3):
        item = ElementTree.fromstring(course.qti(each))
        assert item.tag == f"{{{course.QTI}}}assessmentItem"
        assert NAME.fullmatch(item.get("identifier"))
        values = [value.text for value in item.findall("q:responseDeclaration/q:correctResponse/q:value", space)]
        assert "".join(item.find("q:itemBody/q:p", space).itertext()) == each.text
        if each.kind == "numeric":
            assert float(values[0]) == each.key
            [equal] = item.findall(".//q:equal", space)
            low, high = map(float, equal.get("tolerance").split())
            assert low == high >= 100 * exercise.tolerance
            assert item.find(".//q:textEntryInteraction", space).get("responseIdentifier") == "RESPONSE"
        else:
            choices = {choice.get("identifier"): choice.text for choice in item.findall(".//q:simpleChoice", space)}
            assert [choices[value] for value in values] == ([each.key] if each.kind == "choice" else each.key)
            assert item.find("q:responseProcessing", space).get("template").endswith("match_correct")


def test_a_package_of_qti_lists_its_items(tmp_path):
    course._write_package(tmp_path / "package.zip", "memory", variants=2)
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        names = set(package.namelist())
        listed = ElementTree.fromstring(package.read("imsmanifest.xml"))
    found = {resource.get("href") for resource in listed.iter(f"{{{course.PACKAGE}}}resource")}
    assert found | {"imsmanifest.xml"} == names
    assert len(found) == 2 * len(teaching.chapter("memory").exercises) + 1


@together
@pytest.mark.parametrize("exercise", EXERCISES)
def test_prairielearn_draws_and_grades_as_the_book_does(exercise):
    files = course.prairielearn(exercise)
    info = json.loads(files["info.json"])
    # What the schema of PrairieLearn's info.json asks for.
    assert set(info) == {"uuid", "title", "topic", "tags", "type"}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", info["uuid"])
    assert info["type"] == "v3"
    server = {}
    exec(files["server.py"], server)
    data = {"variant_seed": "12345", "params": {}, "correct_answers": {}, "partial_scores": {}, "feedback": {}}
    server["generate"](data)
    assert json.loads(json.dumps(data["params"])) == data["params"]
    assert data["params"]["text"] == exercise.pose(12345).text
    for answer, score in ((data["correct_answers"]["answer"], 1.0), ("nonsense", 0.0), ("", 0.0)):
        data["submitted_answers"] = {"answer": answer}
        server["grade"](data)
        assert data["score"] == data["partial_scores"]["answer"]["score"] == score
        assert data["feedback"]["answer"] == mark(exercise.pose(12345), answer).feedback
    assert files["question.html"].count("{{params.text}}") == 1
    assert '<pl-string-input answers-name="answer"' in files["question.html"]


def test_a_course_is_written_whole(tmp_path):
    course.write_course(tmp_path / "course", variants=1, seed=1)
    assert len(list((tmp_path / "course").glob("nbgrader/source/*/*.ipynb"))) == len(CHAPTERS)
    assert len(list((tmp_path / "course").glob("nbgrader/release/*/*.ipynb"))) == len(CHAPTERS)
    assert len(list((tmp_path / "course").glob("moodle/*.xml"))) == len(CHAPTERS)
    assert len(list((tmp_path / "course").glob("qti/*.zip"))) == len(CHAPTERS)
    assert len(list((tmp_path / "course").glob("prairielearn/questions/*/*/server.py"))) == len(EXERCISES)
    assert len(list((tmp_path / "course").glob("*.whl"))) == 1
