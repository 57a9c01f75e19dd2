"""An answer to take along: its record as JSON and CSV, the command and the program that repeat it, and how to cite it.

The command and the pages write all of it with what stands here, so that what a page hands out is, byte for byte, what
the command prints. The last digits of a computed float are not the same in every Python, for which sums and powers are
rounded differently; so results are written with 12 digits, and what somebody gave as it was given.

>>> print(command("training-gpus", {"mfu": "40%", "days": "2 weeks"}))
llmcalc answer training-gpus mfu='40%' days='2 weeks'
"""

from collections import OrderedDict

from .formats import exact_digits
from .messages import marked, message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .results import Results
    from .spread import Sample

DIGITS = 12
WHOLE = 1e15  # below which a whole number has all of its digits
POINTS = 512  # at which the command looks at ranges, if it is not told otherwise
ENDS = ("p10", "median", "p90")
SPREAD = ENDS + ("share", "first", "last", "bars")  # noqa: RUF005 - MicroPython has no starred elements in displays
MONTHS = (
    marked("{day} January {year}"),
    marked("{day} February {year}"),
    marked("{day} March {year}"),
    marked("{day} April {year}"),
    marked("{day} May {year}"),
    marked("{day} June {year}"),
    marked("{day} July {year}"),
    marked("{day} August {year}"),
    marked("{day} September {year}"),
    marked("{day} October {year}"),
    marked("{day} November {year}"),
    marked("{day} December {year}"),
)
_UNQUOTED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-"


def results_of(answer: "Results", names: "Sequence[str]" = ()) -> "dict[str, dict[str, Any]]":
    """The results of an answer by name: value, unit and label, and the reason where there is no number.

    Parameters
    ----------
    answer : Results
        What a question's function returned.
    names : sequence of str, optional
        The order of the results, for Pythons whose mappings keep none.

    Examples
    --------
    >>> from llmcalc.results import Results
    >>> results_of(Results(cards=(None, "card", "Cards", "no card holds a stream")))["cards"]["reason"]
    'no card holds a stream'
    """
    listed = {result["name"]: result for result in answer.listed()}
    found: dict[str, dict[str, Any]] = OrderedDict()
    for name in names or list(listed):
        value, reason = listed[name]["value"], listed[name].get("reason")
        if isinstance(value, str):
            value, reason = None, value
        elif value is not None and value - value != 0:
            value, reason = None, message("no finite number")
        parts = [("value", value), ("unit", listed[name]["unit"]), ("label", listed[name]["label"])]
        if value is None:
            parts.append(("reason", reason))
        found[name] = OrderedDict(parts)
    return found


def record(
    question: str, parameters: "Mapping[str, Any]", results: "Mapping[str, Mapping[str, Any]]", version: str
) -> "dict[str, Any]":
    """All that it takes to do an answer again: the question, every parameter, the results, the version of llmcalc."""
    return OrderedDict([("question", question), ("parameters", parameters), ("results", results), ("version", version)])


def record_of_ranges(
    question: str, parameters: "Mapping[str, Any]", sample: "Sample", version: str, names: "Sequence[str]" = ()
) -> "dict[str, Any]":
    """The record of an answer to ranges: that of their middle, how far results spread, and what moves the first."""
    kept = OrderedDict()
    for name in parameters:
        kept[name] = str(sample.spreads[name]) if name in sample.spreads else parameters[name]
    results = results_of(sample.middle, names)
    told = sample.told()
    spreading = [name for name in results if name in told]
    for name in spreading:
        for part in SPREAD:
            results[name][part] = told[name][part]
    found = record(question, kept, results, version)
    found["points"], found["refused"] = sample.points, sample.refused
    found["moves"] = OrderedDict()
    for name in spreading[:1]:
        rows = [[(key, row[key]) for key in ("names", "low", "high")] for row in sample.tornado(name)]
        found["moves"][name] = [OrderedDict(row) for row in rows]
    return found


