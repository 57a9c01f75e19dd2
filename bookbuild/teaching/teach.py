"""The page for teachers: what chapters teach and what students get wrong, from the exercises themselves."""

from llmcalc import teaching
from llmcalc.questions import questions
from llmcalc.teaching.writing import LEVELS, Exercise

FIRST_SEED = 1
SLIDES = """
(slides)=
## Slides

Each chapter has slides for a lesson: what it shows, three exercises with hints and solutions, and, in the notes, what
to say. They are made of the chapter itself, so that no number in them is typed. In the browser <kbd>S</kbd> opens the
notes in a window of their own, <kbd>F</kbd> fills the screen, <kbd>Esc</kbd> shows all slides. `make slides` writes
them into `_build/course/slides`, as pages that need no network and as PDF.
"""
MARKED = str.maketrans({"*": r"\*", "_": r"\_", "<": r"\<", "[": r"\[", "`": r"\`", "$": r"\$", "{": r"\{"})


def chapters() -> list[str]:
    """Return the chapters with exercises, in the order of the book."""
    return [name for name in questions() if name in teaching.chapters()]


def sections() -> str:
    """Return the outcomes of all chapters, and the mistakes that their exercises know."""
    return "\n".join([_slides(), _numbers(), _outcomes(), _mistakes()])


def _slides() -> str:
    links = [f'- <a href="slides/{name}.html">{questions()[name].title}</a>' for name in chapters()]
    return f"{SLIDES}\n" + "\n".join(links) + "\n"


def _numbers() -> str:
    rows = ["| Chapter | " + " | ".join(LEVELS.values()) + " |", "|---|" + "---:|" * len(LEVELS)]
    for name in chapters():
        counts = [sum(exercise.level == level for exercise in _exercises(name)) for level in LEVELS]
        rows.append(f"| {{ref}}`{name}` | " + " | ".join(map(str, counts)) + " |")
    total = sum(len(_exercises(name)) for name in chapters())
    return f"\n## Exercises by chapter and level\n\nThere are {total} exercises.\n\n" + "\n".join(rows) + "\n"


def _outcomes() -> str:
    parts = ["## What each chapter teaches\n\nWho has solved a chapter's exercises can:\n"]
    for name in chapters():
        parts.append(f"### {questions()[name].title}\n\nChapter {{ref}}`{name}`.\n")
        parts += [f"- {_plain(exercise.teaches)}" for exercise in _exercises(name)]
        parts.append("")
    return "\n".join(parts)


def _mistakes() -> str:
    parts = [
        "## What students get wrong\n\nEach exercise computes the answers that usual mistakes lead to, so that the "
        "page can name them. These are the words for those with a number as their answer.\n"
    ]
    for name in chapters():
        parts.append(f"```{{dropdown}} {questions()[name].title}")
        for exercise in _exercises(name):
            posed = exercise.pose(FIRST_SEED)
            if posed.kind == "numeric":
                said = list(dict.fromkeys(_plain(said) for _, said in posed.mistakes))
                parts.append(f"- {exercise.number}: {' '.join(said)}")
        parts.append("```\n")
    return "\n".join(parts)


def _exercises(name: str) -> list[Exercise]:
    return teaching.chapter(name).exercises


def _plain(text: str) -> str:
    return text.translate(MARKED)
