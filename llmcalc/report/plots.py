"""The look of the book's figures: readable on a phone, and on a dark page."""

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib_inline.backend_inline import set_matplotlib_formats

from ..formats import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from matplotlib.axis import Axis

# Okabe and Ito's palette, told apart by colour-blind readers too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]


def use_style() -> None:
    """Set the style for every figure that follows, drawn as SVG without a date."""
    set_matplotlib_formats("svg", metadata={"Date": None})
    plt.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "figure.figsize": (5.6, 3.6),
            "font.size": 12,
            "grid.color": "#dddddd",
            "legend.frameon": False,
            "savefig.facecolor": "white",
            "svg.hashsalt": "llmcalc",
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