def typed(kind: str, value: "Any") -> "Any":
    """A number as a question declares it, ``float`` or ``int``, so that a record says the same whatever was written.

    Examples
    --------
    >>> typed("float", 30), typed("int", 8.0), typed("str", "bf16"), typed("bool", True)
    (30.0, 8, 'bf16', True)
    """
    if type(value) not in (int, float):
        return value
    return float(value) if kind == "float" else int(value) if kind == "int" else value


def as_json(found: "Mapping[str, Any]") -> str:
    """A record as JSON, indented by two spaces; results have `DIGITS` digits, whole numbers and parameters all.

    Examples
    --------
    >>> print(as_json({"parameters": {"mfu": 1 / 3}, "results": {"gpus": 2 / 3, "days": 30.0}, "names": ["a", None]}))
    {
      "parameters": {
        "mfu": 0.3333333333333333
      },
      "results": {
        "gpus": 0.666666666667,
        "days": 30.0
      },
      "names": [
        "a",
        null
      ]
    }
    """
    return _json(found, "\n", DIGITS)


def _json(value: "Any", line: str, digits: "int | None") -> str:
    if isinstance(value, dict):
        parts = []
        for name in value:
            inside = _json(value[name], line + "  ", None if name == "parameters" else digits)
            parts.append(_text(name) + ": " + inside)
        return _within("{", parts, line, "}")
    if isinstance(value, (list, tuple)):
        return _within("[", [_json(part, line + "  ", digits) for part in value], line, "]")
    return _text(value) if isinstance(value, str) else scalar(value, digits)


def _within(first: str, parts: "list[str]", line: str, last: str) -> str:
    return first + "".join([line + "  " + part + "," for part in parts])[:-1] + (line if parts else "") + last


