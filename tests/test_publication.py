"""The site as it is published: its weight, below another path, and what readers download from it."""

import os
import subprocess
import sys
import zipfile

import nbformat
import pytest
import yaml

from bookbuild import browser as browsing
from bookbuild import downloads
from bookbuild.notebooks import BUILD, ROOT

SITE = BUILD / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
CHAPTERS = sorted(path.stem for path in (SITE / "notebooks").glob("*.html"))
HEAVIEST = 700_000  # byte, compressed, with a calculator and without pictures

in_a_browser = pytest.mark.skipif(
    "CI" not in os.environ and browsing.find_browser() is None,
    reason="no browser: install Chromium, or name one in BROWSER",
)


@pytest.fixture(scope="module")
def below(tmp_path_factory):
    """A browser, and the address of the site below a path of a host, as on GitHub Pages."""
    root = tmp_path_factory.mktemp("host")
    (root / "some").mkdir()
    (root / "some" / "path").symlink_to(SITE, target_is_directory=True)
    with browsing.serve(root) as address, browsing.browse() as browser:
        yield f"{address}some/path/", browser


@in_a_browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light_and_works_below_a_path(below, page):
    address, browser = below
    context = browser.new_context()
    tab = context.new_page()
    answers = []
    tab.on("requestfinished", lambda request: answers.append(request))
    tab.goto(address + page, wait_until="networkidle")
    tab.evaluate("document.fonts.ready.then(() => {})")
    weight = 0
    for request in answers:
        assert request.url.startswith((address, "data:"))
        assert request.response().status == 200, request.url
        if request.resource_type != "image":
            weight += request.sizes()["responseBodySize"]
    context.close()
    assert 0 < weight < HEAVIEST


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
    assert "{term}`" not in "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("chapter", ["training-gpus", "cnn-macs"])
def test_a_notebook_for_download_runs_with_the_package_alone(unpacked, chapter):
    notebook = nbformat.read(SITE / "_sources" / "notebooks" / f"{chapter}.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    where = "import llmcalc, llmcalc.tables; print(llmcalc.__file__, llmcalc.tables.DATA)"
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


def test_roles_and_labels_leave_their_text():
    text = "(memory)=\n# Title\n\nA {term}`token`, {term}`the MFU <model FLOPs utilisation>`, {cite:t}`doc004`."
    assert downloads.ROLE.sub(r"\1", downloads.LABEL.sub("", text)) == "# Title\n\nA token, the MFU, doc004."


def test_a_print_that_is_there_is_linked_and_has_pages():
    print_of_the_book = SITE / "how-much-compute.pdf"
    links = 'href="how-much-compute.pdf"' in (SITE / "index.html").read_text(encoding="utf-8")
    assert links == print_of_the_book.exists()
    if links:
        content = print_of_the_book.read_bytes()
        assert content.startswith(b"%PDF")
        assert content.count(b"/Type /Page\n") > 100
        assert b"/Outlines" in content


def test_a_print_without_a_browser_is_refused_in_one_line():
    code = "import sys; from bookbuild import browser, assemble; browser.find_browser = lambda: None; "
    code += "sys.argv = ['assemble', '--pdf']; sys.exit(assemble.main())"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert run.returncode == 1
    assert run.stderr == "book: a PDF needs a browser: install Chromium, or name one in BROWSER\n"


def test_the_recipe_names_files_and_targets_that_exist():
    text = (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    recipe = yaml.safe_load(text)
    commands = [step["run"] for step in recipe["jobs"]["build"]["steps"] if "run" in step]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"make pdf", "make test"} <= set(commands)
    assert all(f"\n{command.removeprefix('make ')}:" in makefile for command in commands)
    assert list(ROOT.glob("requirements/*.txt"))
    assert (ROOT / "requirements/package-lock.json").exists()
