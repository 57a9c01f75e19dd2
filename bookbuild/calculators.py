"""A chapter's calculator: the answer to its question, for a page that runs it in MicroPython.

Nothing is written for a calculator by hand. The parameters are those of the question, and the modules
and the data are those that its answer imports and names. A chapter that is no question has no calculator.
"""

import ast
import hashlib
import html
import json
import math
import shutil
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

import llmcalc
from bookbuild import notebooks, parameters
from bookbuild.notebooks import ROOT
from llmcalc import datasets, questions
from llmcalc.answering import written as shortest
from llmcalc.formats import written
from llmcalc.questions import Parameter, Question
from llmcalc.results import DIGITS
from llmcalc.vocabulary import WORDS

RUNTIME = ROOT / "book" / "calculator"
PACKAGE = Path(llmcalc.__file__).parent
PACKAGES = Path(sys.prefix) / "npm" / "node_modules"
MICROPYTHON = PACKAGES / "@micropython" / "micropython-webassembly-pyscript"
UPLOT = PACKAGES / "uplot" / "dist"

SAVED = (
    '<section class="calculator-saved" hidden><h3>Saved scenarios</h3>'
    '<div class="calculator-scroll" role="region" tabindex="0" aria-label="Saved scenarios, side by side"></div>'
    '<p class="calculator-said" role="status"></p></section>'
)
HEADLINE_TABLE = '<table class="dataframe headline">'
# Columns that no answer reads, and calls that read the accelerators.
SOURCES = {"source", "locator", "link", "kind"}
LOOKS_UP = ("datasets.peak", "datasets.spec", "datasets.electric", "datasets.values")
RATIO_ON_A_LINE = 100  # a slider whose ends differ by a larger factor is logarithmic
RANGE_ON_A_LINE = 50  # a slider from zero to more is denser towards zero


def model(name: str, notebook: NotebookNode) -> dict[str, Any]:
    """Return all that the page of a chapter needs to calculate, ready for JSON."""
    question = questions.find(name)
    groups = {declared.name: declared.group for declared in parameters.declared(name).values()}
    modules = sorted(_closure({f"llmcalc.answers.{question.answer.__name__}", "llmcalc.quantities"}))
    drawn = notebooks.emitted(notebook, notebooks.CURVES)
    return {
        "notebook": name,
        "answer": question.answer.__name__,
        "parameters": [describe(parameter, groups[key]) for key, parameter in question.parameters.items()],
        "results": [
            result | {"name": key, "text": results_text(result)} for key, result in notebooks.results(notebook).items()
        ],
        # What is read out: the first result, of a planner those that its curves show.
        "spoken": [curve["name"] for curves in drawn for curve in curves] or [next(iter(notebooks.results(notebook)))],
        "curves": bool(drawn),
        "figure": _figure(name) if drawn else "",
        "modules": {module: _source(module) for module in modules},
        "data": {table: _rows(table) for table in _data(modules, question)},
    }


def results_text(result: dict[str, Any]) -> str:
    """Return a result as people write it, or why there is no number."""
    return written(result["value"], DIGITS) if result["value"] is not None else result["reason"]


def _figure(name: str) -> str:
    """Return the name of the figure after the curves, which a page draws anew."""
    cells = [cell for cell in notebooks.read(name).cells if cell.cell_type == "code"]
    first = next(number for number, cell in enumerate(cells) if "curves" in cell.metadata.get("tags", []))
    return next(cell.metadata["mystnb"]["figure"]["name"] for cell in cells[first:] if "mystnb" in cell.metadata)


def describe(parameter: Parameter, group: str) -> dict[str, Any]:
    """Return a question's parameter as a page's input takes it."""
    described = {
        "name": parameter.name,
        "group": group,
        "type": parameter.type.__name__,
        "default": text(parameter.default),
        "unit": parameter.unit,
        "meaning": parameter.meaning,
    }
    if parameter.choices:
        return described | {"choices": list(parameter.choices)}
    if parameter.low is not None and parameter.high is not None:
        return described | {
            "low": parameter.low,
            "high": parameter.high,
            "scale": scale(parameter.low, parameter.high),
        }
    return described


def scale(low: float, high: float) -> str:
    """Return how a slider runs over a range: evenly, evenly in the logarithm, or denser towards zero."""
    if low > 0:
        return "log" if high > RATIO_ON_A_LINE * low else "linear"
    return "power" if high - low > RANGE_ON_A_LINE else "linear"


