"""Throughput and latency of published and of one's own services, row by row: what `llmcalc predict serving` does.

Columns are found by any of their usual names, in any order; others are handed through. A row that cannot be predicted
says why, and no row stops the others.
"""

import csv
import re

from .. import catalogue, datasets, known_models
from ..checks import Refusal, one_of
from ..messages import message
from ..models.service import Service, legal_ranks
from ..plans.serving import DEVIATIONS, badge, interval, replica

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TextIO

    from ..datasets import Row

# Names of columns, as tables of engines have them.
COLUMNS = {
    "model": ("model", "model_path", "model_name"),
    "device": ("gpu", "device", "accelerator", "system", "hardware"),
    "tensor_parallel": ("tp", "tensor_parallel", "tp_size", "gpus", "devices", "num_gpus"),
    "pipeline_stages": ("pp", "pipeline_stages", "pp_size"),
    "expert_parallel": ("ep", "expert_parallel", "ep_size", "moe_ep_size"),
    "data_parallel": ("attention_dp_size", "attention_dp", "dp_attention"),
    "precision": ("precision", "number_format", "quantization", "dtype"),
    "kv_precision": ("kv_precision", "kv_cache_dtype", "kv_dtype", "kv_format"),
    "question_tokens": ("isl", "input_length", "input_tokens", "question_tokens", "input_len"),
    "answer_tokens": ("osl", "output_length", "output_tokens", "answer_tokens", "output_len"),
    "batch": ("batch", "batch_size"),
    "concurrency": ("concurrency", "users", "max_concurrency"),
    "requests": ("requests", "num_requests", "num_prompts"),
    "largest_batch": ("max_batch", "max_batch_size", "max_num_seqs"),
    "chunk_tokens": ("max_num_tokens", "max_num_batched_tokens"),
    "engine": ("engine", "framework", "backend"),
    "version": ("version", "backend_version", "engine_version"),
    "source": ("source",),
    "request_rate": ("request_rate", "rate", "qps", "rps", "requests_per_second"),
    "burstiness": ("burstiness",),
}
PREDICTED = (
    "predicted_output_tokens_s",
    "low",
    "high",
    "batch",
    "ttft_ms",
    "tpot_ms",
    "fits",
    "refused",
    "predicted_output_tokens_s_gpu",
    "badge",
    "ttft_low_ms",
    "ttft_high_ms",
    "ttft_p50_ms",
    "ttft_p95_ms",
    "ttft_p99_ms",
    "tpot_low_ms",
    "tpot_high_ms",
    "tpot_p50_ms",
    "tpot_p95_ms",
    "tpot_p99_ms",
    "assumed",
)

# Formats as people write them: of the products, and bytes of a weight where they are not that format's.
FORMATS = {
    "fp16": ("fp16", None),
    "float16": ("fp16", None),
    "half": ("fp16", None),
    "bf16": ("bf16", None),
    "bfloat16": ("bf16", None),
    "fp8": ("fp8", None),
    "w8a8fp8": ("fp8", None),
    "fp8block": ("fp8", None),
    "mxfp8": ("fp8", None),
    "int8": ("int8", None),
    "w8a8": ("int8", None),
    "sq": ("int8", None),
    "w8a16": ("bf16", 1.0),
    "int8wo": ("bf16", 1.0),
    "fp4": ("fp4", None),
    "nvfp4": ("fp4", None),
    "mxfp4": ("fp4", 0.53125),
    "int4": ("bf16", 0.5625),
    "int4wo": ("bf16", 0.5625),
    "w4a16": ("bf16", 0.5625),
    "awq": ("bf16", 0.5625),
    "gptq": ("bf16", 0.5625),
    "w4a8": ("fp8", 0.5625),
}
CACHES = {"fp16": 2, "bf16": 2, "auto": None, "fp8": 1, "fp8e4m3": 1, "int8": 1, "fp4": 0.5625, "nvfp4": 0.5625}

# How tables say that a layout does not cut in some direction.
NONE = ("0", "0.0", "-", "none", "None")

LEAST_REST = 1e-6  # of a request
SERVER, WIDE_CACHE = 8, 2  # devices of a server, and bytes of a cached number, of the pools in serving-wide.csv

