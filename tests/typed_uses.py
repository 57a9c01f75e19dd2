"""Uses of llmcalc that mypy must accept, and others that it must refuse: an `ignore` that nothing needs is an error.

`make lint` checks this file with the packages; nothing runs it.
"""

from typing import TYPE_CHECKING, Any, assert_type

from llmcalc import answers, catalogue, known_models
from llmcalc.checks import Refusal
from llmcalc.formulas import training
from llmcalc.models.configs import from_config
from llmcalc.models.device import Device
from llmcalc.models.layers import Attention, Mlp
from llmcalc.models.memory import training_memory
from llmcalc.models.model import Model
from llmcalc.models.networks import build
from llmcalc.models.run import Run
from llmcalc.models.scheduling import equal_tasks, schedule
from llmcalc.models.service import Service
from llmcalc.plans.serving import service_plan
from llmcalc.plans.step import TrainingStep, predict
from llmcalc.prediction.runs import predict_row
from llmcalc.quantities import read
from llmcalc.results import Results

if TYPE_CHECKING:
    model = known_models.model("Llama 3.1 8B")
    device = catalogue.device("H100 SXM")
    assert_type(model, Model)
    assert_type(model.params, float)
    assert_type(model.weight_bytes("GGUF Q4_K_M"), int)
    assert_type(device, Device)
    assert_type(device.memory, float)
    assert_type(device.training_format, str | None)
    assert_type(from_config({"hidden_size": 4096}), Model)

    # A formula keeps its own arguments behind its guard.
    training.train_flop(8e9, tokens=15e12)
    training.train_flop(8e9)  # type: ignore[call-arg]

    # Numbers of a run may be arrays, its names are texts.
    run = Run(model, device, devices=64, batch=128, number_format="bf16")
    assert_type(training_memory(run), dict[str, Any])
    Run(model, device, devices=64, batch=128, number_format=16)  # type: ignore[arg-type]
    Run("Llama 3.1 8B", device, devices=64, batch=128)  # type: ignore[arg-type]
    Run(model, device, devices=64)  # type: ignore[call-arg]

    def step_of(planned: Run) -> TrainingStep:
        """A step's time needs constants besides."""
        return predict(planned)  # type: ignore[call-arg]

    # A service is whole devices; only what it serves is asked in words.
    service = Service(model, device, tensor_parallel=2)
    assert_type(service.full_batch(), float)
    assert_type(service_plan(model, device, 2.0).devices, int)
    Service(model, device, tensor_parallel=2.5)  # type: ignore[arg-type]
    service_plan(model, device, "two")  # type: ignore[arg-type]

    # Parts of layers, told apart by their kind.
    for part in model.mixers:
        if part.kind == "standard":
            assert_type(part, Attention)
        size = part.head_size  # type: ignore[union-attr]
    Mlp(32, 14336, bias="no")  # type: ignore[arg-type]

    # Answers take keywords, and give results.
    assert_type(answers.training_gpus(mfu=0.4), Results)
    answers.training_gpus(mfu="40%")  # type: ignore[arg-type]
    answers.training_gpus(share=0.4)  # type: ignore[call-arg]

    # Rows of tables are mappings with known names.
    assert_type(build("resnet50")[0]["macs"], int)
    build("resnet50")[0]["mac"]  # type: ignore[typeddict-item]
    jobs = schedule(equal_tasks(2, 3, 1, 3600.0), 4)
    assert_type(jobs[0]["end"], float)
    schedule([{"name": "A"}], 4)  # type: ignore[typeddict-item]
    assert_type(predict_row({"model": "GPT-3"}), dict[str, Any])

    # What people write is read as what it is.
    assert_type(read("40%", "mfu"), float | str | bool)
    read(0.4, "mfu")  # type: ignore[arg-type]
    try:
        model.cache_bytes(-1)
    except Refusal as refusal:
        assert_type(refusal.argument, str)
