"""Headline results of a chapter, what its readers came for, and curves that show where they stand."""

from .formats import counted, number, written
from .messages import message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MIME_TYPE = "application/vnd.llmcalc.results+json"
CURVES_MIME_TYPE = "application/vnd.llmcalc.curves+json"
DIGITS = 4

# What an answer may be: it can be done, not in time, or not at all with what is there.
GOOD, LATE, UNFIT = "good", "late", "unfit"


class Results:
    """Named results, displayed as a table and, for tools, as JSON.

    Parameters
    ----------
    **results : tuple of (float or str or None, str, str) or (None, str, str, str), or str
        By name: the value, its unit, and what it is; where no number suffices, None and the reason. A text alone is
        the heading of the results that follow. A sweep has arrays for values, which are kept as they are.

    Examples
    --------
    >>> Results(gpus=(1559.0, "GPU", "GPUs that finish in time"))["gpus"]
    1559.0
    >>> Results(cards=(None, "card", "Cards", "no card holds a stream")).formatted()
    {'cards': 'no card holds a stream'}
    """

    def __init__(self, **results: "tuple[Any, ...] | str") -> None:
        self._results: dict[str, dict[str, Any]] = {}
        # What tells the answer in a sentence, and what it is given besides these results.
        self._telling: tuple[Callable[..., tuple[str, str]] | None, tuple[Any, ...]] = (None, ())
        # By result that rests on a prediction: factors between which 80 of 100 measurements would lie.
        self.errors: dict[str, tuple[float, float]] = {}
        heading = ""
        for name, result in results.items():
            if isinstance(result, str):
                heading = result
                continue
            value, unit, label = result[:3]
            if value is not None and not isinstance(value, str) and not getattr(value, "ndim", 0):
                value = float(value)
            self._results[name] = {"value": value, "unit": unit, "label": label, "heading": heading}
            if value is None:
                self._results[name]["reason"] = result[3]

    def __getitem__(self, name: str) -> "Any":
        return self._results[name]["value"]

    def tell(self, telling: "Callable[..., tuple[str, str]]", *given: "Any") -> "Results":
        """Have a function say the answer, once somebody wants to read it: a sweep reads none of its answers.

        Parameters
        ----------
        telling : callable
            Takes these results and what else is given; returns `GOOD`, `LATE` or `UNFIT`, and a sentence.
        *given
            What else it takes.

        Examples
        --------
        >>> answer = Results(days=(40.0, "day", "Days"))
        >>> told = answer.tell(lambda results, most: (LATE, f"It takes {number(results['days'])} days of {most}."), 30)
        >>> told.kind, told.sentence
        ('late', 'It takes 40 days of 30.')
        """
        self._telling = telling, given
        return self

    @property
    def told(self) -> "tuple[str, str]":
        """What kind of answer it is, and the answer in a sentence, which is empty where the question has none."""
        telling, given = self._telling
        return telling(self, *given) if telling else (GOOD, "")

    @property
    def kind(self) -> str:
        """What kind of answer it is: `GOOD`, `LATE` or `UNFIT`."""
        return self.told[0]

    @property
    def sentence(self) -> str:
        """The answer in a sentence, with its full stop."""
        return self.told[1]

    def numbers(self) -> "dict[str, float | None]":
        """Each value that is a number, by name; None where it is a text, or there is none."""
        values = {name: result["value"] for name, result in self._results.items()}
        return {
            name: value if isinstance(value, float) and value - value == 0 else None for name, value in values.items()
        }

    def formatted(self) -> "dict[str, str]":
        """Each value as people write it, by name."""
        return {name: _text(result) for name, result in self._results.items()}

    def units(self) -> "dict[str, str]":
        """Each unit as it stands behind its value, by name: empty behind words."""
        return {name: _unit(result) for name, result in self._results.items()}

    def listed(self) -> "list[dict[str, Any]]":
        """Each result as a mapping: name, value, unit, label, heading, and the reason where there is no number."""
        return [dict(_shown(result), name=name) for name, result in self._results.items()]

    def __repr__(self) -> str:
        texts, units = self.formatted(), self.units()
        return "\n".join(
            [
                f"{message(result['label'])}: {texts[name]} {units[name]}".rstrip()
                for name, result in self._results.items()
            ]
        )

    def _repr_html_(self) -> str:
        import html  # which MicroPython, in a page's calculator, does not have

        texts = self.formatted()
        rows, heading = "<tbody>", ""
        for name, result in self._results.items():
            if result["heading"] != heading:
                heading = result["heading"]
                rows += f'</tbody><tbody><tr><th scope="rowgroup" colspan="3">{html.escape(message(heading))}</th></tr>'
            label, unit = html.escape(message(result["label"])), html.escape(_unit(result))
            # Words wrap, and numbers do not.
            words = "" if isinstance(result["value"], float) else ' class="words"'
            rows += f'<tr data-result="{name}"><th scope="row">{label}</th><td{words}>{html.escape(texts[name])}</td>'
            rows += f"<td>{unit}</td></tr>"
        rows = f"{rows}</tbody>".replace("<tbody></tbody>", "")
        kind, sentence = self.told
        said = f'<p class="answer-sentence" data-kind="{kind}">{html.escape(sentence)}</p>' if sentence else ""
        caption = html.escape(message("The answer in numbers"))
        return f'{said}<table class="dataframe headline"><caption>{caption}</caption>{rows}</table>'

    def _repr_mimebundle_(self, include: "Any" = None, exclude: "Any" = None) -> "dict[str, Any]":
        # A list, because files of notebooks sort the keys of mappings.
        return {"text/html": self._repr_html_(), "text/plain": repr(self), MIME_TYPE: self.listed()}


