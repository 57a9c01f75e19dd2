"""Mutation testing: do the fast tests notice a small mistake in what computes?

`make mutants` makes a random sample of mistakes in formulas, models, plans, predictions and answers, one at a time, in
a copy of the project: another operator, a number that is one off, a condition turned around. Cosmic Ray's operators
make them. Of each mistake only those tests are run that were seen to reach its line (by the contexts of coverage.py),
the fastest first. The report lists what survived, line by line; what no test reaches survives, too. A change that
nobody could see in a result is no mistake: `NO_MISTAKES` has these with reasons, and the report counts them.
"""

import argparse
import ast
import collections
import contextlib
import difflib
import importlib
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tqdm import tqdm

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "_build" / "mutants"
ROOMS = ("formulas", "models", "plans", "prediction", "answers")
LEFT_OUT = shutil.ignore_patterns("_build", ".venv", ".git", "__pycache__", ".*_cache", ".hypothesis", "node_modules")
NUMBER, SEED, LEAST = 200, 1, 0.97
FAST = "not built and not alone"
OPTIONS = ["-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-m", FAST]
OPTIONS += ["-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]  # it is what speeds this up

# Mistakes that people make; of others, a shift in the place of a sum for one, any test would die.
OPERATORS = (
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div")),
    *(f"ReplaceBinaryOperator_{pair}" for pair in ("Pow_Mul", "Mod_FloorDiv")),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt")),
    *(f"ReplaceComparisonOperator_{pair}" for pair in ("Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt")),
    *("NumberReplacer", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"),
    *("AddNot", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_USub_UAdd"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ZeroIterationForLoop"),
)
# Numbers from here on, and all that are not whole, move by a tenth: one more is nothing to a billion.
SMALL = 100

# Of lines of a file that begin so, changes that only move the effort of a search, or what is far below any digit shown:
# tests of speed would be needed to see them, and those run alone.
NO_MISTAKES = {
    "llmcalc/formulas/scaling.py": {
        "loss = (floor ** (power + 1)": "from where a root is looked for",
        "for _ in range(8):": "more steps than it takes",
    },
    "llmcalc/models/availability.py": {
        "spread = int(12 * mean_out**0.5)": "how far chances are followed that are too small to show",
    },
    "llmcalc/plans/serving.py": {
        "ROUNDS = ": "a bound that no search reaches: an end of the interval moves in every round",
        "CLOSE = ": "a tolerance of a billionth",
        "NOTHING = ": "a billionth of a batch, in whose place another billionth does",
        "TINY = ": "it keeps zeros from being divided by",
        "SAME = ": "a tolerance of a millionth",
        "ENOUGH = ": "how early what is found is left out, which saves time",
        "if ENOUGH * wide.sum() < wide.size": "the same",
        "GUESSES = ": "how close a bound is, which saves time",
    },
    "llmcalc/plans/step.py": {
        "took_forward = longer(": "what is added is zero, and gives a number the shape of an array",
        "took_backward = longer(": "the same",
    },
    "llmcalc/prediction/calibration.py": {
        "step = 1e-3": "by how much a slope is looked for beside a value",
        "others = Calibration(": "how often a fit goes on once nothing changes any more",
        "def fit(self, steps": "how often a fit goes on once nothing changes any more",
    },
    "llmcalc/plans/cuts.py": {
        "FLOOR = ": "a tolerance of a millionth",
        "TRIES = ": "more than any search for replicas takes",
        "BOUNDLESS = ": "more than any batch has work for",
    },
}

# Tests that look at all that can be told, whatever a file declares outside of its functions.
KEPT = "tests/kept/test_kept.py"
MOST_SECONDS = 100.0  # of tests that are run for a mistake, by the times that they took without it
PATIENCE = 60.0  # seconds beside three times those, after which a mistake counts as killed: it has no end
MOST_BYTES = 6 << 30  # that a test may fill with data
# The exit code of pytest that tells nothing of a mistake, and that of tests whose names a mistake changed: none failed.
NO_RUN = pytest.ExitCode.USAGE_ERROR
PASSED = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
# Loaded once, before the process is forked for each mistake.
PRELOADED = ("numpy", "pandas", "hypothesis", "xarray", "dask.array", "pint", "pandera", "scipy.optimize", "numpydoc")


class Mutant:
    """A mistake: a file, an operator of Cosmic Ray's and which of its occurrences is changed, and where that is."""

    def __init__(self, path: Path, operator: str, occurrence: int, first: int, last: int) -> None:
        self.path, self.operator, self.occurrence = path, operator, occurrence
        self.first, self.last = first, last

    @property
    def room(self) -> str:
        return self.path.parent.name

    def code(self, source: str) -> str:
        """The file's source with the mistake."""
        from cosmic_ray.mutating import mutate_code

        return mutate_code(source, operator_named(self.operator), self.occurrence)


def operator_named(name: str):
    """An operator of Cosmic Ray's; numbers move as far as they can be missed."""
    import parso
    from cosmic_ray.plugins import get_operator

    operator = get_operator(f"core/{name}")
    if name != "NumberReplacer":
        return operator()

    class Moved(operator):
        def mutate(self, node, index):
            value, sign = ast.literal_eval(node.value), (1, -1)[index]
            near = isinstance(value, int) and value < SMALL
            moved = value + sign if near else type(value)(value * (1 + sign / 10)) if value else float(sign)
            return parso.python.tree.Number(f" {moved}", node.start_pos)

    return Moved()


def mutants(root: Path) -> tuple[list[Mutant], int]:
    """All mistakes that can be made in the rooms, in order, and how many were left out that nobody could see."""
    from cosmic_ray.ast import ast_nodes, get_ast

    found, left_out = [], 0
    for room in ROOMS:
        for path in sorted((root / "llmcalc" / room).glob("*.py")):
            source = path.read_text(encoding="utf-8")
            nodes, never_run = list(ast_nodes(get_ast(source))), unseen_lines(source)
            name_in_project, lines = path.relative_to(root), source.splitlines()
            for name in OPERATORS:
                operator, occurrence = operator_named(name), 0
                for node in nodes:
                    for (first, _), (last, _) in operator.mutation_positions(node):
                        if is_no_mistake(name_in_project, lines[first - 1]):
                            left_out += 1
                        elif first not in never_run:
                            found.append(Mutant(name_in_project, name, occurrence, first, last))
                        occurrence += 1
    return found, left_out


def is_no_mistake(path: Path, line: str) -> bool:
    """Whether nobody could see a change of a line in any result."""
    return any(line.strip().startswith(start) for start in NO_MISTAKES.get(path.as_posix(), ()))


def unseen_lines(source: str) -> set[int]:
    """Lines that only type checkers read."""
    blocks = [node for node in ast.parse(source).body if "TYPE_CHECKING" in ast.unparse(node).split("\n", 1)[0]]
    return {line for block in blocks for line in range(block.lineno, (block.end_lineno or 0) + 1)}


# What tests reach


class Seen:
    """A plugin of pytest that tells coverage.py which test runs, and notes how long each took and whether it passed."""

    def __init__(self, measured) -> None:
        self.measured = measured
        self.seconds: dict[str, float] = collections.defaultdict(float)
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.measured.switch_context(item.nodeid)
        result = yield
        self.measured.switch_context("")
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        # What a file computes when it is imported, all of its tests may depend on.
        self.measured.switch_context("::" + collector.nodeid.split("::")[0])
        result = yield
        self.measured.switch_context("")
        return result

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration
        if not report.passed:
            self.failed.add(report.nodeid)


def look(root: Path, tests: list[str]) -> None:
    """Run the fast tests, or some, once, and keep what each of them reaches, and its time; in a process of its own."""
    import coverage

    enter(root)
    measured = coverage.Coverage(data_file=str(FOLDER / "reached"), source=[str(root / "llmcalc")], config_file=False)
    seen = Seen(measured)
    measured.start()
    status = pytest.main([*OPTIONS, *tests], plugins=[seen])
    measured.stop()
    measured.save()
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        sys.exit("mutants: the tests do not start")
    passed = {test: seconds for test, seconds in seen.seconds.items() if test not in seen.failed}
    (FOLDER / "seconds.json").write_text(json.dumps(passed), encoding="utf-8")


def enter(root: Path) -> None:
    """Let this process import what stands in a copy of the project."""
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True


class Reached:
    """Which tests reach a line, and how long they take."""

    def __init__(self, root: Path) -> None:
        import coverage

        self.root = root
        self.seconds: dict[str, float] = json.loads((FOLDER / "seconds.json").read_text(encoding="utf-8"))
        self.by_file = collections.defaultdict(list)
        for test in self.seconds:
            self.by_file[test.split("::")[0]].append(test)
        self.data = coverage.CoverageData(str(FOLDER / "reached"))
        self.data.read()
        self.trees = {}

    def tests(self, mutant: Mutant) -> list[str]:
        """Tests that reach a mistake, as many as there is time for, by files.

        The examples of the mistake's file come first, and tests that are named for it. All other files have their
        turns, their fastest first: tests of a kind notice the same.
        """
        path = str(self.root / mutant.path)
        contexts = self.data.contexts_by_lineno(path)
        lines = self._lines(mutant)
        named = {name for line in lines or self._bodies(mutant) for name in contexts.get(line, ())}
        if not lines:  # what stands outside of functions no test reaches when it runs
            named.update(self.by_file[KEPT])
        tests = {test for name in named if name.startswith("::") for test in self.by_file[name[2:]]}
        tests |= {name for name in named if name in self.seconds}
        own = str(mutant.path)
        turns: dict[str, int] = collections.defaultdict(int)
        turn = {}
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            turn[test] = turns[test.split("::")[0]]
            turns[test.split("::")[0]] += 1
        named_for_it = f"test_{mutant.path.stem.removesuffix('s')}"

        def rank(test: str) -> int:
            return 0 if test.startswith(own) else 1 if Path(test.split("::")[0]).name.startswith(named_for_it) else 2

        ordered = sorted(tests, key=lambda test: (rank(test), turn[test], self.seconds[test], test))
        chosen, together = [], 0.0
        for test in ordered:
            together += self.seconds[test]
            if chosen and together > MOST_SECONDS:
                break
            chosen.append(test)

        def place(test: str) -> tuple[int, float, str]:
            file = test.split("::")[0]
            return rank(test), -turns[file] / len(self.by_file[file]), file

        return sorted(chosen, key=place)

    def _functions(self, mutant: Mutant) -> list[ast.FunctionDef]:
        if mutant.path not in self.trees:
            self.trees[mutant.path] = ast.parse((self.root / mutant.path).read_text(encoding="utf-8"))
        return [node for node in ast.walk(self.trees[mutant.path]) if isinstance(node, ast.FunctionDef)]

    def _bodies(self, mutant: Mutant) -> set[int]:
        """Lines of all functions of a mistake's file."""
        return {line for each in self._functions(mutant) for line in body(each)}

    def _lines(self, mutant: Mutant) -> set[int]:
        """Lines whose tests may notice: the statement's in a function, or all of its body for a default."""
        around = [each for each in self._functions(mutant) if each.lineno <= mutant.first <= (each.end_lineno or 0)]
        if not around:
            return set()
        inner = max(around, key=lambda each: each.lineno)
        if mutant.first < inner.body[0].lineno:
            return body(inner)
        statements = [node for node in ast.walk(inner) if isinstance(node, ast.stmt) and node is not inner]
        holding = [each for each in statements if each.lineno <= mutant.first <= (each.end_lineno or 0)]
        closest = max(holding, key=lambda each: each.lineno)
        return set(range(closest.lineno, mutant.last + 1))


def body(function: ast.FunctionDef) -> set[int]:
    return set(range(function.body[0].lineno, (function.end_lineno or 0) + 1))


# What tests notice


class Chosen:
    """A plugin of pytest that runs some of the tests, in their order."""

    def __init__(self, tests: list[str]) -> None:
        self.places = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted(
            (item for item in items if item.nodeid in self.places), key=lambda item: self.places[item.nodeid]
        )


def run(root: Path, tests: list[str], limit: float) -> bool:
    """Whether tests pass in a copy of the project, in a fork of this process."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with contextlib.suppress(BaseException):
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(0, 1)
            os.dup2(0, 2)
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
            enter(root)
            files = list(dict.fromkeys(test.split("::")[0] for test in tests))
            os._exit(int(pytest.main(["-x", *OPTIONS, *files], plugins=[Chosen(tests)])))
        os._exit(int(pytest.ExitCode.USAGE_ERROR))
    end = time.monotonic() + limit
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code == NO_RUN:
                raise RuntimeError(f"pytest does not run {tests[0]}")
            return code in PASSED
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def passes(root: Path, tests: list[str], limit: float) -> bool:
    """Whether tests pass, a file at a time.

    To gather tests takes longer than to run the first that fails, and gathering the examples of a module puts it in the
    place of a function of its name, which other files look for.
    """
    files = [list(of_file) for _, of_file in itertools.groupby(tests, lambda test: test.split("::")[0])]
    return all(run(root, of_file, limit) for of_file in files)


def survives(root: Path, mutant: Mutant, tests: list[str], seconds: float) -> str:
    """The difference of a mistake that the tests let live, or an empty text."""
    path = root / mutant.path
    source = path.read_text(encoding="utf-8")
    changed = mutant.code(source)
    name = str(mutant.path)
    lines = difflib.unified_diff(source.splitlines(True), changed.splitlines(True), name, name, n=1)
    # Files of bytecode are told apart by times of whole seconds.
    for cached in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        cached.unlink()
    try:
        path.write_text(changed, encoding="utf-8")
        alive = passes(root, tests, 3 * seconds + PATIENCE)
    finally:
        path.write_text(source, encoding="utf-8")
    return "".join(lines) if alive else ""


def work(root: Path) -> None:
    """Try the mistakes that stand on standard input, one a line, and print what became of each."""
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    tried = False
    for line in sys.stdin:
        asked = json.loads(line)
        if not tried and asked["tests"]:
            assert passes(root, asked["tests"], 3 * asked["seconds"] + PATIENCE), "tests fail without a mistake"
            tried = True
        mutant = Mutant(Path(asked["path"]), asked["operator"], asked["occurrence"], 0, 0)
        began = time.monotonic()
        alive = survives(root, mutant, asked["tests"], asked["seconds"])
        print(json.dumps({"survived": alive, "took": time.monotonic() - began}), flush=True)


class Worker:
    """A process with a copy of the project, in which it makes mistakes."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "tests.mutants", "--work", str(root)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, mutant: Mutant, tests: list[str], seconds: float) -> dict:
        asked = {"path": str(mutant.path), "operator": mutant.operator, "occurrence": mutant.occurrence}
        self.process.stdin.write(json.dumps(asked | {"tests": tests, "seconds": seconds}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


# The report


def report(results: list[dict], left_out: int) -> str:
    """Shares that were killed, what survived, and how many of all were left out, as Markdown."""
    lines = ["# Mutants", "", "| room | mistakes | killed | share |", "| --- | ---: | ---: | ---: |"]
    for room in (*ROOMS, "all"):
        of_room = [result for result in results if room in (result["room"], "all")]
        if of_room:
            killed = sum(not result["survived"] for result in of_room)
            lines.append(f"| {room} | {len(of_room)} | {killed} | {100 * killed / len(of_room):.1f} % |")
    lines += ["", f"Of all possible changes, {left_out} were left out: no result shows them (`NO_MISTAKES`)."]
    survivors = sorted((result for result in results if result["survived"]), key=lambda r: (r["path"], r["line"]))
    lines += ["", f"## Survivors: {len(survivors)}"]
    for result in survivors:
        tests = f"{result['tests']} tests reach it" if result["tests"] else "no test reaches it"
        lines += ["", f"{result['path']}, line {result['line']}, {result['operator']}: {tests}"]
        lines += ["", "```diff", result["survived"].rstrip(), "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Make mistakes, and see whether tests notice.")
    parser.add_argument("--number", default=str(NUMBER), help="how many mistakes, or all")
    parser.add_argument("--seed", type=int, default=SEED, help="which ones")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="part of the names of files")
    parser.add_argument("--tests", nargs="*", default=[], help="files and folders of tests, in place of all")
    parser.add_argument("--seen", action="store_true", help="trust what tests were seen to reach the last time")
    parser.add_argument("--look", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look or options.work:
        look(options.look, options.tests) if options.look else work(options.work)
        return 0
    return test(options)


def test(options: argparse.Namespace) -> int:
    """Make the mistakes, write the report, and return the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    copies = [FOLDER / f"copy-{number}" for number in range(options.workers)]
    for copy in copies:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    if not options.seen:
        print("  looking  what each of the fast tests reaches", flush=True)
        (FOLDER / "reached").unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.mutants", "--look", str(copies[0]), "--tests", *options.tests]
        subprocess.run(command, cwd=ROOT, check=True)
    every, left_out = mutants(copies[0])
    possible = [mutant for mutant in every if options.only in str(mutant.path)]
    chosen = list(possible)
    if options.number != "all":
        chosen = random.Random(options.seed).sample(possible, min(int(options.number), len(possible)))
    reached = Reached(copies[0])
    print(f"  mutants  {len(chosen)} of {len(possible)} possible mistakes", flush=True)
    idle = [Worker(copy) for copy in copies]
    workers = list(idle)

    def attempt(mutant: Mutant, tests: list[str]) -> dict:
        worker = idle.pop()
        try:
            answer = worker.ask(mutant, tests, sum(reached.seconds[test] for test in tests))
        finally:
            idle.append(worker)
        known = {"room": mutant.room, "path": str(mutant.path), "line": mutant.first, "operator": mutant.operator}
        result = known | answer | {"tests": len(tests)}
        if result["survived"]:
            tqdm.write(f"  survived {result['path']}:{result['line']} {result['operator']}")
        return result

    with ThreadPoolExecutor(options.workers) as pool:
        tasks = [pool.submit(attempt, mutant, reached.tests(mutant)) for mutant in chosen]
        results = [task.result() for task in tqdm(tasks, "  mutants", unit="", disable=None)]
    for worker in workers:
        worker.end()
    for copy in copies:
        shutil.rmtree(copy, ignore_errors=True)
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    written = report(results, left_out)
    (FOLDER / "report.md").write_text(written, encoding="utf-8")
    print(written.split("\n## ")[0])
    killed = sum(not result["survived"] for result in results) / len(results)
    print(f"Survivors are in {FOLDER.relative_to(ROOT)}/report.md.")
    return 0 if killed >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
