"""Exercises for other places: notebooks for nbgrader, and question banks for Moodle, QTI 2.1 and PrairieLearn.

All of it is written into `_build/course` by ``make course``: of every exercise as many variants as asked for, each with
the numbers of a seed. In PrairieLearn the key stays a function, which draws as the book does.
"""

import argparse
import json
import re
import shutil
import sys
import uuid
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from nbformat import NotebookNode, v4, write

from bookbuild import scratch
from bookbuild.notebooks import BUILD
from bookbuild.site import downloads, staging
from llmcalc import teaching
from llmcalc.questions import questions
from llmcalc.teaching.marking import wanted
from llmcalc.teaching.setting import escaped
from llmcalc.teaching.writing import LETTERS, LEVELS, Exercise, Posed

COURSE = BUILD / "course"
SLIDES = COURSE / "slides"
QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
TEST = "test.xml"  # of a package of QTI
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
EXACT = 1e-9  # relative; what a system's own arithmetic may lose
# nbgrader's own marks, as its documentation gives them.
SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
FIRST_CELL = """\
# Exercises: {title}

You need the package `llmcalc`: `%pip install "{wheel}"` in a cell, once, with the file beside this notebook. Write each
answer as a text, a number with its unit as you would write it, e.g. `"12.5 TFLOP/s"`; of options their letters, e.g.
`"b"` or `"c a b"`."""
SERVER = """\
from llmcalc import teaching

NAME = "{name}"


def generate(data):
    data["params"]["seed"] = int(data["variant_seed"])
    posed = teaching.pose(NAME, data["params"]["seed"])
    data["params"]["text"] = posed.text
    data["params"]["options"] = [
        {{"letter": letter, "text": text}} for letter, text in zip("abcdefgh", posed.options, strict=False)
    ]
    data["params"]["steps"] = [{{"text": step}} for step in posed.steps]
    data["correct_answers"]["answer"] = posed.solution()


def grade(data):
    given = data["submitted_answers"].get("answer", "")
    verdict = teaching.check(NAME, given, data["params"]["seed"])
    data["partial_scores"]["answer"] = {{"score": float(verdict.right), "weight": 1}}
    data["feedback"]["answer"] = verdict.feedback
    data["score"] = float(verdict.right)
"""
QUESTION = """\
<pl-question-panel>
  <p>{{{{params.text}}}}</p>
  {{{{#params.options}}}}<p>{{{{letter}}}}) {{{{text}}}}</p>{{{{/params.options}}}}
</pl-question-panel>
<pl-string-input answers-name="answer" label="{label}"></pl-string-input>
<pl-submission-panel>{{{{feedback.answer}}}}</pl-submission-panel>
<pl-answer-panel>
  <ol>{{{{#params.steps}}}}<li>{{{{text}}}}</li>{{{{/params.steps}}}}</ol>
</pl-answer-panel>
"""


def title_of(chapter: str) -> str:
    """Return the question of a chapter."""
    return questions()[chapter].title


def posed(exercise: Exercise, variants: int) -> list[Posed]:
    """Return an exercise with the numbers of seeds from 1 on."""
    return [exercise.pose(seed) for seed in range(1, variants + 1)]


def asked(each: Posed) -> str:
    """Return the question with its options by letters, as plain text."""
    return "\n".join([each.text, *(f"{LETTERS[place]}) {text}" for place, text in enumerate(each.options))])


def notebook(chapter: str, wheel: str, seed: int) -> NotebookNode:
    """Return a chapter's assignment with its solutions, as nbgrader takes it."""
    cells = [_locked(v4.new_markdown_cell(FIRST_CELL.format(title=title_of(chapter), wheel=wheel)), "introduction")]
    for exercise in teaching.chapter(chapter).exercises:
        each, answer = exercise.pose(seed), f"answer_{exercise.number}"
        text = asked(each).replace("\n", "\n\n")
        heading = f"### {exercise.number} ({LEVELS[exercise.level]})\n\n{text}"
        cells.append(_locked(v4.new_markdown_cell(heading), f"question-{exercise.number}"))
        solution = v4.new_code_cell("\n".join([SOLUTION[0], f'{answer} = "{each.solution()}"', SOLUTION[1]]))
        cells.append(_graded(solution, f"answer-{exercise.number}", solution=True))
        test = [
            "from llmcalc import teaching",
            f'verdict = teaching.check("{exercise.name}", {answer}, seed={seed})',
            'assert verdict.kind != "unread", verdict.feedback',
            HIDDEN[0],
            "assert verdict.right, verdict.feedback",
            HIDDEN[1],
        ]
        points = _graded(v4.new_code_cell("\n".join(test)), f"test-{exercise.number}", points=exercise.level)
        cells.append(points)
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    made: NotebookNode = v4.new_notebook(cells=cells, metadata=kernel)
    return made


