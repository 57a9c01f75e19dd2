"""Run one notebook with a reader's own assumptions, or answer its question for a table of scenarios.

``make rerun`` calls this. Everything given is checked before anything runs; the results take
the place of an earlier rerun's only when they are complete. A table is answered as ``llmcalc answer
--scenarios`` answers it, by the same functions, and starts no kernel.
"""

import argparse
import csv
import html
import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import yaml
from nbformat import NotebookNode

import llmcalc
from bookbuild import build, notebooks, scratch
from bookbuild.__main__ import enter
from bookbuild.build import EXECUTED
from bookbuild.notebooks import BUILD, ROOT, NotebookError
from bookbuild.run import kernels, parameters, target
from bookbuild.run.parameters import Parameter, ParameterError
from bookbuild.run.target import TargetError
from bookbuild.site import staging
from bookbuild.site.jupyter_book import Builder, BuildError
from llmcalc import scenarios as tables
from llmcalc.comparison import as_text, compare
from llmcalc.questions import Question, find

# More columns nobody compares; a table of any length has all of them.
SHOWN = 20
# Each has a file of its own. The command keeps no table in memory, so it takes longer ones.
MOST = 10_000


class UsageError(Exception):
    """What was asked for can't be done: one line that says what is wrong, and what would be right."""


@dataclass(frozen=True)
class Scenario:
    """A named row of a table: what was written for a question's parameters, by name."""

    name: str
    given: dict[str, str]


@dataclass(frozen=True)
class Answered:
    """What a scenario came to: its results with their units, or the reason why there are none."""

    parameters: dict[str, Any]
    results: dict[str, dict[str, Any]]
    problem: str = ""


def read_assignments(declared: dict[str, Parameter], text: str) -> dict[str, Any]:
    """Read ``name=value`` pairs; values with spaces stand in quotes."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"PARAMS can't be read: {error}; write name=value pairs, values with spaces in quotes"
        ) from None
    given = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"PARAMS has {word!r}: write name=value, without spaces around the equals sign")
        if key in given:
            raise UsageError(f"PARAMS gives {key} twice")
        given[key] = value
    return parameters.convert(declared, given)


def read_scenarios(name: str, path: Path) -> list[Scenario]:
    """Read a table of scenarios: a column a parameter, a row a scenario, empty cells for the defaults."""
    known = find(name).parameters
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"SCENARIOS file {path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise UsageError(
            f"SCENARIOS file {path} has no scenarios: give a line of parameter names, then a line a scenario"
        )
    if len(rows) - 1 > MOST:
        raise UsageError(
            f"SCENARIOS file {path} has {len(rows) - 1:,} scenarios, and a rerun writes {MOST:,} at most: "
            f"use .venv/bin/llmcalc answer {name} --scenarios {shlex.quote(str(path))} --output answers.csv"
        )
    header = [cell.strip() for cell in rows[0]]
    for column in header:
        _check_column(name, path, column, header, list(known))
    scenarios: dict[str, Scenario] = {}
    for line, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise UsageError(
                f"SCENARIOS file {path}, scenario {line}: {len(row)} cells where the first line has {len(header)}"
            )
        given = {column: cell.strip() for column, cell in zip(header, row, strict=True) if cell.strip()}
        called = given.pop("scenario", str(line))
        if called in scenarios or not _is_folder_name(called):
            raise UsageError(
                f"SCENARIOS file {path}: {called!r} can't name a scenario; "
                "use each name once, of letters, digits, spaces, - and _"
            )
        scenarios[called] = Scenario(called, given)
    return list(scenarios.values())


def _check_column(name: str, path: Path, column: str, header: list[str], known: list[str]) -> None:
    if header.count(column) > 1:
        raise UsageError(f"SCENARIOS file {path} has the column {column} twice")
    if column == "scenario" or column in known:
        return
    if column in parameters.declared(name):
        raise UsageError(
            f"SCENARIOS file {path}: {column} changes what the chapter derives, not its answer; "
            "leave it out, or rerun the chapter with PARAMS"
        )
    raise UsageError(f"SCENARIOS file {path}: no parameter {column!r}{notebooks.closest(column, ['scenario', *known])}")


def answer_scenarios(question: Question, scenarios: list[Scenario]) -> dict[str, Answered]:
    """Answer a question for each scenario, as ``llmcalc answer --scenarios`` does."""
    default = tables.run(question, {})
    header = sorted({column for scenario in scenarios for column in scenario.given})
    table = tables.Table(question, header, {})
    rows = ([scenario.given.get(column, "") for column in header] for scenario in scenarios)
    answered = (row for chunk in tables.answered(table, rows) for row, _, _ in chunk)
    found = {}
    for scenario, row in zip(scenarios, answered, strict=True):
        *cells, problem = row[len(header) :]
        if problem:
            found[scenario.name] = Answered({}, {}, problem)
            continue
        values = default["parameters"] | tables.read_values(question, scenario.given)
        found[scenario.name] = Answered(values, _results(default["results"], cells))
    return found


def _results(default: dict[str, dict[str, Any]], cells: list[Any]) -> dict[str, dict[str, Any]]:
    """Give the cells of a table's row the names, units and labels of the results that they are."""
    results = {}
    for (name, described), cell in zip(default.items(), cells, strict=True):
        if cell is None:  # not a result of these assumptions
            continue
        value, reason = (None, {"reason": cell}) if isinstance(cell, str) else (cell, {})
        results[name] = {"value": value, "unit": described["unit"], "label": described["label"]} | reason
    return results


