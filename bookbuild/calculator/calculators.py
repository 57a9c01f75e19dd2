"""A chapter's calculator: the function that answers its question, for a page that calls it in MicroPython.

Nothing is written for a calculator by hand. The parameters are the question's, grouped as in the
notebook's parameters cell; the modules are those that the answer imports, and the data those that
they look up. A chapter whose name is no question has no calculator.
"""

import ast
import functools
import hashlib
import json
import math
import posixpath
import re
import shutil
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup
from nbformat import NotebookNode

import llmcalc
from bookbuild import notebooks
from bookbuild.calculator import menus, reasons
from bookbuild.notebooks import ROOT
from bookbuild.run import parameters
from bookbuild.templates import TEMPLATES
from llmcalc import datasets
from llmcalc.checks import Refusal
from llmcalc.formats import counted, in_words, written
from llmcalc.messages import marked, message
from llmcalc.own_devices import device_quantities
from llmcalc.questions import Parameter, Question, questions
from llmcalc.results import DIGITS
from llmcalc.vocabulary import WORDS

RUNTIME = ROOT / "book" / "calculator"
SHARED = ROOT / "book" / "_static"
PACKAGE = Path(llmcalc.__file__).parent
PACKAGES = Path(sys.prefix) / "npm" / "node_modules"
MICROPYTHON = PACKAGES / "@micropython" / "micropython-webassembly-pyscript"
UPLOT = PACKAGES / "uplot" / "dist"

HEADLINE_TABLE = '<table class="dataframe headline">'
RATIO_ON_A_LINE = 100  # a slider whose ends differ by a larger factor is logarithmic
RANGE_ON_A_LINE = 50  # a slider from zero to more is denser towards zero

STATIC = "../../_static"  # from what pages with a calculator load
# What the page itself calls, besides the answer.
CALLED_BY_PAGES = (
    "llmcalc.answering",
    "llmcalc.checks",
    "llmcalc.datasets",
    "llmcalc.messages",
    "llmcalc.quantities",
    "llmcalc.spread",
)
MANY = 24  # results: then a phone shows the questions before them
COMMA = re.compile("[,，]")
SHORT = 9  # letters of a meaning that say nothing without what follows

# Where a page asks for a device, it may be one of the reader's own.
OWN_DEVICES = "llmcalc.own_devices"
OWN_MEANINGS = {
    "memory": marked("memory"),
    "memory_bandwidth": marked("bandwidth of the memory"),
    "link_bandwidth": marked("rate to the devices that are linked, in one direction"),
    "link_devices": marked("devices that are linked"),
    "network_bandwidth": marked("rate to other servers, in one direction"),
    "power": marked("design power"),
    "server_power": marked("power with its share of the server"),
    "price_per_hour": marked("rent"),
}
# What the worker takes of a calculator's description; the page itself need not read it.
PROGRAM = ("function", "parameters", "curves", "modules", "data")
NAMED_TABLES = ("datasets.records", "datasets.record", "datasets.values")
LOOK_UPS_OF_ACCELERATORS = ("datasets.specifications", "datasets.specification", "datasets.peak_flops")


def model(name: str, notebook: NotebookNode) -> dict[str, Any]:
    """Return all that the page of a question's chapter needs to calculate, ready for JSON."""
    question = questions()[name]
    function = name.replace("-", "_")
    answer = f"llmcalc.answers.{function}"
    modules = modules_of(name)
    draws = f"{function}_curves" in {
        statement.name for statement in parsed(modules[answer]).body if isinstance(statement, ast.FunctionDef)
    }
    groups = parameters.groups(name)
    results = notebooks.results(notebook)
    return {
        "notebook": name,
        "title": message(question.title),
        "version": llmcalc.__version__,
        # Whose assumptions those are that a page starts with.
        "whose": "page" if name in notebooks.WITHOUT_SOURCE else "document",
        "function": function,
        "parameters": [
            describe(parameter, question) | {"group": message(groups.get(parameter.name, ""))}
            for parameter in question.parameters.values()
        ],
        "formats": menus.formats(question),
        "results": [
            result
            | {
                "name": key,
                "label": message(result["label"]),
                "unit": message(result["unit"]),
                "text": message(result.get("reason") or written(result["value"], DIGITS)),
                # The unit as it stands behind the text, and none behind a reason.
                "behind": "" if result["value"] is None else message(counted(result["unit"], result["value"])),
            }
            for key, result in results.items()
        ],
        "curves": f"{function}_curves" if draws else "",
        "figure": _figure(name) if draws else "",
        "what_if": first_what_if(question),
        "modules": modules,
        "data": by_columns(tables(question, list(modules.values()))),
    }


