"""What programs read: schemas that every answer and refusal keeps, and llms.txt, which lists pages that there are."""

import json
import random
import re

import jsonschema
import pytest
from click.testing import CliRunner

from bookbuild.site import programs
from llmcalc import cli, scenarios
from llmcalc.questions import answer_schema, json_schema, questions

QUESTIONS = questions()
every_question = pytest.mark.parametrize("name", list(QUESTIONS))


def validator(name):
    schema = answer_schema(QUESTIONS[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def printed(capsys, *arguments):
    """What the command writes as JSON, wherever it does so."""
    cli.run(list(arguments))
    out, said = capsys.readouterr()
    return json.loads(out or said)


@every_question
def test_an_answer_and_a_refusal_keep_the_schema(capsys, name):
    holds = validator(name)
    holds.validate(printed(capsys, "answer", name, "--json"))
    holds.validate(printed(capsys, "answer", name, "nothing=1", "--json"))
    number = next(key for key, one in QUESTIONS[name].parameters.items() if one.type in (int, float))
    refused = printed(capsys, "answer", name, f"{number}=-5e30", "--json")
    holds.validate(refused)
    assert refused["error"]["argument"] == number


def drawn(question, generator):
    """Some of the values that a question's form would take, and some that it would not."""
    values = {}
    for name, one in question.parameters.items():
        if generator.random() > 0.3:
            continue
        if one.choices:
            values[name] = generator.choice(one.choices)
        elif one.type is bool:
            values[name] = generator.random() < 0.5
        else:
            values[name] = one.type(one.default * generator.choice((0, 0.2, 0.5, 1, 2, 10)))
    return values


@every_question
def test_whatever_is_asked_the_answer_keeps_its_names_and_units(name):
    holds, generator, answered = validator(name), random.Random(7), 0
    for _ in range(50):
        try:
            answer = scenarios.run(QUESTIONS[name], drawn(QUESTIONS[name], generator))
        except ValueError:
            continue
        holds.validate(answer)
        answered += 1
        if answered == 5:
            return
    pytest.fail(f"{answered} answers")


@pytest.mark.parametrize(
    ("name", "given"),
    [("training-gpus", "mfu=0.3 to 0.5"), ("serving-users", "users=500000 to 2000000"), ("memory", "batch=1 to 4")],
)
def test_an_answer_to_ranges_keeps_the_schema(capsys, name, given):
    answer = printed(capsys, "answer", name, given, "--points", "16", "--json")
    validator(name).validate(answer)
    assert answer["parameters"][given.partition("=")[0]] == given.partition("=")[2]
    assert any("p90" in result for result in answer["results"].values())
    assert answer["moves"]


def test_what_is_no_answer_is_noticed(capsys):
    holds = validator("training-gpus")
    for change in (
        lambda answer: answer["results"].pop("gpus"),
        lambda answer: answer["results"]["gpus"].update(unit="TPU"),
        lambda answer: answer["results"]["gpus"].update(value="1559"),
        lambda answer: answer["results"]["gpus"].update(value=None),
        lambda answer: answer["results"]["gpus"].update(reason="none"),
        lambda answer: answer["results"].update(more=answer["results"]["gpus"]),
        lambda answer: answer["parameters"].pop("mfu"),
        lambda answer: answer.update(question="memory"),
        lambda answer: answer.update(error={}),
        lambda answer: answer.pop("version"),
    ):
        answer = printed(capsys, "answer", "training-gpus", "--json")
        assert holds.is_valid(answer)
        change(answer)
        assert not holds.is_valid(answer)
    assert not holds.is_valid({"error": {"argument": "mfu"}})


def test_the_command_prints_what_lies_on_the_site(tmp_path):
    programs.stage_schemas(tmp_path / "schemas")
    for name, question in QUESTIONS.items():
        for ending, arguments, schema in (("", [], json_schema), (".answer", ["--answer"], answer_schema)):
            text = (tmp_path / "schemas" / f"{name}{ending}.json").read_text(encoding="utf-8")
            assert CliRunner().invoke(cli.command, ["schema", name, *arguments]).output == text
            assert json.loads(text) == schema(question)


def listed(folder):
    programs.stage_list(folder)
    return (folder / "llms.txt").read_text(encoding="utf-8")


def test_the_list_of_pages_has_the_form_that_programs_expect(tmp_path):
    text = listed(tmp_path)
    first, blank, quoted, *rest = text.splitlines()
    assert re.match(r"# \S", first)
    assert blank == ""
    assert re.match(r"> \S", quoted)
    headings = [line for line in rest if line.startswith("#")]
    assert all(re.match(r"## \S", line) for line in headings)
    assert len(set(headings)) == len(headings)
    after = "\n".join(rest).partition("\n## ")[2].splitlines()[1:]
    links = [line for line in after if line and not line.startswith("## ")]
    assert all(re.fullmatch(r"- \[[^\]]+\]\([^) ]+\): .*\S", line) for line in links)
    assert len(links) > 60
    assert not re.search(r"\{\w+\}`|\{\{|\*\*|<\w|:::|```", text)


def test_every_page_of_the_book_is_listed_with_its_answer_or_its_first_sentence(tmp_path):
    text = listed(tmp_path)
    for pages in programs.contents().values():
        for page in pages:
            assert f"- [{page.title}]({page.address}): {page.about}\n" in text
            assert page.about.endswith((".", "?", "…")), page
    for name, question in QUESTIONS.items():
        assert f"(notebooks/{name}.html): {question.answer().sentence}\n" in text
    assert (
        "- [The command](command.html): llmcalc answers the book's questions in a terminal and in programs.\n" in text
    )


def test_contents_without_parts_and_with_sections_are_listed_too(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    for name in ("index", "first", "second"):
        (tmp_path / "book" / f"{name}.md").write_text(f"({name})=\n# Of {name}\n\nIt says {name}. And more.\n")
    toc = "root: book/index\nchapters:\n  - file: book/first\n    sections:\n      - file: book/second\n"
    (tmp_path / "_toc.yml").write_text(toc)
    monkeypatch.setattr(programs, "ROOT", tmp_path)
    found = programs.contents()
    assert list(found) == ["Start", "Pages"]
    assert found["Pages"] == [
        programs.Page(f"{name}.html", f"Of {name}", f"It says {name}.") for name in ("first", "second")
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("(a)=\n# A\n\nIt is so: look.\n", "It is so."),
        ("# A\n\n{{ table }}\n\nWe found {{ n }} of them. All are **right** (see {ref}`b`).\n", "All are right."),
        (
            "# A\n\n- one\n- two\n\n| a |\n|---|\n\nThen `code` and [words](there.md) come.\n",
            "Then code and words come.",
        ),
        ("# A\n\n<div></div>\n", ""),
    ],
)
def test_a_first_sentence_is_in_words(text, sentence):
    assert programs._first_sentence(text) == sentence
