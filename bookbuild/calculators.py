"""A chapter's calculator: its headline cell, for a page that runs it in MicroPython.

Nothing is written for a calculator by hand. The parameters come from the notebook's parameters
cell, the calculation is the headline cell's own source, and the modules and the data are those
that it names. A chapter whose headline cell needs more than llmcalc has no calculator.
"""

import ast
import hashlib
import html
import json
import math
import shutil
import sys
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

import llmcalc
from bookbuild import notebooks, parameters
from bookbuild.notebooks import ROOT
from bookbuild.parameters import Parameter
from llmcalc import datasets
from llmcalc.formats import written
from llmcalc.results import DIGITS

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
RATIO_ON_A_LINE = 100  # a slider whose ends differ by a larger factor is logarithmic
RANGE_ON_A_LINE = 50  # a slider from zero to more is denser towards zero


class NoCalculator(Exception):
    """Why a chapter's headline cell can't run in a page."""


@dataclass(frozen=True)
class Code:
    """What a headline cell needs: statements of earlier cells, its own source, its modules and its data.

    A chapter may have another cell with curves, which goes on from the headline cell.
    """

    prelude: str
    headline: str
    modules: list[str]
    data: list[str]
    curves: str = ""
    figure: str = ""

    @property
    def names(self) -> set[str]:
        """Names that the calculation reads, those of parameters among them."""
        return _loaded(ast.parse(f"{self.prelude}\n{self.headline}\n{self.curves}"))

    @property
    def runnable(self) -> str:
        """The headline cell with its last expression under a name."""
        return _with_name("results", self.headline)


def code(name: str) -> Code:
    """Find what a notebook's headline cell needs, or raise NoCalculator."""
    cells = [cell for cell in notebooks.read(name).cells if cell.cell_type == "code"]
    tags = [cell.metadata.get("tags", []) for cell in cells]
    try:
        [first] = [position for position, found in enumerate(tags) if "parameters" in found]
        [position] = [position for position, found in enumerate(tags) if "headline" in found]
    except ValueError:
        raise NoCalculator(f"{name} has not one parameters cell and one headline cell") from None
    headline = cells[position].source
    curves = next((number for number, found in enumerate(tags) if "curves" in found), None)
    together = headline if curves is None else f"{headline}\n{cells[curves].source}"
    earlier = [statement for cell in cells[:first] for statement in ast.parse(cell.source).body]
    kept = _needed(earlier, ast.parse(together))
    modules = {"llmcalc.datasets"}
    for statement in kept:
        modules |= _modules(name, statement)
    prelude = "\n".join(ast.unparse(statement) for statement in kept)
    found = Code(prelude, headline, sorted(_closure(modules)), _data(f"{prelude}\n{together}"))
    if curves is None:
        return found
    # The figure after the curves is the one that a page draws anew.
    figure = next(cell.metadata["mystnb"]["figure"]["name"] for cell in cells[curves:] if "mystnb" in cell.metadata)
    return replace(found, curves=_with_name("curves", cells[curves].source), figure=figure)


def model(name: str, notebook: NotebookNode) -> dict[str, Any]:
    """Return all that the page of a chapter needs to calculate, ready for JSON, or raise NoCalculator."""
    found = code(name)
    # Parameters of the rest of the chapter would be inputs that change nothing.
    used = [parameter for parameter in parameters.declared(name).values() if parameter.name in found.names]
    return {
        "notebook": name,
        "parameters": [describe(parameter) for parameter in used],
        "results": [
            result | {"name": key, "text": written(result["value"], DIGITS)}
            for key, result in notebooks.results(notebook).items()
        ],
        # What is read out: the first result, of a planner those that its curves show.
        "spoken": [curve["name"] for curves in notebooks.emitted(notebook, notebooks.CURVES) for curve in curves]
        or [next(iter(notebooks.results(notebook)))],
        "prelude": found.prelude,
        "headline": found.headline,
        "runnable": found.runnable,
        "curves": found.curves,
        "figure": found.figure,
        "modules": {module: _source(module) for module in found.modules},
        "data": {table: datasets.records(table) for table in found.data},
    }


