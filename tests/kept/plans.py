"""Plans of services and of training runs."""

from llmcalc import catalogue, known_models
from llmcalc.checks import Refusal
from llmcalc.plans import comparing
from llmcalc.plans.cuts import CHEAPEST, FASTEST, FEWEST, Search, cut_numbers
from llmcalc.plans.pools import pools_plan
from llmcalc.plans.serving import service_plan
from llmcalc.plans.training import by_devices, training_plan
from llmcalc.prediction.serving import first_interval
from tests.kept.cells import written
from tests.kept.memory import MODELS
from tests.kept.steps import CONSTANTS, DEVICE, SERVING

ASKED = {
    "loose": {"request_rate": 3.0},
    "prompt": {"request_rate": 40.0, "time_to_first_token": 1.0, "question_tokens": 4000},
    "steady": {"request_rate": 0.5, "time_per_output_token": 0.03, "quantile": "p99", "load": 0.7},
    "bursts": {"request_rate": 20.0, "time_to_first_token": 2.0, "arrival_spread": 3.0, "question_spread": 1.0},
    "busy bursts": {"request_rate": 2.0, "time_to_first_token": 20.0, "load": 0.95, "quantile": "p99"}
    | {"arrival_spread": 5.0, "answer_spread": 2.0},
    "several": {"request_rate": 5.0, "time_per_output_token": 0.05, "answers_per_question": 4, "hit_share": 0.6}
    | {"draft_tokens": 2, "acceptance": 0.6},
    "median": {"request_rate": 10.0, "time_to_first_token": 3.0, "quantile": "p50", "answer_spread": 1.0},
}


def plans():
    """Plans of services, and replicas under load."""
    for model in MODELS:
        for asked, wanted in ASKED.items():
            told = {"model": model.name, "asked": asked, "refused": ""}
            try:
                plan = service_plan(model, DEVICE, constants=SERVING, **wanted)
            except Refusal as refusal:
                yield told | {"refused": str(refusal)}
                continue
            told |= {"devices": str(plan.devices), "replicas": str(plan.replicas)}
            # To a millionth of a device: what is left of a difference of equals depends on the machine.
            told |= {purpose: written(round(share, 6)) for purpose, share in plan.why.items()}
            at_work = plan.replica
            for number in ("batch", "full_batch", "requests", "output_tokens", "load"):
                told[number] = written(getattr(at_work, number))
            for latency in ("first_token", "output_token", "answer"):
                told |= {f"{latency} {point}": written(time) for point, time in getattr(at_work, latency).items()}
            told |= {f"memory of {purpose}": written(size) for purpose, size in at_work.memory.items()}
            told["ten times"] = str(plan.scaled([10 * wanted["request_rate"]])[0])
            told["cut"] = " ".join([str(count) for count in at_work.service.cut])
            told["range"] = " to ".join(map(written, first_interval(at_work.service)))
            try:
                apart = pools_plan(model, DEVICE, constants=SERVING, **wanted)
            except Refusal as refusal:
                yield told | {"apart": str(refusal)}
                continue
            told |= {"reading": str(apart.reading.devices), "writing": str(apart.writing.devices)}
            told["transfer"] = written(apart.transfer_seconds)
            for point in ("mean", "p95"):
                told[f"first_token {point} apart"] = written(apart.busiest.first_token[point])
            yield told


WANTED = {
    "fewest": {"goal": FEWEST, "seconds": 20.0},
    "few": {"goal": FEWEST, "seconds": 2.0},
    "fastest": {"goal": FASTEST, "devices": 96},
    "on all": {"goal": FASTEST, "devices": 10**6},
    "alone": {"goal": FASTEST, "devices": 3},
    "cheapest": {"goal": CHEAPEST, "seconds": 8.0},
}
SEARCHED = {
    "usual": {},
    "fixed": {"fixed": {"tensor_parallel": 2, "zero_stage": 1, "recomputation": "none"}},
    "staged": {"fixed": {"pipeline_stages": 3}},
    "tuned": {"memory": {"adapter_rank": 8}, "run": {"gradient_bytes": 2}},
}