def for_students(assignment: NotebookNode) -> NotebookNode:
    """Return an assignment without what nbgrader would take out of it: solutions and hidden tests."""
    released: NotebookNode = v4.new_notebook(
        cells=[NotebookNode(cell) for cell in assignment.cells], metadata=assignment.metadata
    )
    for cell in released.cells:
        source = _without(cell.source, SOLUTION, "# YOUR CODE HERE\nraise NotImplementedError()")
        cell["source"] = _without(source, HIDDEN, "")
    return released


def moodle(chapter: str, variants: int) -> str:
    """Return a chapter's exercises as Moodle XML: numbers, choices, and orders as places to match."""
    quiz = ElementTree.Element("quiz")
    category = ElementTree.SubElement(quiz, "question", type="category")
    _text(category, "category", f"$course$/{title_of(chapter).replace('/', '//')}")
    for exercise in teaching.chapter(chapter).exercises:
        for each in posed(exercise, variants):
            _moodle_question(quiz, each)
    return _xml(quiz)


def qti(each: Posed) -> str:
    """Return an exercise with its numbers as an item of QTI 2.1."""
    ElementTree.register_namespace("", QTI)
    item = ElementTree.Element(
        _qti("assessmentItem"),
        identifier=identifier(each),
        title=f"{each.exercise.name}, seed {each.seed}",
        adaptive="false",
        timeDependent="false",
    )
    _response(item, each)
    body = ElementTree.SubElement(item, _qti("itemBody"))
    ElementTree.SubElement(body, _qti("p")).text = each.text
    if each.kind == "numeric":
        line = ElementTree.SubElement(body, _qti("p"))
        ElementTree.SubElement(line, _qti("textEntryInteraction"), responseIdentifier="RESPONSE", expectedLength="20")
        line[0].tail = f" {wanted(each.exercise)}"
        _within(item, each)
    else:
        _interaction(body, each)
        ElementTree.SubElement(
            item,
            _qti("responseProcessing"),
            template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct",
        )
    return _xml(item)


def identifier(each: Posed) -> str:
    """Return the name of an exercise with its seed, as XML allows it."""
    return f"{each.exercise.name.replace('/', '-')}-seed-{each.seed}"


def assessment(chapter: str, items: list[Posed]) -> str:
    """Return a test of a chapter's exercises, which draws for each student one variant of each."""
    ElementTree.register_namespace("", QTI)
    root = ElementTree.Element(_qti("assessmentTest"), identifier=f"llmcalc-{chapter}-test", title=title_of(chapter))
    part = ElementTree.SubElement(
        root, _qti("testPart"), identifier="part", navigationMode="nonlinear", submissionMode="individual"
    )
    for exercise in teaching.chapter(chapter).exercises:
        name = exercise.name.replace("/", "-")
        section = ElementTree.SubElement(
            part, _qti("assessmentSection"), identifier=name, title=exercise.teaches, visible="false"
        )
        ElementTree.SubElement(section, _qti("selection"), select="1")
        for each in items:
            if each.exercise is exercise:
                reference = ElementTree.SubElement(
                    section, _qti("assessmentItemRef"), identifier=identifier(each), href=f"{identifier(each)}.xml"
                )
                ElementTree.SubElement(reference, _qti("weight"), identifier="LEVEL", value=str(exercise.level))
    return _xml(root)


def manifest(chapter: str, items: list[str]) -> str:
    """Return the list of a content package: its test, and the items that this depends on."""
    ElementTree.register_namespace("", PACKAGE)
    root = ElementTree.Element(_package("manifest"), identifier=f"llmcalc-{chapter}")
    metadata = ElementTree.SubElement(root, _package("metadata"))
    ElementTree.SubElement(metadata, _package("schema")).text = "QTIv2.1 Package"
    ElementTree.SubElement(metadata, _package("schemaversion")).text = "1.0.0"
    ElementTree.SubElement(root, _package("organizations"))
    resources = ElementTree.SubElement(root, _package("resources"))
    test = _resource(resources, f"llmcalc-{chapter}-test", "imsqti_test_xmlv2p1", TEST)
    for item in items:
        ElementTree.SubElement(test, _package("dependency"), identifierref=item)
        _resource(resources, item, "imsqti_item_xmlv2p1", f"{item}.xml")
    return _xml(root)


