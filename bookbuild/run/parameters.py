"""What a notebook's parameters cell declares, and whether given values satisfy it.

A declaration is one line, ``mfu: float = 0.5  # [1] share of the peak; 0 < mfu ≤ 1``: name, type,
default, then unit, description and, after a semicolon, a range or ``one of a, b, c``. Ranges are
written with ``≤``, because papermill ignores a line with a second equals sign. A comment on
a line of its own names the group of the parameters below it.
"""

import ast
import csv
import re
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from bookbuild.notebooks import ROOT, close_match, closest, read
from llmcalc import quantities
from llmcalc.answering import accept, takes_own
from llmcalc.formats import headed
from llmcalc.own_devices import is_own

COMMENT = re.compile(r"\[(?P<unit>[^\]]+)\]\s*(?P<help>[^;]*)(;\s*(?P<accepted>.+))?$")
RANGE = re.compile(r"(?P<low>\S+) (?P<low_sign>[<≤]) (?P<name>\w+)( (?P<high_sign>[<≤]) (?P<high>\S+))?$")
CHOICES_FROM_FILE = re.compile(r"one of (?P<column>\w+) in (?P<file>data/[\w-]+\.csv)$")
CHOICES = re.compile(r"one of (?P<choices>.+)$")
TYPES = {"float": float, "int": int, "str": str, "bool": bool}


class ParameterError(ValueError):
    """A parameter, or a value of one, that the notebook does not accept."""


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of a notebook."""

    name: str
    type: type
    default: Any
    unit: str
    help: str
    accepted: str
    group: str = ""

    @property
    def choices(self) -> list[str]:
        """Accepted values of a pick list, empty where there is none."""
        if match := CHOICES_FROM_FILE.match(self.accepted):
            with (ROOT / match["file"]).open(encoding="utf-8", newline="") as file:
                return list(dict.fromkeys(row[match["column"]] for row in csv.DictReader(file)))
        if match := CHOICES.match(self.accepted):
            return [choice.strip() for choice in match["choices"].split(",")]
        return []

    def convert(self, text: str) -> Any:
        """Return the value that a text stands for, or raise ParameterError saying what is accepted."""
        try:
            value = text if self.type is str else quantities.read(text, self.name)
            if self.type is int and value % 1:
                raise ValueError
            value = self.type(value)
        except ValueError:
            raise ParameterError(f"{self.name} = {text!r} is not accepted: give {self.expected}") from None
        if isinstance(value, str) and takes_own(self._listed):
            try:
                accept(self.name, value, self._listed)
                return value
            except ValueError as error:
                if is_own(value):
                    raise ParameterError(str(error)) from None
        if not self._holds(value):
            match = close_match(str(value), self.choices, cutoff=0.3)
            hint = f" (did you mean {match!r}?)" if match else ""
            raise ParameterError(f"{self.name} = {text!r} is not accepted: give {self.expected}{hint}")
        return value

    @property
    def expected(self) -> str:
        """What is accepted, in words that complete ``give``."""
        kind = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}[self.type]
        if CHOICES_FROM_FILE.match(self.accepted):
            return self.accepted
        if self.choices:
            return "one of " + ", ".join(self.choices)
        return headed(kind, self.unit) + (f" with {self.accepted}" if self.accepted else "")

    @property
    def limits(self) -> tuple[float, float, bool, bool]:
        """Ends of the range, and whether the lower and the upper one are themselves excluded."""
        match = self._range()
        return float(match["low"]), float(match["high"] or "inf"), match["low_sign"] == "<", match["high_sign"] == "<"

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest accepted value; an end that is itself excluded is missed by a millionth."""
        low, high, above, below = self.limits
        if above:
            low += 1e-6 * (abs(low) or 1)
        if below:
            high -= 1e-6 * (abs(high) or 1)
        return low, high

    @property
    def _listed(self) -> str:
        return self.accepted.removeprefix("one of ")

    def _range(self) -> re.Match[str]:
        match = RANGE.match(self.accepted)
        if not match or match["name"] != self.name:
            raise ValueError(f"the range of parameter {self.name} can't be read: {self.accepted!r}")
        return match

    def _holds(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if not self.accepted:
            return True
        low, high, above, below = self.limits
        return bool((value > low if above else value >= low) and (value < high if below else value <= high))


def declared(notebook: str) -> dict[str, Parameter]:
    """Return the parameters that a notebook declares, by name, in order."""
    from papermill.translators import PythonTranslator  # half a second, of which few have need

    parameters, grouped = {}, groups(notebook)
    # As papermill reads the cell when it is to inject others.
    for found in PythonTranslator.inspect(_cell(notebook)):
        comment = COMMENT.match(found.help)
        if not comment or found.inferred_type_name not in TYPES:
            raise ValueError(
                f"{notebook}: the parameter line of {found.name} can't be read: "
                "write 'name: type = value  # [unit] text; range'"
            )
        parameters[found.name] = Parameter(
            name=found.name,
            type=TYPES[found.inferred_type_name],
            default=ast.literal_eval(found.default),
            unit=comment["unit"],
            help=comment["help"].strip(),
            accepted=(comment["accepted"] or "").strip(),
            group=grouped[found.name],
        )
    return parameters


def groups(notebook: str) -> dict[str, str]:
    """Return the comment on a line of its own above each parameter, which names its group."""
    grouped, group = {}, ""
    for line in _cell(notebook).source.splitlines():
        if line.startswith("#"):
            group = line.removeprefix("#").strip()
        elif ":" in line:
            grouped[line.partition(":")[0]] = group
    return grouped


def _cell(notebook: str) -> NotebookNode:
    cells: list[NotebookNode] = read(notebook).cells
    [cell] = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    return cell


def convert(parameters: dict[str, Parameter], given: dict[str, str]) -> dict[str, Any]:
    """Return given texts as values of declared parameters, or raise ParameterError."""
    values = {}
    for name, text in given.items():
        if name not in parameters:
            raise ParameterError(f"no parameter {name!r}{closest(name, list(parameters))}")
        values[name] = parameters[name].convert(text)
    return values
