"""The command `llmcalc`: the questions of the book, answered for anybody's assumptions."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from . import __version__
from .checks import Refusal

EXAMPLES = """\b
Examples:
  llmcalc answer inference-gpus visits_per_day=1e9 mfu=0.4
  llmcalc answer training-gpus tokens=15T params=70B accelerator="H100 SXM" number_format=bf16 --json
  llmcalc answer training-gpus --scenarios scenarios.csv --output answers.csv
  llmcalc schema training-gpus
  llmcalc device "H100 SXM"
  llmcalc model config.json --json
"""


def refusing(command: Callable[..., int | None]) -> Callable[..., None]:
    """Let a command end with 2 and one line where an input is refused; with ``--json`` that line is JSON."""

    @wraps(command)
    def run(*values: Any, **options: Any) -> None:
        try:
            status = command(*values, **options)
        except Refusal as refusal:
            if options.get("as_json"):
                parts = {"argument": refusal.argument, "value": refusal.value, "unit": refusal.unit}
                told = parts | {"accepted": refusal.accepted, "message": str(refusal)}
                click.echo(json.dumps({"error": told}, default=str), err=True)
            else:
                click.echo(f"llmcalc: {refusal}", err=True)
            sys.exit(2)
        except OSError as error:
            click.echo(f"llmcalc: {error.filename or 'the system'}: {error.strerror or error}", err=True)
            sys.exit(1 if isinstance(error, BrokenPipeError) else 2)
        sys.exit(status or 0)

    return run


@click.group(invoke_without_command=True, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="llmcalc")
@click.pass_context
def main(context: click.Context) -> None:
    """How much compute do I need? Without a command: the questions, each with its default answer."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if context.invoked_subcommand is None:
        _list_questions()


def _list_questions() -> None:
    from .questions import questions

    for question in questions().values():
        first = next(iter(question.answer().listed()))
        unit = "" if first["unit"] in ("", "1") else " " + first["unit"]
        text = _written(first)
        click.echo(f"{question.name:20}  {question.title}\n{'':20}  {first['label']}: {text}{unit}")


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from .questions import questions

    return [name for name in questions() if name.startswith(incomplete)]


def _complete_assignment(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from .questions import questions

    question = questions().get(context.params.get("question", ""))
    return [f"{name}=" for name in question.parameters if name.startswith(incomplete)] if question else []


@main.command()
@click.argument("question", shell_complete=_complete)
@click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...", shell_complete=_complete_assignment)
@click.option("as_json", "--json", is_flag=True, help="Write JSON: parameters, results with units, version.")
@click.option("--scenarios", metavar="FILE", help="A table of scenarios, a row each: .csv, .parquet, or - for CSV.")
@click.option("--output", metavar="FILE", default="-", help="Where the answers to scenarios go.", show_default=True)
@refusing
def answer(question: str, assignments: tuple[str, ...], as_json: bool, scenarios: str | None, output: str) -> int:
    """Answer a question of the book under your assumptions.

    Numbers may be written as people write them: 15T, 300B, 1,400,000, 4/3, 40%, "30 days".
    """
    from .questions import find
    from .scenarios import assigned

    asked = find(question)
    given = assigned(asked, assignments)
    if scenarios is not None:
        from .scenarios import answer_table

        return answer_table(asked, given, scenarios, output)
    results = asked.answer(**given)
    if as_json:
        click.echo(json.dumps(answered(asked, given, results), indent=2, ensure_ascii=False))
        return 0
    _show(asked.answer(), results, changed=bool(given))
    return 0


def answered(question: Any, given: dict[str, Any], results: Any) -> dict[str, Any]:
    """Return what ``--json`` writes: the question, all parameters, the results with their units, and the version."""
    defaults = {name: parameter.default for name, parameter in question.parameters.items()}
    kept = ("value", "unit", "label", "reason")
    return {
        "question": question.name,
        "parameters": defaults | given,
        "results": {result["name"]: {key: result[key] for key in kept if key in result} for result in results.listed()},
        "version": __version__,
    }


def _written(result: dict[str, Any]) -> str:
    from .formats import written
    from .results import DIGITS

    return str(result["reason"]) if result["value"] is None else written(result["value"], DIGITS)


def _show(default: Any, yours: Any, changed: bool) -> None:
    rows = [("result", "unit", "default", "yours")]
    for before, after in zip(default.listed(), yours.listed(), strict=True):
        unit = "" if after["unit"] == "1" else after["unit"]
        rows.append((after["label"], unit, _written(before), _written(after)))
    shown = [row if changed else row[:3] for row in rows]
    widths = [max(len(row[column]) for row in shown) for column in range(len(shown[0]))]
    for row in shown:
        texts = [text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True)]
        texts += [text.rjust(width) for text, width in zip(row[2:], widths[2:], strict=True)]
        click.echo("  ".join(texts).rstrip())


@main.command()
@click.argument("question", shell_complete=_complete)
@refusing
def schema(question: str) -> None:
    """Print the JSON Schema of a question's parameters: types, units, ranges, choices and defaults."""
    from .questions import find, json_schema

    click.echo(json.dumps(json_schema(find(question)), indent=2, ensure_ascii=False))


@main.command()
@click.argument("name")
@click.option("as_json", "--json", is_flag=True, help="Write JSON, with the source of each number.")
@refusing
def device(name: str, as_json: bool) -> None:
    """Tell what is known of a device: its peaks, memory, links, power and rent, each with its source."""
    from . import catalogue

    told = catalogue.describe(name)
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    from .formats import number

    click.echo(told["name"])
    facts = told["facts"]
    for quantity, fact in facts.items():
        click.echo(f"  {quantity:18} {number(fact['value']):>16} {fact['unit']:8} {fact['link'] or fact['source']}")
    for quantity, reason in told["missing"].items():
        click.echo(f"  {quantity:18} {'unknown':>16} {'':8} {reason}")


@main.command()
@click.argument("source", metavar="FILE|NAME")
@click.option("as_json", "--json", is_flag=True, help="Write JSON.")
@click.option("--context", type=int, default=None, help="Tokens of a sequence for FLOP and cache.")
@refusing
def model(source: str, as_json: bool, context: int | None) -> None:
    """Tell what follows from a model's shape: a config.json of Hugging Face, or a name such as "Llama 3 70B"."""
    from . import catalogue
    from .models.description import describe

    found = catalogue.model_from_file(source) if os.path.isfile(source) else catalogue.model(source)
    told = describe(found, context)
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    from .formats import number

    click.echo(told["name"] or source)
    for label, value, unit in (
        ("Parameters", told["params"], "parameter"),
        ("Active parameters", told["active_params"], "parameter"),
        ("KV cache of a token, 16 bits", told["kv_bytes_per_token"], "byte"),
    ):
        click.echo(f"  {label:36} {number(value, 12):>20} {unit}")
    for kind, value in told["flop_per_token"].items():
        unit = "token" if kind == "context" else "FLOP/token"
        click.echo(f"  {kind.replace('_', ' '):36} {number(value):>20} {unit}")
    for weight_format, value in told["weights"].items():
        click.echo(f"  weights, {weight_format:27} {number(value):>20} byte")
    for assumption in told["assumed"]:
        click.echo(f"  assumed: {assumption}")


if __name__ == "__main__":
    main()
