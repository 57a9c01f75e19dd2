"""No function of formulas, models and plans lets nonsense through, or ends in anything but a refusal."""

import importlib
import inspect
import math
import pkgutil
import re

import numpy as np
import pandas as pd
import pytest

from llmcalc import catalogue, datasets, formulas, known_models, models, plans
from llmcalc.checks import Refusal
from llmcalc.models.service import Service
from llmcalc.models.stacks import resolve
from llmcalc.plans.project import project
from llmcalc.plans.training import by_devices, training_plan
from tests.grouped import together
from tests.models import memory_runs

NONSENSE = [
    math.nan,
    math.inf,
    -math.inf,
    -3e11,
    "many",
    True,
    False,
    2j,
    pd.NA,
    [],
    [1.0],
    np.array([]),
    np.array([1.0, math.nan]),
    np.array([1.0, 2.0], dtype=object),
    np.timedelta64(1),
    pd.Series(["many"]),
]
# Good values, where a number will not do.
GOOD = {
    "shape": datasets.record("transformer-shapes", "model", "GPT-3"),
    "recomputation": "full",
    "seconds": None,
    "devices": 1024,
    "batch": 1536,
    "tensor_parallel": 8,
    "pipeline_stages": 2,
    "stage": 1,
    "zero_stage": 1,
    "points": 4,
    "mfu": 0.4,
    "mbu": 0.6,
    "busiest_hour_share": 0.08,
    "host_availability": 0.9,
    "probability": 0.5,
    "wait_ratios": [0.1, 0.2],
    "transfers": {"SDMA": (24e9, 1.4, 56e9)},
    "name": "alexnet",
    "sizes": [24, 8, 12],
    "device_memory": 80e9,
}
LLAMA = known_models.model("Llama 3 8B")
H200 = catalogue.device("H200")
SERVED = Service(LLAMA, H200, "fp8", question_tokens=1000, answer_tokens=200)
PLAN = training_plan(LLAMA, H200, tokens=1e12, batch=512, devices=64)
# Functions of objects, and what stands for those.
OF_MODULES = {
    "llmcalc.plans.training": {"model": LLAMA, "device": H200, "tokens": 1e12, "batch": 512, "plan": PLAN},
    "llmcalc.plans.many": {
        "model": LLAMA,
        "device": H200,
        "constants": resolve("H200", "bf16"),
        "cuts": {"devices": np.array([64.0])},
        "batch": 256,
    },
    "llmcalc.plans.project": {"training": PLAN, "service": None},
    "llmcalc.plans.serving": {
        "service": SERVED,
        "model": LLAMA,
        "device": H200,
        "request_rate": 1.0,
    },
    "llmcalc.plans.pools": {"model": LLAMA, "device": H200, "request_rate": 1.0},
    "llmcalc.plans.cards": {"model": LLAMA, "device": H200},
    "llmcalc.plans.comparing": {"model": LLAMA, "devices": [H200], "request_rate": 1.0},
    "llmcalc.models.description": {"model": LLAMA},
    "llmcalc.models.serving_memory": {
        "model": LLAMA,
        "context": 4096,
        "device_memory": 80e9,
        "left": 40e9,
        "each": 1e9,
    },
    "llmcalc.models.memory": {"run": memory_runs.run_of(memory_runs.published()[0]), "stage": 0},
}
_NUMERIC = re.compile(r"^([\w, ]+) : (?:int|float)\b", re.MULTILINE)


def functions():
    for package in (formulas, models, plans):
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if not name.startswith("_") and function.__module__ == module.__name__:
                    yield function


def documented(function):
    """Arguments that the docstring says are numbers."""
    arguments = inspect.signature(function).parameters
    listed = (inspect.getdoc(function) or "").partition("Returns\n---")[0]
    names = [name.strip() for line in _NUMERIC.findall(listed) for name in line.split(",")]
    return [name for name in names if name in arguments]


CALLS = [(function, argument) for function in functions() for argument in documented(function)]


# Work element by element: of no elements they make none.
ELEMENTWISE = {
    "service_devices",
    "availability",
    "block_availability",
    "fixed_goodput",
    "serving_bytes",
    "training_bytes",
    "sequence_flop",
}


def elementwise(function):
    return ".formulas." in function.__module__ or function.__name__ in ELEMENTWISE


def arguments(function, argument):
    given = {}
    own = OF_MODULES.get(function.__module__, {})
    for name, declared in inspect.signature(function).parameters.items():
        if declared.kind in (declared.VAR_POSITIONAL, declared.VAR_KEYWORD):
            continue
        if declared.default is declared.empty:
            given[name] = own.get(name, GOOD.get(name, 1))
    if function is training_plan and argument != "seconds":
        given["devices"] = 1024
    return given


@together
@pytest.mark.parametrize(("function", "argument"), CALLS)
def test_nonsense_is_refused(function, argument):
    given = arguments(function, argument)
    for bad in NONSENSE:
        if elementwise(function) and getattr(bad, "size", 1) == 0:
            continue
        with pytest.raises(Refusal):
            function(**given | {argument: bad})


@pytest.mark.parametrize(
    "function",
    [training_plan, by_devices, project],
    ids=lambda function: function.__name__,
)
def test_plans_name_what_they_refuse(function):
    for argument in inspect.signature(function).parameters:
        for bad in [*NONSENSE, -1]:
            with pytest.raises(Refusal) as refused:
                function(**arguments(function, argument) | {argument: bad})
            assert refused.value.argument == argument, bad


def test_no_function_is_forgotten():
    names = {function.__name__ for function, _ in CALLS}
    assert {"train_flop", "training_plan", "service_plan", "working_blocks", "equal_tasks"} <= names


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"devices": None}, "seconds"),
        ({"seconds": 3e6}, "seconds"),
        ({"devices": None, "seconds": 0}, "seconds"),
        ({"devices": 0}, "devices"),
        ({"fixed": {"tensor_parallel": 1.5}}, "tensor_parallel"),
        ({"fixed": {"tensor_parallel": 7}}, "tensor_parallel"),
        ({"fixed": {"pipeline_stages": 31}}, "pipeline_stages"),
        ({"fixed": {"recomputation": "ful"}}, "recomputation"),
        ({"fixed": {"head_size": 7}}, "head_size"),
        ({"mfu": 1.63}, "mfu"),
        ({"number_format": "bf15"}, "number_format"),
        ({"goal": "nicest"}, "goal"),
        ({"batch": 0}, "batch"),
    ],
)
def test_a_plan_names_the_argument_that_makes_no_sense(given, argument):
    with pytest.raises(Refusal) as refused:
        training_plan(LLAMA, H200, **({"tokens": 1e12, "batch": 512, "devices": 1024} | given))
    assert refused.value.argument == argument