def cuts():
    """Best cuts of training runs, batches close by that take fewer devices, and the least that holds a model."""
    for name in ("Llama 3.1 8B", "Llama 3.1 70B", "Mixtral 8x7B", "Qwen3 30B A3B"):
        model = known_models.model(name)
        for searched, options in SEARCHED.items():
            for context in (4096, 32768):
                search = Search(model, DEVICE, CONSTANTS, 192, context, "bf16", **options)
                told = {"model": model.name, "search": searched, "context": str(context)}
                smallest = search.smallest()
                yield told | {"wanted": "smallest"} | (cut_of(smallest) if smallest else {})
                for wanted, asked in WANTED.items():
                    found = search.best(**asked)
                    row = told | {"wanted": wanted} | (cut_of(found) if found else {})
                    if found and wanted != "on all" and "seconds" in asked:
                        near = search.nearby_batch(found, asked["seconds"])
                        row["near"] = f"{near[0]} on {near[1].run.devices:g}" if near else ""
                    yield row


def runs():
    """Plans of training runs, and what other numbers of replicas would do."""
    for name in ("Llama 3.1 8B", "Llama 3.1 70B", "Qwen3 30B A3B"):
        model = known_models.model(name)
        for asked in ({"devices": 512}, {"seconds": 30 * 86400.0}, {"seconds": 3e5}):
            told = {"model": name, "asked": " ".join(f"{key}={value:g}" for key, value in asked.items())}
            plan = training_plan(model, catalogue.device("H100 SXM"), tokens=1e12, batch=768, **asked)
            told |= {"verdict": plan.verdict, "seconds": written(plan.seconds) if plan.cut else ""}
            yield told | (cut_of(plan.cut) if plan.cut else {})
            for other in by_devices(plan, 7) if plan.cut else []:
                yield told | {"verdict": "other", "seconds": written(other.seconds)} | cut_of(other.cut)


def late():
    """By how much a batch is to grow for a deadline, the shorter the later."""
    model, device = known_models.model("Llama 3.1 8B"), catalogue.device("H100 SXM")
    for seconds in (20_000, 10_000, 400, 200):
        plan = training_plan(model, device, tokens=1e10, batch=16, seconds=seconds)
        row = {"seconds": str(seconds), "verdict": plan.verdict, "batch_in_time": str(plan.batch_in_time)}
        yield row | {"taken": written(plan.seconds)}


def cut_of(found):
    run, numbers = found.run, cut_numbers(found.run)
    told = {"devices": f"{run.devices:g}", "zero_stage": str(run.zero_stage), "recomputation": run.recomputation}
    told |= {number: str(numbers[number]) for number in numbers}
    return told | {"seconds": written(found.step.seconds), "free_bytes": written(found.free_bytes)}


def offers():
    """Devices for a service, the cheapest first."""
    for name in ("Llama 3.1 8B", "Llama 3.1 70B", "Mixtral 8x7B"):
        for group in (comparing.FORMATS, (("fp8",),), (("fp4",), ("int8", "bf16"))):
            for rate, limits in ((0.3, {}), (30.0, {}), (3.0, {"time_per_output_token": 4e-3})):
                told = {"model": name, "formats": repr(group), "rate": str(rate), "limits": " ".join(limits)}
                found = comparing.compare(known_models.model(name), catalogue.devices(), rate, group, **limits)
                for place, offer in enumerate(found):
                    row = told | {"place": str(place), "device": offer.device.name, "format": offer.number_format}
                    if offer.plan is None:
                        yield row | {"reason": offer.reason}
                        continue
                    per = {f"{key} a dollar": written(value) for key, value in offer.per_dollar.items()}
                    yield row | {"devices": str(offer.plan.devices), "rent": written(offer.rent)} | per
