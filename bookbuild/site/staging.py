"""What the book and the pages of a rerun share: sources for Jupyter Book, and the swap of finished folders."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from bookbuild import notebooks, scratch
from bookbuild.notebooks import ROOT
from llmcalc.messages import marked, message

PROMPTS = {
    "nb_code_prompt_show": marked("Show the code"),
    "nb_code_prompt_hide": marked("Hide the code"),
    "togglebutton_hint": marked("Click to show"),
    "togglebutton_hint_hide": marked("Click to hide"),
}


def write_notebook(path: Path, notebook: NotebookNode) -> None:
    """Write an executed notebook as a page's source."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(nbformat.writes(notebooks.without_records(notebook)), encoding="utf-8")


def write_settings(folder: Path, substitutions: dict[str, Any]) -> None:
    """Write Jupyter Book's settings with the values that pages quote."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings["parse"]["myst_substitutions"] = substitutions
    configuration = settings["sphinx"]["config"]
    configuration |= {name: message(text) for name, text in PROMPTS.items()}
    configuration["html_theme_options"]["search_bar_text"] = message("Search this book...")
    (folder / "extra").mkdir(exist_ok=True)  # the settings name it
    (folder / "_config.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


def write_json(path: Path, described: dict[str, Any]) -> None:
    """Write what programs read, so that people can read it, too."""
    path.write_text(json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def replace(old: Path, new: Path) -> None:
    """Put a finished folder in the place of an old one; if that fails, the old one stays."""
    beside = old.with_name(f".{old.name}.new.{os.getpid()}")
    aside = old.with_name(f".{old.name}.old.{os.getpid()}")
    old.parent.mkdir(parents=True, exist_ok=True)
    with scratch.owned(beside), scratch.owned(aside):
        shutil.move(new, beside)  # from another file system this copies
        with scratch.undisturbed():
            if old.exists():
                old.rename(aside)
            try:
                beside.rename(old)
            except OSError:
                if aside.exists():
                    aside.rename(old)
                raise