# TensorRT-LLM up to version 0.7 multiplied the queries of a step on the ordinary cores.
OLD_ENGINE = re.compile(r"tensorrt.?llm.*(?<![\d.])v?0\.[0-7]\b", re.IGNORECASE)
# Engines that keep caches in 16 bits whatever the weights, and share each expert, unless they are told otherwise.
MUST_BE_TOLD = ("vllm", "sglang")


def predict_table(source: "TextIO", target: "TextIO") -> None:
    """Predict the rows of an open CSV file, and write them to another with the columns `PREDICTED` behind their own."""
    reader = csv.DictReader(source)
    own = [name for name in reader.fieldnames or [] if name not in PREDICTED]
    writer = csv.DictWriter(target, [*own, *PREDICTED], extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in reader:
        writer.writerow({**row, **predict_row(row)})


def predict_rows(rows: "Iterable[Row]") -> "list[dict[str, str]]":
    """Predict rows of texts: a mapping of the columns `PREDICTED` to texts for each, in the same order."""
    return [predict_row(row) for row in rows]


def published_row(row: "Row") -> "dict[str, str]":
    """A row of `data/serving-published.csv` as the texts of a table of engines.

    Examples
    --------
    >>> published_row(datasets.records("serving-published")[0])["isl"]
    '128'
    """
    names = {
        "model": "model",
        "accelerator": "gpu",
        "tensor_parallel": "tp",
        "number_format": "precision",
        "question_tokens": "isl",
    }
    if row["set"] != "first token":
        names["answer_tokens"] = "osl"
    if row["set"] == "static":
        names["batch"] = "batch"
    if row["pipeline_stages"] is not None:
        names["pipeline_stages"] = "pp"
    if row["requests"] is not None:
        names["requests"] = "requests"
    return {names[name]: str(row[name]) for name in names}


def published_errors() -> "list[Row]":
    """Every published measurement with its prediction: what `data/serving-published.csv` holds it to.

    Returns
    -------
    list of dict
        Of each row its cells, and ``kind`` ("saturated dense", ...), ``quantity``, ``unit``, ``measured``,
        ``predicted`` (None if refused), ``refused`` and ``badge``.
    """
    found = []
    for row in datasets.records("serving-published"):
        answer = predict_row(published_row(row))
        first = row["set"] == "first token"
        text = answer["ttft_ms" if first else "predicted_output_tokens_s"]
        found.append(
            {
                **row,
                "kind": f"{row['set']} {'mixture' if _is_mixture(row['model']) else 'dense'}",
                "quantity": "first token" if first else "throughput",
                "unit": "ms" if first else "token/s",
                "measured": row["first_token_ms" if first else "output_tokens_per_s"],
                "predicted": float(text) if text else None,
                "refused": answer["refused"],
                "badge": answer["badge"],
            }
        )
    return found


def pool_errors() -> "list[Row]":
    """Every published pool of several servers with its prediction: what `data/serving-wide.csv` holds it to.

    Returns
    -------
    list of dict
        Of each row its cells, and ``predicted`` tokens a second of a server [token/s] with ``error``, predicted over
        published, less 1.
    """
    found = []
    for row in datasets.records("serving-wide"):
        device, questions = catalogue.device(row["accelerator"]), row["question_tokens"]
        cut = {"tensor_parallel": SERVER, "data_parallel": row["servers"]}
        texts = {"question_tokens": questions, "answer_tokens": 1, "bytes_per_value": WIDE_CACHE}
        pool = Service(known_models.model(row["model"]), device, "fp8", **cut, **texts)
        if row["pool"] == "reading":
            tokens = row["tokens_per_device"] * pool.devices
            step = pool.step(0.0, 0.0, tokens, tokens / questions)
        else:
            tokens = row["sequences_per_device"] * pool.devices
            step = pool.step(tokens, questions)
        predicted = tokens / step.seconds / row["servers"]
        found.append({**row, "predicted": predicted, "error": predicted / row["tokens_per_s_server"] - 1})
    return found


def _is_mixture(name: str) -> bool:
    return any(part.kind == "mixture" for part in known_models.model(name).mlps)


def predict_row(row: "Row") -> "dict[str, str]":
    """Predict a row.

    Examples
    --------
    >>> row = {"model": "Llama 3.1 8B", "gpu": "H200", "tp": "1", "precision": "FP8", "isl": "128", "osl": "2048"}
    >>> answer = predict_row(row)
    >>> answer["fits"], answer["refused"], 20000 < float(answer["predicted_output_tokens_s"]) < 30000
    ('yes', '', True)
    >>> predict_row({"model": "Llama 3.1 8B", "gpu": "H2000", "isl": "128"})["refused"]
    "device = 'H2000' is not known: did you mean 'H200 SXM'?"
    """
    blank = dict.fromkeys(PREDICTED, "")
    try:
        return blank | {name: _written(value) for name, value in predict(_read(row)).items()}
    except ValueError as error:  # a Refusal, or what a device lacks
        return blank | {"refused": str(error)}


def predict(given: "dict[str, Any]") -> "dict[str, Any]":
    """Predict a service from what `_read` found; as numbers."""
    requests = given.get("requests") or _usual_requests(given)
    service = _service(given)
    alone = service.first_token_seconds()
    answer: dict[str, Any] = {"fits": service.fits, "assumed": _assumed(given, service, requests)}
    if not service.fits:
        return answer
    answer["ttft_ms"] = alone * 1e3
    if "answer_tokens" not in given:
        # Only requests that are alone were measured: how far those under load are off is not known.
        low, high = interval("first")
        answer["ttft_low_ms"], answer["ttft_high_ms"] = alone * 1e3 * low, alone * 1e3 * high
        return answer
    if "request_rate" in given:
        return answer | _at_rate(service, given["request_rate"])
    static = "batch" in given and "concurrency" not in given and _old(given)
    asked: Any = given.get("concurrency", given.get("batch"))
    if static:
        batch = asked
        seconds = service.static_seconds(batch)
        rate = batch * service.answer_tokens / seconds
        answer["ttft_ms"] = 1e3 * (
            seconds - service.answer_tokens * service.step(batch, service.mean_context()).seconds
        )
        token = service.step(batch, service.mean_context()).seconds
    else:
        full = service.full_batch()
        batch = min(asked, full) if asked else full
        token = service.token_seconds(batch)
        rate = batch / token
        if requests and not asked:
            batch = min(batch, requests)
            token = mean_token_seconds(service, requests, batch)
            rate = batch / token
        # A request waits for the rest of the step that runs, and for a place if all are taken.
        reading = group_seconds(service, batch) if asked else alone
        waiting = (asked - batch) * service.answer_tokens / rate if asked else 0.0
        answer["ttft_ms"] = 1e3 * (token / 2 + reading + waiting)
        # From requests that come apart on a quick engine to those that come in groups on a slow one.
        low, high = first_interval(service)
        apart = min(reading, service.step_seconds(batch - 1, service.mean_context(), service.read_tokens(), 1.0))
        answer["ttft_low_ms"] = 1e3 * low * (token / 2 + apart + waiting)
        answer["ttft_high_ms"] = high * answer["ttft_ms"]
    return answer | _throughput(service, rate, token, batch)


def _usual_requests(given: "dict[str, Any]") -> "float | None":
    """How many requests are sent at once for such lengths, where a table of an engine's makers doesn't say it."""
    engine = given.get("engine", "").lower()
    if not (engine == "" or "tensorrt" in engine or "trt" in engine):
        return None
    lengths = given["question_tokens"], given.get("answer_tokens")
    for row in datasets.records("serving-requests"):
        if (row["question_tokens"], row["answer_tokens"]) == lengths:
            return float(row["requests"])
    return None


def _assumed(given: "dict[str, Any]", service: "Service", requests: "float | None") -> str:
    """What a row doesn't say, and what was taken for it."""
    assumed = []
    if "tensor_parallel" not in given:
        assumed.append(f"tp = {service.tensor_parallel}")
    if service.mixtures and "expert_parallel" not in given:
        assumed.append(f"ep = {service.expert_parallel}")
    if "bytes_per_value" not in given:
        assumed.append(f"{8 * service.bytes_per_value:g} bits of each number in the caches")
    asked = {"concurrency", "batch", "request_rate", "requests"} & set(given)
    if "answer_tokens" in given and not asked:
        assumed.append(f"{requests:.0f} requests at once" if requests else "requests without end")
    return "; ".join(assumed)


def _throughput(service: "Service", rate: float, token: float, batch: float) -> "dict[str, Any]":
    low, high = interval("mixture" if service.mixtures else "dense")
    return {
        "predicted_output_tokens_s": rate,
        "low": rate * low,
        "high": rate * high,
        "predicted_output_tokens_s_gpu": rate / service.devices,
        "batch": batch,
        "tpot_ms": token * 1e3,
        "tpot_low_ms": token * 1e3 / high,
        "tpot_high_ms": token * 1e3 / low,
        "badge": badge(service),
    }


def _at_rate(service: "Service", request_rate: float) -> "dict[str, Any]":
    """Of requests that come at random: latencies, and how they spread."""
    busy = replica(service, request_rate)
    answer = _throughput(service, busy.output_tokens, busy.output_token["mean"], busy.batch)
    answer["ttft_ms"] = 1e3 * busy.first_token["mean"]
    # A slower engine takes longer and has more to do at once, until it can no longer keep up.
    for name, slower in zip(("ttft_low_ms", "ttft_high_ms"), first_interval(service), strict=True):
        if slower * request_rate < replica(service).requests:
            answer[name] = 1e3 * slower * replica(service, slower * request_rate).first_token["mean"]
    for quantile in DEVIATIONS:
        answer[f"ttft_{quantile}_ms"] = 1e3 * busy.first_token[quantile]
        answer[f"tpot_{quantile}_ms"] = 1e3 * busy.output_token[quantile]
    return answer


def mean_token_seconds(service: "Service", requests: float, batch: float) -> float:
    """Mean time from a token to the next, in shares of as many sequences as fit, where all requests come at once [s].

    Requests of equal lengths that begin together end together, and others take their place: they are written in rounds,
    of which the last is not full and takes as many steps all the same.

    Parameters
    ----------
    service : Service
        The replica.
    requests : float
        All of them.
    batch : float
        Those of a round.

    Examples
    --------
    >>> from llmcalc import catalogue, known_models
    >>> service = Service(known_models.model("Llama 3.1 8B"), catalogue.device("H200 SXM"), "fp8")
    >>> mean_token_seconds(service, 200, 100) == service.token_seconds(100)
    True
    """
    rounds = requests // batch
    rest = requests - rounds * batch
    seconds: float = rounds * service.token_seconds(batch)
    if rest > LEAST_REST:
        seconds += service.token_seconds(rest)
    return seconds * batch / requests


def first_interval(service: "Service") -> "tuple[float, float]":
    """Ends of the range of times to first token under load, in shares of the prediction.

    Of first tokens under load nothing is measured in the data, so that this is how far the engine's pace may be off:
    the wider ends of the ranges of first tokens of single requests and of tokens a second.
    """
    first, pace = interval("first"), interval("mixture" if service.mixtures else "dense")
    return min(first[0], 1 / pace[1]), max(first[1], 1 / pace[0])


def group_seconds(service: "Service", batch: float) -> float:
    """Time in which a request's prompt is read where as many requests are always at work [s].

    Each begins when another ends. Requests of equal lengths whose prompts were read in one step end in one step, too,
    so that those in their place come together again: a step reads as many prompts as it has room for. It writes a token
    of all the others meanwhile. A benchmark with a fixed number of users and fixed lengths works so; lengths that
    differ pull such groups apart, and then this is an upper bound.

    Parameters
    ----------
    service : Service
        The replica.
    batch : float
        Requests at work.
    """
    room = service.chunk_tokens * (service.ranks if service.by_sequence else 1)
    group = max(1.0, min(batch, room // service.read_tokens()))
    tokens = group * service.read_tokens()
    steps = max(1.0, tokens / room)
    others = max(0.0, batch - group)
    reading: float = service.step(others, service.mean_context(), tokens / steps, group / steps).seconds
    seconds: float = steps * reading
    return seconds


def _service(given: "dict[str, Any]") -> "Service":
    number_format, bytes_per_weight = given["format"]
    model = known_models.model(given["model"])
    device = catalogue.device(given["device"])
    ranks = given.get("tensor_parallel", 1)
    divides_sequences = model.experts or model.attention == "latent"
    groups = given.get("data_parallel", 1) if divides_sequences else 1
    shares_experts = given.get("expert_parallel")
    if shares_experts is None and any(name in given.get("engine", "").lower() for name in MUST_BE_TOLD):
        shares_experts = 1
    if divides_sequences and ranks not in legal_ranks(model, ranks):
        ranks, groups = 1, ranks * groups  # where the heads cannot be shared, ranks take sequences
    old = _old(given)
    options: dict[str, Any] = {
        name: given[name] for name in ("largest_batch", "chunk_tokens", "pipeline_stages") if name in given
    }
    if "burstiness" in given:  # vLLM's: the shape of gamma distributed gaps, 1 at random and less in bursts
        options["arrival_spread"] = max(1.0, given["burstiness"] ** -0.5)
    return Service(
        model,
        device,
        number_format,
        tensor_parallel=ranks,
        data_parallel=groups,
        expert_parallel=shares_experts and min(ranks * groups, shares_experts),
        bytes_per_weight=bytes_per_weight,
        bytes_per_value=given.get("bytes_per_value"),
        question_tokens=given.get("question_tokens", 1),
        answer_tokens=given.get("answer_tokens", 1),
        kernels="2023" if old else "present",
        **options,
    )


def _old(given: "dict[str, Any]") -> bool:
    """Whether a row is of an engine of 2023; so are static batches of an engine that is not named."""
    said = " ".join([given.get(name, "") for name in ("engine", "version", "source")]).strip()
    return bool(OLD_ENGINE.search(said)) if said else "batch" in given and "concurrency" not in given


def _read(row: "Row") -> "dict[str, Any]":
    known = {str(name).strip().lower().replace(" ", "_").replace("-", "_"): name for name in row if name is not None}
    given: dict[str, Any] = {}
    for meaning, names in COLUMNS.items():
        for name in names:
            text = str(row[known[name]] or "").strip() if name in known else ""
            if text:
                given[meaning] = text
                break
    for needed in ("model", "device"):
        if needed not in given:
            first, second, third = COLUMNS[needed][:3]
            accepted = message("a column {first} or {second} or {third}", first=first, second=second, third=third)
            raise Refusal(needed, "", accepted)
    if "question_tokens" not in given:
        raise Refusal("isl", "", "the tokens of a prompt")
    for name in ("tensor_parallel", "pipeline_stages", "expert_parallel", "data_parallel"):
        if given.get(name) in NONE:
            del given[name]
        if name in given:
            given[name] = int(_number(name, given[name]))
    for name in (
        "question_tokens",
        "answer_tokens",
        "batch",
        "concurrency",
        "largest_batch",
        "chunk_tokens",
        "requests",
        "request_rate",
        "burstiness",
    ):
        if name in given:
            given[name] = _number(name, given[name])
    if given.get("concurrency") is None and given.get("batch") is None:
        given.pop("batch", None)
    spelled = re.sub(r"[^a-z0-9]", "", given.get("precision", "bf16").lower())
    if spelled not in FORMATS:
        raise Refusal("precision", given["precision"], one_of(sorted(FORMATS)))
    given["format"] = FORMATS[spelled]
    if "kv_precision" in given:
        cache = re.sub(r"[^a-z0-9]", "", given["kv_precision"].lower())
        if cache not in CACHES:
            raise Refusal("kv_precision", given["kv_precision"], one_of(sorted(CACHES)))
        given["bytes_per_value"] = CACHES[cache]
    elif any(name in given.get("engine", "").lower() for name in MUST_BE_TOLD):
        given["bytes_per_value"] = 2
    return given


def _number(name: str, text: str) -> float:
    try:
        number = float(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise Refusal(name, text, "a number above 0") from None
    if not 0 < number < 1e12:
        raise Refusal(name, text, "a number above 0 and below 1e12")
    return number


def _written(value: "bool | float | str") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float | int) else value
