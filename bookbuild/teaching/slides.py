"""Slides of every chapter, made of its finished page, so that no number is typed a second time.

A page's sections become slides: what a paragraph says first, formulas, sentences with computed numbers, tables and
figures. What is said in full goes into the notes. Three exercises of the chapter, one a level, come with hints and
solutions. An author decides by a cell's tag, or by the class of what is none: ``slide`` makes one, ``no-slide`` none.
"""

import base64
import hashlib
import html
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import lxml.html
from lxml import etree

from bookbuild import browser, build, edition, notebooks, scratch
from bookbuild.calculator import calculators, exercises
from bookbuild.notebooks import BUILD
from bookbuild.site import mathematics, pages, pdf, staging
from bookbuild.site.remembered import Remembered
from bookbuild.teaching import course
from bookbuild.templates import TEMPLATES
from llmcalc import teaching
from llmcalc.formats import counted, in_words, number
from llmcalc.messages import marked, message
from llmcalc.questions import questions
from llmcalc.report.ledger import verdict
from llmcalc.teaching.telling import told
from llmcalc.teaching.writing import LETTERS, LEVELS, Posed

SOURCES = Path(__file__).parent
REVEAL = calculators.PACKAGES / "reveal.js"
FOLDER = "slides"
FEWEST, MOST = 15, 25
ROOM = 23  # what is left to an author, who may ask for more than the rules choose
# What fits on a slide of text: its points, and the letters of one and of all.
POINTS, LETTERS_OF_A_POINT, LETTERS_OF_ALL = 5, 330, 900
LITTLE, LETTERS_OF_A_SHORT_ONE = 450, 220  # for which more than first sentences are shown, and of each of these
SHORT_CELL, LONG = 16, 24  # letters of a cell that stays on one line, and of one that needs several
FEW = 2  # paragraphs, of which more than the first sentence fits
MISTAKES, ERRATA = 3, 4
RESULTS, CHOSEN = 8, 6  # of an answer that are read at a glance; of more, so many that matter
COLUMNS = 8  # of a table that are read at a glance; of more, those whose cells are all alike are said in a line
# What a chapter can do without when it has more slides than there are minutes: the higher, the sooner.
ASKED_FOR, SHOWN, DERIVED, SAID, PRINTED, FURTHER = range(6)

ANSWER = marked("The answer")
SENTENCE = re.compile(r"(?<=[.!?])[”’)]?\s+(?=[“‘(A-Z0-9$\ue000-\uf8ff])")
# A full stop after these ends no sentence.
SHORT = re.compile(r"(?:\b(?:e\.g|i\.e|et al|vs|fig|Fig|no|No|p|pp|cf|approx|St|resp)|\b[A-Z])\.$")
NUMBERS = re.compile(r"-?[\d.,]+(?: × 10[⁰¹²³⁴-⁹⁻]+)?")
POWER = re.compile(r"(\d) × 10(?=[⁰¹²³⁴-⁹⁻])")
TAG = re.compile(r"<[^>]+>")
# A sentence that points to what stands elsewhere on the page makes no sense on a slide.
ELSEWHERE = re.compile(
    r"\b[Bb]elow,|\b(?:above|below)(?=[.:;]| are\b| is\b)"
    r"|\b(?:[Tt]his|such a?) ?(?:table|figure|chart)s?\b|\b[Tt]he (?:table|figure) (?:shows|combines)\b"
    r"|\b(?:next|last|first|following|other two|first two) (?:tables?|figures?|rows?|columns?)\b|\bthe column <em>"
)
UNIT = re.compile(r"\[[^\]<]{1,16}\]")
RIGHT = re.compile(r"\.(col\d+)\s*\{\s*text-align: right")
SPEAKER = re.compile(r"<script>(.*?)<\\/script>", re.DOTALL)
EXERCISES = "exercises"  # a section of which the slides have their own, as they have of what is practised
FROM = marked(
    "Slides of the book <cite>How much compute do I need?</cite> "
    'Every number is computed in <a href="../notebooks/{name}.html">its chapter</a>.'
)
CHAPTER = re.compile(r'<a href="\.\./notebooks/[^"]+">(.*?)</a>')
WITHOUT = ("line", "note", "link")
ALIEN = "script | style | a[@class='headerlink'] | button | form | input | details | span[@class='caption-number']"


class SlidesError(Exception):
    """A chapter's slides are too few or too many."""


@dataclass
class Slide:
    """One slide: its heading, its contents and notes as HTML, how it is laid out, and how easily it is done without."""

    title: str
    body: str
    notes: list[str] = field(default_factory=list)
    kind: str = "text"
    above: str = ""
    rank: int = ASKED_FOR