def _shown(result: "dict[str, Any]") -> "dict[str, Any]":
    """A result as people read it; its unit stays the one that programs know."""
    shown = dict(result, label=message(result["label"]), heading=message(result["heading"]))
    for key in ("value", "reason"):
        if isinstance(result.get(key), str):
            shown[key] = message(result[key])
    return shown


def _unit(result: "dict[str, Any]") -> str:
    return "" if result["value"] is None else counted(result["unit"], result["value"])


def _text(result: "dict[str, Any]") -> str:
    if result["value"] is None:
        return message(result["reason"])
    return message(result["value"]) if isinstance(result["value"], str) else written(result["value"], DIGITS)


class Curves:
    """Quantities that depend on another one, displayed as a table and, for tools, as JSON.

    Parameters
    ----------
    *curves : tuple of (str, str, str, list of float or None)
        Name of the headline result, what it is, its unit and its values, None where there is none. The first is
        what the others depend on.

    Examples
    --------
    >>> Curves(("devices", "Devices", "device", [8, 16]), ("days", "Days", "day", [2.0, 1.0])).data()[1]["values"]
    [2.0, 1.0]
    """

    def __init__(self, *curves: "tuple[str, str, str, list[float | None]]") -> None:
        self._curves = curves

    def data(self) -> "list[dict[str, Any]]":
        """All of it as a list of mappings, the values as numbers and as people write them."""
        return [
            {
                "name": name,
                "label": message(label),
                "unit": message(unit),
                "units": counted(unit),
                "values": values,
                "texts": [number(value) for value in values],
            }
            for name, label, unit, values in self._curves
        ]

    def _repr_html_(self) -> str:
        import html

        columns = self.data()
        heads = "".join(
            f'<th scope="col">{html.escape(of["label"])} [{html.escape(of["unit"])}]</th>' for of in columns
        )
        rows = "".join(
            "<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>"
            for row in zip(*(of["texts"] for of in columns), strict=True)
        )
        table = f'<table class="dataframe curves"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        summary = html.escape(message("The curves in numbers"))
        return f"<details><summary>{summary}</summary>{table}</details>"

    def _repr_mimebundle_(self, include: "Any" = None, exclude: "Any" = None) -> "dict[str, Any]":
        return {"text/html": self._repr_html_(), CURVES_MIME_TYPE: self.data()}
