"""What README and pages say is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import llmcalc
from bookbuild import notebooks

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
RERUN_PAGE = (ROOT / "book" / "rerun.md").read_text(encoding="utf-8")
EXAMPLE = {"notebook": "inference-gpus", "params": "visits_per_day=1e9 mfu=0.4"}


@pytest.mark.built
def test_the_example_of_a_rerun_prints_what_the_pages_show(tmp_path):
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "bookbuild.run.rerun",
            *(f"--{key}={value}" for key, value in EXAMPLE.items()),
            "--out",
            tmp_path / "out",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    table = result.stdout.partition("\n\n")[0]
    assert f'NOTEBOOK={EXAMPLE["notebook"]} PARAMS="{EXAMPLE["params"]}"' in README
    assert f"```text\n{table}\n```" in README
    assert f"```text\n{table}\n```" in RERUN_PAGE


def test_every_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for text in (README, RERUN_PAGE, contributing):
        assert set(re.findall(r"`?make ([a-z]+)\b", text)) - {"up"} <= targets


def test_every_folder_of_the_readme_exists():
    for folder in re.findall(r"^\| `(\w+)/`", README, re.MULTILINE):
        assert (ROOT / folder).is_dir()


def test_files_that_are_linked_exist():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).is_file(), link


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == llmcalc.__version__
    assert f"## {llmcalc.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_notebook_is_in_the_book_and_on_its_first_page():
    listed = re.findall(r"file: notebooks/(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    index = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    assert sorted(listed) == sorted(notebooks.names())
    for name in listed:
        assert f":link: {name}\n" in index or f"{{ref}}`{name}`" in index


@pytest.mark.parametrize("path", [*ROOT.glob("requirements/*"), ROOT / "pyproject.toml"], ids=lambda path: path.name)
def test_no_file_names_a_registry(path):
    assert not re.search(r"https?://\S*(pypi|pythonhosted|npmjs|registry)", path.read_text(encoding="utf-8"))


def test_every_dependency_is_locked_by_hash():
    text = (ROOT / "requirements" / "locked.txt").read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", text.strip()):
        if not entry.startswith("#"):
            assert "==" in entry
            assert "--hash=sha256:" in entry