@dataclass
class Section:
    """A section of a page: its heading, the one above it, and what stands in it, by kind."""

    title: str
    above: str
    blocks: list[tuple[str, Any]] = field(default_factory=list)


def deck(name: str, article: Any, errata: list[dict[str, Any]], ledger: list[dict[str, Any]]) -> list[Slide]:
    """Return the slides of a chapter, of its page's article and what its ledger found."""
    found = sections(article)
    first, others = found[1], found[2:]
    posed = {each.exercise.level: each for each in reversed(chosen(name))}
    levels = {level: message(text) for level, text in LEVELS.items()}
    before = [
        _title(name, found[0]),
        _outcomes(name),
        _question(posed[1], message("Estimate first")),
        _solution(posed[1]),
        *_answer(first),
    ]
    content = [slide for section in others for slide in _of_section(section)]
    after = [
        *_errata(errata, ledger),
        *(slide for level in (2, 3) for slide in (_question(posed[level], levels[level]), _solution(posed[level]))),
        _last(name, first, others),
    ]
    slides = [*before, *_within(content, ROOM - len(before) - len(after)), *after]
    if not FEWEST <= len(slides) <= MOST:
        raise SlidesError(f"{name}: {len(slides)} slides, and a chapter has {FEWEST} to {MOST}; tag cells with slide")
    return slides


def _within(slides: list[Slide], most: int) -> list[Slide]:
    """Leave out what a chapter can do without, from the end, until there is time for the others."""
    kept = list(slides)
    while len(kept) > most and (worst := max(slide.rank for slide in kept)) > ASKED_FOR:
        kept.remove([slide for slide in kept if slide.rank == worst][-1])
    return kept


def chosen(name: str) -> list[Posed]:
    """Return three exercises of a chapter with their numbers: the first of each level."""
    all_of_them = teaching.chapter(name).exercises
    return [next(each for each in all_of_them if each.level == level).pose(exercises.FIRST_SEED) for level in LEVELS]


# What stands in a page.


def sections(article: Any) -> list[Section]:
    """Return the sections of an article in their order: its title with what it is about, its answer, and the others."""
    [top] = article.xpath("./section[1]")
    found = [Section(_heading(top), ""), Section(message(ANSWER), "")]
    _gather(top, found, "")
    title, answer = found[:2]
    title.blocks = [entry for entry in answer.blocks if entry[0].endswith("text")][:1]
    answer.blocks = [entry for entry in answer.blocks if entry not in title.blocks]
    return found


def _gather(element: Any, found: list[Section], above: str) -> None:
    for child in element:
        classes = _classes(child)
        if "no-slide" in classes or "tag_no-slide" in classes or not isinstance(child.tag, str):
            continue
        if child.tag == "section":
            if child.get("id") == EXERCISES or any(name.endswith("-practice") for name in child.xpath("./span/@id")):
                continue
            title = _heading(child)
            found.append(Section(title, above))
            _gather(child, found, title)
        elif "cell" in classes:
            wanted = "tag_slide" in classes
            for block in _of_cell(child):
                found[-1].blocks.append((f"wanted {block[0]}" if wanted else block[0], block[1]))
        elif child.tag in ("p", "ul", "ol"):
            if "terms" in classes:
                continue
            kind = "wanted text" if "slide" in classes else "text"
            found[-1].blocks.append((kind, child))
        elif "math" in classes:
            found[-1].blocks.append(("formula", child))
        elif child.tag == "div" and {"admonition", "exercise", "solution"}.isdisjoint(classes):
            _gather(child, found, above)
        elif {"note", "tip", "warning", "important"} & classes:
            found[-1].blocks += [("text", paragraph) for paragraph in child.xpath("./p[not(@class)]")]


def _of_cell(cell: Any) -> Iterator[tuple[str, Any]]:
    for output in cell.xpath("./div[contains(@class, 'cell_output')]"):
        for part in output.iter():
            if not isinstance(part.tag, str) or any(above.tag == "details" for above in part.iterancestors()):
                continue
            if (part.tag in ("p", "ul", "ol") and part.getparent() is output) or "answer-sentence" in _classes(part):
                yield "said", part
            elif part.tag == "table" and not part.xpath("ancestor::form"):
                yield "table", part
            elif part.tag == "figure":
                yield "figure", part
            elif "guess" in _classes(part):
                yield "guess", part
            elif part.tag == "div" and "math" in _classes(part):
                yield "formula", part