def text(value: Any) -> str:
    """Write a parameter's value as a reader would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value:
        exponent = math.floor(math.log10(abs(value)))
        if value.is_integer() and exponent < 6:
            return str(int(value))
        if exponent >= 6 or exponent < -4:
            return next(
                short for digits in range(17) if float(short := _scientific(value, digits)) == value or digits == 16
            )
    return "0" if value == 0 else str(value)


def form(model: dict[str, Any]) -> str:
    """Return the inputs of a chapter's calculator as HTML; its script makes them work."""
    fields = ""
    for number, (group, members) in enumerate(groupby(model["parameters"], lambda described: described["group"])):
        inputs = "".join(map(_field, members))
        # What is asked first is open, and details wait.
        fields += inputs if number == 0 else _group(group, inputs)
    legend = next((described["group"] for described in model["parameters"]), "") or "Your assumptions"
    start = "where the plan started" if model["curves"] else "the document’s assumptions"
    save = '<button type="button" data-action="save" disabled>Save this scenario</button>\n' if model["curves"] else ""
    return f"""\
<form class="calculator-form" aria-label="Your assumptions" autocomplete="off" novalidate>
<p class="calculator-note">The calculator starts when the page comes from a web server and scripts are on.</p>
<p class="calculator-alert" role="alert" hidden></p>
<fieldset disabled><legend>{legend}</legend>
{fields}</fieldset>
<div class="calculator-actions">
<button type="button" data-action="reset" disabled>Back to {start}</button>
<button type="button" data-action="link" disabled>Copy link</button>
{save}</div>
<details class="calculator-more"><summary>Rerun this</summary>
<p>The answer alone, with the command that the package brings:</p>
<pre data-text="command" tabindex="0"></pre><button type="button" data-copy="command">Copy this command</button>
<p>The whole chapter, with its figures, under these assumptions:</p>
<pre data-text="rerun" tabindex="0"></pre><button type="button" data-copy="rerun">Copy the command</button>
<p>With papermill alone:</p>
<pre data-text="papermill" tabindex="0"></pre>
<button type="button" data-copy="papermill">Copy the papermill command</button>
</details>
<details class="calculator-more"><summary>Copy as Python</summary>
<pre data-text="program" tabindex="0"></pre><button type="button" data-copy="program">Copy the program</button>
</details>
</form>
"""


def summary(model: dict[str, Any]) -> str:
    """Return the line that is read out when it changes."""
    results = {result["name"]: result for result in model["results"]}
    return ", ".join(
        f"{results[name]['label']}: {results[name]['text']}"
        + ("" if results[name]["unit"] == "1" else f" {results[name]['unit']}")
        for name in model["spoken"]
    )


def place(body: str, address: str, model: dict[str, Any]) -> str:
    """Put a calculator's inputs beside the headline table of a page's HTML.

    Its worker starts as soon as the page is there, and does not wait for the page's scripts.
    """
    before, found, rest = body.partition(HEADLINE_TABLE)
    if not found:
        raise ValueError("the page has no headline table")
    for box in ("cell_output docutils container", "output text_html"):
        start, found_box, end = before.rpartition(f'<div class="{box}">')
        if not found_box:
            raise ValueError(f"the page's headline table stands in no {box}")
        before = f'{start}<div class="{box} with-calculator">{end}'
    table, end, after = rest.partition("</table>")
    worker = f"{address}/worker.mjs"
    results = f"{found}{table}{end}"
    said = f'<p class="calculator-summary" role="status">{html.escape(summary(model))}</p>'
    if model["curves"]:
        # On a phone the questions come before the many answers.
        columns = f'{said}{form(model)}<div class="calculator-results">{results}</div>'
        calculator = f'<div class="calculator planner"><div class="planner-columns">{columns}</div>{SAVED}</div>'
    else:
        calculator = f'<div class="calculator"><div class="calculator-results">{results}{said}</div>{form(model)}</div>'
    script = f'<script>window.calculatorWorker ??= new Worker("{worker}", {{ type: "module" }});</script>'
    return f"{before}{calculator}{after}{script}"


def find(folder: Path, name: str) -> Path | None:
    """Return the file of a chapter's calculator among what was staged, or None if it has none."""
    return next((folder / "extra" / "calculator").glob(f"*/{name}.json"), None)


def preloads(address: str, model: dict[str, Any]) -> str:
    """Return tags that let a chapter's page fetch at once what its script would ask for in turn.

    The page's own styles still come first.
    """
    modules = ["calculation.mjs", "inputs.mjs", "scenario.mjs"]
    modules += ["saved.mjs"] if model["curves"] else []
    tags = "".join(f'<link rel="modulepreload" fetchpriority="low" href="{address}/{file}">\n' for file in modules)
    data = f"{address}/{model['notebook']}.json"
    return f'{tags}<link rel="preload" as="fetch" fetchpriority="low" crossorigin href="{data}">\n'


