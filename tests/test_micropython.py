"""The very same source files run in MicroPython, and give the same numbers there."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from llmcalc.models import networks
from tests.formulas import FORMULAS, SOURCE

SCRIPT = Path(__file__).parent / "micropython.mjs"
NODE = Path(sys.prefix) / "bin" / "node"
PACKAGES = Path(sys.prefix) / "npm"


def run_in_micropython(calls, folder, models=(), shared=()):
    files = [SOURCE / f"{name}.py" for name in ("checks", "messages", "vocabulary", "units", *shared)]
    files += [path for path in SOURCE.glob("formulas/*.py") if path.stem != "__init__"]
    files += [SOURCE / "models" / f"{name}.py" for name in models]
    modules = {f"llmcalc/{path.relative_to(SOURCE)}": path.read_text(encoding="utf-8") for path in files}
    # Node looks for packages beside the script.
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    (folder / SCRIPT.name).write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    work = json.dumps({"modules": modules, "calls": calls})
    result = subprocess.run(
        [NODE, folder / SCRIPT.name], input=work, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def variations(formula):
    for share in (0.02, 0.37, 0.9, 1.0):
        yield {name: share * value for name, value in formula.typical.items()}
    for argument in formula.arguments:
        yield formula.typical | {argument.name: 0.31 * argument.typical}


def test_every_formula_gives_the_same_number(tmp_path):
    calls = [(formula, values) for formula in FORMULAS for values in variations(formula)]
    printed = run_in_micropython(
        [{"module": formula.module, "name": formula.name, "keywords": values} for formula, values in calls], tmp_path
    )
    assert len(printed) == len(calls)
    for (formula, values), text in zip(calls, printed, strict=True):
        expected = formula.function(**values)
        assert math.isclose(float(text), expected, rel_tol=1e-15), f"{formula.name}({values})"


def test_every_refusal_is_the_same(tmp_path):
    calls = [
        (formula, formula.typical | {argument.name: bad})
        for formula in FORMULAS
        for argument in formula.arguments
        for bad in (-1.5, "many")
    ]
    printed = run_in_micropython(
        [{"module": formula.module, "name": formula.name, "keywords": values} for formula, values in calls], tmp_path
    )
    for (formula, values), text in zip(calls, printed, strict=True):
        with pytest.raises(ValueError, match="is not accepted") as refusal:
            formula.function(**values)
        assert text == f"ValueError: {refusal.value}"


def test_every_vision_network_is_the_same(tmp_path):
    counts = """
from llmcalc.models import networks, vision
layers = networks.build({name!r}, classes=7)
print(*[count(layers) for count in (vision.params, vision.macs, vision.attention_macs, vision.activations)])
"""
    used = [path.stem for path in SOURCE.glob("models/*.py") if "Network" in path.read_text(encoding="utf-8")]
    printed = run_in_micropython([{"statements": counts.format(name=name)} for name in networks.NAMES], tmp_path, used)
    assert len(printed) == len(networks.NAMES)
    for name, text in zip(networks.NAMES, printed, strict=True):
        told = networks.describe(name, classes=7)
        expected = [told[count] for count in ("params", "macs", "attention_macs", "activations")]
        assert text.split() == list(map(str, expected)), name
