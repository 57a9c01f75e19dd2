"""Tables of scenarios: a row each in, a row each out, in bounded memory and on all cores."""

from __future__ import annotations

import csv
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TextIO

from .checks import Refusal, did_you_mean
from .quantities import read
from .questions import Question, find

MANY = 2000  # rows from which on more processes than one are faster
CHUNK = 500  # rows that a process answers at a time


def assigned(question: Question, assignments: Iterable[str]) -> dict[str, Any]:
    """Return the values of ``name=value`` texts.

    Raises
    ------
    Refusal
        If a text is no assignment, a name is unknown or given twice, or a value cannot be read.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, sign, text = assignment.partition("=")
        if not sign:
            raise Refusal("assignment", assignment, "name=value")
        if name in values:
            raise Refusal(name, text, "each parameter once", reason=f"{name} is given twice")
        values[name] = _read(question, name, text)
    return values


def _read(question: Question, name: str, text: str) -> Any:
    if name not in question.parameters:
        known = ", ".join(question.parameters)
        hint = did_you_mean(name, question.parameters)
        sentence = f"{name} is no parameter of {question.name}: give one of {known}{hint}"
        raise Refusal(name, text, f"one of {known}", reason=sentence)
    return read(text, name)


def answer_table(question: Question, given: dict[str, Any], scenarios: str, output: str) -> int:
    """Answer a table of scenarios; return 2 if a row was refused, else 0.

    Parameters
    ----------
    question : Question
        The question.
    given : dict
        Values for all rows that do not have their own.
    scenarios, output : str
        Files by their ending, ``.csv`` or ``.parquet``, or ``-`` for CSV on the standard streams.
    """
    with _rows(scenarios) as (columns, rows), _writer(output, _headers(question, columns)) as write:
        unknown = [column for column in columns if column not in question.parameters and column != "scenario"]
        for column in unknown[:1]:
            _read(question, column, "")
        refused = done = 0
        for answered in _answers(question.name, given, columns, rows):
            write(answered)
            refused += sum(1 for row in answered if row["error"])
            done += len(answered)
            _progress(done)
        _progress(done, last=True)
    return 2 if refused else 0


def _headers(question: Question, columns: list[str]) -> list[str]:
    results = [_header(result) for result in question.answer().listed()]
    return [*columns, *results, "error"]


def _header(result: dict[str, Any]) -> str:
    return f"{result['name']} [{result['unit']}]" if result["unit"] not in ("", "1") else result["name"]


def _answers(
    name: str, given: dict[str, Any], columns: list[str], rows: Iterator[dict[str, str]]
) -> Iterator[list[dict[str, Any]]]:
    first = list(itertools.islice(rows, MANY))
    chunks = _chunks(itertools.chain(first, rows))
    work = ((name, given, chunk) for chunk in chunks)
    if len(first) < MANY or (os.cpu_count() or 1) == 1:
        yield from map(_answer_chunk, work)
        return
    # Forked where that is safe: a process then has all modules at once.
    with get_context("fork" if sys.platform == "linux" else "spawn").Pool() as pool:
        yield from pool.imap(_answer_chunk, work)


def _chunks(rows: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    remaining = iter(rows)
    while chunk := list(itertools.islice(remaining, CHUNK)):
        yield chunk


def _answer_chunk(work: tuple[str, dict[str, Any], list[dict[str, str]]]) -> list[dict[str, Any]]:
    name, given, rows = work
    question = find(name)
    return [_answer_row(question, given, row) for row in rows]


def _answer_row(question: Question, given: dict[str, Any], row: dict[str, str]) -> dict[str, Any]:
    try:
        own = {key: _read(question, key, text) for key, text in row.items() if text and key != "scenario"}
        results = question.answer(**given | own).listed()
    except Refusal as refusal:
        return row | {"error": str(refusal)}
    except ArithmeticError as fault:
        return row | {"error": f"there is no result: {fault}"}
    reasons = [str(result["reason"]) for result in results if result["value"] is None]
    told = {_header(result): "" if result["value"] is None else result["value"] for result in results}
    return row | told | {"error": reasons[0] if len(reasons) == len(results) else ""}


@contextmanager
def _rows(path: str) -> Iterator[tuple[list[str], Iterator[dict[str, str]]]]:
    if path.endswith(".parquet"):
        yield _parquet(path)
        return
    with _opened(path, "r", sys.stdin) as file:
        reader = csv.DictReader(file, restkey="", restval="")
        columns = list(reader.fieldnames or [])
        if not columns or len(set(columns)) < len(columns):
            raise Refusal("scenarios", path, "a table with a line of different names of parameters")
        yield columns, _clean(reader, path)


def _clean(reader: csv.DictReader[str], path: str) -> Iterator[dict[str, str]]:
    for row in reader:
        if row.pop("", None):
            raise Refusal("scenarios", path, f"as many cells in line {reader.line_num} as in the first")
        yield {name: (text or "").strip(" ") for name, text in row.items()}


def _parquet(path: str) -> tuple[list[str], Iterator[dict[str, str]]]:
    parquet = _pyarrow(path)
    file = parquet.ParquetFile(path)

    def rows() -> Iterator[dict[str, str]]:
        for batch in file.iter_batches():
            for row in batch.to_pylist():
                yield {name: "" if value is None else str(value) for name, value in row.items()}

    return list(file.schema_arrow.names), rows()


def _pyarrow(path: str) -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise Refusal(
            "file", path, "a .csv file, or install pyarrow", reason=f"{path}: .parquet needs pyarrow; install it"
        ) from None
    return parquet


@contextmanager
def _writer(path: str, headers: list[str]) -> Iterator[Any]:
    if path.endswith(".parquet"):
        import pyarrow

        parquet = _pyarrow(path)
        rows: list[dict[str, Any]] = []
        yield rows.extend
        parquet.write_table(
            pyarrow.Table.from_pylist([{key: str(row.get(key, "")) for key in headers} for row in rows]), path
        )
        return
    # A file is there whole, or as it was.
    beside = path if path == "-" else f"{path}.part"
    try:
        with _opened(beside, "w", sys.stdout) as file:
            writer = csv.DictWriter(file, headers, lineterminator="\n")
            writer.writeheader()
            yield writer.writerows
    except BaseException:
        if path != "-" and os.path.exists(beside):
            os.remove(beside)
        raise
    if path != "-":
        os.replace(beside, path)


def _column(values: list[Any]) -> list[Any]:
    """Return a column of one type: numbers, with None where there are none, or else texts."""
    if all(value == "" or isinstance(value, float) for value in values):
        return [None if value == "" else value for value in values]
    return [str(value) for value in values]


@contextmanager
def _opened(path: str, mode: str, standard: TextIO) -> Iterator[TextIO]:
    if path == "-":
        yield standard
        standard.flush() if mode == "w" else None
        return
    with open(path, mode, encoding="utf-8-sig" if mode == "r" else "utf-8", newline="") as file:
        yield file


def _progress(done: int, last: bool = False) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} scenarios", end="\n" if last else "", file=sys.stderr, flush=True)