def stage(folder: Path, executed: dict[str, NotebookNode]) -> None:
    """Lay out what pages with a calculator load; the Sphinx extension then puts the calculators into them.

    All of it stands in a folder named after its contents: a browser that keeps files of an older site never mixes
    them with those of this one.
    """
    target = folder / "extra" / "calculator" / "new"
    shutil.copytree(RUNTIME, target, ignore=shutil.ignore_patterns("*.py"))
    for part in ("micropython.mjs", "micropython.wasm"):
        shutil.copy(MICROPYTHON / part, target)
    # uPlot comes minified as a script for all of a page only; as a module no other page knows its name.
    plotter = (UPLOT / "uPlot.iife.min.js").read_text(encoding="utf-8")
    (target / "uplot.mjs").write_text(f"{plotter}\nexport default uPlot;\n", encoding="utf-8")
    shutil.copy(UPLOT / "uPlot.min.css", target / "uplot.css")
    for name, notebook in executed.items():
        if name not in questions.questions():
            continue
        found = model(name, notebook)
        packed = json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        (target / f"{name}.json").write_text(packed, encoding="utf-8")
    contents = hashlib.sha256()
    for path in sorted(target.iterdir()):
        contents.update(path.name.encode() + path.read_bytes())
    target.rename(target.with_name(contents.hexdigest()[:12]))


def _closure(modules: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= _neighbours(module) - found
    return found


def _neighbours(module: str) -> set[str]:
    """Modules that one imports when it is imported itself; what its functions import, pages do without."""
    found = set()
    for node in ast.parse(_source(module)).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            package = ".".join(module.split(".")[: -node.level])
            base = f"{package}.{node.module}" if node.module else package
            found |= {name if _path(name := f"{base}.{alias.name}").exists() else base for alias in node.names}
    return found


def _path(module: str) -> Path:
    return PACKAGE.parent / f"{module.replace('.', '/')}.py"


def _source(module: str) -> str:
    return _path(module).read_text(encoding="utf-8")


def _data(modules: list[str], question: Question) -> set[str]:
    """Names of the data files that modules look into, and of those that parameters choose from."""
    calls = [node for module in modules for node in ast.walk(ast.parse(_source(module))) if isinstance(node, ast.Call)]
    named = {
        call.args[0].value
        for call in calls
        if ast.unparse(call.func) in ("datasets.records", "datasets.record", "datasets.values")
        and isinstance(call.args[0], ast.Constant)
    }
    if any(ast.unparse(call.func).startswith(LOOKS_UP) for call in calls):
        named.add("accelerators")
    columns = [WORDS[name].choices.partition(" in data/")[2] for name in question.parameters]
    return named | {file.removesuffix(".csv") for file in columns if file}


def _rows(table: str) -> list[dict[str, Any]]:
    """Rows of a data file without the columns that say where they come from."""
    return [
        {column: value for column, value in row.items() if column not in SOURCES} for row in datasets.records(table)
    ]


def _scientific(value: float, digits: int) -> str:
    mantissa, power = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(power)}"


def _range(described: dict[str, Any]) -> str:
    if "low" not in described:
        return ""
    return f", {shortest(described['low'])} to {shortest(described['high'])}"


def _group(name: str, inputs: str) -> str:
    return f'<details class="calculator-group"><summary>{html.escape(name)}</summary>\n{inputs}</details>\n'


def _field(described: dict[str, Any]) -> str:
    name = described["name"]
    identifier = f"calculator-{name.replace('_', '-')}"
    shown = html.escape(described["unit"])
    unit = "" if shown == "1" else f' <span class="calculator-unit">[{shown}]</span>'
    label = f'<label for="{identifier}">{html.escape(described["meaning"])}{unit}</label>'
    common = f'id="{identifier}" name="{name}" aria-describedby="{identifier}-range {identifier}-error"'
    slider = ""
    if "choices" in described:
        options = "".join(
            f"<option{' selected' if choice == described['default'] else ''}>{html.escape(choice)}</option>"
            for choice in described["choices"]
        )
        control = f"<select {common}>{options}</select>"
    elif described["type"] == "bool":
        control = f'<input type="checkbox" {common}{" checked" if described["default"] == "true" else ""}>'
    else:
        control = f'<input type="text" autocomplete="off" spellcheck="false" {common} value="{described["default"]}">'
        slider = (
            f'<input type="range" min="0" max="1000" step="1" value="500" data-slides="{name}" '
            f'aria-label="{html.escape(described["meaning"])}, slider">'
        )
    return (
        f'<div class="calculator-field">{label}{control}{slider}'
        f'<small id="{identifier}-range"><code>{name}</code>{_range(described)}</small>'
        f'<p class="calculator-error" id="{identifier}-error" hidden></p></div>\n'
    )
