"""The page of the estimation drill: what its worker needs, and what shows where no script runs."""

from bookbuild.calculator import calculators, exercises
from bookbuild.templates import TEMPLATES
from llmcalc.teaching import drill, marking

FIRST_SEED = 1
NAME = "drill"
FILE = f"{NAME}-program.json"  # by its name the worker finds it
PLACE = '<div class="drill-place"></div>'
MODULES = {"llmcalc.datasets", "llmcalc.messages", "llmcalc.teaching.drill"}


def names() -> list[str]:
    """Return the chapters to draw from."""
    return exercises.names()


def file() -> str:
    """Return what the page fetches: all chapters' exercises with all that they call."""
    own = {f"llmcalc.teaching.exercises.{name.replace('-', '_')}" for name in names()}
    modules = {module: calculators.shipped(module) for module in sorted(calculators.closure(own | MODULES))}
    data = calculators.by_columns(exercises.tables(names(), list(modules.values()), set()))
    return calculators.packed({"names": names(), "modules": modules, "data": data})


def section() -> str:
    """Return the drill as HTML, with the questions of the first seed."""
    posed = drill.draw(names(), FIRST_SEED)
    return TEMPLATES.get_template("drill.html").render(
        seed=FIRST_SEED,
        count=drill.COUNT,
        most=drill.MOST_POINTS,
        questions=[each.described() | {"wanted": marking.wanted(each.exercise)} for each in posed],
    )


def place(body: str) -> str:
    """Put the drill where a page's HTML has a place for it."""
    return body.replace(PLACE, section())