def prairielearn(exercise: Exercise) -> dict[str, str]:
    """Return the files of an exercise's folder in PrairieLearn."""
    info = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"llmcalc/{exercise.name}")),
        "title": f"{exercise.name}: {exercise.teaches}",
        "topic": title_of(exercise.chapter),
        "tags": [LEVELS[exercise.level]],
        "type": "v3",
    }
    unit = wanted(exercise)
    return {
        "info.json": json.dumps(info, indent=2) + "\n",
        "question.html": QUESTION.format(label=f"Answer [{unit}]" if unit else "Answer"),
        "server.py": SERVER.format(name=exercise.name),
    }


def write_course(folder: Path, variants: int, seed: int) -> None:
    """Write all of it into a folder."""
    wheel = downloads.build_wheel(folder)
    for chapter in teaching.chapters():
        assignment = notebook(chapter, wheel.name, seed)
        for part, content in (("source", assignment), ("release", for_students(assignment))):
            path = folder / "nbgrader" / part / chapter / f"{chapter}.ipynb"
            path.parent.mkdir(parents=True)
            write(content, path)
        _write(folder / "moodle" / f"{chapter}.xml", moodle(chapter, variants))
        _write_package(folder / "qti" / f"{chapter}.zip", chapter, variants)
        for exercise in teaching.chapter(chapter).exercises:
            place = folder / "prairielearn" / "questions" / chapter / str(exercise.number)
            for name, text in prairielearn(exercise).items():
                _write(place / name, text)
    _write(folder / "nbgrader" / "nbgrader_config.py", 'c = get_config()\nc.CourseDirectory.course_id = "llmcalc"\n')


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bookbuild.teaching.course", description="Write the course.")
    parser.add_argument("--variants", type=int, default=10, help="variants of an exercise in the question banks")
    parser.add_argument("--seed", type=int, default=1, help="seed of the notebooks")
    given = parser.parse_args(arguments)
    if not 1 <= given.variants <= 1000 or given.seed < 0:
        print("course: variants must be from 1 to 1000, and the seed 0 or more", file=sys.stderr)
        return 2
    with scratch.folder(BUILD, "course-") as temporary:
        write_course(temporary / "course", given.variants, given.seed)
        if SLIDES.exists():  # which `make slides` puts there
            shutil.copytree(SLIDES, temporary / "course" / SLIDES.name)
        staging.replace(COURSE, temporary / "course")
    count = sum(len(teaching.chapter(name).exercises) for name in teaching.chapters())
    print(f"The course is at {COURSE}: {count} exercises, {given.variants} variants each.")
    return 0


def _locked(cell: NotebookNode, name: str) -> NotebookNode:
    return _graded(cell, name, locked=True)


def _graded(
    cell: NotebookNode, name: str, solution: bool = False, points: int = 0, locked: bool = False
) -> NotebookNode:
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": name,
        "grade": bool(points),
        "solution": solution,
        "locked": locked or bool(points),
        "task": False,
    } | ({"points": points} if points else {})
    return cell


def _without(source: str, marks: tuple[str, str], instead: str) -> str:
    begin, end = map(re.escape, marks)
    return re.sub(rf"{begin}\n.*?{end}", instead, source, flags=re.DOTALL).rstrip()


def _moodle_question(quiz: ElementTree.Element, each: Posed) -> None:
    kinds = {"numeric": "numerical", "choice": "multichoice", "ordering": "matching"}
    question = ElementTree.SubElement(quiz, "question", type=kinds[each.kind])
    _text(question, "name", f"{each.exercise.name}, seed {each.seed}")
    unit = wanted(each.exercise)
    shown = each.shown()
    _text(question, "questiontext", f"<p>{shown['text']}{escaped(f' [{unit}]') if unit else ''}</p>", format="html")
    steps = "".join(f"<li>{step}</li>" for step in shown["steps"])
    _text(question, "generalfeedback", f"<ol>{steps}</ol>", format="html")
    ElementTree.SubElement(question, "defaultgrade").text = str(each.exercise.level)
    if each.kind == "numeric":
        tolerance = max(each.exercise.tolerance, EXACT)
        _moodle_number(question, each.key, tolerance, 100, "Right.")
        for value, said in each.shown_mistakes():
            _moodle_number(question, value, tolerance, 0, said)
    elif each.kind == "choice":
        for name, value in (("single", "true"), ("shuffleanswers", "true"), ("answernumbering", "abc")):
            ElementTree.SubElement(question, name).text = value
        wrong = [(text, 0, said) for text, said in each.shown_mistakes()]
        for option, share, said in [(each.key, 100, "Right."), *wrong]:
            answer = ElementTree.SubElement(question, "answer", fraction=str(share), format="html")
            ElementTree.SubElement(answer, "text").text = escaped(option)
            _text(answer, "feedback", said, format="html")
    else:
        ElementTree.SubElement(question, "shuffleanswers").text = "true"
        for option in each.options:
            part = ElementTree.SubElement(question, "subquestion", format="html")
            ElementTree.SubElement(part, "text").text = escaped(option)
            _text(part, "answer", str(each.key.index(option) + 1))
    for hint in shown["hints"]:
        _text(question, "hint", hint, format="html")


