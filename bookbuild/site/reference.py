"""The page of the formulas: every module of llmcalc's rooms, found by looking."""

from pathlib import Path

import llmcalc
from llmcalc.messages import marked, message

PACKAGE = Path(llmcalc.__file__).parent
ROOMS = {
    "formulas": marked("Formulas"),
    "models": marked("Models"),
    "plans": marked("Plans"),
    "answers": marked("Answers"),
}
SECTION = """
### {title}

```{{eval-rst}}
.. automodule:: {module}
   :members:
```
"""


def sections() -> str:
    """Return a section for each room, and in it one for each of its modules."""
    return "".join(f"\n## {message(title)}\n" + "".join(map(_section, _modules(room))) for room, title in ROOMS.items())


def _modules(room: str) -> list[Path]:
    return [path for path in sorted((PACKAGE / room).glob("*.py")) if path.stem != "__init__"]


def _section(path: Path) -> str:
    return SECTION.format(
        title=path.stem.replace("_", " ").capitalize(), module=f"llmcalc.{path.parent.name}.{path.stem}"
    )
