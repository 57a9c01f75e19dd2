"""Papers of an exam and their keys, as pages to print: HTML, or PDF where a browser is at hand."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from html import escape
from pathlib import Path

from .checks import Refusal
from .files import unwritable
from .formats import counted
from .messages import marked, message
from .teaching.exams import MINUTES, Exam
from .teaching.telling import percent, told
from .teaching.writing import LEVELS, Posed

VERSIONS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SECONDS_TO_PRINT = 120
ROOM = {1: 2.5, 2: 6, 3: 4}  # cm to write in, by level
STYLE = """\
@page { size: A4; margin: 18mm; }
body { color: #000; background: #fff; font: 11pt/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 174mm; }
h1 { font-size: 16pt; margin: 0; }
h2 { font-size: 12pt; margin: 8mm 0 2mm; }
.about { border-bottom: 1px solid #000; margin: 2mm 0 4mm; padding-bottom: 2mm; }
.names { display: flex; gap: 8mm; margin: 5mm 0; }
.names span { border-bottom: 1px solid #000; flex: 1; padding-bottom: 1mm; }
section { break-inside: avoid; margin: 0 0 4mm; }
section p { margin: 0 0 1.5mm; }
section h3 { display: flex; font-size: 11pt; justify-content: space-between; margin: 0 0 1mm; }
.answer { border-bottom: 1px dotted #000; display: inline-block; min-width: 50mm; }
ol.options { list-style: lower-alpha; margin: 0 0 2mm; }
.options li::marker { font-weight: bold; }
ul, ol { margin: 0 0 2mm; padding-left: 7mm; }
table { border-collapse: collapse; margin: 2mm 0; }
td, th { border: 1px solid #555; padding: 0.5mm 2mm; text-align: left; }
"""
RULES = marked(
    "Peaks are dense; a multiply-accumulate (MAC) is two FLOP; GB is 10⁹ bytes and GiB 2³⁰. "
    "Show your steps, and give every answer with its unit. A calculator is allowed."
)


def paper(exam: Exam, version: int) -> str:
    """Return a version's paper as a page of HTML.

    Parameters
    ----------
    exam : Exam
        The exam.
    version : int
        Which version, from 0 [1].
    """
    name, date = message("Name:"), message("Date:")
    parts = [
        _heading(exam, _exam_title(version)),
        f'<p class="names"><span>{escape(name)}</span><span>{escape(date)}</span></p>',
        f"<p>{escape(message(RULES))}</p>",
    ]
    for number, posed, heading in _numbered(exam, version):
        parts.append(
            heading + f"<section>{_title(number, posed)}<p>{posed.shown()['text']}</p>{_room(posed)}</section>"
        )
    return _page(_exam_title(version), parts)


def key(exam: Exam, version: int) -> str:
    """Return a version's key as a page of HTML: answers, what is accepted, steps, and what mistakes lead to.

    Parameters
    ----------
    exam : Exam
        The exam.
    version : int
        Which version, from 0 [1].
    """
    title = message("Key, version {version}", version=VERSIONS[version])
    points = message(
        "A right result with its steps has all points. A result that one of the mistakes below leads to shows that "
        "the rest was right: half of the points. Steps without a result: a quarter for each right one, up to half."
    )
    parts = [_heading(exam, title), _summary(exam, version), f"<p>{escape(points)}</p>"]
    for number, posed, heading in _numbered(exam, version):
        steps = "".join(f"<li>{step}</li>" for step in posed.shown()["steps"])
        parts.append(
            f"{heading}<section>{_title(number, posed)}<p>{posed.shown()['text']}</p>"
            f"<p><strong>{escape(_answer(posed))}</strong>{escape(_accepted(posed))}</p>"
            f"<ol>{steps}</ol>{_mistakes(posed)}"
            f"<p><small>{escape(_source(posed))}</small></p></section>"
        )
    return _page(title, parts)


def write(exam: Exam, folder: "str | Path", as_pdf: bool = False) -> "list[Path]":
    """Write papers and keys of all versions into a folder, and return the files.

    Parameters
    ----------
    exam : Exam
        The exam.
    folder : str or Path
        Where to; it is made if there is none. Files of the same names are replaced.
    as_pdf : bool
        Whether to have a browser print them.

    Raises
    ------
    Refusal
        If the folder cannot be written to, or a PDF is wanted and there is no browser.
    """
    browser = find_browser() if as_pdf else None
    if as_pdf and browser is None:
        sentence = message(
            "--pdf needs a browser: install Chromium or Chrome, name one in BROWSER, or print the pages without --pdf"
        )
        raise Refusal("--pdf", True, "an installed browser", reason=sentence)
    target, written = Path(folder), []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for version in range(len(exam.versions)):
            for name, page in (("paper", paper(exam, version)), ("key", key(exam, version))):
                path = target / f"{name}-{VERSIONS[version]}.{'pdf' if as_pdf else 'html'}"
                if browser:
                    print_page(browser, page, path)
                else:
                    path.write_text(page, encoding="utf-8")
                written.append(path)
    except OSError as error:
        sentence = unwritable("--output", str(folder), error)
        raise Refusal("--output", str(folder), "a folder that can be written", reason=sentence) from None
    return written


def find_browser() -> "str | None":
    """Return the path of a browser that prints: the one that BROWSER names, or one on the PATH."""
    named = os.environ.get("BROWSER")
    for candidate in (named, *BROWSERS) if named else BROWSERS:
        if found := shutil.which(candidate):
            return found
    return None


def print_page(browser: str, page: str, target: Path) -> None:
    """Have a browser print a page of HTML.

    Raises
    ------
    Refusal
        If it prints nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8")
        # The superuser's browser has no sandbox; the page is made here and has no scripts, so that it needs none.
        flags = [
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--no-pdf-header-footer",
        ]
        flags += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [browser, *flags, f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}", source.as_uri()]
        with suppress(subprocess.TimeoutExpired):  # it has printed nothing, and that is said
            subprocess.run(command, capture_output=True, timeout=SECONDS_TO_PRINT, check=False)
        if not made.exists():
            sentence = message("--pdf: {browser} printed nothing; print the pages without --pdf", browser=browser)
            raise Refusal("--pdf", browser, "a browser that prints", reason=sentence)
        shutil.copyfile(made, target)


def _page(title: str, parts: "list[str]") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _exam_title(version: int) -> str:
    return message("Exam, version {version}", version=VERSIONS[version])


def _source(posed: Posed) -> str:
    return message("{exercise}, seed {seed}", exercise=posed.exercise.name, seed=posed.seed)


def _heading(exam: Exam, title: str) -> str:
    about = message(
        "{minutes} minutes, {points} points. Chapters: {chapters}",
        minutes=exam.minutes,
        points=exam.points,
        chapters=", ".join(sorted({exercise.chapter for exercise in exam.exercises})),
    )
    seed = message("(seed {seed})", seed=exam.seed)
    return f'<h1>{escape(title)}</h1><p class="about">{escape(about)} <small>{escape(seed)}</small></p>'


def _numbered(exam: Exam, version: int) -> "list[tuple[int, Posed, str]]":
    """Questions with their numbers, and with the heading of a level where one begins."""
    found, level = [], 0
    for number, posed in enumerate(exam.versions[version], start=1):
        heading = "" if posed.exercise.level == level else f"<h2>{message(LEVELS[posed.exercise.level])}</h2>"
        level = posed.exercise.level
        found.append((number, posed, heading))
    return found


def _title(number: int, posed: Posed) -> str:
    question = message("Question {number}", number=number)
    points = message("{points} points", points=MINUTES[posed.exercise.level])
    return f"<h3><span>{question}</span><span>{points}</span></h3>"


def _options(posed: Posed) -> str:
    return '<ol class="options">' + "".join(f"<li>{escape(option)}</li>" for option in posed.options) + "</ol>"


def _room(posed: Posed) -> str:
    """Where to write: a space for the steps, and the answer with its unit."""
    space = f'<div style="height: {ROOM[posed.exercise.level]}cm"></div>'
    if posed.kind == "numeric":
        line = f'<span class="answer"></span> {escape(counted(posed.exercise.unit, 2))}'
        answer = message("Answer: {line}", line=line)
        return f"{space}<p>{answer}</p>"
    if posed.kind == "choice":
        asked = message("The letter, and why in two sentences:")
    else:
        asked = message("The letters in order, the first first, and why:")
    return f"{_options(posed)}<p>{asked}</p>{space}"


def _answer(posed: Posed) -> str:
    if posed.kind == "numeric":
        return posed.solution()
    return message("{letters}: {texts}", letters=posed.solution(), texts=_words(posed))


def _words(posed: Posed) -> str:
    return str(posed.key) if posed.kind == "choice" else "; ".join(posed.key)


def _accepted(posed: Posed) -> str:
    if posed.kind != "numeric":
        return ""
    tolerance = posed.exercise.tolerance
    if not tolerance:
        return " " + message("exactly")
    low, high = (told(posed.key * factor) for factor in (1 - tolerance, 1 + tolerance))
    accepted = message(
        "(accepted: {low} to {high}, which is {share} to either side)", low=low, high=high, share=percent(tolerance)
    )
    return f" {accepted}"


def _mistakes(posed: Posed) -> str:
    rows = [
        (told(value) if posed.kind == "numeric" else posed.letters([value]), said)
        for value, said in posed.shown_mistakes()
    ]
    if not rows:
        return ""
    cells = "".join(f"<tr><td>{escape(value)}</td><td>{said}</td></tr>" for value, said in rows)
    heads = "".join(f'<th scope="col">{message(head)}</th>' for head in (marked("Instead"), marked("Mistake")))
    return f"<table><tr>{heads}</tr>{cells}</table>"


def _summary(exam: Exam, version: int) -> str:
    """All answers at a glance."""
    cells = "".join(
        f"<tr><td>{number}</td><td>{escape(posed.solution())}</td><td>{MINUTES[posed.exercise.level]}</td></tr>"
        for number, posed, _ in _numbered(exam, version)
    )
    heads = "".join(
        f'<th scope="col">{message(head)}</th>' for head in (marked("Question"), marked("Answer"), marked("Points"))
    )
    return f"<table><tr>{heads}</tr>{cells}</table>"
