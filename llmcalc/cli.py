"""The command `llmcalc`: the book's questions, asked from a terminal or a program."""

import csv
import json
import os
import re
import sys
from contextlib import contextmanager
from typing import Any

import click

from .checks import Refusal, did_you_mean, one_of
from .files import unreadable, unwritable
from .messages import marked, message

REFUSED, FAULT, INTERRUPTED, PIPE_CLOSED = 2, 1, 130, 141
POINTS = 512  # at which ranges are looked at, as in the pages
_POWER = re.compile(" × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


class Commands(click.Group):
    """Commands of which the closest is named where one is unknown."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            known = self.list_commands(ctx)
            raise Refusal("command", args[0], did_you_mean(one_of(known), args[0], known))
        return super().resolve_command(ctx, args)


def _complete_question(ctx: Any, param: Any, incomplete: str) -> list[str]:
    from .questions import questions

    return [name for name in questions() if name.startswith(incomplete)]


def _complete_value(ctx: click.Context, param: Any, incomplete: str) -> list[str]:
    from .questions import questions

    question = questions().get(ctx.params.get("question", ""))
    if question is None:
        return []
    name, equals, start = incomplete.partition("=")
    if not equals:
        return [f"{known}=" for known in question.parameters if known.startswith(name)]
    choices = question.parameters[name].choices if name in question.parameters else ()
    return [f"{name}={choice}" for choice in choices if choice.startswith(start)]


def _complete_device(ctx: Any, param: Any, incomplete: str) -> list[str]:
    from . import catalogue

    return [name for name in catalogue.names() if name.lower().startswith(incomplete.lower())]


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def command(ctx: click.Context, version: bool) -> None:
    """How much compute do I need? Without arguments: the questions, each with its default answer.

    \b
    Examples:
      llmcalc
      llmcalc answer training-gpus days=10 mfu=40%
      llmcalc answer training-gpus --scenarios scenarios.csv --output answers.csv
      llmcalc device "H100 SXM"

    \b
    Shell completion:
      eval "$(_LLMCALC_COMPLETE=bash_source llmcalc)"     (or zsh_source, fish_source)
    """
    if version:
        from . import __version__

        click.echo(f"llmcalc {__version__}")
    elif ctx.invoked_subcommand is None:
        from .questions import questions

        lines = [[message("question"), message("asks"), message("default answer")]]
        for name, question in questions().items():
            first = question.answer().listed()[0]
            text = question.answer().formatted()[first["name"]]
            lines.append([name, question.title, f"{text} {_unit(first['unit'])}".strip()])
        click.echo(_laid_out(lines, sys.stdout, texts=3))


@command.command()
@click.argument("question", shell_complete=_complete_question)
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...", shell_complete=_complete_value)
@click.option("--json", "as_json", is_flag=True, help="Parameters and results as JSON; refusals, too.")
@click.option("--csv", "as_csv", is_flag=True, help="Parameters and results as CSV, a row each.")
@click.option("--scenarios", metavar="FILE", help="A table with a row a scenario: .csv, .parquet, or - for CSV.")
@click.option("--output", default="-", metavar="FILE", help="Where the answer goes; - is standard output.")
@click.option("--ranges", is_flag=True, help="Columns of p10 and p90 for a table whose cells may be ranges.")
@click.option("--points", default=POINTS, metavar="N", help=f"Points at which ranges are looked at ({POINTS}).")
@click.option("--together", multiple=True, metavar="NAME,NAME", help="Ranges that are high together and low together.")
@click.option(
    "--instead",
    multiple=True,
    metavar="NAME=VALUE",
    help="What changes with this value, and how much of it by which input.",
)
def answer(
    question: str,
    values: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
    scenarios: str | None,
    output: str,
    ranges: bool,
    points: int,
    together: tuple[str, ...],
    instead: tuple[str, ...],
) -> None:
    """Answer QUESTION with your assumptions, or with a table of them.

    Numbers are written as people write them: 15T, 1,400,000, 4/3, 40%, 80GB or 80GiB, 2 weeks. A range, such as
    "0.3 to 0.5", holds 90 of 100 of what you expect; the answer is then a range, too. A model of your own is its
    config.json, with @ before the file's name; a device of your own is a JSON object of its numbers, as text or in a
    file.

    \b
    Examples:
      llmcalc answer training-gpus days="2 weeks" mfu=40%
      llmcalc answer training-gpus mfu="0.3 to 0.5" days="20 to 40 uniform"
      llmcalc answer what-fits model=@config.json accelerator='{"memory": "24 GB"}'
      llmcalc answer training-gpus params=70B tokens=15T --json
      llmcalc answer training-gpus mfu=40% --instead mfu=50% --instead days=60
      llmcalc answer training-gpus --scenarios scenarios.csv --output answers.csv
      printf 'days,mfu\\n10,0.4\\n20,\\n' | llmcalc answer training-gpus --scenarios -

    A table has parameters' names in its first line; an empty cell stands for the default, other columns are kept.
    A row that is refused has its reason in the column "error", and the exit code is then 2.

    With --instead the answer is set against the one with other values: by which factor each result changes, and
    which part of that belongs to which of them, averaged over the orders in which they can be changed.
    """
    from . import records
    from . import scenarios as tables
    from .answering import accept
    from .models.numbers import whole
    from .questions import find
    from .spread import Spread

    asked = find(question)
    given = tables.read_values(asked, _assignments(values))
    uncertain = [name for name, value in given.items() if isinstance(value, Spread)]
    for name, value in given.items():
        if name not in uncertain:
            accept(name, value, getattr(asked.answer, "limits", {}).get(name))
    whole("--points", points, 2, 10**7)
    groups = [tuple(names.split(",")) for names in together]
    if instead:
        for other, found in (("--csv", as_csv), ("--scenarios", scenarios), ("--together", together)):
            if found:
                sentence = message("--instead sets two answers side by side: leave out {option}", option=other)
                raise Refusal("--instead", instead, "two answers", reason=sentence)
        changed = tables.read_values(asked, _assignments(instead))
        told = tables.run_instead(asked, given, changed)
        with _writing(output) as file:
            if as_json:
                file.write(_readable(records.as_json(told), file) + "\n")
            else:
                for table in _differing(told):
                    file.write(_laid_out(table, file) + "\n")
                for refused in told["refused"]:
                    changed_alone = refused["changed"][0]
                    for name in refused["changed"][1:]:
                        changed_alone = message("{names} and {name}", names=changed_alone, name=name)
                    sentence = message(
                        "no answer with {names} alone changed: {reason}", names=changed_alone, reason=refused["reason"]
                    )
                    file.write(_plain(sentence, file) + "\n")
        return
    for other in [name for name, given in (("--json", as_json), ("--scenarios", scenarios)) if as_csv and given]:
        sentence = message("{option} is for one answer: leave out {other}", option="--csv", other=other)
        accepted = message("{option} or {other}", option="--csv", other=other)
        raise Refusal("--csv", True, accepted, reason=sentence)
    if scenarios is None:
        answered = tables.run_ranges(asked, given, points, groups) if uncertain else tables.run(asked, given)
        with _writing(output) as file:
            if as_json:
                file.write(_readable(records.as_json(answered), file) + "\n")
            elif as_csv:
                described = {name: (message(one.meaning), one.unit) for name, one in asked.parameters.items()}
                file.write(_plain(records.as_csv(answered, described), file))
            else:
                from .comparison import compare

                default = tables.run(asked, {})["results"]
                columns = _ends(answered["results"]) if uncertain else {message("yours"): answered["results"]}
                file.write(_laid_out(compare({message("default"): default, **columns}), file) + "\n")
                for name, moves in answered.get("moves", {}).items():
                    file.write("\n" + _laid_out(_moved(asked, answered["results"][name], moves), file) + "\n")
        return
    if together:
        sentence = message("{option} is for one answer: leave out {other}", option="--together", other="--scenarios")
        raise Refusal("--together", together, "one answer", reason=sentence)
    if as_json:
        sentence = message("{option} is for one answer: leave out {other}", option="--json", other="--scenarios")
        accepted = message("{option} or {other}", option="--json", other="--scenarios")
        raise Refusal("--json", True, accepted, reason=sentence)
    refused, faults = _answer_table(asked, given, scenarios, output, points if ranges else None)
    if refused or faults:
        if faults:
            problems = message(
                'rows refused: {refused}, ended in a fault: {faults}; the reasons are in the column "{column}"',
                refused=refused,
                faults=faults,
                column="error",
            )
        else:
            problems = message(
                'rows refused: {refused}; the reasons are in the column "{column}"', refused=refused, column="error"
            )
        click.echo(f"llmcalc: {problems}", err=True)
        sys.exit(FAULT if faults else REFUSED)


@command.command()
@click.argument("question", shell_complete=_complete_question)
@click.argument("values", nargs=-1, metavar="[NAME=VALUES]...", shell_complete=_complete_value)
@click.option(
    "--objective", default="", metavar="NAMES", help="Results to be small, or large as max:NAME, with commas."
)
@click.option("--result", default="", metavar="NAMES", help="Further results whose quantiles are wanted.")
@click.option("--output", default="-", metavar="FILE", help="Where the front, or the best, goes: .csv or .parquet.")
@click.option("--samples", default=1000, show_default=True, help="Draws for each combination of lists and ranges.")
@click.option("--best", default=10, show_default=True, help="How many of the best are kept.")
@click.option("--seed", default=1, show_default=True, help="Of the draws.")
@click.option("--quantiles", default="10%,50%,90%", show_default=True, metavar="SHARES", help="What is printed.")
@click.option("--scheduler", metavar="WHERE", help="threads, processes, or a cluster's tcp://host:8786.")
@click.option("--workers", type=int, help="Threads or processes; as many as cores, if left out.")
@click.option("--resume", is_flag=True, help="Go on from what the same command has left.")
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON, with histograms.")
def sweep(question: str, values: tuple[str, ...], output: str, resume: bool, as_json: bool, **options: Any) -> None:
    """Answer QUESTION for every combination of lists, ranges and distributions.

    A value is one as in llmcalc answer, a list as [10,20,30], a range as 0.2..0.6:50 or 64..16384:log:200, or a
    distribution: "0.3 to 0.5", normal(2,0.3), lognormal(2,1.5), uniform(1,3), loguniform(1,3), triangular(1,2,4).

    \b
    Examples:
      llmcalc sweep training-gpus mfu=0.2..0.6:50 days=10..100:10
      llmcalc sweep training-cost mfu=0.2..0.6:50 days=5..90:log:200 "price_per_device_hour=normal(2,0.3)" \\
          --objective gpus,rent --output front.parquet

    Blocks of scenarios are reduced where they are computed, so that a billion takes no more memory than a thousand. A
    sweep that is stopped leaves what is finished beside its output, and goes on from there with --resume.
    """
    try:
        from . import sweep as sweeps
    except ModuleNotFoundError as missing:
        sentence = _needs("llmcalc sweep", missing.name, "pip install 'llmcalc[sweep]'")
        raise Refusal("sweep", missing.name, "an installed package", reason=sentence) from None
    _need_pyarrow("--output", output)
    shares = [_share(text) for text in options.pop("quantiles").split(",")]
    objectives, results = (_names(options.pop(name)) for name in ("objective", "result"))
    state = "sweep.part" if output == "-" else f"{output}.part"
    if os.path.exists(state) and not resume:
        sentence = message(
            "{file} holds what a stopped sweep has finished: give --resume to go on from it, or remove it", file=state
        )
        raise Refusal("--resume", False, "--resume", reason=sentence)
    bar = click.progressbar(length=1, label=message("scenarios"), file=sys.stderr, hidden=not sys.stderr.isatty())

    def told(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    started = _assignments(values)
    with bar:
        try:
            swept = sweeps.sweep(
                question,
                started,
                objectives,
                results,
                state=state,
                resume=state if resume else None,
                told=told,
                **options,
            )
        except sweeps.Interrupted as stopped:
            bar.render_finish()
            sentence = message("interrupted: {what}; the same command with --resume goes on from there", what=stopped)
            click.echo(f"llmcalc: {sentence}", err=True)
            sys.exit(INTERRUPTED)
    _tell_sweep(swept, output, shares, as_json)
    if swept.refused == swept.total:
        sys.exit(REFUSED)


def _needs(command: str, package: str | None, how: str) -> str:
    return message("{command} needs {package}: {how}", command=command, package=package, how=how)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _share(text: str) -> float:
    from .quantities import measure

    try:
        share = measure(text, "1")
    except Refusal:
        share = -1.0
    if not 0 <= share <= 1:
        raise Refusal("--quantiles", text, "shares from 0 to 1, e.g. 10%,50%,90%")
    return share


def _tell_sweep(swept: Any, output: str, shares: list[float], as_json: bool) -> None:
    several = len(swept.objectives) > 1
    rows = (swept.front() if several else swept.best()) if swept.objectives else {}
    if output != "-":
        _write_columns(output, {_headed(name, swept): column for name, column in rows.items()})
    if as_json:
        _say(_json(swept.to_dict(shares), sys.stdout))
        return
    from .formats import written

    counts = {"total": f"{swept.total:,}", "question": swept.question, "refused": f"{swept.refused:,}"}
    if swept.refused:
        _say(message("{total} scenarios of {question}, of which {refused} refused", **counts))
    else:
        _say(message("{total} scenarios of {question}", **counts))
    for reason in swept.reasons:
        _say(message("refused: {reason}", reason=reason))
    quantiles = [f"{100 * share:g} %" for share in shares]
    lines = [[message("result"), message("unit"), message("least"), *quantiles, message("most"), message("mean")]]
    for name in swept.results:
        numbers = [swept.quantile(name, share) for share in (0, *shares, 1)] + [swept.mean(name)]
        cells = ["–" if number is None else written(number, 4) for number in numbers]
        lines.append([swept.labels[name], _unit(swept.units[name]), *cells])
    click.echo("\n" + _laid_out(lines, sys.stdout))
    if not rows:
        return
    found = len(next(iter(rows.values())))
    if several:
        title = message("scenarios that no other one beats in all objectives: {count}", count=f"{found:,}")
    else:
        title = message("scenarios with the best {result}: {count}", result=swept.objectives[0], count=f"{found:,}")
    if found > SHOWN_ROWS:
        title = message("{title}, the first {shown} of them", title=title, shown=SHOWN_ROWS)
    _say("\n" + title)
    table = [list(map(str, rows))]
    for row in list(zip(*rows.values(), strict=True))[:SHOWN_ROWS]:
        table.append([cell if isinstance(cell, str) else "–" if cell is None else written(cell, 4) for cell in row])
    click.echo(_laid_out(table, sys.stdout, texts=0))


def _differing(told: dict[str, Any]) -> list[list[list[str]]]:
    """Tables of what differs between two answers, and of how much of each change belongs to which input."""
    from .differences import told as written_part
    from .formats import written

    first, second = told["first"]["parameters"], told["second"]["parameters"]
    inputs = [[message("input"), message("unit"), message("yours"), message("instead")]]
    for name in told["inputs"]:
        inputs.append([name, _unit(told["units"][name]), *(_value(values[name]) for values in (first, second))])
    heads = [message("result"), message("unit"), message("yours"), message("instead"), message("change")]
    # Translators: which part of a change is owed to an input.
    lines = [heads + [message("by {name}", name=name) for name in told["inputs"]]]
    for result in told["results"].values():
        ends = [written(result[end], 6) for end in ("first", "second")]
        parts = [written_part(result["kind"], result["parts"][name]) for name in told["inputs"]]
        lines.append(
            [result["label"], message(result["unit"]), *ends, written_part(result["kind"], result["change"]), *parts]
        )
    return [inputs, [[""]], lines]


def _value(value: Any) -> str:
    from .formats import written

    return str(value).lower() if isinstance(value, bool) else written(value, 6)


SHOWN_ROWS = 10


def _headed(name: str, swept: Any) -> str:
    return f"{name} [{swept.units[name]}]" if name in swept.units else name


def _write_columns(output: str, columns: dict[str, list[Any]]) -> None:
    if output.endswith(".parquet"):
        import pyarrow
        import pyarrow.parquet

        with _replacing(output) as path:
            pyarrow.parquet.write_table(pyarrow.table(columns), path)
        return
    with _writing(output) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


@command.command()
@click.argument("question", shell_complete=_complete_question)
@click.option("--answer", "of_answer", is_flag=True, help="Of what llmcalc answer QUESTION --json writes.")
def schema(question: str, of_answer: bool) -> None:
    """Print a JSON Schema (draft 2020-12) of QUESTION's parameters, or of its answer.

    \b
    Examples:
      llmcalc schema training-gpus
      llmcalc schema training-gpus --answer
    """
    from .questions import answer_schema, find, json_schema

    _say(_json((answer_schema if of_answer else json_schema)(find(question)), sys.stdout))


@command.command()
@click.argument("name", shell_complete=_complete_device)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def device(name: str, as_json: bool) -> None:
    """Print all that is known of a device, with its sources.

    \b
    Examples:
      llmcalc device "H100 SXM"
      llmcalc device 4090 --json
    """
    from . import catalogue, choosing
    from .formats import written

    described = catalogue.describe(catalogue.device(name) if choosing.is_own(name) else name)
    if as_json:
        _say(_json(described, sys.stdout))
        return
    lines = [
        [message("quantity"), message("value"), message("unit"), message("kind"), message("where"), message("source")]
    ]
    for quantity, fact in described["facts"].items():
        source = fact.get("link") or fact.get("source")  # numbers of one's own have neither
        value = written(fact["value"], 6)
        where = [str(fact.get(column) or "") for column in ("kind", "locator")]
        lines.append([quantity, value, message(fact["unit"]), *where, source or ""])
    _say(described["name"])
    click.echo(_laid_out(lines, sys.stdout, texts=6))
    for quantity, reason in described["missing"].items():
        _say(message("{quantity}: missing, because {reason}", quantity=quantity, reason=message(reason)))


@command.group()
def predict() -> None:
    """Predict measurements of one's own, or of others, row by row.

    \b
    Example:
      llmcalc predict training runs.csv --output predicted.csv
      llmcalc predict serving runs.csv --output predicted.csv
    """


@predict.command()
@click.argument("runs", metavar="RUNS.csv")
@click.option("--output", default="-", metavar="FILE", help="Where the predictions go; - is standard output.")
@click.option("--constants", metavar="FILE", help="Constants that llmcalc calibrate wrote, in place of those shipped.")
def training(runs: str, output: str, constants: str | None) -> None:
    """Predict the time of a step, and the memory, of the training runs in RUNS.csv.

    A row has the columns of data/training-runs.csv, as far as they are known; others are handed through. Behind its own
    columns stand the prediction with its range, what was assumed, and the reason where there is none.

    \b
    Example:
      llmcalc predict training runs.csv --output predicted.csv
    """
    from .prediction import calibration
    from .prediction.runs import predict_table

    with _own_rows(runs) as source, _writing(output) as target:
        predict_table(source, target, calibration.read(constants) if constants else None)


@command.command()
@click.argument("runs", metavar="MY_RUNS.csv")
@click.option("--output", required=True, metavar="FILE", help="Where the constants go.")
def calibrate(runs: str, output: str) -> None:
    """Fit the constants of predictions to one's own measured steps.

    MY_RUNS.csv has the columns of data/training-runs.csv, and step_seconds in every row. Predictions take the result
    with --constants.

    \b
    Example:
      llmcalc calibrate my_runs.csv --output mine.csv
    """
    from .prediction import calibration

    with _own_rows(runs) as source:
        rows = list(csv.DictReader(source))
    try:
        table, errors = calibration.calibrate(rows)
    except ModuleNotFoundError as missing:
        sentence = _needs("llmcalc calibrate", missing.name, "pip install 'llmcalc[calibration]'")
        raise Refusal("calibrate", missing.name, "an installed package", reason=sentence) from None
    with _replacing(output) as path:
        calibration.write(table, path)
    if errors:
        mean = 100 * sum(abs(error) for error in errors) / len(errors)
        sentence = message(
            "{runs} runs, each predicted from the others: {error} % off on average", runs=len(rows), error=f"{mean:.1f}"
        )
        _say(sentence)


@command.command()
@click.option("--chapters", default="", metavar="NAME,NAME...", help="Chapters to ask about; all, if none is named.")
@click.option("--minutes", default=90, metavar="N", help="Time allowed, 10 to 600; 90 by default.")
@click.option("--seed", default=1, metavar="N", help="What chooses questions and numbers; 1 by default.")
@click.option("--versions", default=1, metavar="N", help="Papers with the same questions and other numbers, 1 to 26.")
@click.option("--output", default="exam", metavar="FOLDER", help="Where papers and keys go; exam by default.")
@click.option("--pdf", "as_pdf", is_flag=True, help="Print them as PDF, with an installed Chromium or Chrome.")
def exam(chapters: str, minutes: int, seed: int, versions: int, output: str, as_pdf: bool) -> None:
    """Write papers of an exam and their keys, balanced by level, from the book's exercises.

    The pages are HTML and made to be printed; --pdf has a browser do so. The same arguments give the same exam.

    \b
    Examples:
      llmcalc exam --chapters training-gpus,memory --minutes 90 --seed 7 --versions 4
      llmcalc exam --minutes 45 --output midterm --pdf
    """
    from . import papers, teaching
    from .teaching import exams
    from .teaching.writing import LEVELS

    names = [name.strip() for name in chapters.split(",")] if chapters else teaching.chapters()
    made = exams.make(names, minutes, seed, versions)
    written = papers.write(made, output, as_pdf)
    by_level = [sum(each.level == level for each in made.exercises) for level in LEVELS]
    counts = ", ".join(
        message("{count} of level {level}", count=count, level=level)
        for level, count in zip(LEVELS, by_level, strict=True)
    )
    sentence = message(
        "{questions} questions ({counts}), {points} points; {files} files in {folder}",
        questions=len(made.exercises),
        counts=counts,
        points=made.points,
        files=len(written),
        folder=output,
    )
    _say(sentence)


@contextmanager
def _own_rows(runs: str) -> Any:
    """A reader's CSV, or the sentence why it cannot be read."""
    try:
        source = sys.stdin if runs == "-" else open(runs, encoding="utf-8-sig", newline="")  # noqa: SIM115
    except OSError as error:
        sentence = unreadable("RUNS", runs, error)
        raise Refusal("RUNS", runs, "a CSV file", reason=sentence) from None
    try:
        with source:
            yield source
    except (UnicodeDecodeError, csv.Error) as error:
        sentence = message(
            "{argument} = {value} is no CSV file: {reason}", argument="RUNS", value=repr(runs), reason=error
        )
        raise Refusal("RUNS", runs, "a CSV file", reason=sentence) from None


@predict.command()
@click.argument("runs", metavar="RUNS.csv")
@click.option("--output", default="-", metavar="FILE", help="Where the predictions go; - is standard output.")
def serving(runs: str, output: str) -> None:
    """Predict output tokens a second, and latencies, of the services in RUNS.csv.

    A row names model, gpu, tp, precision, isl and osl, and may give pp and ep, batch, concurrency, request_rate, or the
    requests that a benchmark sends at once; columns are found by their usual names. Behind its own columns stand the
    prediction with its range, the reason where there is none, and what was assumed where the row says nothing.

    \b
    Example:
      llmcalc predict serving runs.csv --output predicted.csv
    """
    from .prediction.serving import predict_table

    with _own_rows(runs) as source, _writing(output) as target:
        predict_table(source, target)


def _complete_model(ctx: Any, param: Any, incomplete: str) -> list[str]:
    from . import known_models

    return [name for name in known_models.names() if name.lower().startswith(incomplete.lower())]


@command.command()
@click.argument("name", metavar="NAME|config.json", shell_complete=_complete_model)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def model(name: str, as_json: bool) -> None:
    """Print what follows from a model's shape: parameters, cache, FLOP, weights by format.

    The model is one of the book's, or that of a config.json.

    \b
    Examples:
      llmcalc model "Llama 3 70B"
      llmcalc model ./config.json --json
    """
    from .models import description

    described = description.describe(_model(name))
    if as_json:
        described["source"] = _model_source(name, described["name"])
        _say(_json(described, sys.stdout))
        return
    _say(described["name"])
    lines = [[message("quantity"), message("value"), message("unit")]]
    for quantity, unit in MODEL_UNITS.items():
        value = described[quantity]
        for part, number in value.items() if isinstance(value, dict) else [("", value)]:
            counted = "token" if part == "context" else unit
            lines.append([f"{quantity} {part}".strip(), f"{number:,}", message(counted)])
    click.echo(_laid_out(lines, sys.stdout, texts=3))
    for sentence in described["assumed"]:
        _say(message("assumed: {sentence}", sentence=sentence))
    _say(message("source: {source}", source=_model_source(name, described["name"])))


def _complete_network(ctx: Any, param: Any, incomplete: str) -> list[str]:
    from . import known_networks

    return [name for name in known_networks.names() if name.startswith(incomplete.lower())]


@command.command()
@click.argument("name", shell_complete=_complete_network)
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--layers", "by_layer", is_flag=True, help="A row for each layer, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, layers included.")
def vision(name: str, values: tuple[str, ...], by_layer: bool, as_json: bool) -> None:
    """Count a vision network: parameters, multiply-accumulates, FLOP, activations.

    Settings are input_size (224, or height and width as 256x192), classes, and the multipliers width and depth of
    networks that have them.

    \b
    Examples:
      llmcalc vision EfficientNet-B0
      llmcalc vision resnet50 input_size=256x192 classes=10 --json
      llmcalc vision mobilenet_v2 width=1.4 --layers
    """
    from . import known_networks

    described = known_networks.describe(name, _assignments(values))
    if as_json:
        _say(_json(described, sys.stdout))
        return
    multipliers = [f"{word} × {described[word]:g}" for word in ("width", "depth") if described[word] != 1]
    pixels = message("{shape} pixels", shape=_shape(described["input"]))
    classes = message("classes: {classes}", classes=described["classes"])
    _say(", ".join([described["name"], pixels, classes, *multipliers]))
    lines = [[message("quantity"), message("value"), message("unit")]]
    lines += [[quantity, f"{described[quantity]:,}", _unit(unit)] for quantity, unit in known_networks.UNITS.items()]
    lines += [
        [message("MAC as {tool} counts", tool=tool), f"{count:,}", ""] for tool, count in described["tools"].items()
    ]
    click.echo(_laid_out(lines, sys.stdout, texts=3))
    counts = ["params", "macs", "attention_macs"]
    lines = [[message("kind"), message("layers"), *counts]]
    for kind, sums in described["kinds"].items():
        lines.append([message(kind), *(f"{sums[count]:,}" for count in ("layers", *counts))])
    click.echo("\n" + _laid_out(lines, sys.stdout, texts=1))
    if by_layer:
        lines = [[message("layer"), message("kind"), message("input"), message("output"), *counts]]
        for row in described["layers"]:
            shapes = [_shape(row["input"]), _shape(row["output"])]
            lines.append([row["name"], message(row["kind"]), *shapes, *(f"{row[count]:,}" for count in counts)])
        click.echo("\n" + _laid_out(lines, sys.stdout, texts=4))


def _shape(sides: Any) -> str:
    return " × ".join(map(str, sides))


MODEL_UNITS = {
    "params": "parameter",
    "active_params": "parameter",
    "kv_bytes_per_token": marked("byte/token"),
    "cache_bytes": "byte",
    "flop_per_token": marked("FLOP/token"),
    "weights": "byte",
}


def _is_file(name: str) -> bool:
    return name.endswith(".json") or os.path.isfile(name)


def _model(name: str) -> Any:
    if not _is_file(name):
        from . import known_models

        return known_models.model(name)
    from . import files
    from .models import configs

    return configs.from_config(files.own_text("model", name))


def _model_source(name: str, found: str) -> str:
    """Where a model's shape comes from."""
    if _is_file(name):
        return name
    from . import datasets

    for row in datasets.records("models"):
        if row["model"] == found:
            return f"{row['link']}, {row['locator']}"
    row = datasets.record("transformer-shapes", "model", found)
    return str(row["source"])


def _assignments(words: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            sentence = message(
                "{word} is no assignment: write name=value, without spaces around the equals sign", word=repr(word)
            )
            raise Refusal("name=value", word, "name=value", reason=sentence)
        if name in given:
            sentence = message("{argument} = {value} is given twice: give it once", argument=name, value=repr(value))
            raise Refusal(name, value, "each parameter once", reason=sentence)
        given[name] = value
    return given


def _ends(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Results with what is told of their spread as values, by what it is; texts stand in the middle alone."""
    spread = {name: result for name, result in results.items() if "median" in result}
    ends = {part: {name: spread[name] | {"value": spread[name][part]} for name in spread} for part in ("p10", "p90")}
    middle = {name: result | {"value": result.get("median", result["value"])} for name, result in results.items()}
    return {"p10": ends["p10"], message("median"): middle, "p90": ends["p90"]}


def _moved(question: Any, result: dict[str, Any], moves: list[dict[str, Any]]) -> list[list[str]]:
    from .formats import number

    moved = message("what moves: {result}", result=result["label"])
    lines = [[moved, message("unit"), message("at the low end"), message("at the high end")]]
    for row in moves:
        names = ", ".join(message(question.parameters[name].meaning) for name in row["names"])
        lines.append([names, message(result["unit"]), *(number(row[end], 6) for end in ("low", "high"))])
    return lines


def _answer_table(
    question: Any, common: dict[str, Any], source: str, output: str, points: int | None
) -> tuple[int, int]:
    """Answer a table row by row; return how many rows were refused, and how many ended in a fault."""
    from . import scenarios as tables

    _need_pyarrow("--scenarios", source)
    _need_pyarrow("--output", output)
    refused = faults = 0
    with _rows(source) as (rows, size, position):
        header = [str(cell).strip() for cell in next(rows, [])]
        if not header:
            sentence = message(
                "{argument} = {value} has no first line: give one of parameters' names",
                argument="--scenarios",
                value=repr(source),
            )
            raise Refusal("--scenarios", source, "a table with parameters' names in its first line", reason=sentence)
        table = tables.Table(question, header, common, points)
        with _table_writer(output, table) as write, _progress(size) as bar:
            for chunk in tables.answered(table, rows):
                write([row for row, _, _ in chunk])
                refused += sum(is_refused for _, is_refused, _ in chunk)
                faults += sum(is_fault for _, _, is_fault in chunk)
                bar.update(position() - bar.pos if size else len(chunk))
    return refused, faults


def _progress(size: int | None) -> Any:
    from itertools import count

    return click.progressbar(
        count(), length=size, label=message("scenarios"), file=sys.stderr, hidden=not sys.stderr.isatty()
    )


def _need_pyarrow(argument: str, path: str) -> None:
    if not path.endswith(".parquet"):
        return
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        sentence = message(
            "{argument} = {value} needs {package}: install it with '{how}', or give a .csv",
            argument=argument,
            value=repr(path),
            package="pyarrow",
            how="pip install pyarrow",
        )
        raise Refusal(argument, path, "a .csv file, or pyarrow", reason=sentence) from None


@contextmanager
def _rows(source: str) -> Any:
    """Rows of a table, its header first, its size, and how much of it is read."""
    from . import scenarios as tables

    try:
        opened = sys.stdin.buffer if source == "-" else open(source, "rb")  # noqa: SIM115
    except OSError as error:
        sentence = unreadable("--scenarios", source, error)
        raise Refusal("--scenarios", source, "a file that can be read", reason=sentence) from None
    try:
        if source.endswith(".parquet"):
            yield _parquet_rows(opened, source), None, lambda: 0
            return
        import io

        text = io.TextIOWrapper(opened, encoding="utf-8-sig", newline="")
        size = None if source == "-" else os.fstat(opened.fileno()).st_size or None
        yield tables.csv_rows(text, source), size, opened.tell
        text.detach()
    finally:
        if source != "-":
            opened.close()


def _parquet_rows(file: Any, name: str) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(file)
        yield table.schema_arrow.names
        for batch in table.iter_batches(batch_size=10_000):
            for row in batch.to_pylist():
                yield list(row.values())
    except pyarrow.ArrowException as error:
        sentence = unreadable("--scenarios", name, " ".join(str(error).split()))
        raise Refusal("--scenarios", name, "a Parquet file", reason=sentence) from None


@contextmanager
def _table_writer(output: str, table: Any) -> Any:
    from . import scenarios as tables

    if not output.endswith(".parquet"):
        with _writing(output) as file:
            yield tables.csv_writer(file, table.columns)
        return
    import pyarrow
    import pyarrow.parquet

    kinds = [pyarrow.string()] * len(table.header)
    kinds += [pyarrow.string() if name in table.texts else pyarrow.float64() for name in table.results]
    form = pyarrow.schema(list(zip(table.columns, [*kinds, pyarrow.string()], strict=True)))
    with _replacing(output) as path, pyarrow.parquet.ParquetWriter(path, form) as writer:

        def write(rows: list[list[Any]]) -> None:
            columns = [
                pyarrow.array([_typed(cell, kind) for cell in cells], kind)
                for cells, kind in zip(zip(*rows, strict=True), form.types, strict=True)
            ]
            writer.write_table(pyarrow.table(columns, schema=form))

        yield write


def _typed(cell: Any, kind: Any) -> Any:
    if cell is None:
        return None
    if str(kind) == "string":
        return str(cell)
    return cell if isinstance(cell, float) else None  # where no number suffices, there is none


@contextmanager
def _writing(output: str) -> Any:
    """A text file to write to: whole when all went well, and as it was otherwise."""
    if output == "-":
        yield sys.stdout
        return
    with _replacing(output) as path, open(path, "w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def _replacing(output: str) -> Any:
    target = os.path.realpath(output)
    if os.path.exists(target) and not os.path.isfile(target):
        if os.path.isdir(target):
            sentence = message("{argument} = {value} is a folder: give a file", argument="--output", value=repr(output))
            raise Refusal("--output", output, "a file", reason=sentence)
        yield target  # a device or a pipe is written to as it is
        return
    temporary = f"{target}.{os.getpid()}.part"
    try:
        open(temporary, "xb").close()
    except OSError as error:
        sentence = unwritable("--output", output, error)
        raise Refusal("--output", output, "a file that can be written", reason=sentence) from None
    try:
        yield temporary
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _unit(unit: str) -> str:
    return "" if unit == "1" else message(unit)


def _json(value: Any, file: Any) -> str:
    ascii_only = "utf" not in (getattr(file, "encoding", None) or "utf-8").lower()
    return json.dumps(value, ensure_ascii=ascii_only, indent=2, allow_nan=False)


def _readable(text: str, file: Any) -> str:
    """A text of JSON in what a file's encoding can write."""
    if "utf" in (getattr(file, "encoding", None) or "utf-8").lower():
        return text
    return "".join([letter if letter.isascii() else json.dumps(letter)[1:-1] for letter in text])


def _say(text: str) -> None:
    click.echo(_plain(text, sys.stdout))


def _laid_out(lines: list[list[str]], file: Any, texts: int = 2) -> str:
    from .comparison import as_text

    return as_text([[_plain(cell, file) for cell in line] for line in lines], texts)


def _plain(text: str, file: Any) -> str:
    """A text in what a file's encoding can write: powers of ten as 3e23."""
    encoding = getattr(file, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = _POWER.sub(lambda found: "e" + found[1].translate(_SUPERSCRIPTS), text).replace("–", "-")
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _refuse(refusal: Refusal, as_json: bool) -> None:
    if not as_json:
        click.echo(_plain(f"llmcalc: {' '.join(str(refusal).split())}", sys.stderr), err=True)
        return
    value = refusal.value
    if not isinstance(value, (str, int, float, bool)) or value != value or value in (float("inf"), -float("inf")):
        value = None if value is None else repr(value)
    error = {
        "argument": refusal.argument,
        "value": value,
        "unit": refusal.unit,
        "accepted": refusal.accepted,
        "message": str(refusal),
    }
    click.echo(_json({"error": error}, sys.stderr), err=True)


def _as_refusal(error: click.ClickException) -> Refusal:
    argument = getattr(error, "option_name", None) or getattr(getattr(error, "param", None), "name", None) or "command"
    sentence = " ".join(error.format_message().split()).rstrip(".")
    sentence = message("{sentence} (see {command})", sentence=sentence, command="llmcalc --help")
    return Refusal(argument, None, "arguments as llmcalc --help shows them", reason=sentence)


def run(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: every error is one line."""
    as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    try:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")
        command.main(arguments, prog_name="llmcalc", standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAULT
    except Refusal as refusal:
        _refuse(refusal, as_json)
        return REFUSED
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("llmcalc: " + message("interrupted"), err=True)
        return INTERRUPTED
    except click.ClickException as error:
        _refuse(_as_refusal(error), as_json)
        return REFUSED
    except BrokenPipeError:
        # Whoever read the output has enough; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as fault:
        sentence = message("fault: {kind}: {fault}", kind=type(fault).__name__, fault=" ".join(str(fault).split()))
        click.echo(f"llmcalc: {sentence}", err=True)
        return FAULT
    return 0


def main() -> None:
    """Run the command and end with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
