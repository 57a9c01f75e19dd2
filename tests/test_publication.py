"""The site as it is published: its weight, below another path, and what readers download from it."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from bookbuild.notebooks import ROOT
from bookbuild.site import data_page, downloads
from llmcalc import files
from tests import visits
from tests.visits import SITE
from tests.watching import in_a_browser

CHAPTERS = sorted(path.stem for path in (SITE / "notebooks").glob("*.html"))


@pytest.fixture(scope="module")
def below(tmp_path_factory):
    with visits.below_a_path(tmp_path_factory.mktemp("host")) as opened:
        yield opened


@in_a_browser
def test_the_search_works_below_a_path(below):
    address, browser = below
    tab = browser.new_page()
    tab.goto(f"{address}notebooks/training-gpus.html")
    tab.keyboard.press("Control+k")
    tab.locator(".search-button__search-container input[name=q]").fill("cameras")
    tab.keyboard.press("Enter")
    tab.locator("#search-results a[href*='inference-cards']").first.click()
    tab.wait_for_url(f"{address}notebooks/inference-cards.html*")
    tab.close()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """A folder with the package alone, as its wheel brings it."""
    folder = tmp_path_factory.mktemp("wheel")
    [wheel] = SITE.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_notebook_for_download_says_how_to_run_it(chapter):
    [wheel] = SITE.glob("*.whl")
    notebook = nbformat.read(SITE / "_sources" / "notebooks" / f"{chapter}.ipynb", as_version=4)
    nbformat.validate(notebook)
    first, second = notebook.cells[:2]
    assert wheel.name in first.source
    assert second.source.startswith("# ")
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not re.findall(r"\{[a-z:]+\}`|^```\{|^\(.*\)=$", text, re.MULTILINE)
    assert "### Solution to exercise 1" in text


@pytest.mark.parametrize("chapter", ["training-gpus", "cnn-macs"])
def test_a_notebook_for_download_runs_with_the_package_alone(unpacked, chapter):
    notebook = nbformat.read(SITE / "_sources" / "notebooks" / f"{chapter}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    where = "import llmcalc, llmcalc.files; print(llmcalc.__file__, llmcalc.files.DATA)"
    # IPython as Jupyter starts it, in another folder, with the wheel's files before all others.
    run = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", "\n".join([*cells, where])],
        cwd=unpacked,
        env=os.environ | {"PYTHONPATH": str(unpacked), "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    assert run.stdout.splitlines()[-1] == f"{unpacked}/llmcalc/__init__.py {unpacked}/llmcalc/data"


def test_the_package_runs_on_what_colab_has():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # Versions of Colab's runtime of 2025; another one would replace what the session has imported.
    colab = {"click": "8.1.8", "jinja2": "3.1.6", "matplotlib": "3.10.0", "matplotlib-inline": "0.1.7"}
    colab |= {"numpy": "2.0.2", "pandas": "2.2.2"}
    needed = project["dependencies"] + project["optional-dependencies"]["book"]
    for requirement in map(Requirement, needed):
        assert requirement.specifier.contains(colab[requirement.name])
    assert SpecifierSet(project["requires-python"]).contains("3.12")


def test_roles_and_labels_leave_their_text():
    text = "(memory)=\n# Title\n\nA {term}`token`, {term}`the MFU <model FLOPs utilisation>`, {cite:t}`doc004`."
    assert downloads.portable(text) == "# Title\n\nA token, the MFU, document 004."


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("amdahl1967", "Amdahl (1967)"),
        ("bekman2022bloom", "Bekman and Gugger (2022)"),
        ("brown2020gpt3", "Brown et al. (2020)"),
        ("coco2017,doc000", "COCO Consortium (2017), document 000"),
    ],
)
def test_citations_name_authors_and_years(keys, expected):
    assert downloads.portable(f"{{cite:t}}`{keys}`") == expected


def test_exercises_become_headings():
    exercise = "```{exercise}\n:label: memory-exercise-2\nHow much is\nit?\n```\n\n"
    start, end = "```{solution-start} memory-exercise-2\n:class: dropdown\n```", "```{solution-end}\n```"
    assert downloads.portable(exercise + start) == ("### Exercise 2\n\nHow much is\nit?\n\n### Solution to exercise 2")
    assert downloads.portable(f"{end}\n\n{exercise}") == "### Exercise 2\n\nHow much is\nit?\n\n"
    assert downloads.portable(end) == ""


def test_the_recipe_names_files_and_targets_that_exist():
    text = (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    recipe = yaml.safe_load(text)
    commands = [step["run"] for step in recipe["jobs"]["build"]["steps"] if "run" in step]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"make pdf", "make test"} <= set(commands)
    assert all(f"\n{command.removeprefix('make ')}:" in makefile for command in commands)
    assert list(ROOT.glob("requirements/*.txt"))
    assert (ROOT / "requirements/package-lock.json").exists()


def test_the_page_lists_every_table_with_its_files_and_its_readers():
    page = BeautifulSoup((SITE / "data.html").read_text(encoding="utf-8"), "html.parser")
    rows = {
        row.select_one("[id^=row-]")["id"].removeprefix("row-"): row for row in page.select("article table tbody tr")
    }
    assert sorted(rows) == data_page.names()
    readers = data_page.readers()
    # Forms and the page of the documents tell the others; kernels were measured for those who look on.
    of_no_chapter = {"default-reasons", "gemm-kernels", "source-documents", "source-lines", "usual-values"}
    assert {name for name, chapters in readers.items() if not chapters} == of_no_chapter
    for name, row in rows.items():
        told, count = row.find_all("td")
        assert re.sub("[“”‘’]", "", told.strong.get_text()) == re.sub("[\"']", "", files.contract(name)["title"])
        assert count.get_text() == f"{len(files.rows(name)):,}"
        assert [link["href"] for link in told.find_all("a")[:2]] == [f"data/{name}.csv", f"data/{name}.json"]
        chapters = [link["href"].partition("#")[0] for link in told.select(".facet-chapter a")]
        assert chapters == [f"notebooks/{chapter}.html" for chapter in readers[name]]
    assert readers["training-gpus"][0] == "training-gpus"
    assert readers["hardware-claims-published"] == ["hardware-claims"]


def test_the_site_has_the_tables_as_they_are_made(tmp_path):
    data_page.stage(tmp_path / "data")
    for path in (tmp_path / "data").iterdir():
        assert (SITE / data_page.FOLDER / path.name).read_bytes() == path.read_bytes(), path.name