def scalar(value: "float | bool | None", digits: "int | None" = None) -> str:
    """A number, a truth or nothing as JSON has it; without `digits` as many as bring the same float back.

    Examples
    --------
    >>> scalar(0.1), scalar(15e12), scalar(3.15e23), scalar(2.5e-7), scalar(8), scalar(True), scalar(None)
    ('0.1', '15000000000000.0', '3.15e+23', '2.5e-07', '8', 'true', 'null')
    >>> scalar(2 / 3, 12), scalar(1234567890123.0, 12)
    ('0.666666666667', '1234567890123.0')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value == 0:
        return "0.0"
    if digits is None or (value == value // 1 and abs(value) < WHOLE):
        for digits in range(1, 17):
            text = _decimal(value, digits)
            if float(text) == value:
                return text
        digits = 17
    return _decimal(value, digits)


def _decimal(value: float, digits: int) -> str:
    """A number with so many significant digits, as Python writes floats: with a point, or with a power of ten."""
    text, exponent = exact_digits(abs(value), digits)
    text = text.rstrip("0")
    sign = "-" if value < 0 else ""
    if exponent < -4 or exponent >= 16:
        part = "." + text[1:] if text[1:] else ""
        power = str(abs(exponent))
        return sign + text[0] + part + ("e-" if exponent < 0 else "e+") + ("0" + power if len(power) < 2 else power)
    if exponent < 0:
        return sign + "0." + "0" * (-exponent - 1) + text
    text += "0" * (exponent + 1 - len(text))
    return sign + text[: exponent + 1] + "." + (text[exponent + 1 :] or "0")


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def _text(text: str) -> str:
    """A text as JSON has it, and Python, too."""
    return '"' + "".join([_ESCAPES.get(letter) or _control(letter) for letter in text]) + '"'


def _control(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 32 else letter


def as_csv(found: "Mapping[str, Any]", described: "Mapping[str, tuple[str, str]]") -> str:
    """A record as a table: a row a parameter, then a row a result, each with question and version to join tables by.

    Parameters
    ----------
    found : dict
        The record.
    described : dict
        By parameter what it is, and its unit.

    Examples
    --------
    >>> results = {"gpus": {"value": 9.0, "unit": "GPU", "label": "GPUs, in all"}}
    >>> found = record("training-gpus", {"mfu": 0.4}, results, "1.0")
    >>> print(as_csv(found, {"mfu": ("share of the peak", "1")}), end="")
    question,version,kind,name,label,value,unit,reason
    training-gpus,1.0,parameter,mfu,share of the peak,0.4,1,
    training-gpus,1.0,result,gpus,"GPUs, in all",9.0,GPU,
    """
    ends = list(ENDS) if "points" in found else []
    first = [found["question"], found["version"]]
    lines = [["question", "version", "kind", "name", "label", "value", "unit", "reason"] + ends]  # noqa: RUF005
    for name in found["parameters"]:
        meaning, unit = described[name]
        value = found["parameters"][name]
        cells = ["parameter", name, meaning, value if isinstance(value, str) else scalar(value), unit, ""]
        lines.append(first + cells + [""] * len(ends))
    for name in found["results"]:
        result = found["results"][name]
        value = "" if result["value"] is None else scalar(result["value"], DIGITS)
        cells = ["result", name, result["label"], value, result["unit"], result.get("reason", "")]
        lines.append(first + cells + [scalar(result[end], DIGITS) if end in result else "" for end in ends])
    return "".join([",".join([_cell(cell) for cell in line]) + "\n" for line in lines])


def _cell(text: str) -> str:
    if any([letter in text for letter in ',"\r\n']):  # noqa: C419
        return '"' + text.replace('"', '""') + '"'
    return text


def command(
    question: str,
    given: "Mapping[str, str]",
    points: int = POINTS,
    instead: "Mapping[str, str] | None" = None,
) -> str:
    """The command that repeats an answer.

    Parameters
    ----------
    question : str
        Its name.
    given : dict
        By parameter what was written, of those that differ from the defaults.
    points : int
        At which ranges were looked at.
    instead : dict, optional
        By parameter what was written in the other answer, where two are compared.

    Examples
    --------
    >>> command("training-gpus", {"mfu": "40%"}, instead={"mfu": "0.5"})
    "llmcalc answer training-gpus mfu='40%' --instead mfu=0.5"
    >>> command("what-fits", {"accelerator": "RTX 4090", "model": "it's"}, 300)
    'llmcalc answer what-fits accelerator=\\'RTX 4090\\' model=\\'it\\'"\\'"\\'s\\' --points 300'
    """
    words = [f" {name}={quoted(given[name])}" for name in given]
    if points != POINTS:
        words.append(f" --points {points}")
    for name in instead or []:
        words.append(f" --instead {name}={quoted(instead[name])}")  # type: ignore[index]
    return f"llmcalc answer {question}" + "".join(words)


def quoted(text: str) -> str:
    """A text as one word of a shell.

    Examples
    --------
    >>> quoted("bf16"), quoted("$2"), quoted("")
    ('bf16', "'$2'", "''")
    """
    if text and all([letter in _UNQUOTED for letter in text]):  # noqa: C419
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def rerun(question: str, given: "Mapping[str, str]") -> str:
    """The command that runs the whole chapter again, in a copy of the book.

    Examples
    --------
    >>> rerun("training-gpus", {"accelerator": "H100 SXM"})
    'make rerun NOTEBOOK=training-gpus PARAMS="accelerator=\\'H100 SXM\\'"'
    """
    words = " ".join([f"{name}={quoted(given[name])}" for name in given]).replace('"', '\\"')
    return f"make rerun NOTEBOOK={question}" + (f' PARAMS="{words}"' if given else "")


def papermill(question: str, values: "Mapping[str, Any]") -> str:
    """The same with papermill alone.

    Examples
    --------
    >>> papermill("training-gpus", {"mfu": 0.4, "number_format": "bf16"})
    'papermill notebooks/training-gpus.md out.ipynb -p mfu 0.4 -p number_format bf16'
    """
    words = [
        f" -p {name} {quoted(value if isinstance(value, str) else _value(value))}" for name, value in values.items()
    ]
    return f"papermill notebooks/{question}.md out.ipynb" + "".join(words)


def program(question: str, values: "Mapping[str, Any]", points: int = POINTS) -> str:
    """A program in Python that repeats an answer.

    Parameters
    ----------
    question : str
        Its name.
    values : dict
        The parameters that differ from the defaults, with their values; ranges as texts.
    points : int
        At which ranges were looked at.

    Examples
    --------
    >>> print(program("training-gpus", {"mfu": 0.4, "number_format": "bf16"}), end="")
    from llmcalc import answers
    <BLANKLINE>
    print(answers.training_gpus(mfu=0.4, number_format="bf16"))
    >>> print(program("training-gpus", {"mfu": "0.3 to 0.5"}), end="")
    from llmcalc import answers, spread
    <BLANKLINE>
    print(spread.sample(answers.training_gpus, {"mfu": "0.3 to 0.5"}).told())
    """
    function = question.replace("-", "_")
    # Only a range has a text with this in it: menus have names.
    if any([isinstance(value, str) and " to " in value for value in values.values()]):  # noqa: C419
        told = ", ".join([f'"{name}": {_value(values[name])}' for name in values])
        more = f", {points}" if points != POINTS else ""
        asked = f"answers.{function}, {{{told}}}{more}"
        return f"from llmcalc import answers, spread\n\nprint(spread.sample({asked}).told())\n"
    told = ", ".join([f"{name}={_value(values[name])}" for name in values])
    return f"from llmcalc import answers\n\nprint(answers.{function}({told}))\n"


def _value(value: "Any") -> str:
    """A value as Python has it."""
    if isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return scalar(value)
    text = _text(value)
    # Most texts with quotes in them are JSON.
    return "'" + text[1:-1].replace('\\"', '"') + "'" if '"' in value and "'" not in value else text


def citation(work: "Mapping[str, str]", question: str, title: str, link: str, seen: str) -> "tuple[str, str]":
    """How to cite an answer: as BibTeX, and as a text.

    Parameters
    ----------
    work : dict
        ``title``, ``author``, ``version`` and the ``date`` of the version, as YYYY-MM-DD.
    question, title : str
        Name of the question, and the question itself.
    link : str
        Address of the page with the answer.
    seen : str
        The date on which it was looked at, as YYYY-MM-DD.

    Examples
    --------
    >>> book = {"title": "A book", "author": "Its authors", "version": "0.1.0", "date": "2026-11-21"}
    >>> bibtex, text = citation(book, "training-gpus", "How many GPUs?", "https://a.example/?mfu=0.4", "2026-11-27")
    >>> print(text)
    Its authors (2026). A book. Version 0.1.0 of 21 November 2026. Chapter "How many GPUs?" https://a.example/?mfu=0.4 \