def _moodle_number(question: ElementTree.Element, value: float, tolerance: float, share: int, said: str) -> None:
    answer = ElementTree.SubElement(question, "answer", fraction=str(share), format="moodle_auto_format")
    ElementTree.SubElement(answer, "text").text = repr(float(value))
    _text(answer, "feedback", said, format="html")
    ElementTree.SubElement(answer, "tolerance").text = repr(tolerance * abs(float(value)))


def _text(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(ElementTree.SubElement(parent, name, attributes), "text").text = text


def _qti(name: str) -> str:
    return f"{{{QTI}}}{name}"


def _package(name: str) -> str:
    return f"{{{PACKAGE}}}{name}"


def _resource(resources: ElementTree.Element, name: str, kind: str, file: str) -> ElementTree.Element:
    resource = ElementTree.SubElement(resources, _package("resource"), identifier=name, type=kind, href=file)
    ElementTree.SubElement(resource, _package("file"), href=file)
    return resource


def _response(item: ElementTree.Element, each: Posed) -> None:
    kinds = {"numeric": ("single", "float"), "choice": ("single", "identifier"), "ordering": ("ordered", "identifier")}
    cardinality, base = kinds[each.kind]
    declaration = ElementTree.SubElement(
        item, _qti("responseDeclaration"), identifier="RESPONSE", cardinality=cardinality, baseType=base
    )
    correct = ElementTree.SubElement(declaration, _qti("correctResponse"))
    values = [repr(float(each.key))] if each.kind == "numeric" else each.solution().split(" ")
    for value in values:
        ElementTree.SubElement(correct, _qti("value")).text = value
    outcome = ElementTree.SubElement(
        item, _qti("outcomeDeclaration"), identifier="SCORE", cardinality="single", baseType="float"
    )
    ElementTree.SubElement(ElementTree.SubElement(outcome, _qti("defaultValue")), _qti("value")).text = "0"


def _interaction(body: ElementTree.Element, each: Posed) -> None:
    choice = each.kind == "choice"
    name = "choiceInteraction" if choice else "orderInteraction"
    attributes = {"responseIdentifier": "RESPONSE", "shuffle": "false"} | ({"maxChoices": "1"} if choice else {})
    interaction = ElementTree.SubElement(body, _qti(name), attributes)
    for letter, text in zip(LETTERS, each.options, strict=False):
        ElementTree.SubElement(interaction, _qti("simpleChoice"), identifier=letter).text = text


def _within(item: ElementTree.Element, each: Posed) -> None:
    """Score a number within the exercise's tolerance, which is in percent there."""
    processing = ElementTree.SubElement(item, _qti("responseProcessing"))
    condition = ElementTree.SubElement(processing, _qti("responseCondition"))
    branch = ElementTree.SubElement(condition, _qti("responseIf"))
    tolerance = repr(100 * max(each.exercise.tolerance, EXACT))
    equal = ElementTree.SubElement(
        branch, _qti("equal"), toleranceMode="relative", tolerance=f"{tolerance} {tolerance}"
    )
    # The tolerance is of the first of the two.
    ElementTree.SubElement(equal, _qti("correct"), identifier="RESPONSE")
    ElementTree.SubElement(equal, _qti("variable"), identifier="RESPONSE")
    score = ElementTree.SubElement(branch, _qti("setOutcomeValue"), identifier="SCORE")
    ElementTree.SubElement(score, _qti("baseValue"), baseType="float").text = "1"


def _xml(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_package(path: Path, chapter: str, variants: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    items = [each for exercise in teaching.chapter(chapter).exercises for each in posed(exercise, variants)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for each in items:
            package.writestr(f"{identifier(each)}.xml", qti(each))
        package.writestr(TEST, assessment(chapter, items))
        package.writestr("imsmanifest.xml", manifest(chapter, [identifier(each) for each in items]))
