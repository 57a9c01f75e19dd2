"""What a room of llmcalc may import, read from the imports themselves."""

import ast
import subprocess
import sys
import time

import pytest

from tests.formulas import SOURCE
from tests.grouped import together

# What stands beside the rooms and runs in a page, too; `datasets` alone opens files, where there are any.
COMMON = {"checks", "formats", "messages", "once", "quantities", "units", "vocabulary"}
DATA = COMMON | {"answering", "datasets", "results"}
MAY_IMPORT = {
    "formulas": COMMON | {"formulas"},
    "models": DATA - {"answering"} | {"formulas", "models"},
    "plans": DATA - {"answering"} | {"formulas", "models", "plans"},
    "answers": DATA | {"choosing", "formulas", "models", "plans", "answers"},
    "teaching": DATA | {"choosing", "formulas", "models", "plans", "answers", "teaching"},
}
LIBRARIES = {"heapq", "json", "math"}  # MicroPython has them, too
FILES = [(room, path) for room in MAY_IMPORT for path in sorted((SOURCE / room).rglob("*.py"))]


def imports(path):
    """What a file imports when it is imported: libraries, and the rooms and modules of llmcalc."""
    depth = len(path.relative_to(SOURCE).parts)
    libraries, own = set(), set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            libraries |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            libraries.add(node.module)
        elif isinstance(node, ast.ImportFrom) and node.level < depth:
            own.add(path.relative_to(SOURCE).parts[0])
        elif isinstance(node, ast.ImportFrom):
            own |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
    return libraries, own


@together
@pytest.mark.parametrize(("room", "path"), FILES)
def test_a_room_imports_what_it_may(room, path):
    libraries, own = imports(path)
    assert libraries <= LIBRARIES
    assert own <= MAY_IMPORT[room]


def test_every_folder_of_llmcalc_is_a_room_or_a_known_extra():
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert folders >= set(MAY_IMPORT)
    assert folders - set(MAY_IMPORT) <= {"report", "prediction", "sweep"}


def test_rooms_need_no_library():
    """All of llmcalc but its reports, predictions and sweeps can be imported where no other package is."""
    program = "import sys; sys.path.insert(0, sys.argv[1]); from llmcalc import answers, catalogue, questions, teaching"
    run = subprocess.run([sys.executable, "-S", "-I", "-c", program, SOURCE.parent], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.alone
def test_the_package_is_imported_in_a_moment():
    def seconds(program):
        times = []
        for _ in range(9):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, cwd=SOURCE.parent)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds("import llmcalc") - seconds("pass") < 0.03
