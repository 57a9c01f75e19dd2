"""Run one notebook with a reader's own assumptions, or with a table of scenarios.

``make rerun`` calls this. Everything given is checked before anything runs; the results take
the place of an earlier rerun's only when they are complete.
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
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import yaml
from nbformat import NotebookNode
from tqdm import tqdm

import llmcalc
from bookbuild import kernels, notebooks, parameters, staging
from bookbuild.execute import EXECUTED, NotebookError, execute, execute_all
from bookbuild.jupyter_book import Builder, BuildError
from bookbuild.notebooks import BUILD, ROOT
from bookbuild.parameters import Parameter, ParameterError
from llmcalc.comparison import as_text, compare


class UsageError(Exception):
    """What was asked for can't be done: one line that says what is wrong, and what would be right."""


@dataclass(frozen=True)
class Scenario:
    """A named set of values for a notebook's parameters, or the reason why there is none."""

    name: str
    values: dict[str, Any]
    problem: str = ""


def read_parameters(name: str) -> dict[str, Parameter]:
    """Return what a notebook declares, or raise UsageError if there is no such notebook."""
    known = notebooks.names()
    if not name:
        raise UsageError(f"no notebook given: write NOTEBOOK=name, with one of {', '.join(known)}")
    if name not in known:
        raise UsageError(f"no notebook {name!r}{parameters.closest(name, known)}")
    return parameters.declared(name)


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


def read_scenarios(declared: dict[str, Parameter], path: Path) -> list[Scenario]:
    """Read a table of scenarios: a column a parameter, a row a scenario, empty cells for the defaults."""
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
    header = [cell.strip() for cell in rows[0]]
    for column in header:
        if column != "scenario" and column not in declared:
            raise ParameterError(
                f"SCENARIOS file {path}: no parameter {column!r}{parameters.closest(column, ['scenario', *declared])}"
            )
        if header.count(column) > 1:
            raise UsageError(f"SCENARIOS file {path} has the column {column} twice")
    scenarios: list[Scenario] = []
    for line, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise UsageError(
                f"SCENARIOS file {path}, scenario {line}: {len(row)} cells where the first line has {len(header)}"
            )
        given = {column: cell.strip() for column, cell in zip(header, row, strict=True) if cell.strip()}
        name = given.pop("scenario", str(line))
        if name in {scenario.name for scenario in scenarios} or not _is_folder_name(name):
            raise UsageError(
                f"SCENARIOS file {path}: {name!r} can't name a scenario; "
                "use each name once, of letters, digits, spaces, - and _"
            )
        try:
            scenarios.append(Scenario(name, parameters.convert(declared, given)))
        except ParameterError as error:
            scenarios.append(Scenario(name, {}, str(error)))
    return scenarios


def record(name: str, declared: dict[str, Parameter], values: dict[str, Any], notebook: NotebookNode) -> dict[str, Any]:
    """Return what `results.json` holds: every parameter as used, every headline result with its unit."""
    return {
        "notebook": name,
        "parameters": {key: values.get(key, parameter.default) for key, parameter in declared.items()},
        "results": notebooks.results(notebook),
        "llmcalc_version": llmcalc.__version__,
    }


def write_run(folder: Path, name: str, notebook: NotebookNode, results: dict[str, Any]) -> None:
    """Write an executed notebook and its results."""
    folder.mkdir(parents=True)
    (folder / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    text = json.dumps(results, ensure_ascii=False, indent=2, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def write_pages(
    builder: Builder, temporary: Path, index: str | NotebookNode, pages: dict[str, NotebookNode], target: Path
) -> None:
    """Write executed notebooks as HTML pages, in the book's looks, below a first page."""
    stage = temporary / "stage"
    shutil.copytree(ROOT / "book", stage, ignore=shutil.ignore_patterns("*.md", "calculator", "screenshots"))
    staging.write_settings(stage, {})
    if isinstance(index, str):
        (stage / "index.md").write_text(index, encoding="utf-8")
    else:
        staging.write_notebook(stage / "index.ipynb", index)
    for page, notebook in pages.items():
        staging.write_notebook(stage / f"{page}.ipynb", notebook)
    (stage / "references.md").write_text("# References\n\n```{bibliography}\n:style: plain\n```\n", encoding="utf-8")
    chapters = [{"file": page} for page in [*pages, "references"]]
    toc = yaml.safe_dump({"format": "jb-book", "root": "index", "chapters": chapters}, allow_unicode=True)
    (stage / "_toc.yml").write_text(toc, encoding="utf-8")
    shutil.copytree(builder.build(stage, temporary / "out"), target, dirs_exist_ok=True)


def rerun_one(name: str, declared: dict[str, Parameter], values: dict[str, Any], target: Path) -> int:
    """Run a notebook once and print its headline results beside the defaults'."""
    kernels.use_warm_kernels()
    builder = Builder()
    try:
        notebook = execute(name, values).notebook
    except NotebookError:
        builder.close()
        raise
    results = record(name, declared, values, notebook)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="rerun-") as temporary:
        finished = Path(temporary, "finished")
        write_run(finished, name, notebook, results)
        write_pages(builder, Path(temporary), notebook, {}, finished)
        staging.replace(target, finished)
    default = notebooks.results(notebooks.load(EXECUTED / f"{name}.ipynb"))
    print(as_text(compare({"default": default, "yours": results["results"]})))
    print(f"\nThe page is at {target / 'index.html'}; the notebook and results.json are beside it.")
    return 0


def rerun_scenarios(name: str, declared: dict[str, Parameter], scenarios: list[Scenario], target: Path) -> int:
    """Run a notebook for each scenario, in parallel, and compare their results."""
    kernels.use_warm_kernels()
    builder = Builder()
    failures = {scenario.name: scenario.problem for scenario in scenarios if scenario.problem}
    finished_runs: dict[str, NotebookNode] = {}
    with tqdm(total=len(scenarios), initial=len(failures), unit="scenario", file=sys.stderr) as bar:

        def done(scenario: Scenario, result: Any, seconds: float) -> None:
            bar.update()

        runnable = [scenario for scenario in scenarios if not scenario.problem]
        for scenario, result in execute_all(runnable, lambda scenario: execute(name, scenario.values), done):
            if isinstance(result, NotebookError):
                failures[scenario.name] = str(result)
            else:
                finished_runs[scenario.name] = result.notebook
    for scenario, problem in failures.items():
        print(f"rerun: scenario {scenario} failed: {problem}", file=sys.stderr)
    if not finished_runs:
        builder.close()
        raise UsageError("no scenario ran")
    by_name = {scenario.name: scenario for scenario in scenarios}
    records = {key: record(name, declared, by_name[key].values, run) for key, run in finished_runs.items()}
    default = notebooks.results(notebooks.load(EXECUTED / f"{name}.ipynb"))
    table = compare({"default": default} | {key: entry["results"] for key, entry in records.items()})
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="rerun-") as temporary:
        finished = Path(temporary, "finished")
        for key, run in finished_runs.items():
            write_run(finished / key, name, run, records[key])
        write_comparison(finished / "comparison.csv", declared, default, records, failures)
        index = comparison_page(name, table, failures)
        pages = {f"{key}/index": run for key, run in finished_runs.items()}
        write_pages(builder, Path(temporary), index, pages, finished)
        staging.replace(target, finished)
    print(as_text(table))
    print(f"\nThe comparison is at {target / 'index.html'} and {target / 'comparison.csv'}.")
    return 1 if failures else 0


