"""Figures to take along: what was drawn, read from the figure itself, so that its data are those of the picture.

A notebook that shows a figure after `plots.use_style` hands on, beside the picture, its numbers as CSV, what their
columns and series are, and the picture as SVG with its words as text and as PNG. Series are named by their labels. A
label that begins with an underscore names one that no legend lists; ``_nolegend_`` marks what only repeats another.
"""

import base64
import csv
import io
import os
import re
from dataclasses import dataclass, field

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch
from matplotlib.ticker import FixedLocator

from ..formats import headed
from ..messages import marked, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    # Where a mark begins on an axis, if it does so anywhere, and where it ends or stands, if it has a place there.
    Span = tuple[float | None, float | None]

MIME = "application/vnd.llmcalc.drawn+json"
PICTURES = "LLMCALC_PICTURES"  # says `no` in the environment of a notebook whose figures nobody takes along
DPI = 200  # of the PNG [1/inch]
DIGITS = 12
LABEL = re.compile(r"(?P<name>.*?)\s*\[(?P<unit>[^\]]+)\]")
UNLABELLED = re.compile(r"_(?:child|container)\d+|")
SERIES, PANEL, ROW = "series", "panel", "name"


class UnreadableError(ValueError):
    """A figure has something that can't be told as numbers, or series that nobody named."""


@dataclass(frozen=True)
class Column:
    """A column of a figure's data: its name, its unit, whether it holds words, and what it means."""

    name: str
    unit: str
    is_text: bool
    meaning: str

    @property
    def header(self) -> str:
        """Name and unit, as they stand in the first line."""
        return headed(self.name, self.unit)


