"""The page for teachers: what chapters teach and what students get wrong, from the exercises themselves."""

from llmcalc import teaching
from llmcalc.messages import marked, message
from llmcalc.questions import questions
from llmcalc.teaching.writing import LEVELS, Exercise

FIRST_SEED = 1
SLIDES = """
(slides)=
## {heading}

{text}
"""
ABOUT_SLIDES = marked("""\
Each chapter has slides for a lesson: what it shows, three exercises with hints and solutions, and, in the notes, what
to say. They are made of the chapter itself, so that no number in them is typed. In the browser <kbd>S</kbd> opens the
notes in a window of their own, <kbd>F</kbd> fills the screen, <kbd>Esc</kbd> shows all slides. `make slides` writes
them into `_build/course/slides`, as pages that need no network and as PDF.""")
MARKED = str.maketrans({"*": r"\*", "_": r"\_", "<": r"\<", "[": r"\[", "`": r"\`", "$": r"\$", "{": r"\{"})


def chapters() -> list[str]:
    """Return the chapters with exercises, in the order of the book."""
    return [name for name in questions() if name in teaching.chapters()]


def sections() -> str:
    """Return the outcomes of all chapters, and the mistakes that their exercises know."""
    return "\n".join([_slides(), _numbers(), _outcomes(), _mistakes()])


def _slides() -> str:
    links = [f'- <a href="slides/{name}.html">{_title(name)}</a>' for name in chapters()]
    text = SLIDES.format(heading=message("Slides"), text=message(ABOUT_SLIDES))
    return f"{text}\n" + "\n".join(links) + "\n"


def _numbers() -> str:
    heads = [message("Chapter"), *map(message, LEVELS.values())]
    rows = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * len(LEVELS)]
    for name in chapters():
        counts = [sum(exercise.level == level for exercise in _exercises(name)) for level in LEVELS]
        rows.append(f"| {{ref}}`{name}` | " + " | ".join(map(str, counts)) + " |")
    total = sum(len(_exercises(name)) for name in chapters())
    heading, count = message("Exercises by chapter and level"), message("There are {count} exercises.", count=total)
    return f"\n## {heading}\n\n{count}\n\n" + "\n".join(rows) + "\n"


def _outcomes() -> str:
    who = message("Who has solved a chapter's exercises can:")
    parts = ["## " + message("What each chapter teaches") + f"\n\n{who}\n"]
    for name in chapters():
        chapter = message("Chapter {name}.", name=f"{{ref}}`{name}`")
        parts.append(f"### {_title(name)}\n\n{chapter}\n")
        parts += [f"- {_plain(exercise.teaches)}" for exercise in _exercises(name)]
        parts.append("")
    return "\n".join(parts)


def _mistakes() -> str:
    about = message(
        "Each exercise computes the answers that usual mistakes lead to, so that the page can name them. "
        "These are the words for those with a number as their answer."
    )
    parts = ["## " + message("What students get wrong") + f"\n\n{about}\n"]
    for name in chapters():
        parts.append(f"```{{dropdown}} {_title(name)}")
        for exercise in _exercises(name):
            posed = exercise.pose(FIRST_SEED)
            if posed.kind == "numeric":
                said = list(dict.fromkeys(_plain(said) for _, said in posed.mistakes))
                parts.append(f"- {exercise.number}: {' '.join(said)}")
        parts.append("```\n")
    return "\n".join(parts)


def _title(name: str) -> str:
    return message(questions()[name].title)


def _exercises(name: str) -> list[Exercise]:
    return teaching.chapter(name).exercises


def _plain(text: str) -> str:
    return text.translate(MARKED)