def write_comparison(
    path: Path,
    declared: dict[str, Parameter],
    default: dict[str, dict[str, Any]],
    records: dict[str, dict[str, Any]],
    failures: dict[str, str],
) -> None:
    """Write one row a scenario: its parameters, its results with their units, and what went wrong."""
    headers = {key: f"{key} [{result['unit']}]" for key, result in default.items()}
    defaults = {"parameters": {key: parameter.default for key, parameter in declared.items()}, "results": default}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["scenario", *declared, *headers.values(), "error"], lineterminator="\n")
        writer.writeheader()
        for name, run in ({"default": defaults} | records).items():
            results = {headers[key]: result["value"] for key, result in run["results"].items()}
            writer.writerow({"scenario": name} | run["parameters"] | results)
        for name, problem in failures.items():
            writer.writerow({"scenario": name, "error": problem})


def comparison_page(name: str, table: list[list[str]], failures: dict[str, str]) -> str:
    """Return the first page of a comparison in Markdown: results by scenario, each linked to its page."""
    scenarios = table[0][3:]
    links = [f'<a href="{quote(key)}/index.html">{html.escape(key)}</a>' for key in scenarios]
    heads = "".join(f'<th scope="col">{head}</th>' for head in ["result", "unit", "default", *links])
    lines = [f"# {name}: {len(scenarios)} scenarios", "", '<table class="dataframe">']
    lines += [f"<caption>Headline results by scenario</caption><thead><tr>{heads}</tr></thead><tbody>"]
    for label, *cells in table[1:]:
        values = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{html.escape(label)}</th>{values}</tr>')
    lines += ["</tbody></table>", "", "<ul>"]
    lines += [f"<li><code>{key}</code> failed: {html.escape(problem)}</li>" for key, problem in failures.items()]
    lines += ["</ul>"]
    return "\n".join(lines)


def _is_folder_name(text: str) -> bool:
    taken = ("default", "extra", "references")
    return text not in taken and len(text) <= 60 and bool(re.fullmatch(r"[^\W_][\w -]*", text))


def _is_replaceable(folder: Path) -> bool:
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    found = {path.name for path in folder.iterdir()}
    return not found or ({"index.html", "searchindex.js"} <= found and bool({"results.json", "comparison.csv"} & found))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bookbuild.rerun", description=__doc__.splitlines()[0])
    parser.add_argument("--notebook", default=os.environ.get("NOTEBOOK", ""), help="file name without its ending")
    parser.add_argument("--params", default=os.environ.get("PARAMS", ""), help="name=value pairs")
    parser.add_argument("--scenarios", default=os.environ.get("SCENARIOS", ""), help="a CSV file, a row a scenario")
    parser.add_argument("--out", default=os.environ.get("OUT", ""), help="folder for what is written")
    given = parser.parse_args()
    try:
        declared = read_parameters(given.notebook)
        if given.params and given.scenarios:
            raise UsageError("give PARAMS or SCENARIOS, not both")
        if not (EXECUTED / f"{given.notebook}.ipynb").exists():
            raise UsageError(f"{given.notebook} has not run with its defaults yet: run make book first")
        target = Path(given.out or BUILD / "rerun" / given.notebook).absolute()
        if not _is_replaceable(target):
            raise UsageError(f"OUT = {given.out!r} holds other files: give a new folder, or one of an earlier rerun")
        if given.scenarios:
            scenarios = read_scenarios(declared, Path(given.scenarios))
            return rerun_scenarios(given.notebook, declared, scenarios, target)
        return rerun_one(given.notebook, declared, read_assignments(declared, given.params), target)
    except (UsageError, ParameterError, NotebookError, BuildError, OSError) as error:
        print(f"rerun: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rerun: interrupted; nothing was written", file=sys.stderr)
        kernels.remove_sockets()
        os._exit(130)  # without waiting for the kernels, which end with this process


if __name__ == "__main__":
    sys.exit(main())