(seen on 27 November 2026).
    >>> print(bibtex, end="")
    @misc{llmcalc-training-gpus,
      author = {{Its authors}},
      title = {{A book}},
      year = {2026},
      note = {Chapter "How many GPUs?", version 0.1.0 of 2026-11-21},
      url = {https://a.example/?mfu=0.4},
      urldate = {2026-11-27}
    }
    """
    year = work["date"][:4]
    name = work["title"] if work["title"][-1:] in ".?!" else work["title"] + "."
    text = message(
        '{author} ({year}). {book} Version {version} of {day}. Chapter "{title}" {link} (seen on {seen}).',
        author=work["author"],
        year=year,
        book=name,
        version=work["version"],
        day=_day(work["date"]),
        title=title,
        link=link,
        seen=_day(seen),
    )
    note = message(
        'Chapter "{title}", version {version} of {date}',
        title=_tex(title),
        version=work["version"],
        date=work["date"],
    )
    fields = [
        ("author", "{" + _tex(work["author"]) + "}"),
        ("title", "{" + _tex(work["title"]) + "}"),
        ("year", year),
        ("note", note),
        ("url", link),
        ("urldate", seen),
    ]
    lines = ",\n".join(["  " + name + " = {" + value + "}" for name, value in fields])
    return f"@misc{{llmcalc-{question},\n{lines}\n}}\n", text


def _tex(text: str) -> str:
    return "".join(["\\" + letter if letter in "&%$#_{}" else letter for letter in text])


def _day(date: str) -> str:
    year, month, day = date.split("-")
    return message(MONTHS[int(month) - 1], day=int(day), year=year)
