"""The look of the book's figures: readable on a phone, and on a dark page."""

import matplotlib.pyplot as plt
from cycler import cycler
from IPython.core.getipython import get_ipython
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib_inline.backend_inline import set_matplotlib_formats

from ..formats import number
from . import drawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from matplotlib.axis import Axis

# What the book's style sheet has for paper: white, ink, ink of what is said aside, lines of a grid, and Okabe and Ito's
# palette, told apart by colour-blind readers too. A test holds the two to each other.
PAPER = "#fff"
INK = "#222"
QUIET = "#57606a"
LINE = "#ddd"
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000"]


def use_style() -> None:
    """Set the style for every figure that follows, drawn as SVG without a date, with its data beside it."""
    set_matplotlib_formats("svg", metadata={"Date": None})
    shell = get_ipython()
    if shell and shell.display_formatter:
        shell.display_formatter.mimebundle_formatter.for_type(Figure, drawn.bundle)
    plt.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.edgecolor": INK,
            "axes.grid": True,
            "axes.labelcolor": INK,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.facecolor": PAPER,
            "figure.figsize": (5.6, 3.6),
            "font.size": 12,
            "grid.color": LINE,
            "legend.frameon": False,
            "savefig.facecolor": PAPER,
            "svg.hashsalt": "llmcalc",
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def log_ticks(axis: "Axis") -> None:
    """Set a logarithmic axis ticks at powers of ten, if it is short also at 2 and 5 times them, numbered for people."""
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axis.set_minor_locator(NullLocator())
    plain_numbers(axis)


def plain_numbers(axis: "Axis", digits: int = 3) -> None:
    """Label an axis' ticks with numbers written for people."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, digits)))
