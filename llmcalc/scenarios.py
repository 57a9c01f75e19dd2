"""A question answered for many scenarios: a table in, the same rows with their results out.

Rows stream: a table of any length needs no more memory than a short one. Those of a long table are shared out over
the cores.
"""

import csv
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, Any

from . import differences, records, spread
from .answering import kept
from .checks import CLOSE, Refusal, closest, did_you_mean, one_of
from .files import own_text, unreadable
from .messages import marked, message
from .quantities import read
from .questions import Parameter, Question, find

TWICE = marked("--scenarios: the column {column} stands there twice")
CHUNK = 500
# Fewer rows are answered before the processes that would share them have started.
WORTH_SHARING = 2000

Row = list[Any]


def run(question: Question, values: dict[str, Any]) -> dict[str, Any]:
    """Answer a question and keep all that is needed to do it again.

    Examples
    --------
    >>> answered = run(find("training-gpus"), {"mfu": 0.4})
    >>> dict(answered["results"]["gpus"]), answered["parameters"]["mfu"]
    ({'value': 1948.0, 'unit': 'GPU', 'label': 'GPUs that finish in time'}, 0.4)
    """
    from . import __version__

    defaults = {name: parameter.default for name, parameter in question.parameters.items()}
    return records.record(question.name, defaults | values, records.results_of(question.answer(**values)), __version__)


def read_values(question: Question, given: dict[str, Any]) -> dict[str, Any]:
    """Read what was written for parameters of a question.

    Raises
    ------
    Refusal
        Naming the parameter, what was given and what is accepted, or the closest name if it is unknown.
    """
    values = {}
    for name, text in given.items():
        if name not in question.parameters:
            known = question.parameters
            sentence = message(
                "{argument} = {value} is no parameter of {question}",
                argument=name,
                value=repr(text),
                question=question.name,
            )
            sentence = message(
                "{sentence}: known are {names}",
                sentence=did_you_mean(sentence, name, known),
                names=", ".join(known),
            )
            raise Refusal(name, text, one_of(known), reason=sentence)
        parameter = question.parameters[name]
        if parameter.own and isinstance(text, str):
            text = _own(parameter, text.strip())
        limits = (parameter.low, parameter.high) if parameter.low is not None and parameter.high is not None else None
        if spread.is_range(text) and not parameter.choices:
            values[name] = spread.read(text, name, limits)
            continue
        value = read(text, name, limits) if isinstance(text, str) else text
        values[name] = _typed(parameter, value)
    return values


def _own(parameter: Parameter, text: str) -> str:
    """The text that is kept of a model or a device of somebody's own, which may stand in a file."""
    if text[:1] == "@":
        text = own_text(parameter.name, text[1:]).strip()
        if text[:1] != "{":
            sentence = message("{argument}: the file holds no JSON object", argument=parameter.name)
            raise Refusal(parameter.name, text, "a JSON object", reason=sentence)
    if text[:1] != "{":
        return text
    return kept(text, parameter.own)


def _typed(parameter: Parameter, value: Any) -> Any:
    """A number as the question declares it, so that its record says the same whatever was written."""
    if type(value) in (int, float) and parameter.type is int and value % 1:
        raise Refusal(parameter.name, value, "a whole number", unit=parameter.unit)
    return records.typed(parameter.type.__name__, value)


def run_ranges(
    question: Question, values: dict[str, Any], points: int = spread.POINTS, together: Sequence[Sequence[str]] = ()
) -> dict[str, Any]:
    """Answer a question with ranges: as `run` does in their middle, and how far each result spreads.

    Examples
    --------
    >>> training = find("training-gpus")
    >>> answered = run_ranges(training, read_values(training, {"mfu": "0.3 to 0.5"}))
    >>> answered["parameters"]["mfu"], round(answered["results"]["gpus"]["p90"])
    ('0.3 to 0.5', 2436)
    """
    from . import __version__

    found = spread.Sample(question.answer, values, together)
    found.go_on(points)
    parameters = {name: parameter.default for name, parameter in question.parameters.items()} | found.in_the_middle
    return records.record_of_ranges(question.name, parameters, found, __version__)


def run_instead(question: Question, values: dict[str, Any], instead: dict[str, Any]) -> dict[str, Any]:
    """Answer a question twice, and tell how much of each change belongs to each input.

    Examples
    --------
    >>> told = run_instead(find("training-gpus"), {"mfu": 0.5}, {"mfu": 0.4})
    >>> round(told["results"]["sustained_tflops"]["change"], 9)
    0.8

    Raises
    ------
    Refusal
        If a value is a range, or if one of the answers is refused.
    """
    from . import __version__

    defaults = {name: parameter.default for name, parameter in question.parameters.items()}
    first, second = defaults | values, defaults | values | instead
    told = differences.compare(question.answer, differences.numbers(first), differences.numbers(second))
    kept: dict[str, Any] = {"question": question.name, "first": {"parameters": first}, "second": {"parameters": second}}
    kept["units"] = {name: question.parameters[name].unit for name in told["inputs"]}
    return kept | told | {"version": __version__}