def modules_of(name: str) -> dict[str, str]:
    """Return the source of every module that a question's calculator runs, by its name."""
    answer = f"llmcalc.answers.{name.replace('-', '_')}"
    called = {answer, *CALLED_BY_PAGES}
    if "accelerator" in questions()[name].parameters:
        called.add(OWN_DEVICES)
    return {module: shipped(module) for module in sorted(closure(called))}


def own_models() -> dict[str, str]:
    """Return the source of every module that reads a model's file, for pages where somebody has one."""
    return {module: shipped(module) for module in sorted(closure({"llmcalc.choosing", "llmcalc.models.configs"}))}


def taking() -> dict[str, Any]:
    """Return what writes answers down, for pages where somebody takes one along, and what is cited."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return {
        "modules": {module: shipped(module) for module in sorted(closure({"llmcalc.records"}))},
        "version": llmcalc.__version__,
        "work": {
            "title": cited["title"],
            "author": " and ".join(author["name"] for author in cited["authors"]),
            "version": cited["version"],
            "date": str(cited["date-released"]),
        },
    }


def comparing() -> dict[str, str]:
    """Return the source of every module that compares answers, for pages where somebody has scenarios."""
    return {module: shipped(module) for module in sorted(closure({"llmcalc.differences", "llmcalc.records"}))}


def describe(parameter: Parameter, question: Question | None = None) -> dict[str, Any]:
    """Return a parameter as a page's input takes it; of a question only devices that can answer it."""
    described: dict[str, Any] = {
        "name": parameter.name,
        "type": parameter.type.__name__,
        "default": text(parameter.default, parameter.unit),
        "unit": message(parameter.unit),
        "meaning": message(parameter.meaning),
    }
    if "byte" in parameter.unit:
        described["bytes"] = True  # then 3B may be three bytes
    if parameter.name == "accelerator" and question:
        reasons = menus.devices(question)
        described["unable"] = [{"name": name, "reason": message(reason)} for name, reason in reasons.items() if reason]
        described["choices"] = [name for name in parameter.choices if not reasons[name]]
        described["quantities"] = quantities()
    elif parameter.choices:
        described["choices"] = list(parameter.choices)
    if parameter.own:
        described["own"] = parameter.own
    if parameter.choices:
        return described
    if parameter.low is None or parameter.high is None:
        return described
    return described | {
        "units": message(counted(parameter.unit)),
        "low": parameter.low,
        "high": parameter.high,
        "scale": scale(parameter.low, parameter.high),
    }


def quantities() -> list[dict[str, str]]:
    """Return what a page asks of a device of one's own."""
    return [
        {"name": name, "meaning": _meaning(name), "unit": message(WORDS[word].shown)}
        for name, word in device_quantities()
    ]


def _meaning(quantity: str) -> str:
    if quantity.startswith("peak_"):
        return message("dense peak in {format}", format=quantity.removeprefix("peak_"))
    return message(OWN_MEANINGS[quantity])


