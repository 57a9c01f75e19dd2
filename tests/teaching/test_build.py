"""What the build takes from exercises for their pages."""

import pytest
from nbformat import v4

from bookbuild.calculator import exercises
from llmcalc import teaching
from llmcalc.questions import questions


def test_a_chapter_gets_a_place_for_its_exercises_and_no_other_notebook_does():
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# Title")])
    extended = exercises.with_practice("memory", notebook)
    assert exercises.PLACE.format(name="memory") in extended.cells[-1].source
    assert len(notebook.cells) == 1
    assert exercises.with_practice("unknown", notebook) is notebook


def test_exercises_stand_where_their_place_is():
    marked = exercises.PLACE.format(name="memory")
    page = exercises.place(f"<p>before</p>{marked}<p>after</p>")
    assert page.startswith("<p>before</p>")
    assert page.endswith("<p>after</p>")
    for each in teaching.chapter("memory").exercises:
        assert each.pose(exercises.FIRST_SEED).hints[0] not in page  # hints wait until they are asked for
    assert page.count('class="practice-exercise"') == len(teaching.chapter("memory").exercises)
    choice = next(each.pose(exercises.FIRST_SEED) for each in teaching.chapter("memory").exercises if each.level == 3)
    assert f"<strong>{choice.key}</strong>" in page
    assert exercises.place("<p>none</p>") == "<p>none</p>"


@pytest.mark.parametrize("name", teaching.chapters())
def test_a_model_brings_what_the_calculator_has_not(name):
    model = exercises.model(name)
    assert model["module"] in model["modules"]
    assert "llmcalc.teaching.marking" in model["modules"]
    assert "llmcalc.checks" not in model["modules"]
    assert not any(module.startswith("llmcalc.report") for module in model["modules"])


def test_rows_keep_the_columns_that_calculator_and_exercises_name():
    from bookbuild.calculator import calculators

    for name in ("memory", "planner"):
        own = calculators.tables(questions()[name], list(calculators.modules_of(name).values()))
        data = exercises.model(name)["data"]
        for table, rows in own.items():
            assert set(rows[0]) <= set(data[table]["columns"])