@dataclass
class Table:
    """A figure's data: columns, rows of cells by their columns' headers, and how many rows each series has."""

    columns: "dict[str, Column]" = field(default_factory=dict)
    rows: "list[dict[str, Any]]" = field(default_factory=list)
    series: "dict[tuple[str, str, str], int]" = field(default_factory=dict)

    def add(self, panel: str, name: str, kind: str, rows: "Iterable[dict[str, Any]]") -> None:
        """Add the rows of a series; those of one name in one panel are one."""
        count = len(self.rows)
        start: dict[str, Any] = ({PANEL: panel} if panel else {}) | {SERIES: name}
        self.rows += [start | row for row in rows]
        self.series[panel, name, kind] = self.series.get((panel, name, kind), 0) + len(self.rows) - count

    def csv(self) -> str:
        """The rows as CSV, numbers with 12 digits, nothing where a mark has no value on an axis."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_written(row.get(header)) for header in self.columns] for row in self.rows)
        return text.getvalue()


# What columns say of places on an axis: whether it is the horizontal one, and whether it is logarithmic.
PLACES = {
    (True, False): (
        marked("where a mark stands on the horizontal axis"),
        marked("where a bar, band or line begins on the horizontal axis"),
    ),
    (True, True): (
        marked("where a mark stands on the horizontal axis, logarithmic"),
        marked("where a bar, band or line begins on the horizontal axis, logarithmic"),
    ),
    (False, False): (
        marked("where a mark stands on the vertical axis"),
        marked("where a bar, band or line begins on the vertical axis"),
    ),
    (False, True): (
        marked("where a mark stands on the vertical axis, logarithmic"),
        marked("where a bar, band or line begins on the vertical axis, logarithmic"),
    ),
}


class _Side:
    """An axis of a panel: the column of its values, and the words that stand at its places, if any do."""

    def __init__(self, axis: "Axis", label: str) -> None:
        self.words = _words(axis)
        found = LABEL.fullmatch(label)
        name, unit = (found["name"], found["unit"]) if found else (label or ROW, "1")
        place, begin = PLACES[axis is axis.axes.xaxis, axis.get_scale() == "log"]
        self.column = Column(name, unit, bool(self.words), message(place))
        self.begin = Column(message("{name}, from", name=name), unit, False, message(begin))

    def at(self, value: float) -> "float | str":
        """Return what stands at a place: its number, or the word beside it."""
        near = min(self.words, key=lambda place: abs(place - value), default=None)
        return float(value) if near is None or abs(near - value) >= 0.5 else self.words[near]


def read(figure: Figure) -> Table:
    """Read the data of a figure: lines, points, bars, bands and segments with their labels, by the axes' labels.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A figure with all that is to be seen on it.

    Returns
    -------
    Table
        A row for every point, bar or segment. Its columns are the axes of all panels, each named and with its unit
        as the axis is labelled, and those in which bars, bands and segments begin.

    Raises
    ------
    UnreadableError
        If something on it is none of these, or has no label though it is not alone in its panel.

    Examples
    --------
    >>> figure = Figure()
    >>> axes = figure.subplots()
    >>> [line] = axes.plot([1, 2], [0.5, 0.25], label="halving")
    >>> texts = axes.set(xlabel="step", ylabel="length [m]")
    >>> print(read(figure).csv())
    series,step,length [m]
    halving,1,0.5
    halving,2,0.25
    <BLANKLINE>
    """
    table = Table()
    panels = [axes for axes in figure.axes if axes.get_visible()]
    if any(axes.get_title() for axes in panels):
        table.columns[PANEL] = Column(PANEL, "1", True, message("the panel of the figure, by its title"))
    table.columns[SERIES] = Column(
        SERIES, "1", True, message("the curve, mark, bar or band, as the legend or the text names it")
    )
    axis_columns: dict[str, Column] = {}
    for axes in panels:
        sides = (_Side(axes.xaxis, _label(axes, "x")), _Side(axes.yaxis, _label(axes, "y")))
        _read_panel(table, axes, *sides)
        axis_columns |= {column.header: column for side in sides for column in (side.begin, side.column)}
    used = {header for row in table.rows for header in row}
    shown = [column for column in axis_columns.values() if column.header in used]
    # Words stand first: they say what a row is about.
    table.columns |= {column.header: column for column in sorted(shown, key=lambda column: not column.is_text)}
    return table


def _read_panel(table: Table, axes: "Axes", x: _Side, y: _Side) -> None:
    artists = list(_artists(axes))
    unlabelled = [artist for artist, _, _ in artists if UNLABELLED.fullmatch(str(artist.get_label()))]
    if unlabelled and len(artists) > 1:
        raise UnreadableError(
            f"{len(unlabelled)} of {len(artists)} series of a figure have no label: label them, with an underscore "
            "first to keep them out of the legend"
        )
    for artist, kind, shapes in artists:
        label = " ".join(str(artist.get_label()).split())
        if label == "_nolegend_":
            continue
        name = (x if y.column.is_text else y).column.name if artist in unlabelled else label.removeprefix("_")
        table.add(axes.get_title(), name, kind, (_row(x, y, shape) for shape in shapes))


def _row(x: _Side, y: _Side, shape: "tuple[Span, Span]") -> "dict[str, Any]":
    row: dict[str, Any] = {}
    for side, (begin, end) in zip((x, y), shape, strict=True):
        if end is not None:
            row[side.column.header] = side.at(end)
        if begin is not None:
            row[side.begin.header] = float(begin)
    return row


def _artists(axes: "Axes") -> "Iterator[tuple[Artist | BarContainer, str, list[tuple[Span, Span]]]]":
    """Yield what is drawn from data, the kind that it is, and where each of its marks is."""
    of_bars = {patch for container in axes.containers for patch in container.get_children()}
    for bars in axes.containers:
        if not isinstance(bars, BarContainer):
            raise UnreadableError(f"a figure has a {type(bars).__name__}, whose data nobody reads")
        yield bars, "bars", [_bar(patch, bars.orientation) for patch in bars.patches]
    for line in axes.lines:
        if points := _points(axes, line):
            crosses = None in (points[0][0][1], points[0][1][1])
            yield line, "level" if crosses else _kind_of(line), points
    for patch in axes.patches:
        if patch not in of_bars:
            yield patch, *_patch(axes, patch)
    for collection in axes.collections:
        if isinstance(collection, LineCollection):
            yield collection, "segments", [_segment(segment) for segment in collection.get_segments()]
        elif isinstance(collection, PolyCollection):
            yield collection, "band", [edge for path in collection.get_paths() for edge in _band(path.vertices)]
        else:
            raise UnreadableError(f"a figure has a {type(collection).__name__}, whose data nobody reads")
    if axes.images:
        raise UnreadableError("a figure has an image, whose data nobody reads")


def _kind_of(line: Line2D) -> str:
    if line.get_linestyle() in ("None", " ", ""):
        return "points"
    return "steps" if line.get_drawstyle() != "default" else "line"


def _points(axes: "Axes", line: Line2D) -> "list[tuple[Span, Span]]":
    """Return the points of a line; one that crosses its panel has a place on one axis alone."""
    across, along = line.get_transform().contains_branch_seperately(axes.transData)
    x, y = (np.asarray(values, dtype=float) for values in line.get_data(orig=False))
    if not (across and along):
        x, y = x[:1], y[:1]
    return [
        ((None, each if across else None), (None, other if along else None)) for each, other in zip(x, y, strict=True)
    ]


def _bar(patch: Rectangle, orientation: "str | None") -> "tuple[Span, Span]":
    x, y, width, height = patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()
    if orientation == "horizontal":
        return (x, x + width), (None, y + height / 2)
    return (None, x + width / 2), (y, y + height)


def _patch(axes: "Axes", patch: "Artist") -> "tuple[str, list[tuple[Span, Span]]]":
    if isinstance(patch, StepPatch):
        values, edges, _ = patch.get_data()
        return "steps", [
            ((low, high), (None, value)) for low, high, value in zip(edges, edges[1:], values, strict=False)
        ]
    if isinstance(patch, Rectangle):
        across, along = patch.get_transform().contains_branch_seperately(axes.transData)
        x, y, width, height = patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()
        nothing = (None, None)
        return "band", [((x, x + width) if across else nothing, (y, y + height) if along else nothing)]
    raise UnreadableError(f"a figure has a {type(patch).__name__}, whose data nobody reads")


def _segment(ends: "Any") -> "tuple[Span, Span]":
    (x, y), (to_x, to_y) = ends
    return (x if x != to_x else None, to_x), (y if y != to_y else None, to_y)


def _band(vertices: "Any") -> "Iterator[tuple[Span, Span]]":
    """Yield the edges of what `fill_between` drew: a path along one of them and back along the other."""
    count = (len(vertices) - 3) // 2
    there, back = vertices[1 : count + 1], vertices[count + 2 : 2 * count + 2][::-1]
    if not np.array_equal(there[:, 0], back[:, 0]):
        raise UnreadableError("a figure has an area that is no band between two curves")
    for (x, low), (_, high) in zip(there, back, strict=True):
        yield (None, x), (low, high)


def _label(axes: "Axes", side: str) -> str:
    """Return the label of an axis, its own or that of the panel with which it is shared."""
    shared = axes.get_shared_x_axes() if side == "x" else axes.get_shared_y_axes()
    panels = [axes, *shared.get_siblings(axes)]
    labels = (getattr(panel, f"{side}axis").get_label_text() for panel in panels)
    return " ".join(next((label for label in labels if label), "").split())


def _words(axis: "Axis") -> dict[float, str]:
    """Return the words that stand at places of an axis, or nothing if those are numbers."""
    locator = axis.get_major_locator()
    if not isinstance(locator, FixedLocator) and type(locator).__name__ != "StrCategoryLocator":
        return {}
    places = [float(place) for place in locator()]
    texts = [" ".join(text.split()) for text in axis.get_major_formatter().format_ticks(places)]
    if not any(letter.isalpha() for text in texts if not text.startswith("$") for letter in text):
        return {}
    return dict(zip(places, texts, strict=True))


def _written(cell: "float | str | None") -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    return f"{cell:.{DIGITS}g}" if np.isfinite(cell) else ""


def bundle(figure: Figure) -> "dict[str, Any]":
    """What a cell hands on beside a figure, by its MIME type: data and pictures, to be written into files.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure that the cell shows.
    """
    try:
        table = read(figure)
    except UnreadableError as problem:  # the site refuses it, and whoever changes a notebook sees the figure
        return {MIME: {"problem": str(problem)}}
    columns = [
        {"header": column.header, "name": column.name, "unit": column.unit}
        | {"type": "string" if column.is_text else "number", "description": column.meaning}
        for column in table.columns.values()
    ]
    series = [
        ({PANEL: panel} if panel else {}) | {"name": name, "kind": kind, "rows": count}
        for (panel, name, kind), count in table.series.items()
    ]
    pictures = {} if os.environ.get(PICTURES) == "no" else _pictures(figure)
    return {MIME: {"columns": columns, "series": series, "csv": table.csv(), **pictures}}


def _pictures(figure: Figure) -> dict[str, str]:
    """Return the figure as SVG with words that can be searched and edited, and as PNG in base 64."""
    svg, png = io.StringIO(), io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(svg, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    layout = figure.get_layout_engine()
    figure.set_layout_engine("none")  # all has its place by now, and to find it takes a third of the time
    # Without the version of the library: the same figure is the same file.
    figure.savefig(png, format="png", dpi=DPI, bbox_inches="tight", metadata={"Software": None})
    figure.set_layout_engine(layout)
    return {"svg": svg.getvalue(), "png": base64.b64encode(png.getvalue()).decode()}
