"""Every notebook runs: as it is, with the smallest and largest accepted values, and with other devices."""

import ast

import pytest

from bookbuild import notebooks
from bookbuild.build import EXECUTED
from bookbuild.notebooks import NotebookError
from bookbuild.run import kernels, parameters
from bookbuild.run.execute import execute, execute_all

NAMES = notebooks.names()


# Ends of ranges that no model's heads and layers allow are refused, as the tests of answers show.
CUTS = {
    "planner": {"tensor_parallel", "pipeline_stages", "model_chunks", "context_parallel", "expert_parallel"},
    "serving-users": {"devices_per_replica"},
}


def settings_of(name):
    """Parameters at both ends of their ranges, and each pick list's last choice."""
    declared = parameters.declared(name).values()
    numeric = [parameter for parameter in declared if parameter.type in (int, float)]
    numeric = [parameter for parameter in numeric if parameter.name not in CUTS.get(name, ())]
    yield "smallest", {parameter.name: parameter.type(parameter.bounds[0]) for parameter in numeric}
    yield "largest", {parameter.name: parameter.type(parameter.bounds[1]) for parameter in numeric}
    others = {parameter.name: not parameter.default for parameter in declared if parameter.type is bool}
    if any(parameter.name == "accelerator" for parameter in declared):
        others |= {"accelerator": "H100 SXM", "number_format": "fp8"}
    if others:
        yield "others", others


JOBS = [(name, label, values) for name in NAMES for label, values in settings_of(name)]


@pytest.fixture(scope="module")
def reruns():
    kernels.use_warm_kernels()
    results = execute_all(JOBS, lambda job: execute(job[0], job[2]), lambda *_: None)
    return {(job[0], job[1]): result for job, result in results}


@pytest.mark.parametrize(("name", "label"), [job[:2] for job in JOBS], ids=lambda value: value)
@pytest.mark.xdist_group("reruns")
def test_a_notebook_runs_to_its_end_with_other_values(reruns, name, label):
    result = reruns[name, label]
    assert not isinstance(result, NotebookError), result
    default = notebooks.results(notebooks.load(EXECUTED / f"{name}.ipynb"))
    changed = notebooks.results(result.notebook)
    assert list(changed) == list(default)
    assert changed != default
    figures = notebooks.emitted(result.notebook, notebooks.DRAWN)
    assert figures or name == "serving-users"  # which draws none where no plan can be made
    assert not any("png" in figure or "svg" in figure for figure in figures)  # which nobody takes along


@pytest.mark.parametrize("name", NAMES)
def test_an_executed_notebook_holds_no_error(name):
    for cell in notebooks.load(EXECUTED / f"{name}.ipynb").cells:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output.get("text")


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_kept_without_outputs(name):
    for cell in notebooks.read(name).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_has_one_parameters_cell_of_plain_assignments(name):
    cells = [cell for cell in notebooks.read(name).cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(cells) == 1
    for statement in ast.parse(cells[0].source).body:
        assert isinstance(statement, ast.AnnAssign)
        assert isinstance(ast.literal_eval(statement.value), (int, float, str, bool))


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_has_headline_results_exercises_and_figures_for_everybody(name):
    source = notebooks.read(name)
    assert notebooks.results(notebooks.load(EXECUTED / f"{name}.ipynb"))
    text = "\n".join(cell.source for cell in source.cells if cell.cell_type == "markdown")
    exercises = text.count("```{exercise}")
    assert exercises in (2, 3, 4)
    assert text.count("```{solution-start}") == text.count("```{solution-end}") == exercises
    figures = [cell for cell in source.cells if "plt.show()" in cell.source]
    assert figures
    for cell in figures:
        described = cell.metadata["mystnb"]
        assert len(described["image"]["alt"]) > 60
        assert described["figure"]["caption"]
        assert described["figure"]["name"].startswith(f"fig-{name}")


def test_a_kernel_starts_with_what_every_notebook_imports(checkout):
    script = """
import nbformat, papermill
from bookbuild.run import kernels
if __name__ == "__main__":
    kernels.use_warm_kernels()
    asked = "import sys; print([name for name in NAMES if name not in sys.modules])"
    from bookbuild.run.preloaded import MODULES
    cell = nbformat.v4.new_code_cell(asked.replace("NAMES", repr(MODULES)))
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=metadata)
    ran = papermill.execute_notebook(notebook, None, progress_bar=False)
    print(ran.cells[-1].outputs[0].text, end="")
"""
    status, printed, errors = checkout.python("-c", script)
    assert (status, printed) == (0, "[]\n"), errors
