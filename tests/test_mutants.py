"""What mutation testing chooses and reports; `make mutants` itself takes minutes."""

import ast

import pytest

from tests import mutants

SOURCE = """\
TYPE_CHECKING = False
if TYPE_CHECKING:
    Number = int | float
LIMIT = 1 + 2


def twice(value, times=2):
    if value:
        return times * value
    return LIMIT
"""
RESULT = {"room": "models", "path": "llmcalc/models/a.py", "line": 7, "operator": "AddNot", "tests": 3, "survived": ""}


def reached(tmp_path):
    made = object.__new__(mutants.Reached)
    made.root, made.trees = tmp_path, {}
    (tmp_path / "a.py").write_text(SOURCE, encoding="utf-8")
    return made


@pytest.mark.parametrize(("line", "seen_by"), [(4, set()), (7, {8, 9, 10}), (8, {8}), (9, {9}), (10, {10})], ids=str)
def test_tests_are_those_of_the_lines_that_a_mistake_changes(tmp_path, line, seen_by):
    mutant = mutants.Mutant(mutants.Path("a.py"), "NumberReplacer", 0, line, line)
    assert reached(tmp_path)._lines(mutant) == seen_by


def test_a_mistake_outside_of_functions_is_looked_for_in_all_that_is_kept(tmp_path):
    made = reached(tmp_path)
    kept = f"{mutants.KEPT}::table"
    made.seconds = {"b.py::one": 1.0, "c.py::elsewhere": 1.0, kept: 3.0}
    made.by_file = {"b.py": ["b.py::one"], "c.py": ["c.py::elsewhere"], mutants.KEPT: [kept]}
    made.data = type("Data", (), {"contexts_by_lineno": lambda _, path: {9: ["b.py::one"]}})()
    mutant = mutants.Mutant(mutants.Path("a.py"), "NumberReplacer", 0, 4, 4)
    assert made._bodies(mutant) == {8, 9, 10}
    assert sorted(made.tests(mutant)) == ["b.py::one", kept]


def test_every_file_of_tests_has_its_turn(tmp_path):
    made = reached(tmp_path)
    made.seconds = {"b.py::slow": 9.0, "b.py::fast": 0.1, "c.py::one": 5.0, "a.py::own": 8.0, "b.py::late": 95.0}
    made.by_file = {"a.py": ["own"], "b.py": ["slow", "fast", "late", "other"], "c.py": ["one"]}
    made.data = type("Data", (), {"contexts_by_lineno": lambda _, path: {9: list(made.seconds)}})()
    chosen = made.tests(mutants.Mutant(mutants.Path("a.py"), "NumberReplacer", 0, 9, 9))
    # The last has no time left, and all of c is about the line, but not all of b.
    assert chosen == ["a.py::own", "c.py::one", "b.py::fast", "b.py::slow"]


def test_lines_for_type_checkers_are_left_alone():
    assert mutants.unseen_lines(SOURCE) == {1, 2, 3}


def test_the_report_has_shares_and_survivors():
    survivor = RESULT | {"survived": "--- a\n+++ b\n-x\n+y\n", "line": 9, "tests": 0}
    written = mutants.report([RESULT, RESULT, RESULT, survivor], 7)
    assert "| models | 4 | 3 | 75.0 % |" in written
    assert "| all | 4 | 3 | 75.0 % |" in written
    assert "llmcalc/models/a.py, line 9, AddNot: no test reaches it" in written
    assert "-x\n+y\n```" in written
    assert "formulas" not in written
    assert "7 were left out" in written


def test_lines_whose_changes_nobody_sees_are_there_and_are_left_out():
    for path, starts in mutants.NO_MISTAKES.items():
        lines = [line.strip() for line in (mutants.ROOT / path).read_text(encoding="utf-8").splitlines()]
        for start, reason in starts.items():
            [line] = [line for line in lines if line.startswith(start)]
            assert reason
            assert mutants.is_no_mistake(mutants.Path(path), line)
    assert not mutants.is_no_mistake(mutants.Path("llmcalc/plans/serving.py"), "TURN = 2.0")
    assert not mutants.is_no_mistake(mutants.Path("llmcalc/plans/other.py"), "ROUNDS = 60")


@pytest.mark.parametrize(
    ("number", "moved"), [("2", [3, 1]), ("0.5", [0.55, 0.45]), ("0.0", [1.0, -1.0]), ("400", [440, 360])]
)
def test_numbers_move_as_far_as_they_can_be_missed(number, moved):
    pytest.importorskip("cosmic_ray", reason="it is installed by make mutants")
    changed = [mutants.Mutant(None, "NumberReplacer", index, 1, 1).code(f"x = {number}\n") for index in (0, 1)]
    assert [ast.literal_eval(text.split("=")[1].strip()) for text in changed] == pytest.approx(moved)