def _classes(element: Any) -> set[str]:
    return set((element.get("class") or "").split())


def _heading(section: Any) -> str:
    return _inner(section.xpath("./*[self::h1 or self::h2 or self::h3 or self::h4]")[0])


# Slides of a section.


def _of_section(section: Section) -> Iterator[Slide]:
    """Yield a slide of what a section says, if it derives or computes, and one for each table and figure.

    Where it only leads to a table or figure, its first sentence stands above that.
    """
    kinds = {kind.removeprefix("wanted ") for kind, _ in section.blocks}
    spoken = [(kind, block) for kind, block in section.blocks if kind.removeprefix("wanted ") in SPOKEN]
    wanted = any(kind.startswith("wanted ") for kind, _ in spoken)
    lead = ""
    if spoken and (wanted or kinds & {"formula", "said"} or not kinds & {"table", "figure"}):
        rank = ASKED_FOR if wanted else DERIVED if "formula" in kinds else SAID
        points = "".join(_points(spoken, 0))
        if len(plain(points)) < LITTLE:
            points = "".join(_points(spoken, LETTERS_OF_A_SHORT_ONE))
        yield Slide(section.title, points, _notes(spoken), above=section.above, rank=rank)
    elif spoken and "table" in kinds:
        lead = f'<p class="lead">{beginning(_inner(spoken[0][1]), 0)}</p>'
    tables = 0
    for place, (kind, block) in enumerate(section.blocks):
        shown = kind.removeprefix("wanted ")
        if shown not in MAKERS:
            continue
        near = [entry for entry in section.blocks[max(0, place - 2) : place + 2] if entry[0].endswith(("text", "said"))]
        slide = MAKERS[shown](block)
        slide.above = section.title if plain(section.title) != plain(slide.title) else ""
        slide.notes, slide.rank = _notes(near), SHOWN
        if shown == "table":
            first = PRINTED if "rinted" in section.title or "prints" in section.title else SAID
            slide.rank = FURTHER if tables else first
            tables += 1
        if kind != shown:
            slide.rank = ASKED_FOR
        if shown == "table":
            slide.body = lead + slide.body
        lead = ""  # it leads to what comes first
        yield slide


SPOKEN = ("text", "said", "formula")


def _points(blocks: list[tuple[str, Any]], least: int) -> Iterator[str]:
    """Yield what fits on a slide: formulas, of what was computed all that fits, and how paragraphs begin.

    That is their first sentence, and more where it leaves a number of letters.
    """
    left, points = LETTERS_OF_ALL, 0
    for kind, block in _chosen_points(blocks):
        if kind.endswith("formula"):
            yield f'<div class="formula">{_outer(block)}</div>'
            left -= 150
            continue
        parts = block.xpath("./li") if block.tag in ("ul", "ol") else [block]
        for part in parts:
            part = next(iter(part.xpath("./p")), part)
            most = LETTERS_OF_A_POINT if kind.endswith("said") or len(blocks) <= FEW else least
            text = beginning(_inner(part), most)
            if part is parts[-1] and _is_near(blocks, block, 1):
                text = _leading(text, _inner(part))
            elif not (_whole(plain(text)) or (part is parts[0] and _goes_on(blocks, block, text))):
                continue
            size = len(plain(text))
            if points == POINTS or size > left:
                return
            if size:
                yield f'<p class="point {"computed" if kind.endswith("said") else ""}">{text}</p>'
                left -= size
                points += 1


def _whole(text: str) -> bool:
    """Whether a text makes sense by itself: it neither goes on from a formula nor leads to what is not on the slide."""
    return bool(text) and not text[0].islower() and not text.endswith(":")


def _leading(text: str, whole: str) -> str:
    """Return how a paragraph before a formula begins, with its last sentence, which says what the letters mean."""
    last = _sentences(whole)[-1]
    return text if ELSEWHERE.search(last) or text.endswith(last) else f"{text} {last}".strip()


def _goes_on(blocks: list[tuple[str, Any]], block: Any, text: str) -> bool:
    """Whether a text is the end of a sentence that a formula stands in, which says what the formula's letters mean."""
    return _is_near(blocks, block, -1) and bool(text) and plain(text)[0].islower() and not text.endswith(":")


def _is_near(blocks: list[tuple[str, Any]], block: Any, step: int) -> bool:
    """Whether a formula stands so many blocks after a block."""
    place = next(number for number, entry in enumerate(blocks) if entry[1] is block) + step
    return 0 <= place < len(blocks) and blocks[place][0].endswith("formula")


