"""The look of the book: one style sheet has its sizes and colours, and all others take them from there."""

import re
from itertools import pairwise

import pytest

from bookbuild.notebooks import ROOT
from llmcalc.report import plots

STYLE = ROOT / "book" / "_static" / "style.css"
FOLDERS = ("book", "bookbuild")
SHEETS = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.css") if path != STYLE)
SCRIPTS = sorted(path for folder in FOLDERS for end in ("mjs", "js") for path in (ROOT / folder).rglob(f"*.{end}"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;{}]+);")
# Names of colours that somebody might write; `transparent` and `currentcolor` are none.
NAMED = r"black|white|gr[ae]y|silver|red|green|blue|navy|teal|purple|orange|yellow|brown|pink|crimson|tomato|gold"
COLOUR = re.compile(
    rf"#[0-9a-f]{{3,8}}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(|(?<![\w-])(?:dark|light)?(?:{NAMED})(?![\w-])",
    re.I,
)
SIZE = r"var\(--size-[a-z]+\)"
SIZES = re.compile(rf"inherit|{SIZE}(?: !important)?|calc\({SIZE} \* var\(--fit, 1\)\)")
ROOM = re.compile(r"(?:margin|padding|gap|row-gap|column-gap)(?:-[a-z-]+)?")


def declarations(sheet):
    return DECLARATION.findall(COMMENT.sub("", sheet.read_text(encoding="utf-8")))


def named(block):
    return dict(re.findall(r"--([a-z0-9-]+): ([^;]+);", COMMENT.sub("", block)))


def themes():
    """What the style sheet says in the light, and in the dark."""
    light, _, rest = STYLE.read_text(encoding="utf-8").partition("@media screen")
    return {"light": named(light), "dark": named(light) | named(rest.partition("@media print")[0])}


def luminance(colour):
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = [int(first + second, 16) / 255 for first, second in zip(digits[::2], digits[1::2], strict=True)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """How far two colours are apart, as WCAG 2.2 counts it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_other_sheet_has_a_colour_a_size_of_letters_or_a_space_of_its_own(sheet):
    found = declarations(sheet)
    assert len(found) > 10
    for name, value in found:
        assert not COLOUR.search(value), f"{name}: {value}"
        if name == "font-size":
            assert SIZES.fullmatch(value), f"{name}: {value}"
        if name == "font":
            assert value == "inherit", f"{name}: {value}"
        if ROOM.fullmatch(name):
            rooms = [float(room) for room in re.findall(r"(?<![\w.])([\d.]+)rem", value)]
            assert all(room > 2 for room in rooms), f"{name}: {value}"
        if name == "border-radius":
            assert re.fullmatch(r"50%|0|var\(--radius(?:-large)?\)", value), f"{name}: {value}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("#fff", True), ("rgb(1 2 3)", True), ("1px solid black", True),
     ("color-mix(in srgb, var(--a) 8%, transparent)", False), ("var(--series-1)", False),
     ("white-space", False), ("lightgrey", True), ("var(--grey)", False)],
)  # fmt: skip
def test_a_colour_is_known_when_it_is_seen(rule, expected):
    assert bool(COLOUR.search(rule)) is expected


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_draws_in_colours_or_letters_of_its_own(script):
    texts = re.findall(r'"[^"\n]*"|`[^`]*`', script.read_text(encoding="utf-8"))
    for text in texts:
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!/)|\brgba?\(|\bhsla?\(|\d(?:px|rem|pt) system-ui", text), text


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_no_figure_has_a_colour_of_its_own(notebook):
    code = "\n".join(re.findall(r"```\{code-cell\}.*?\n```", notebook.read_text(encoding="utf-8"), re.DOTALL))
    assert not re.search(rf'"#[0-9a-fA-F]{{3,8}}"|"(?:dark|light)?(?:{NAMED})"|"C\d"|"tab:', code)


def test_sheets_name_what_there_is_and_the_style_has_nothing_that_nobody_takes():
    known = set(themes()["dark"])
    used = set(re.findall(r"var\(--([a-z0-9-]+)", COMMENT.sub("", STYLE.read_text(encoding="utf-8"))))
    for sheet in SHEETS:
        text = COMMENT.sub("", sheet.read_text(encoding="utf-8"))
        own = set(re.findall(r"--([a-z0-9-]+):", text))
        taken = set(re.findall(r"var\(--([a-z0-9-]+)", text)) - own
        assert not {name for name in taken - known if not name.startswith("pst-") and name != "fit"}, sheet.name
        used |= taken
    scripts = "".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    spare = {
        name
        for name in known - used
        if f'"{name}"' not in scripts and not name.startswith(("pst-", "sbt-", "series-", "paper-"))
    }
    spare -= {f"size-{step}" for step in re.findall(r'(?:letters|pixels)\("([a-z]+)"', scripts)}
    assert not spare


def test_the_dark_has_a_colour_of_its_own_for_each_of_the_light():
    told = themes()
    colours = [name for name in told["light"] if name.startswith("colour-")]
    assert len(colours) >= 9
    for name in colours:
        assert told["dark"][name] != told["light"][name], name
    series = [name for name in told["light"] if name.startswith("series-")]
    shared = {told["light"][name] for name in series} & {told["dark"][name] for name in series}
    assert len(shared) == len(series) - 1, "the same palette, but for black"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_read_stands_out_and_what_is_seen_is_seen(theme):
    told = themes()[theme]
    for ground in ("colour-ground", "colour-surface"):
        for name in ("text", "quiet", "accent", "good", "bad", "warning"):
            assert contrast(told[f"colour-{name}"], told[ground]) >= 4.5, (name, ground)
        assert contrast(told["colour-edge"], told[ground]) >= 3, ground
    assert contrast(told["series-1"], told["colour-ground"]) >= 3


def test_contrast_is_counted_as_it_is_published():
    assert contrast("#fff", "#000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_figures_of_notebooks_have_the_same_palette():
    told = themes()["light"]
    assert [told[f"series-{place}"] for place in range(1, 8)] == plots.COLOURS
    assert tuple(told[name] for name in ("paper", "paper-ink", "paper-quiet", "paper-line")) == (
        plots.PAPER,
        plots.INK,
        plots.QUIET,
        plots.LINE,
    )
    assert told["paper-series"] == told["series-1"]


def test_steps_of_the_scale_are_far_enough_apart_to_be_told():
    told = themes()["light"]
    steps = [
        float(value.removesuffix("rem"))
        for name, value in told.items()
        if name.startswith("size-") and value.endswith("rem")
    ]
    assert len(steps) == 7
    assert all(larger / smaller >= 1.12 for smaller, larger in pairwise(steps))
    rooms = [float(told[f"space-{place}"].removesuffix("rem")) for place in range(1, 8)]
    assert rooms == sorted(rooms)