class Table:
    """The columns of a table of scenarios, and how a row of it is answered."""

    def __init__(
        self, question: Question, header: list[str], common: dict[str, Any], points: int | None = None
    ) -> None:
        self.question, self.header, self.common, self.points = question, header, common, points
        default = run(question, {})["results"]
        # By result and by what is told of it.
        self.results: dict[tuple[str, str], str] = {}
        for name, result in default.items():
            self.results[name, "value"] = f"{name} [{result['unit']}]"
            if points and result["value"] is not None:
                self.results |= {(name, part): f"{name} {part} [{result['unit']}]" for part in ("p10", "p90")}
        self.texts = {(name, "value") for name, result in default.items() if result["value"] is None}
        self.columns = [*header, *self.results.values(), "error"]
        for column in header:
            self._check(column)

    def _check(self, column: str) -> None:
        near = closest(column, self.question.parameters, CLOSE)
        if column in self.question.parameters:
            sentence = TWICE
            if self.header.count(column) == 1:
                return
        elif self.header.count(column) > 1:
            sentence = TWICE
        elif column == "error" or column in self.results.values():
            sentence = marked("--scenarios: the column {column} is the name of a column of the answers")
        elif near:
            sentence = marked("--scenarios: the column {column} is no parameter of {question}; did you mean {name}?")
        else:
            return
        sentence = message(sentence, column=repr(column), question=self.question.name, name=repr(near))
        raise Refusal(
            "--scenarios",
            column,
            "parameters' names, and other names for columns that are to be kept as they are",
            reason=sentence,
        )

    def answer(self, row: Row) -> tuple[Row, bool, bool]:
        """Return a row with its results and its error, and whether it was refused or is a fault."""
        kept = [*row[: len(self.header)], *[""] * (len(self.header) - len(row))]
        nothing = [None] * len(self.results)
        if len(row) != len(self.header):
            problem = message(
                "{cells} cells where the first line has {columns}", cells=len(row), columns=len(self.header)
            )
            return [*kept, *nothing, problem], True, False
        given = {
            column: cell
            for column, cell in zip(self.header, row, strict=True)
            if column in self.question.parameters and cell is not None and str(cell).strip()
        }
        try:
            results = self._answered(self.common | read_values(self.question, given))["results"]
        except Refusal as refusal:
            return [*kept, *nothing, str(refusal)], True, False
        except Exception as fault:  # the other rows are worth their answers
            problem = message("fault: {kind}: {fault}", kind=type(fault).__name__, fault=fault)
            return [*kept, *nothing, problem], False, True
        cells = [self._cell(results.get(name), part) for name, part in self.results]
        return [*kept, *cells, ""], False, False

    def _answered(self, values: dict[str, Any]) -> dict[str, Any]:
        ranges = [name for name, value in values.items() if isinstance(value, spread.Spread)]
        if not ranges:
            return run(self.question, values)
        if self.points is None:
            unit = self.question.parameters[ranges[0]].unit
            raise Refusal(ranges[0], str(values[ranges[0]]), "a number, or --ranges for columns of p10 and p90", unit)
        return run_ranges(self.question, values, self.points)

    def _cell(self, result: dict[str, Any] | None, part: str) -> Any:
        if result is None:
            return None
        if part == "value" and result["value"] is None:
            return result.get("reason")
        return result.get("median", result["value"]) if part == "value" else result.get(part)


def answered(table: Table, rows: Iterator[Row]) -> Iterator[list[tuple[Row, bool, bool]]]:
    """Answer rows in their order, some at a time."""
    first = list(islice(rows, WORTH_SHARING))
    cores = _cores()
    following = next(rows, None)
    if following is None or cores == 1:
        rest = rows if following is None else chain([following], rows)
        for chunk in _chunks(chain(first, rest)):
            yield [table.answer(row) for row in chunk]
        return
    import multiprocessing  # slow to load, and only long tables need it

    arguments = (table.question.name, table.header, table.common, table.points)
    with multiprocessing.Pool(cores, _start, arguments) as pool:
        waiting: deque[Any] = deque()
        for chunk in _chunks(chain(first, [following], rows)):
            waiting.append(pool.apply_async(_answer_chunk, (chunk,)))
            # As many as keep the cores busy; more would be memory.
            if len(waiting) > 3 * cores:
                yield waiting.popleft().get()
        while waiting:
            yield waiting.popleft().get()


_shared: list[Table] = []


def _start(name: str, header: list[str], common: dict[str, Any], points: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    _shared[:] = [Table(find(name), header, common, points)]


def _answer_chunk(rows: list[Row]) -> list[tuple[Row, bool, bool]]:
    return [_shared[0].answer(row) for row in rows]


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def csv_rows(file: IO[str], name: str) -> Iterator[Row]:
    """Rows of a CSV file, its header first; lines with nothing in them are none."""
    try:
        yield from (row for row in csv.reader(file, strict=True) if row)
    except (csv.Error, UnicodeDecodeError) as error:
        sentence = unreadable("--scenarios", name, error)
        raise Refusal("--scenarios", name, "a CSV file in UTF-8", reason=sentence) from None


def csv_writer(file: IO[str], columns: list[str]) -> Callable[[list[Row]], None]:
    """Write a header, and return what writes rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return writer.writerows