def _chosen_points(blocks: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return those blocks that go onto a slide: all if they are few, else what begins in bold, computes or derives."""
    if sum(kind != "formula" for kind, _ in blocks) <= POINTS:
        return blocks
    bold = [
        (kind, block)
        for kind, block in blocks
        if not kind.endswith("text")
        or kind.startswith("wanted")
        or _is_near(blocks, block, 1)
        or (len(block) and block[0].tag == "strong" and not (block.text or "").strip())
    ]
    return bold if sum(kind != "formula" for kind, _ in bold) >= 2 else blocks


def _table(table: Any) -> Slide:
    caption = table.find("caption")
    title = _inner(caption) if caption is not None else ""
    return Slide(title, slide_table(table), kind="table")


def slide_table(table: Any) -> str:
    """Return a table for a slide: aligned by classes, without its caption and without what only a page has room for."""
    copy = deepcopy(table)
    style = "".join(table.xpath("preceding-sibling::style[1]/text()"))
    right = set(RIGHT.findall(style))
    heads = [" ".join(cell.text_content().split()) for cell in copy.xpath(".//thead/tr[1]/th")]
    for cell in copy.xpath(".//th | .//td"):
        column = next((name for name in _classes(cell) if re.fullmatch(r"col\d+", name)), "")
        if column and column[3:].isdigit() and int(column[3:]) < len(heads) and heads[int(column[3:])] in WITHOUT:
            cell.getparent().remove(cell)
            continue
        size = len(" ".join(cell.text_content().split()))
        number = column in right or {"text-right", "right"} & _classes(cell) or "right" in (cell.get("style") or "")
        kept = {name: cell.get(name) for name in ("colspan", "rowspan", "scope", "lang") if cell.get(name)}
        for name in list(cell.attrib):
            del cell.attrib[name]
        marks = [
            mark for mark, holds in (("number", number), ("short", size <= SHORT_CELL), ("long", size > LONG)) if holds
        ]
        cell.attrib.update(kept | ({"class": " ".join(marks)} if (marks and cell.tag == "td") or number else {}))
    for caption in copy.xpath("./caption"):
        copy.remove(caption)
    headline = "headline" in _classes(copy)
    same = _without_the_same(copy)
    for name in list(copy.attrib):
        del copy.attrib[name]
    if headline:
        copy.set("class", "headline")
    head, body, rest = _outer(copy).partition("</thead>")
    return (UNIT.sub('<span class="unit">\\g<0></span>', head) if body else head) + body + rest + same


def _without_the_same(table: Any) -> str:
    """Take columns whose cells are all alike out of a table that has many, and return a line that says so."""
    rows = [list(row) for row in table.xpath(".//tr")]
    if len(rows) < 3 or len(rows[0]) <= COLUMNS or table.xpath(".//*[@colspan or @rowspan]"):
        return ""
    said = []
    for name, *cells in zip(*rows, strict=True):
        texts = {" ".join(cell.text_content().split()) for cell in cells}
        if len(texts) == 1:
            said.append(f"{html.escape(' '.join(name.text_content().split()))} {html.escape(texts.pop())}")
            for cell in (name, *cells):
                cell.getparent().remove(cell)
    told_once = message("The same in all rows: {columns}.", columns=", ".join(said))
    return f'<p class="same">{told_once}</p>' if said else ""


def _figure(figure: Any) -> Slide:
    [picture] = figure.xpath(".//img")[:1]
    caption = re.sub(r"\.(</span>)?$", r"\1", beginning(_inner(figure.xpath(".//figcaption/p")[0]), 0))
    alternative = html.escape(picture.get("alt") or "", quote=True)
    picture = f'<div class="picture"><img src="{picture.get("src")}" alt="{alternative}"></div>'
    return Slide(caption, picture, kind="figure")


def _guess(guess: Any) -> Slide:
    question = "".join(part.tail or "" for part in guess.xpath("./p/strong")).strip()
    answer = guess.xpath("./details/p")[0].text_content()
    low, high = int(guess.get("data-low")), int(guess.get("data-high"))
    marks = "".join(f"<li>10<sup>{power}</sup></li>" for power in range(low, high + 1))
    scale = message("scale [{unit}]", unit=guess.get("data-many"))
    body = (
        f'<p class="ask">{html.escape(question)}</p>'
        f'<ol class="scale" aria-label="{scale}">{marks}</ol>'
        f'<p class="fragment key">{html.escape(answer)}</p>'
    )
    return Slide(message("Predict first"), body, kind="ask")


MAKERS = {"table": _table, "figure": _figure, "guess": _guess}


def _answer(section: Section) -> Iterator[Slide]:
    """Yield the answer: what the chapter says first, beside its headline table; then what else the section shows."""
    spoken = [entry for entry in section.blocks if entry[0].removeprefix("wanted ") in SPOKEN]
    said = [entry for entry in spoken if entry[0].endswith("said")] or spoken
    sentences = "".join(f'<p class="point computed">{beginning(_inner(block), 420)}</p>' for _, block in said[:1])
    others = [
        f'<p class="point">{beginning(_inner(block), 0)}</p>'
        for kind, block in spoken
        if kind.endswith("text") and (kind, block) not in said[:1] and _whole(plain(beginning(_inner(block), 0)))
    ]
    tables = [block for kind, block in section.blocks if kind.endswith("table")]
    headline = [table for table in tables if "headline" in _classes(table)] or tables[:1]
    sentence = " ".join(block.text_content() for _, block in said[:1])
    numbers = "".join(slide_table(shown) + rest for shown, rest in (results(table, sentence) for table in headline))
    body = f'<div class="words">{sentences}{"".join(others[:2])}</div><div>{numbers}</div>'
    yield Slide(section.title, body, _notes(spoken), kind="answer")
    rest = [entry for entry in section.blocks if entry[1] not in headline and entry not in spoken]
    yield from _of_section(Section(section.title, "", rest))


def results(table: Any, sentence: str) -> tuple[Any, str]:
    """Return a table of results for a slide, and a line that says where the others stand.

    Of a long one those are left that the answer's sentence tells, then the first of each group that has a number.
    """
    groups = [(_group_name(body), body.xpath("./tr[not(th[@scope='rowgroup'])]")) for body in table.xpath("./tbody")]
    rows = [row for _, of_group in groups for row in of_group]
    if len(rows) <= RESULTS:
        return table, ""
    told_rows = [row for row in rows if _is_told(row, sentence)]
    # What is told once is shown once.
    wanted = [row for place, row in enumerate(told_rows) if _value(row) not in map(_value, told_rows[:place])]
    for _, of_group in groups:
        if not any(row in wanted for row in of_group):
            wanted += [row for row in of_group if NUMBERS.fullmatch(_value(row))][:1]
    wanted = (wanted + [row for row in rows if row not in wanted])[:CHOSEN]
    shown = deepcopy(table)
    for body in shown.xpath("./tbody"):
        shown.remove(body)
    left = etree.SubElement(shown, "tbody")
    for place, (name, of_group) in enumerate(groups):
        for row in of_group:
            if row in wanted:
                left.append(deepcopy(row))
                left[-1].tail = None
                if name and place:
                    _named(left[-1][0], name)
    others = len(rows) - len(left)
    named = [
        html.escape(_bare(name)) for name, of_group in groups if name and not all(row in wanted for row in of_group)
    ]
    where = message("{count} more results below the chapter’s form", count=others)
    return shown, f'<p class="more">{": ".join([where, *([" · ".join(named)] if named else [])])}</p>'


def _group_name(body: Any) -> str:
    return " ".join("".join(head.text_content() for head in body.xpath("./tr/th[@scope='rowgroup']")).split())


def _bare(name: str) -> str:
    """Return a group's name without what explains it."""
    return re.split(r"[:,[]", name)[0].strip()


def _named(label: Any, name: str) -> None:
    """Say before a result's label which group it is of, as its heading did."""
    group = etree.Element("span")
    group.set("class", "of")
    group.text, group.tail = f"{_bare(name)}: ", label.text
    label.text = None
    label.insert(0, group)


def _value(row: Any) -> str:
    return " ".join(row[1].text_content().split())


def _is_told(row: Any, sentence: str) -> bool:
    """Whether a sentence tells a result, in its words or, as it rounds them, its number."""
    value = _value(row)
    try:
        size = float(value.replace(",", ""))
    except ValueError:
        return len(value) > 3 and value in sentence
    forms = {write(size, digits) for digits in (2, 3, 4) for write in (number, in_words)}
    # A number of one digit may be of anything.
    return any(len(form) > 1 and re.search(rf"(?<![\d.,]){re.escape(form)}(?![.,]?\d)", sentence) for form in forms)


# Slides that no section has.


def _title(name: str, first: Section) -> Slide:
    texts = [entry for entry in first.blocks if entry[0].endswith("text")]
    lead = "".join(f"<p>{beginning(_inner(block), LETTERS_OF_A_SHORT_ONE)}</p>" for _, block in texts[:1])
    body = f'{lead}<p class="from">{message(FROM, name=name)}</p>'
    keys = message("Keys: S opens these notes in a window of their own, F fills the screen, Esc shows all slides.")
    return Slide(first.title, body, [*_notes(texts), f"<p>{keys}</p>"], kind="title")


def _outcomes(name: str) -> Slide:
    listed = teaching.chapter(name).exercises
    items = "".join(f"<li>{html.escape(each.teaches)}</li>" for each in listed)
    about = message("One exercise of the chapter for each; {count} in all, in three levels.", count=len(listed))
    notes = f"<p>{about}</p>"
    return Slide(message("What you can do after this lesson"), f'<ul class="outcomes">{items}</ul>', [notes])


def _question(posed: Posed, title: str) -> Slide:
    options = "".join(
        f'<li><span class="letter">{LETTERS[place]}</span> {html.escape(text)}</li>'
        for place, text in enumerate(posed.options)
    )
    mark = message("Hint.")
    hints = "".join(f'<p class="fragment hint"><b>{mark}</b> {hint}</p>' for hint in posed.shown()["hints"])
    text = f'<p class="ask">{posed.shown()["text"]}</p>'
    body = text + (f'<ul class="options">{options}</ul>' if options else "") + hints
    place = posed.exercise.number
    about = message(
        "Exercise {number} of the chapter, with seed {seed}. It teaches: {outcome}",
        number=place,
        seed=posed.seed,
        outcome=html.escape(posed.exercise.teaches),
    )
    advice = message("Let everybody write down an answer before the first hint shows.")
    notes = f"<p>{about}</p><p>{advice}</p>"
    return Slide(title, body, [notes], kind="ask", above=message("Exercise {number}", number=place))


def _solution(posed: Posed) -> Slide:
    steps = "".join(f'<li class="fragment">{step}</li>' for step in posed.shown()["steps"])
    unit = posed.exercise.unit
    rows = []
    for wrong, said in posed.shown_mistakes()[:MISTAKES]:
        given = f"{told(wrong)} {counted(unit, wrong)}".rstrip() if posed.kind == "numeric" else str(wrong)
        cell = '<td class="number">' if posed.kind == "numeric" else "<td>"
        rows.append(f"<tr>{cell}{html.escape(given)}</td><td>{said}</td></tr>")
    heads = (message("Who answered"), message("hears"))
    head = f"<thead><tr>{''.join(f'<th>{text}</th>' for text in heads)}</tr></thead>"
    table = f"<table class='mistakes fragment'>{head}<tbody>{''.join(rows)}</tbody></table>" if rows else ""
    key = posed.solution() if posed.kind != "choice" else f"{posed.solution()}) {posed.key}"
    body = f'<ol class="steps">{steps}</ol><p class="key fragment">{html.escape(key)}</p>{table}'
    notes = "".join(f"<p>{said}</p>" for _, said in posed.shown_mistakes())
    above = message("Solution of exercise {number}", number=posed.exercise.number)
    return Slide(message("Step by step"), body, [notes], above=above, kind="solution")


def _errata(errata: list[dict[str, Any]], ledger: list[dict[str, Any]]) -> Iterator[Slide]:
    """Yield what was wrong with the source, for chapters that have one."""
    if not errata:
        return
    rows = "".join(
        f"<tr><td><b>{html.escape(each['title'])}</b></td><td>{html.escape(each['printed'])}</td><td>{html.escape(each['right'])}</td></tr>"
        for each in errata[:ERRATA]
    )
    counts: dict[str, int] = {}
    for row in ledger:
        counts[verdict(row)] = counts.get(verdict(row), 0) + 1
    counted_rows = ", ".join(f"{count} {message(status)}" for status, count in sorted(counts.items()))
    heads = "".join(f"<th>{text}</th>" for text in (message("slip"), message("printed"), message("right")))
    found = message("Of {count} printed numbers: {counts}.", count=len(ledger), counts=counted_rows)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    body = f"{table}<p class='point'>{found}</p>"
    notes = [
        f"<p><b>{html.escape(each['title'])}.</b> {html.escape(each['proof'])} {html.escape(each['effect'])}</p>"
        for each in errata
    ]
    yield Slide(message("What the source got wrong"), body, notes, kind="table")


def _last(name: str, first: Section, others: list[Section]) -> Slide:
    said = [block for kind, block in first.blocks if kind.endswith("said")] or [
        block for kind, block in first.blocks if kind.endswith("text")
    ]
    formulas = [
        f'<div class="formula">{_outer(block)}</div>'
        for section in others
        for kind, block in section.blocks
        if kind == "formula"
    ]
    answer = "".join(f'<p class="point computed">{beginning(_inner(block), 420)}</p>' for block in said[:1])
    count = len(teaching.chapter(name).exercises)
    advice = message(
        "Change an assumption in the chapter’s calculator, and see which one decides. "
        "{count} exercises with new numbers for everybody wait at the end of the chapter.",
        count=count,
    )
    ask = f'<p class="point">{advice}</p>'
    return Slide(message("What to take home"), answer + "".join(formulas[:3]) + ask, [])


# Text and HTML.


def _notes(blocks: Iterable[tuple[str, Any]]) -> list[str]:
    return [_outer(block) for kind, block in blocks if not kind.endswith("formula")]


def _outer(element: Any) -> str:
    """Return an element as HTML for a slide: without links, names of elements and what only works in the page."""
    copy = deepcopy(element)
    copy.tail = None
    for part in copy.xpath("|".join(f".//{kind}" for kind in ALIEN.split(" | "))):
        part.drop_tree()
    for part in copy.iter():
        if isinstance(part.tag, str):
            part.attrib.pop("id", None)
    for link in list(copy.iter("a")):
        # A chapter's title stands out in a sentence; what else is linked reads as it is.
        if link.xpath(".//span[contains(@class, 'std-ref')]"):
            link.tag = "em"
            link.attrib.clear()
        else:
            link.drop_tag()
    return str(etree.tostring(copy, encoding="unicode", method="html"))


def _inner(element: Any) -> str:
    return re.sub(r"^<[^>]+>|</[^>]+>$", "", _outer(element)).strip()


def plain(text: str) -> str:
    """Return HTML without its tags."""
    return html.unescape(TAG.sub("", re.sub(r"<mjx-container.*?</mjx-container>", "x", text, flags=re.DOTALL)))


def beginning(text: str, most: int) -> str:
    """Return how HTML begins: its first sentence, a lead in bold and the next, or more up to a number of letters.

    It ends before a sentence that points to what stands elsewhere on the page, and goes on after a question.
    """
    sentences = _sentences(text)
    elsewhere = next((place for place, each in enumerate(sentences) if ELSEWHERE.search(each)), len(sentences))
    sentences = sentences[:elsewhere]
    if not sentences:
        return ""
    taken = 2 if re.fullmatch(r"<strong>[^<]*</strong>", sentences[0]) else 1
    while taken < len(sentences) and (
        sentences[taken - 1].endswith("?") or len(plain(" ".join(sentences[: taken + 1]))) <= most
    ):
        taken += 1
    return " ".join(sentences[:taken])


def _sentences(text: str) -> list[str]:
    """Return the sentences of HTML, each with what is open in it closed."""
    formulas: list[str] = []

    def hide(match: re.Match[str]) -> str:
        formulas.append(match[0])
        return chr(0xE000 + len(formulas) - 1)

    hidden = re.sub(r"<mjx-container.*?</mjx-container>|<code.*?</code>", hide, " ".join(text.split()), flags=re.DOTALL)
    ends = [*_ends(hidden), len(hidden)]
    found: list[str] = []
    for start, end in zip([0, *ends], ends, strict=False):
        closing = "".join(f"</{re.match(r'<([^ >]+)', tag)[1]}>" for tag in reversed(_open(hidden[:end])))  # type: ignore[index]
        found.append("".join(_open(hidden[:start])) + hidden[start:end].strip() + closing)
    return [re.sub(r"[\ue000-\uf8ff]", lambda match: formulas[ord(match[0]) - 0xE000], each) for each in found if each]


def _ends(text: str) -> Iterator[int]:
    """Yield where sentences of HTML end, outside of tags."""
    blank = TAG.sub(lambda match: "\x00" * len(match[0]), text)
    squeezed = [(place, letter) for place, letter in enumerate(blank) if letter != "\x00"]
    visible = "".join(letter for _, letter in squeezed)
    for match in SENTENCE.finditer(visible):
        if not SHORT.search(visible[: match.start()]):
            yield squeezed[match.end() - 1][0]


def _open(text: str) -> list[str]:
    """Return the tags that are open at the end of a piece of HTML."""
    stack: list[str] = []
    for tag, closes, name in re.findall(r"(<(/?)(\w[\w-]*)[^>]*?(?<!/)>)", text):
        if closes:
            if stack and re.match(rf"<{name}\b", stack[-1]):
                stack.pop()
        elif name not in ("br", "wbr", "img", "hr", "input"):
            stack.append(tag)
    return stack


# Files.


def write(site: Path, remembered: Remembered) -> None:
    """Write the slides of chapters with exercises into a finished site, below `slides`."""
    folder = site / FOLDER
    folder.mkdir()
    for part in ("reveal.js", "plugin/notes.js", "reveal.css", "reset.css"):
        shutil.copy(REVEAL / "dist" / part, folder)
    shutil.copy(REVEAL / "LICENSE", folder / "reveal-license.txt")
    for part in ("slides.js", "slides.css"):
        shutil.copy(SOURCES / part, folder)
    shutil.copy(site / "_static" / "style.css", folder)
    for name in teaching.chapters():  # a chapter that has no exercises yet has no slides
        source = site / "notebooks" / f"{name}.html"
        if not source.exists():
            continue
        page = source.read_text(encoding="utf-8")
        slides = remembered.made(rendered, name, page)
        (folder / f"{name}.html").write_text(slides, encoding="utf-8")


def pack(site: Path, folder: Path) -> list[str]:
    """Copy a site's slides into a folder that holds all they need, and return the chapters' names."""
    shutil.copytree(site / FOLDER, folder)
    shutil.copytree((site / "_static" / mathematics.STYLE).parent, folder / "mathematics")
    (folder / "images").mkdir()
    shutil.copy(site / "_static" / "favicon.svg", folder / "images")
    names = sorted(path.stem for path in folder.glob("*.html"))
    for name in names:
        text = (folder / f"{name}.html").read_text(encoding="utf-8")
        for picture in set(re.findall(r'"\.\./_images/([^"]+)"', text)):
            shutil.copy(site / "_images" / picture, folder / "images")
        for old, new in (("_images/", "images/"), ("_static/mathematics/", "mathematics/"), ("_static/", "images/")):
            text = text.replace(f'"../{old}', f'"{new}')
        text = CHAPTER.sub(r"\1", text)  # it isn't in the folder
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return names


def print_all(folder: Path, names: Iterable[str], chromium: Any) -> None:
    """Print the slides in a folder beside them, each chapter's into a PDF of its own."""
    with browser.serve(folder) as address:
        for name in names:
            tab = chromium.new_page(viewport={"width": 1280, "height": 720}, color_scheme="light")
            tab.goto(f"{address}{name}.html?print-pdf")
            browser.wait_until(tab, "document.documentElement.dataset.ready")
            pdf.bring_chinese(tab)
            headings = tab.evaluate(pdf.HEADINGS)
            target = folder / f"{name}.pdf"
            tab.pdf(path=target, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
            tab.close()
            pdf.finish(target, headings)


def main(arguments: list[str]) -> int:
    """Write the slides of the site that there is into the folder of the course, as pages and as PDF."""
    try:
        pdf.require_browser()
    except pdf.NoBrowserError as failure:
        print(f"slides: {failure}", file=sys.stderr)
        return 1
    with scratch.folder(BUILD, "slides-") as temporary:
        names = pack(build.SITE.parent, temporary / FOLDER)
        with browser.browse() as chromium:
            print_all(temporary / FOLDER, names, chromium)
        staging.replace(course.SLIDES, temporary / FOLDER)
    print(f"The slides are at {course.SLIDES}: {len(names)} chapters, as pages and as PDF.")
    return 0


def rendered(name: str, page: str) -> str:
    """Return a chapter's slides as a page."""
    emitted = notebooks.emitted(notebooks.load(build.EXECUTED / f"{name}.ipynb"), notebooks.LEDGER)
    article = lxml.html.document_fromstring(page).find(".//article")
    slides = deck(
        name,
        article,
        [erratum for part in emitted for erratum in part["errata"]],
        [row for part in emitted for row in part["rows"]],
    )
    text = TEMPLATES.get_template("slides.html").render(
        name=name,
        language=edition.language().replace("_", "-"),
        title=message(questions()[name].title),
        slides=slides,
        mathematics=mathematics.STYLE if "<mjx-container" in page else "",
    )
    text = POWER.sub("\\1\u00a0×\u00a010", text)
    tag = f'<meta http-equiv="Content-Security-Policy" content="{_policy(text)}">'
    return text.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{tag}', 1)


def _policy(page: str) -> str:
    """Return the policy of the site's pages; it lets the window of notes run the script that reveal.js writes there."""
    return pages.policy(page).replace("'wasm-unsafe-eval'", f"'sha256-{_speaker_script()}'", 1)


@cache
def _speaker_script() -> str:
    source = (REVEAL / "dist" / "plugin" / "notes.js").read_text(encoding="utf-8")
    [script] = SPEAKER.findall(source)
    return base64.b64encode(hashlib.sha256(script.replace("\\\\", "\\").encode()).digest()).decode()