def record(name: str, used: dict[str, Any], results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what `results.json` holds: every parameter as used, every headline result with its unit."""
    return {"notebook": name, "parameters": used, "results": results, "llmcalc_version": llmcalc.__version__}


def write_results(folder: Path, results: dict[str, Any]) -> None:
    """Write the results of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, ensure_ascii=False, indent=2, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def write_pages(builder: Builder, temporary: Path, index: str | NotebookNode, folder: Path) -> None:
    """Write an executed notebook, or a page in Markdown, as HTML in the book's looks."""
    stage = temporary / "stage"
    shutil.copytree(ROOT / "book", stage, ignore=shutil.ignore_patterns("*.md", "calculator", "screenshots"))
    staging.write_settings(stage, {})
    if isinstance(index, str):
        (stage / "index.md").write_text(index, encoding="utf-8")
    else:
        staging.write_notebook(stage / "index.ipynb", index)
    (stage / "references.md").write_text("# References\n\n```{bibliography}\n:style: plain\n```\n", encoding="utf-8")
    toc = yaml.safe_dump({"format": "jb-book", "root": "index", "chapters": [{"file": "references"}]})
    (stage / "_toc.yml").write_text(toc, encoding="utf-8")
    shutil.copytree(builder.build(stage, temporary / "out"), folder, dirs_exist_ok=True)


def finish(folder: Path, finished: Path) -> None:
    """Put a finished rerun into its place."""
    target.list_written(finished)
    target.check(folder, f"the folder {folder}")  # as it is now: the run took its time
    staging.replace(folder, finished)


def rerun_one(name: str, declared: dict[str, Parameter], values: dict[str, Any], folder: Path) -> int:
    """Run a notebook once and print its headline results beside the defaults'."""
    if status := build.bring_executed([name]):
        return status
    scratch.use_private_temporary_folder()
    kernels.use_warm_kernels()
    with Builder() as builder, scratch.folder(BUILD, "rerun-") as temporary:
        from bookbuild.run.execute import execute  # papermill takes as long to be loaded as both of these meanwhile

        notebook = execute(name, values).notebook
        used = {key: values.get(key, parameter.default) for key, parameter in declared.items()}
        results = record(name, used, notebooks.results(notebook))
        finished = temporary / "finished"
        write_results(finished, results)
        (finished / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        write_pages(builder, temporary, notebook, finished)
        finish(folder, finished)
    default = notebooks.results(notebooks.load(EXECUTED / f"{name}.ipynb"))
    print(as_text(compare({"default": default, "yours": results["results"]})))
    print(f"\nThe page is at {folder / 'index.html'}; the notebook and results.json are beside it.")
    return 0


def rerun_scenarios(name: str, scenarios: list[Scenario], folder: Path) -> int:
    """Answer a notebook's question for each scenario, and compare the results."""
    scratch.use_private_temporary_folder()
    question = find(name)
    answered = answer_scenarios(question, scenarios)
    failures = {key: scenario.problem for key, scenario in answered.items() if scenario.problem}
    for called, problem in list(failures.items())[:SHOWN]:
        print(f"rerun: scenario {called} failed: {problem}", file=sys.stderr)
    if len(failures) > SHOWN:
        print(f"rerun: {len(failures) - SHOWN:,} more scenarios failed", file=sys.stderr)
    if len(failures) == len(scenarios):
        raise UsageError("no scenario could be answered")
    default = tables.run(question, {})
    shown = [scenario for scenario in scenarios if scenario.name not in failures][:SHOWN]
    table = compare({"default": default["results"]} | {each.name: answered[each.name].results for each in shown})
    with Builder() as builder, scratch.folder(BUILD, "rerun-") as temporary:
        finished = temporary / "finished"
        for key, scenario in answered.items():
            if not scenario.problem:
                write_results(finished / key, record(name, scenario.parameters, scenario.results))
        write_comparison(finished / "comparison.csv", default, answered)
        write_pages(builder, temporary, comparison_page(name, table, shown, len(scenarios), failures), finished)
        finish(folder, finished)
    print(as_text(table))
    if len(shown) < len(scenarios) - len(failures):
        print(f"\nThese are the first {len(shown)}; comparison.csv has all {len(scenarios):,}.")
    print(f"\nThe comparison is at {folder / 'index.html'} and {folder / 'comparison.csv'}.")
    return 1 if failures else 0


def write_comparison(path: Path, default: dict[str, Any], answered: dict[str, Answered]) -> None:
    """Write one row a scenario: its parameters, its results with their units, and what went wrong."""
    headers = {key: f"{key} [{result['unit']}]" for key, result in default["results"].items()}
    rows = {"default": Answered(default["parameters"], default["results"])} | answered
    with path.open("w", encoding="utf-8", newline="") as file:
        fields = ["scenario", *default["parameters"], *headers.values(), "error"]
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        for name, scenario in sorted(rows.items(), key=lambda row: bool(row[1].problem)):
            results = {
                headers[key]: result.get("reason") if result["value"] is None else result["value"]
                for key, result in scenario.results.items()
            }
            writer.writerow({"scenario": name} | scenario.parameters | results | {"error": scenario.problem})


def comparison_page(
    name: str, table: list[list[str]], shown: list[Scenario], total: int, failures: dict[str, str]
) -> str:
    """Return the page of a comparison in Markdown: results by scenario, and how to get the chapter with each."""
    links = [f'<a href="{quote(each.name)}/results.json">{html.escape(each.name)}</a>' for each in shown]
    heads = "".join(f'<th scope="col">{head}</th>' for head in ["result", "unit", "default", *links])
    lines = [f"# {name}: {total:,} scenario{'s' if total > 1 else ''}", ""]
    if len(shown) < total - len(failures):
        lines += [f"The table shows the first {len(shown)}. ", ""]
    lines += ['<p><a href="comparison.csv">comparison.csv</a> has every parameter and every result.</p>', ""]
    lines += ['<table class="dataframe">']
    lines += [f"<caption>Headline results by scenario</caption><thead><tr>{heads}</tr></thead><tbody>"]
    for label, *cells in table[1:]:
        values = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{html.escape(label)}</th>{values}</tr>')
    lines += ["</tbody></table>", "", "## The chapter with a scenario's assumptions", ""]
    lines += ["```shell", *(command(name, each) for each in shown), "```", ""]
    if failures:
        lines += ["## What was not accepted", "", "<ul>"]
        some = list(failures.items())[:SHOWN]
        lines += [f"<li><code>{html.escape(key)}</code> failed: {html.escape(problem)}</li>" for key, problem in some]
        lines += [f"<li>and {len(failures) - SHOWN:,} more</li>"] * (len(failures) > SHOWN)
        lines += ["</ul>"]
    return "\n".join(lines)


def command(name: str, scenario: Scenario) -> str:
    """Return the command that makes the page of a scenario."""
    assignments = " ".join(f"{key}={shlex.quote(value)}" for key, value in scenario.given.items())
    folder = shlex.quote(f"_build/scenarios/{scenario.name}")
    return f"make rerun NOTEBOOK={name} PARAMS={shlex.quote(assignments)} OUT={folder}"


def _is_folder_name(text: str) -> bool:
    taken = ("default", "extra", "references")
    return text not in taken and len(text) <= 60 and bool(re.fullmatch(r"[^\W_][\w -]*", text))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bookbuild.run.rerun", description=__doc__.splitlines()[0])
    parser.add_argument("--notebook", default=os.environ.get("NOTEBOOK", ""), help="file name without its ending")
    parser.add_argument("--params", default=os.environ.get("PARAMS", ""), help="name=value pairs")
    parser.add_argument("--scenarios", default=os.environ.get("SCENARIOS", ""), help="a CSV file, a row a scenario")
    parser.add_argument("--out", default=os.environ.get("OUT", ""), help="folder for what is written")
    given = parser.parse_args(arguments)
    try:
        if problem := notebooks.problem(given.notebook):
            raise UsageError(problem)
        if given.params and given.scenarios:
            raise UsageError("give PARAMS or SCENARIOS, not both")
        folder = target.find(given.out, BUILD / "rerun" / given.notebook)
        if given.scenarios:
            scenarios = read_scenarios(given.notebook, Path(given.scenarios).expanduser())
            return rerun_scenarios(given.notebook, scenarios, folder)
        declared = parameters.declared(given.notebook)
        return rerun_one(given.notebook, declared, read_assignments(declared, given.params), folder)
    except (UsageError, ParameterError, NotebookError, BuildError, TargetError) as error:
        print(f"rerun: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    enter("rerun")