def tables(question: Question, sources: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that modules look up and choices are taken from, in the columns that the modules name."""
    trees = [parsed(source) for source in sources]
    named = {word for tree in trees for word in words(tree)}
    found = {table for tree in trees for table in looked_up(tree)}
    for name in question.parameters:
        column, listed, table = WORDS[name].choices.partition(" in data/")
        if listed:
            named.add(column)
            found.add(table.removesuffix(".csv"))
    return {
        table: [{column: cell for column, cell in row.items() if column in named} for row in datasets.records(table)]
        for table in sorted(found)
    }


def by_columns(tables: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, list[Any]]]:
    """Return tables as pages load them: each column is named once."""
    return {
        name: {"columns": list(rows[0]) if rows else [], "rows": [list(row.values()) for row in rows]}
        for name, rows in tables.items()
    }


def scale(low: float, high: float) -> str:
    """Return how a slider runs over a range: evenly, evenly in the logarithm, or denser towards zero."""
    if low > 0:
        return "log" if high > RATIO_ON_A_LINE * low else "linear"
    return "power" if high - low > RANGE_ON_A_LINE else "linear"


def text(value: Any, unit: str = "") -> str:
    """Write a parameter's value as a reader would type it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value:
        exponent = math.floor(math.log10(abs(value)))
        if value.is_integer() and exponent < 6:
            return str(int(value))
        if "byte" not in unit and (short := _abbreviated(value)):  # 3B may be three bytes
            return short
        if exponent >= 6 or exponent < -4:
            return next(
                short for digits in range(17) if float(short := _scientific(value, digits)) == value or digits == 16
            )
    return "0" if value == 0 else str(value)


def form_groups(model: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the parameters of a form group by group, each with the range that stands below its field."""
    shown = [
        {"choices": [], "unable": [], "own": "", "scale": "", "range": _range(described)}
        | described
        | {"why": reasons.why(model["notebook"], described["name"], described["default"])}
        for described in model["parameters"]
    ]
    return [(group, list(members)) for group, members in groupby(shown, lambda described: described["group"])]


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
    if 'class="answer-sentence"' not in before:
        raise ValueError("the page's headline table has no sentence above it: the answer is to tell one")
    table, end, after = rest.partition("</table>")
    calculator = TEMPLATES.get_template("calculator.html").render(
        groups=form_groups(model),
        planner=bool(model["curves"]),
        many=len(model["results"]) > MANY,
        whose=model["whose"],
        first=model["what_if"],
        over=[described for described in model["parameters"] if "scale" in described],
        seen=[result for result in model["results"] if result["unit"]],
        results=Markup(f"{found}{table}{end}"),  # the notebook's own output
    )
    worker = TEMPLATES.get_template("calculator-worker.html").render(address=address, notebook=model["notebook"])
    return f"{before}{calculator}{after}{worker}"


def shortened(meaning: str) -> str:
    """Return what stands before a meaning's first comma, if that says which number it is.

    Examples
    --------
    >>> shortened("GPUs in one server, which are out together"), shortened("the same, upper end")
    ('GPUs in one server', 'The same, upper end')
    """
    first = first_part(meaning)
    text = meaning if len(first) < SHORT else first
    return text[:1].upper() + text[1:]


def first_part(meaning: str) -> str:
    """Return what stands before a meaning's first comma, Chinese or not."""
    return COMMA.split(meaning, maxsplit=1)[0]


TEMPLATES.filters |= {"shortened": shortened, "first_part": first_part}


def first_what_if(question: Question) -> tuple[str, str]:
    """Return the first number of a form, with the first of the answer that depends on it: what is drawn first."""
    start = question.answer().numbers()
    for parameter in question.parameters.values():
        if parameter.choices or parameter.low is None or parameter.high is None:
            continue
        for factor in (0.5, 2):
            value = parameter.type(min(parameter.high, max(parameter.low, factor * parameter.default)))
            try:
                moved = question.answer(**{parameter.name: value}).numbers()
            except Refusal:
                continue
            for name, number in moved.items():
                if None not in (number, start.get(name)) and number != start[name]:
                    return parameter.name, name
    raise ValueError(f"{question.name}: no number of the answer depends on one of the form")


def find(folder: Path, name: str) -> Path | None:
    """Return the file of a chapter's calculator among what was staged, or None if it has none."""
    return next((folder / "extra" / "calculator").glob(f"*/{name}.json"), None)


def preloads(address: str, model: dict[str, Any]) -> str:
    """Return tags that let a chapter's page fetch at once what its script would ask for in turn.

    The page's own styles still come first.
    """
    files = ["answer.mjs", "calculation.mjs", "work.mjs", "inputs.mjs", "scenario.mjs", f"{STATIC}/messages.mjs"]
    addresses = [posixpath.normpath(f"{address}/{file}") for file in files]
    template = TEMPLATES.get_template("calculator-preloads.html")
    return template.render(addresses=addresses, address=address, notebook=model["notebook"])


def stage(folder: Path, executed: dict[str, NotebookNode], beside: dict[str, str] | None = None) -> None:
    """Lay out what pages with a calculator load; the Sphinx extension then puts the calculators into them.

    What else pages load lies beside it, by file name.

    All of it stands in a folder named after its contents: a browser that keeps files of an older site never mixes
    them with those of this one.
    """
    target = folder / "extra" / "calculator" / "new"
    copy_runtime(target, STATIC)
    # uPlot comes minified as a script for all of a page only; as a module no other page knows its name.
    plotter = (UPLOT / "uPlot.iife.min.js").read_text(encoding="utf-8")
    (target / "uplot.mjs").write_text(f"{plotter}\nexport default uPlot;\n", encoding="utf-8")
    shutil.copy(UPLOT / "uPlot.min.css", target / "uplot.css")
    for name, notebook in executed.items():
        if name not in questions():
            continue
        described = model(name, notebook)
        (target / f"{name}-program.json").write_text(packed({key: described[key] for key in PROGRAM}), encoding="utf-8")
        page = {key: described[key] for key in described if key not in ("modules", "data")}
        (target / f"{name}.json").write_text(packed(page), encoding="utf-8")
    (target / "own-models.json").write_text(packed(own_models()), encoding="utf-8")
    (target / "take.json").write_text(packed(taking()), encoding="utf-8")
    (target / "scenarios.json").write_text(packed(comparing()), encoding="utf-8")
    for name, text in (beside or {}).items():
        (target / name).write_text(text, encoding="utf-8")
    contents = hashlib.sha256()
    for path in sorted(target.iterdir()):
        contents.update(path.name.encode() + path.read_bytes())
    target.rename(target.with_name(contents.hexdigest()[:12]))


def copy_runtime(target: Path, static: str) -> None:
    """Copy scripts of calculators and MicroPython into a folder, from which `static` leads to what all pages share."""
    shutil.copytree(RUNTIME, target, ignore=shutil.ignore_patterns("*.py"), dirs_exist_ok=True)
    for script in target.glob("*.mjs"):
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace('"../_static/', f'"{static}/'), encoding="utf-8")
    for part in ("micropython.mjs", "micropython.wasm"):
        shutil.copy(MICROPYTHON / part, target)


def packed(described: dict[str, Any]) -> str:
    """Return JSON without a space too many."""
    return json.dumps(described, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def closure(modules: set[str]) -> set[str]:
    """Return modules with all that they import, and what these do."""
    found: set[str] = set()
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting |= _neighbours(module) - found
    return found


@functools.cache
def _neighbours(module: str) -> set[str]:
    """Modules that one imports when it is imported itself; what its functions import, pages do without."""
    found = set()
    for node in parsed(source(module)).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            package = ".".join(module.split(".")[: -node.level])
            base = f"{package}.{node.module}" if node.module else package
            found |= {name if _path(name := f"{base}.{alias.name}").exists() else base for alias in node.names}
    return found


def _path(module: str) -> Path:
    return PACKAGE.parent / f"{module.replace('.', '/')}.py"


@functools.cache
def source(module: str) -> str:
    """Return the source of a module of llmcalc."""
    return _path(module).read_text(encoding="utf-8")


@functools.cache
def parsed(source: str) -> ast.Module:
    """Parse a module once: calculators share most of theirs."""
    return ast.parse(source)


@functools.cache
def shipped(module: str) -> str:
    """Return a module as pages load it: without what MicroPython reads and does nothing with."""
    return ast.unparse(_Shortened().visit(ast.parse(source(module))))


class _Shortened(ast.NodeTransformer):
    """Drops docstrings, annotations and what is there for a type checker; comments are gone already."""

    def _body(self, node: Any) -> Any:
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        self.generic_visit(node)
        return node

    visit_Module = visit_ClassDef = _body  # noqa: N815 - named by ast

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        return self._body(node)

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return ast.Assign([node.target], node.value, lineno=node.lineno) if node.value else None

    def visit_If(self, node: ast.If) -> Any:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return [self.visit(statement) for statement in node.orelse] or None
        return self.generic_visit(node)


@functools.cache
def looked_up(tree: ast.Module) -> set[str]:
    """Files of data/ that a module's calls name."""
    nodes = ast.walk(tree)
    calls = [(ast.unparse(node.func), node.args) for node in nodes if isinstance(node, ast.Call)]
    found = {
        arguments[0].value
        for function, arguments in calls
        if function in NAMED_TABLES
        and arguments
        and isinstance(arguments[0], ast.Constant)
        and isinstance(arguments[0].value, str)
    }
    return found | ({"accelerators"} if any(function in LOOK_UPS_OF_ACCELERATORS for function, _ in calls) else set())


@functools.cache
def words(tree: ast.Module) -> set[str]:
    """What may be a column's name in a module: texts, and names of arguments, which take whole rows."""
    nodes = list(ast.walk(tree))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return texts | {node.arg for node in nodes if isinstance(node, ast.arg)}


def _figure(name: str) -> str:
    """Name of the figure after a notebook's curves, which is the one that a page draws anew."""
    cells = [cell for cell in notebooks.read(name).cells if cell.cell_type == "code"]
    curves = next(place for place, cell in enumerate(cells) if "curves" in cell.metadata.get("tags", []))
    names = (cell.metadata["mystnb"]["figure"]["name"] for cell in cells[curves:] if "mystnb" in cell.metadata)
    return str(next(names))


def _abbreviated(value: float) -> str:
    """Write a large number as in 175B, if that takes few digits."""
    for scale, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if scale <= value < 1e3 * scale and float(f"{value / scale:.4g}") * scale == value:
            return f"{value / scale:.4g}{letter}"
    return ""


def _scientific(value: float, digits: int) -> str:
    mantissa, power = f"{value:.{digits}e}".split("e")
    return f"{mantissa}e{int(power)}"


def _range(described: dict[str, Any]) -> str:
    if "low" not in described:
        return ""
    return message(", {low} to {high}", low=in_words(described["low"], 7), high=in_words(described["high"], 7))