def describe(parameter: Parameter) -> dict[str, Any]:
    """Return a declared parameter as a page's input takes it."""
    described = {
        "name": parameter.name,
        "group": parameter.group,
        "type": parameter.type.__name__,
        "default": text(parameter.default),
        "expected": parameter.expected,
    }
    if parameter.type in (int, float) and not parameter.choices:
        low, high = parameter.bounds
        described |= {"low": low, "high": high, "scale": scale(low, high), "limits": parameter.limits}
    elif parameter.choices:
        described |= {"choices": parameter.choices}
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
    declared = parameters.declared(model["notebook"])
    fields = ""
    for number, (group, members) in enumerate(groupby(model["parameters"], lambda described: described["group"])):
        inputs = "".join(_field(declared[described["name"]], described) for described in members)
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
        try:
            found = model(name, notebook)
        except NoCalculator:
            continue
        packed = json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        (target / f"{name}.json").write_text(packed, encoding="utf-8")
    contents = hashlib.sha256()
    for path in sorted(target.iterdir()):
        contents.update(path.name.encode() + path.read_bytes())
    target.rename(target.with_name(contents.hexdigest()[:12]))


def _with_name(name: str, source: str) -> str:
    last = ast.parse(source).body[-1]
    lines = source.splitlines()
    lines[last.lineno - 1] = f"{name} = {lines[last.lineno - 1]}"
    return "\n".join(lines)


def _needed(earlier: list[ast.stmt], headline: ast.Module) -> list[ast.stmt]:
    wanted = _loaded(headline)
    kept: list[ast.stmt] = []
    for statement in reversed(earlier):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            used = [alias for alias in statement.names if (alias.asname or alias.name) in wanted]
            if used:
                statement.names = used
                kept.insert(0, statement)
        elif wanted & _stored(statement):
            wanted |= _loaded(statement)
            kept.insert(0, statement)
    return kept


def _loaded(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _stored(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _modules(name: str, statement: ast.stmt) -> set[str]:
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return set()
    package = (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
    found = {f"{package}.{alias.name}" for alias in statement.names} if package else set()
    modules = {name if _path(name).exists() else package for name in found}
    if package.split(".")[0] == "llmcalc" and not any(name.startswith("llmcalc.report") for name in modules):
        return modules
    raise NoCalculator(f"{name}: the headline cell needs {ast.unparse(statement)!r}, which pages do not have")


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


def _data(source: str) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = {
        call.args[0].value
        for call in calls
        if ast.unparse(call.func) in ("datasets.records", "datasets.record") and isinstance(call.args[0], ast.Constant)
    }
    looks_up = any(ast.unparse(call.func).startswith(("datasets.peak", "datasets.spec")) for call in calls)
    return sorted(named | ({"accelerators"} if looks_up else set()))


def _scientific(value: float, digits: int) -> str:
    mantissa, power = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(power)}"


def _range(parameter: Parameter, described: dict[str, Any]) -> str:
    if "limits" not in described:
        return ""
    _, _, above, below = parameter.limits
    words = [word for word in parameter.accepted.split() if word not in (parameter.name, "≤", "<")]
    return f", {'above ' if above else ''}{words[0]} to {'below ' if below else ''}{words[1]}"


def _group(name: str, inputs: str) -> str:
    return f'<details class="calculator-group"><summary>{html.escape(name)}</summary>\n{inputs}</details>\n'


def _field(parameter: Parameter, described: dict[str, Any]) -> str:
    name = parameter.name
    identifier = f"calculator-{name.replace('_', '-')}"
    unit = "" if parameter.unit == "1" else f' <span class="calculator-unit">[{html.escape(parameter.unit)}]</span>'
    label = f'<label for="{identifier}">{html.escape(parameter.help)}{unit}</label>'
    common = f'id="{identifier}" name="{name}" aria-describedby="{identifier}-range {identifier}-error"'
    slider = ""
    if "choices" in described:
        options = "".join(
            f"<option{' selected' if choice == parameter.default else ''}>{html.escape(choice)}</option>"
            for choice in parameter.choices
        )
        control = f"<select {common}>{options}</select>"
    elif parameter.type is bool:
        control = f'<input type="checkbox" {common}{" checked" if parameter.default else ""}>'
    else:
        mode = "numeric" if parameter.type is int else "decimal"
        control = (
            f'<input type="text" inputmode="{mode}" autocomplete="off" spellcheck="false" {common} '
            f'value="{described["default"]}">'
        )
        slider = (
            f'<input type="range" min="0" max="1000" step="1" value="500" data-slides="{name}" '
            f'aria-label="{html.escape(parameter.help)}, slider">'
        )
    return (
        f'<div class="calculator-field">{label}{control}{slider}'
        f'<small id="{identifier}-range"><code>{name}</code>{_range(parameter, described)}</small>'
        f'<p class="calculator-error" id="{identifier}-error" hidden></p></div>\n'
    )
