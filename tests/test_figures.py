"""Figures of chapters to take along: as SVG and PNG, their data as CSV, and what they are and come from as JSON."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from bookbuild import notebooks
from bookbuild.build import EXECUTED
from bookbuild.notebooks import BUILD
from bookbuild.site import citing, figures
from llmcalc import datasets
from llmcalc.answers import training_gpus
from llmcalc.formats import headed
from llmcalc.formulas import devices, training
from llmcalc.report import drawn
from llmcalc.units import DAY

SITE = BUILD / "html"
FOLDER = SITE / figures.FOLDER
SVG = "{http://www.w3.org/2000/svg}"
PAGES = {name: (SITE / "notebooks" / f"{name}.html") for name in notebooks.names()}
FIGURE = re.compile(r'<figure\b[^>]*\bid="fig-([^"]+)".*?</figure>', re.DOTALL)


def of_sources():
    """Labels of all figures in the sources of chapters, with these."""
    return [
        (name, cell.metadata["mystnb"]["figure"]["name"])
        for name in notebooks.names()
        for cell in notebooks.read(name).cells
        if "figure" in cell.metadata.get("mystnb", {})
    ]


NAMES = [label.removeprefix(figures.PREFIX) for _, label in of_sources()]
every_figure = pytest.mark.parametrize("name", NAMES)


def told(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def rows_of(name):
    return list(csv.reader(io.StringIO((FOLDER / f"{name}.csv").read_text(encoding="utf-8")), strict=True))


def series(name, wanted):
    """The numbers of a series, by the headers of their columns."""
    header, *rows = rows_of(name)
    chosen = [row for row in rows if row[header.index("series")] == wanted]
    return {
        title: np.array([float(row[place]) for row in chosen])
        for place, title in enumerate(header)
        if all(re.fullmatch(r"-?[\d.]+(e[+-]\d+)?", row[place]) for row in chosen)
    }


def read(draw, **settings):
    """What is read from a panel on which something was drawn."""
    axes = Figure().subplots()
    draw(axes)
    axes.set(**{"xlabel": "step", "ylabel": "length [m]"} | settings)
    return list(csv.DictReader(io.StringIO(drawn.read(axes.figure).csv())))


def test_figures_have_names_of_their_own():
    assert len(NAMES) > 40
    assert len(set(NAMES)) == len(NAMES)
    for chapter, label in of_sources():
        assert re.fullmatch(rf"fig-{chapter}(-[a-z0-9-]+)?", label), "its files' names tell whose it is"


def test_every_picture_of_a_chapter_has_a_name():
    for name in notebooks.names():
        for cell in notebooks.load(EXECUTED / f"{name}.ipynb").cells:
            if any("image/svg+xml" in output.get("data", {}) for output in cell.get("outputs", [])):
                assert cell.metadata["mystnb"]["figure"]["name"], name


def test_every_figure_of_every_page_offers_its_files():
    found = {}
    for chapter, page in PAGES.items():
        for figure in FIGURE.finditer(page.read_text(encoding="utf-8")):
            found[figure[1]] = re.findall(r'href="([^"]*/figures/[^"]+)" download', figure[0])
            assert figure[0].index("figure-files") > figure[0].index("caption-text"), "below the caption"
            for kind, address in zip(figures.KINDS, found[figure[1]], strict=True):
                assert (page.parent / address).resolve() == FOLDER / f"{figure[1]}.{kind}"
                assert (page.parent / address).stat().st_size > 100
            assert told(figure[1])["chapter"]["name"] == chapter
    assert sorted(found) == sorted(NAMES)
    assert {path.stem for path in FOLDER.iterdir()} == {*NAMES, "LICENSE", "index"}


@every_figure
def test_its_data_are_described(name):
    described, (header, *rows) = told(name), rows_of(name)
    assert header == [column["header"] for column in described["columns"]]
    assert len(set(header)) == len(header)
    for column in described["columns"]:
        assert column["header"] == headed(column["name"], column["unit"])
        assert column["description"]
        cells = [row[header.index(column["header"])] for row in rows]
        assert any(cells)
        if column["type"] == "number":
            assert all(np.isfinite(float(cell)) for cell in cells if cell)
    assert sum(column["type"] == "number" for column in described["columns"]) >= 1
    # One figure alone sets pure numbers against each other.
    assert any(column["unit"] != "1" for column in described["columns"]) == (name != "training-step-network")
    # As many rows as were drawn, each of a series that has a name.
    listed = {}
    for each in described["series"]:
        assert each["name"].strip(" ,_"), "no name"
        key = each.get("panel", ""), each["name"]
        listed[key] = listed.get(key, 0) + each["rows"]
    counted = [(row[header.index("panel")] if "panel" in header else "", row[header.index("series")]) for row in rows]
    assert {key: counted.count(key) for key in counted} == listed


@every_figure
def test_it_says_where_it_comes_from(name):
    described = told(name)
    chapter, *tables = described["sources"]
    assert chapter["path"].endswith(f"notebooks/{described['chapter']['name']}.html#fig-{name}")
    assert tables, "no table"
    for table in tables:
        assert table["title"]
        if not table["path"].startswith("https:"):
            assert (FOLDER / table["path"]).is_file()
            assert (FOLDER / table["descriptor"]).is_file()
    assert described["version"] == citing.citation()["version"]
    assert "Creative Commons Attribution 4.0" in described["licenses"][0]["title"]
    assert (FOLDER / described["licenses"][0]["path"]).is_file()
    assert described["citation"] == citing.text()
    assert described["chapter"]["title"] in described["bibtex"]
    assert described["assumptions"]


@every_figure
def test_its_pictures_are_on_white_and_can_be_read(name):
    picture = Image.open(FOLDER / f"{name}.png")
    assert picture.info["dpi"] == pytest.approx((200, 200), abs=0.1)
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert picture.width > 900
    svg = ElementTree.parse(FOLDER / f"{name}.svg").getroot()
    assert svg.find(f"{SVG}title").text == told(name)["title"]
    assert svg.find(f"{SVG}desc").text == told(name)["description"]
    words = {"".join(text.itertext()) for text in svg.iter(f"{SVG}text")}
    [ground, *_] = (path for path in svg.iter(f"{SVG}path") if "fill" in path.get("style", ""))
    assert "fill: #ffffff" in ground.get("style")
    header = rows_of(name)[0]
    labels = [title for title in header if title not in ("panel", "series", "name") and ", from" not in title]
    assert words >= set(labels), "words are text, and the columns have the axes' labels"


def test_the_gpus_of_the_figure_are_those_of_the_formulas():
    curve = series("training-gpus", "15 days")
    shares, gpus = curve["utilisation [% of peak]"] / 100, curve["A100 PCIe 80GB [GPU]"]
    assert (len(shares), shares[0], shares[-1]) == (50, 0.1, 1)
    peak = datasets.peak_flops("A100 PCIe 80GB", "tf32")
    needed = training.devices_for_deadline(6 * 175e9 * 300e9, 15 * DAY, peak, shares)
    assert gpus == pytest.approx(devices.round_up(needed))
    point = series("training-gpus", "the chapter's parameters")
    assert point["A100 PCIe 80GB [GPU]"] == [training_gpus()["gpus"]]
    assert point["utilisation [% of peak]"] == [50]


def test_the_parts_of_the_memory_of_the_figure_are_those_of_the_formulas():
    from llmcalc.answers import what_fits
    from llmcalc.units import GIBI

    header, *rows = rows_of("what-fits-formats")
    bars = [dict(zip(header, row, strict=True)) for row in rows if row[header.index("name")]]
    for fit in what_fits().formats:
        parts = {bar["series"]: bar for bar in bars if bar["name"] == fit.weight_format}
        for part, bar in parts.items():
            size = float(bar["memory of a card [GiB]"]) - float(bar["memory of a card, from [GiB]"])
            assert size == pytest.approx(getattr(fit, part) / GIBI, rel=1e-6, abs=1e-9)
        assert list(parts) == ["weights", "cache", "activations", "engine"]


def test_as_many_points_as_are_seen():
    svg = ElementTree.parse(FOLDER / "cnn-macs-networks.svg").getroot()
    panel = next(group for group in svg.iter(f"{SVG}g") if group.get("id") == "axes_1")
    marks = [list(group.iter(f"{SVG}use")) for group in panel if re.match(r"line2d_", group.get("id"))]
    seen = sum(len(found) for found in marks)
    listed = [each["rows"] for each in told("cnn-macs-networks")["series"] if each["kind"] == "points"]
    assert seen == sum(listed) == 34


def test_programs_find_all_figures():
    listed = json.loads((FOLDER / figures.LIST).read_text(encoding="utf-8"))["figures"]
    assert [each["name"] for each in listed] == NAMES
    assert all((FOLDER / file).is_file() for each in listed for file in each["files"].values())
    assert f"({figures.FOLDER}/{figures.LIST})" in (SITE / "llms.txt").read_text(encoding="utf-8")


def test_files_of_figures_are_offered_on_pages_alone():
    for place in ("slides", "_sources"):
        for file in (SITE / place).rglob("*.*"):
            if file.suffix in (".html", ".ipynb"):
                text = file.read_text(encoding="utf-8")
                assert "figure-files" not in text, file
                assert drawn.MIME not in text, file
    assert re.search(r"@media print\s*{\s*\.bd-article \.figure-files\s*{\s*display: none", styles())


def styles():
    page = PAGES["training-gpus"]
    sheets = re.findall(r'href="(\.\./_static/[^"?]+\.css)', page.read_text(encoding="utf-8"))
    return "".join((page.parent / sheet).read_text(encoding="utf-8") for sheet in sheets)


def test_a_page_without_files_of_figures_has_no_links(tmp_path):
    page = '<figure id="fig-x"><img/><figcaption><p>Words.</p></figcaption></figure>'
    assert figures.place(page, tmp_path, "../figures") == page
    (tmp_path / "x.json").touch()
    assert figures.place(page, tmp_path, "../figures").count('href="../figures/x.') == len(figures.KINDS)


# What is read from panels.


def test_lines_points_and_levels_are_read():
    def draw(axes):
        axes.plot([1, 2, 3], [0.5, np.nan, 1 / 3], label="falling")
        axes.plot([2], [0.4], "o", label="_here")
        axes.axhline(0.25, label="least")
        axes.axvline(2, label="_middle")
        axes.plot([], [], label="only a key of the legend")

    rows = read(draw)
    assert [tuple(row.values()) for row in rows] == [
        ("falling", "1", "0.5"),
        ("falling", "2", ""),
        ("falling", "3", "0.333333333333"),
        ("here", "2", "0.4"),
        ("least", "", "0.25"),
        ("middle", "2", ""),
    ]


def test_bars_begin_where_others_end_and_are_named_by_ticks():
    def draw(axes):
        axes.barh([0, 1], [2, 3], label="trials")
        axes.barh([0, 1], [1, 1], left=[2, 3], label="set-ups")
        axes.set_yticks([0, 1], ["first\nrow", "second"])

    rows = read(draw, xlabel="time [day]", ylabel="")
    assert rows[1] == {"series": "trials", "name": "second", "time, from [day]": "0", "time [day]": "3"}
    assert rows[2] == {"series": "set-ups", "name": "first row", "time, from [day]": "2", "time [day]": "3"}
    upright = read(lambda axes: axes.bar([3, 4], [2, 1], bottom=[1, 0], width=0.6))
    assert [tuple(row.values()) for row in upright] == [("length", "3", "1", "3"), ("length", "4", "0", "1")]


def test_bands_steps_and_segments_are_read():
    def draw(axes):
        axes.fill_between([1, 2, 4], [0, 1, 2], [5, 6, 7], label="_band")
        axes.stackplot([1, 2], [[1, 1], [2, 3]], labels=["low", "high"])
        axes.stairs([5, 6], [0, 1, 2], baseline=None, label="steps")
        axes.axvspan(-1, 1, label="_near")
        axes.hlines([7], [1], [3], label="_link")
        axes.plot([1], [1], label="_nolegend_")

    found = [tuple(row.values()) for row in read(draw)]
    assert found == [
        ("steps", "0", "1", "", "5"),
        ("steps", "1", "2", "", "6"),
        ("near", "-1", "1", "", ""),
        ("band", "", "1", "0", "5"),
        ("band", "", "2", "1", "6"),
        ("band", "", "4", "2", "7"),
        ("low", "", "1", "0", "1"),
        ("low", "", "2", "0", "1"),
        ("high", "", "1", "1", "3"),
        ("high", "", "2", "1", "4"),
        ("link", "1", "3", "", "7"),
    ]


def test_panels_share_their_axis():
    figure = Figure()
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot([1, 2], [3, 4])
    below.plot([1, 2], [5, 6])
    above.set(ylabel="time [day]")
    below.set(xlabel="devices [device]", ylabel="rent [USD]")
    header, *rows = csv.reader(io.StringIO(drawn.read(figure).csv()))
    assert header == ["series", "devices [device]", "time [day]", "rent [USD]"]
    assert rows[0] == ["time", "1", "3", ""]
    assert rows[3] == ["rent", "2", "", "6"]


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (lambda axes: axes.plot([1], [2]) and axes.plot([1], [3], label="named"), "1 of 2 series .* no label"),
        (lambda axes: axes.scatter([1], [2]), "PathCollection"),
        (lambda axes: axes.imshow([[1]]), "image"),
        (lambda axes: axes.errorbar([1], [2], yerr=1), "ErrorbarContainer"),
        (lambda axes: axes.pie([1]), "Wedge"),
    ],
)
def test_what_nobody_could_read_is_refused(draw, why):
    with pytest.raises(drawn.UnreadableError, match=why):
        read(draw)
    axes = Figure().subplots()
    draw(axes)
    assert re.search(why, drawn.bundle(axes.figure)[drawn.MIME]["problem"]), "the figure is shown nevertheless"


def cell(data, label="fig-memory-x"):
    settings = {"mystnb": {"figure": {"name": label, "caption": "Words."}}}
    return notebooks.NotebookNode(metadata=settings, outputs=[{"data": data | {"image/svg+xml": "<svg/>"}}])


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([cell({drawn.MIME: {"problem": "no label"}})], "fig-memory-x can't be taken along: no label"),
        ([cell({})], "call plots.use_style"),
        ([cell({drawn.MIME: {}}, "fig-x")], "begins with fig-memory"),
    ],
)
def test_a_site_with_such_a_figure_is_refused(cells, why):
    with pytest.raises(figures.FigureError, match=why):
        list(figures.of_chapter("memory", notebooks.NotebookNode(cells=cells)))


def test_a_figure_that_is_taken_along_keeps_its_layout():
    figure = Figure(layout="constrained")
    figure.subplots().plot([1, 2], label="_one")
    before = figure.get_layout_engine()
    drawn.bundle(figure)
    assert figure.get_layout_engine() is before
