"""Plans: the fewest devices that train a model in time, and the fewest that serve it fast enough.

Where the formula modules turn numbers into numbers, these functions choose. They take single
numbers and rows of `data/transformer-shapes.csv`, and say with their results what they chose.
A device is a mapping: ``peak_flops`` [FLOP/s], ``device_memory`` [byte] and of it ``overhead`` for
the program [byte], ``devices_per_server`` [1], and for serving ``memory_bandwidth`` [byte/s].
"""

from ..checks import INFINITY, Refusal, choice, fewer, single, whole
from ..formulas import cost, memory, parallelism, serving, transformer
from ..formulas.devices import round_down, round_up
from . import fitting, guards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# Each with what it is in proportion to, in order: mappings have none in every Python.
PROPORTIONS = (("heads", "hidden_size"), ("kv_heads", "heads"), ("mlp_size", "hidden_size"))
WIDTHS = ("layers", "hidden_size", "heads", "kv_heads", "mlp_size", "mlp_matrices", "vocabulary_size")
OUTSIDE = ("context", "embedding_tables", "learned_positions", "layer_vectors")
OF_DEVICE = ("peak_flops", "device_memory", "overhead", "devices_per_server")
OF_PLAN = ("tensor_parallel", "pipeline_stages")
SEQUENCE_PARALLEL = {"none": "none, sequence parallel", "selective": "selective, sequence parallel", "full": "full"}


def shape_like(shape: "Mapping[str, Any]", **changes: float) -> "dict[str, Any]":
    """A model's shape with some of its numbers changed.

    Parameters
    ----------
    shape : mapping
        A row of `data/transformer-shapes.csv`.
    **changes : int
        Numbers by their column, 0 for the model's own. Heads and the width of the MLP, if they are not
        changed themselves, keep their proportion to the hidden size, and key and value heads theirs to the heads.

    Returns
    -------
    dict
        The changed row.

    Raises
    ------
    ValueError
        If a change is no whole number, or heads, key and value heads and hidden size do not belong together.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> small = shape_like(record("transformer-shapes", "model", "Llama 3 70B"), layers=40, hidden_size=4096)
    >>> [small[key] for key in ("layers", "hidden_size", "heads", "kv_heads", "mlp_size")]
    [40, 4096, 32, 4, 14336]
    """
    _check_shape(shape)
    for key, value in changes.items():
        if key not in WIDTHS + OUTSIDE:
            raise Refusal(key, value, "changes of " + ", ".join(WIDTHS + OUTSIDE))
        guards.counted_or_0(**{key: value})
    changed = dict(shape)
    changed.update({key: value for key, value in changes.items() if value})
    for key, reference in PROPORTIONS:
        if not changes.get(key):
            changed[key] = max(1, round(shape[key] * changed[reference] / shape[reference]))
    if not changes.get("kv_heads"):
        changed["kv_heads"] = _nearest_divisor(changed["heads"], changed["kv_heads"])
    guards.heads(changed["hidden_size"], changed["heads"], changed["kv_heads"])
    return changed


def model_params(shape: "Mapping[str, Any]") -> float:
    """Parameters of a model [parameter].

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> round(model_params(record("transformer-shapes", "model", "GPT-3")) / 1e9, 1)
    174.6
    """
    _check_shape(shape)
    kinds = fitting.parameter_kinds(shape)
    return kinds["linear"] + kinds["other"]


def sequence_flop(shape: "Mapping[str, Any]", context: float) -> float:
    """Work of a forward pass over a sequence, each token compared with all of them [FLOP].

    Parameters
    ----------
    shape : mapping
        A row of `data/transformer-shapes.csv`.
    context : float
        Tokens of the sequence.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> gpt3 = record("transformer-shapes", "model", "GPT-3")
    >>> round(3 * sequence_flop(gpt3, 2048) / 2048 * 300e9 / 1e21)  # 6 N D gives 315
    323
    """
    _check_shape(shape)
    flop: float = transformer.forward_flop(1, context, *_widths(shape))
    return flop


def training_plan(
    shape: "Mapping[str, Any]",
    device: "Mapping[str, Any]",
    tokens: float,
    mfu: float,
    batch: float,
    microbatch: float = 1,
    seconds: "float | None" = None,
    devices: "float | None" = None,
    tensor_parallel: int = 0,
    pipeline_stages: int = 0,
    model_chunks: int = 1,
    zero_stage: int = 1,
    recomputation: str = "selective",
) -> "dict[str, float]":
    """Spread a training run over devices, for a deadline or for a number of devices.

    A model is cut across the devices of a server (tensor parallelism, with sequence parallelism) and along its
    layers (pipeline stages, one forward and one backward pass in turn); replicas of it share each batch, in whole
    microbatches. It is cut along only where it is cut across a whole server. Of the cuts that fit into the memory
    the one that takes the fewest devices is taken, or, of devices at hand, the fastest; of equals the smallest.

    Parameters
    ----------
    shape : mapping
        A row of `data/transformer-shapes.csv`; its ``context`` is that of the training sequences.
    device : mapping
        See above.
    tokens : float
        Training tokens, all epochs.
    mfu : float
        Model FLOPs utilisation while all stages of the pipeline work.
    batch, microbatch : float
        Sequences of an optimiser step on all devices, and of them those that a replica works on at a time.
    seconds : float, optional
        Time allowed [s]; the run takes longer if not even one microbatch a replica is fast enough.
    devices : float, optional
        Devices at hand, in place of the time allowed; no more are used than have work.
    tensor_parallel, pipeline_stages : int
        The cut, 0 for the best that fits.
    model_chunks : int
        Chunks of layers that a stage holds, as many as it has layers at most.
    zero_stage : int
        What the replicas share of the training state; see `fitting.zero_shards`.
    recomputation : str
        ``none``, ``selective`` or ``full``.

    Returns
    -------
    dict
        ``devices``, ``replicas``, ``tensor_parallel``, ``pipeline_stages``, ``microbatches`` of a replica in a
        step; ``flop`` [FLOP] and ``seconds`` [s] of the run; of a device of the first stage, which holds most,
        ``state_bytes``, ``activation_bytes`` and ``free_bytes``, negative if it does not fit [byte].

    Raises
    ------
    ValueError
        If the cut asked for is no cut of this model, or needs more devices than there are.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> gpt3 = record("transformer-shapes", "model", "GPT-3")
    >>> a100 = {"peak_flops": 312e12, "device_memory": 80e9, "overhead": 4e9, "devices_per_server": 8}
    >>> plan = training_plan(gpt3, a100, 300e9, mfu=0.4, batch=1536, seconds=30 * 86400)
    >>> [plan[key] for key in ("tensor_parallel", "pipeline_stages", "replicas", "devices")]
    [8, 2, 67.0, 1072.0]
    """
    run = _run(shape, device, tokens, mfu, batch, microbatch, model_chunks, zero_stage, recomputation)
    if (seconds is None) == (devices is None):
        raise Refusal("seconds", seconds, f"a time or a number of devices, one of both; devices = {devices!r}")
    if seconds is None:
        guards.counted(devices=devices)
    else:
        single(seconds=seconds)
    cuts = _cuts(shape, device, tensor_parallel, pipeline_stages)
    if devices is not None:
        smallest = cuts[0][0] * cuts[0][1]
        if devices < smallest:
            accepted = f"at least {smallest}, for which tensor_parallel and pipeline_stages cut the model"
            raise Refusal("devices", devices, accepted)
        cuts = [cut for cut in cuts if cut[0] * cut[1] <= devices]
    plans = [_spread(run, cut, _microbatches(run, cut, seconds, devices)) for cut in cuts]
    # What misses the deadline comes last; the size decides among equals, because not every Python sorts stably.
    best = "seconds" if seconds is None else "devices"
    plans.sort(
        key=lambda plan: (
            seconds is not None and plan["seconds"] > seconds,
            plan[best],
            plan["tensor_parallel"] * plan["pipeline_stages"],
        )
    )
    plan = {"free_bytes": -INFINITY}
    for candidate in plans:
        candidate |= _memory(run, candidate)
        if candidate["free_bytes"] > plan["free_bytes"]:
            plan = candidate
        if plan["free_bytes"] >= 0:
            break
    return plan


def trade_off(
    shape: "Mapping[str, Any]",
    device: "Mapping[str, Any]",
    plan: "Mapping[str, Any]",
    tokens: float,
    mfu: float,
    batch: float,
    microbatch: float = 1,
    model_chunks: int = 1,
    zero_stage: int = 1,
    recomputation: str = "selective",
    points: int = 16,
) -> "list[dict[str, float]]":
    """What more or fewer replicas of a plan would do: its cut, with other numbers of replicas.

    Parameters
    ----------
    plan : mapping
        Result of `training_plan`, whose arguments the others are.
    points : int
        Most points, evenly spaced on a scale of powers.

    Returns
    -------
    list of dict
        Like `training_plan`'s result, in order of ``devices``, from one replica to one microbatch a replica.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> shape = record("transformer-shapes", "model", "Llama 3 8B")
    >>> h100 = {"peak_flops": 989.5e12, "device_memory": 80e9, "overhead": 4e9, "devices_per_server": 8}
    >>> options = {"tokens": 15e12, "mfu": 0.4, "batch": 512}
    >>> plan = training_plan(shape, h100, devices=1024, **options)
    >>> [other["devices"] for other in trade_off(shape, h100, plan, points=4, **options)]
    [2.0, 16.0, 128.0, 1024.0]
    """
    run = _run(shape, device, tokens, mfu, batch, microbatch, model_chunks, zero_stage, recomputation)
    guards.mapping("plan", plan, OF_PLAN, "a result of training_plan")
    guards.counted(tensor_parallel=plan["tensor_parallel"], pipeline_stages=plan["pipeline_stages"], points=points)
    if points < 2:
        raise Refusal("points", points, "2 or more")
    most = run["microbatches"]
    counts = {round_up(most / round(most ** (point / (points - 1)))) for point in range(points)}
    cut = plan["tensor_parallel"], plan["pipeline_stages"]
    others = [_spread(run, cut, microbatches) for microbatches in sorted(counts, reverse=True)]
    return [other | _memory(run, other) for other in others]


def service_plan(
    shape: "Mapping[str, Any]",
    device: "Mapping[str, Any]",
    request_rate: float,
    prompt_tokens: float,
    answer_tokens: float,
    time_per_output_token: float,
    time_to_first_token: float,
    mfu: float,
    mbu: float,
    bytes_per_param: float = 2.0,
    bytes_per_value: float = 2.0,
    replica_servers: int = 1,
) -> "dict[str, float]":
    """Size a text service whose answers shall begin and go on fast enough.

    A replica is a power of two of devices that share the model and its caches; it writes one token of all its
    answers in a step, and reads prompts between the steps. A step takes as long as reading or as computing takes,
    whichever is longer. Of the replicas that meet all limits those that take the fewest devices in all are taken.

    Parameters
    ----------
    shape, device : mapping
        See above.
    request_rate : float
        Requests a second for which the service is built [1/s].
    prompt_tokens, answer_tokens : float
        Tokens of a request that are read, and that are written.
    time_per_output_token : float
        Longest mean time between two tokens of an answer [s].
    time_to_first_token : float
        Longest time to read a prompt [s].
    mfu, mbu : float
        Shares of the peak that reading prompts and computing steps gets, and of the bandwidth that reading memory gets.
    bytes_per_param, bytes_per_value : float
        Stored sizes of a weight in the layers, and of a number in the caches [byte].
    replica_servers : int
        Servers over which a replica may spread; if it is too slow or too small on so many, it takes more.

    Returns
    -------
    dict
        ``devices``, ``replicas``, ``devices_per_replica``, ``batch`` of answers that a replica writes at the same
        time, ``time_per_output_token`` and ``time_to_first_token`` that it achieves [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from llmcalc.datasets import record
    >>> gpt3 = record("transformer-shapes", "model", "GPT-3")
    >>> a100 = {"peak_flops": 312e12, "device_memory": 80e9, "overhead": 4e9, "devices_per_server": 8}
    >>> a100["memory_bandwidth"] = 2039e9
    >>> plan = service_plan(gpt3, a100, 100, 600, 200, 0.1, 2, mfu=0.4, mbu=0.6)
    >>> plan["replicas"], plan["devices_per_replica"], plan["batch"]
    (44.0, 8.0, 46.0)
    """
    _check_shape(shape)
    _check_device(device, ("memory_bandwidth",))
    single(
        request_rate=request_rate,
        prompt_tokens=prompt_tokens,
        answer_tokens=answer_tokens,
        time_per_output_token=time_per_output_token,
        time_to_first_token=time_to_first_token,
        mfu=mfu,
        mbu=mbu,
        bytes_per_param=bytes_per_param,
        bytes_per_value=bytes_per_value,
    )
    guards.counted(replica_servers=replica_servers)
    fewer(than=("device_memory", device["device_memory"]), overhead=device["overhead"])
    replica = _replica_of(
        shape, device, prompt_tokens, answer_tokens, time_per_output_token, mfu, mbu, bytes_per_param, bytes_per_value
    )
    best, size = None, 1.0
    while best is None or size <= replica_servers * device["devices_per_server"]:
        found = replica(size)
        if found and found["time_to_first_token"] <= time_to_first_token:
            answered = parallelism.sample_throughput(found["batch"], found["time_per_output_token"] * answer_tokens)
            replicas = round_up(request_rate / answered)
            if best is None or replicas * size < best["devices"]:
                best = found | {"devices": replicas * size, "replicas": replicas}
        size *= 2
    return best


def _widths(shape: "Mapping[str, Any]") -> "list[float]":
    return [shape[key] for key in WIDTHS]


def _check_shape(shape: "Mapping[str, Any]") -> None:
    guards.mapping("shape", shape, WIDTHS + OUTSIDE, "a row of data/transformer-shapes.csv")
    whole(layers=shape["layers"])


def _check_device(device: "Mapping[str, Any]", others: "tuple[str, ...]" = ()) -> None:
    keys = OF_DEVICE + others
    guards.mapping("device", device, keys, "a mapping with " + ", ".join(keys))
    single(**{key: device[key] for key in keys})
    whole(devices_per_server=device["devices_per_server"])


def _nearest_divisor(number: int, wanted: int) -> int:
    """Of the divisors of a number the one nearest to what is wanted, of equals the smaller."""
    return min(
        (part for part in range(1, number + 1) if number % part == 0), key=lambda part: (abs(part - wanted), part)
    )


def _run(
    shape: "Mapping[str, Any]",
    device: "Mapping[str, Any]",
    tokens: float,
    mfu: float,
    batch: float,
    microbatch: float,
    model_chunks: int,
    zero_stage: int,
    recomputation: str,
) -> "dict[str, Any]":
    """What all plans of a training run share."""
    _check_shape(shape)
    _check_device(device)
    single(tokens=tokens, mfu=mfu, batch=batch, microbatch=microbatch)
    guards.counted(model_chunks=model_chunks)
    choice("recomputation", recomputation, sorted(SEQUENCE_PARALLEL))
    fitting.zero_shards(zero_stage, 1)
    fewer(than=("device_memory", device["device_memory"]), overhead=device["overhead"])
    sequence_flop = transformer.iteration_flop(1, shape["context"], *_widths(shape))
    steps = tokens / (batch * shape["context"])
    return {
        "shape": shape,
        "flop": steps * batch * sequence_flop,
        "steps": steps,
        "microbatch": microbatch,
        "microbatches": round_up(batch / microbatch),
        "microbatch_seconds": cost.device_time(microbatch * sequence_flop, device["peak_flops"], mfu),
        "model_chunks": model_chunks,
        "zero_stage": zero_stage,
        "recomputation": recomputation,
        "room": device["device_memory"] - device["overhead"],
    }


def _cuts(
    shape: "Mapping[str, Any]", device: "Mapping[str, Any]", tensor_parallel: int, pipeline_stages: int
) -> "list[tuple[int, int]]":
    heads, layers = shape["heads"], shape["layers"]
    guards.counted_or_0(tensor_parallel=tensor_parallel, pipeline_stages=pipeline_stages)
    if tensor_parallel > heads:
        raise Refusal("tensor_parallel", tensor_parallel, f"at most heads = {heads}, or 0")
    if tensor_parallel and heads % tensor_parallel:
        raise Refusal("tensor_parallel", tensor_parallel, f"a divisor of heads = {heads}, or 0")
    if pipeline_stages > layers:
        accepted = f"at most layers = {layers}, or 0"
        raise Refusal("pipeline_stages", pipeline_stages, accepted)
    across = [tensor_parallel] if tensor_parallel else [1]
    # Each device computes whole heads, and all equally many.
    while not tensor_parallel and 2 * across[-1] <= device["devices_per_server"] and heads % (2 * across[-1]) == 0:
        across.append(2 * across[-1])
    # Of the numbers of stages that leave the longest one equally long, the smallest.
    along = (
        [pipeline_stages] if pipeline_stages else sorted({-(-layers // longest) for longest in range(1, layers + 1)})
    )
    return [(size, along[0]) for size in across] + [(across[-1], stages) for stages in along[1:]]


def _pipeline(run: "Mapping[str, Any]", cut: "tuple[int, int]") -> "tuple[float, float, float]":
    """Layers of the longest stage, its chunks of layers, and the time that it takes for a microbatch [s]."""
    across, along = cut
    layers = round_up(run["shape"]["layers"] / along)
    # The longest stage sets the pace of all.
    seconds = run["microbatch_seconds"] * layers / run["shape"]["layers"] / across
    return layers, min(run["model_chunks"], layers), seconds


def _microbatches(
    run: "Mapping[str, Any]", cut: "tuple[int, int]", seconds: "float | None", devices: "float | None"
) -> float:
    """Microbatches of a replica in a step: as many as the deadline leaves time for, or as the devices must take."""
    across, along = cut
    most = run["microbatches"]
    if devices is not None:
        return float(round_up(most / min(most, round_down(devices / (across * along)))))
    _, chunks, stage_seconds = _pipeline(run, cut)
    passes = seconds / run["steps"] / stage_seconds - (along - 1) / chunks
    replicas = round_up(most / round_down(min(most, max(1, passes))))
    return float(round_up(most / replicas))


def _spread(run: "Mapping[str, Any]", cut: "tuple[int, int]", microbatches: float) -> "dict[str, float]":
    across, along = cut
    _, chunks, stage_seconds = _pipeline(run, cut)
    replicas = round_up(run["microbatches"] / microbatches)
    # A backward pass is twice as much work as a forward pass.
    passes = stage_seconds / 3, stage_seconds * 2 / 3
    return {
        "devices": replicas * across * along,
        "replicas": replicas,
        "tensor_parallel": across,
        "pipeline_stages": along,
        "microbatches": microbatches,
        "flop": run["flop"],
        "seconds": run["steps"] * parallelism.pipeline_seconds(microbatches, along, *passes, chunks),
    }


def _memory(run: "Mapping[str, Any]", plan: "Mapping[str, Any]") -> "dict[str, float]":
    """Memory of a device of the first stage: state of its layers and of the embedding, activations, and the rest."""
    shape, across, along = run["shape"], plan["tensor_parallel"], plan["pipeline_stages"]
    layers, chunks, _ = _pipeline(run, (across, along))
    h = shape["hidden_size"]
    of_layer = [shape[key] for key in ("heads", "kv_heads", "mlp_size", "mlp_matrices", "layer_vectors")]
    # If there are more stages, the last one has the output matrix.
    embeddings = shape["embedding_tables"] if along == 1 else 1
    outside = transformer.embedding_params(h, shape["vocabulary_size"], embeddings, shape["learned_positions"])
    params = (layers * transformer.layer_params(h, *of_layer) + outside) / across
    state = memory.training_state_bytes(params, **fitting.zero_shards(run["zero_stage"], plan["replicas"]))
    size = (h, shape["heads"], shape["context"], run["microbatch"], across)
    kept, everything = (
        memory.activation_bytes(1, *size, **memory.ACTIVATIONS[SEQUENCE_PARALLEL[kind]])
        for kind in (run["recomputation"], "none")
    )
    # While the first stage waits for the last, it holds a microbatch for every stage, and more if it is interleaved.
    waiting = layers * along if chunks == 1 else memory.interleaved_layers(layers * along, along, chunks)
    activations = min(waiting, layers * plan["microbatches"]) * kept + everything - kept
    return {
        "state_bytes": state,
        "activation_bytes": activations,
        "free_bytes": run["room"] - state - activations,
    }


def _replica_of(
    shape: "Mapping[str, Any]",
    device: "Mapping[str, Any]",
    prompt_tokens: float,
    answer_tokens: float,
    time_per_output_token: float,
    mfu: float,
    mbu: float,
    bytes_per_param: float,
    bytes_per_value: float,
) -> "Callable[[float], dict[str, float] | None]":
    """What a replica of a number of devices achieves, as a function of that number; None if it is too slow or small."""
    peak, bandwidth = device["peak_flops"], device["memory_bandwidth"]
    whole, middle = prompt_tokens + answer_tokens, prompt_tokens + answer_tokens / 2
    stored = fitting.serving_bytes(shape, whole, 1, bytes_per_param, 0.0, bytes_per_value)
    weights, cache = stored["weights"], stored["KV cache"]
    # In the mean over an answer, half of it has been written.
    read = cache * middle / whole
    prompt = cost.device_time(sequence_flop(shape, prompt_tokens), peak, mfu)
    token = cost.device_time(sequence_flop(shape, middle) / middle, peak, mfu)

    def replica(size: float) -> "dict[str, float] | None":
        room = size * (device["device_memory"] - device["overhead"])
        for_weights = serving.reading_seconds(weights, 0, size, bandwidth, mbu)
        if weights >= room or for_weights >= time_per_output_token:
            return None
        for_cache = for_weights * read / weights
        for_prompts = prompt / size / answer_tokens
        batch = min(
            memory.largest_batch(room, weights, cache),
            serving.batch_in_time(time_per_output_token, for_weights, for_cache + for_prompts),
            serving.batch_in_time(time_per_output_token, 0, token / size + for_prompts),
        )
        if not batch:
            return None
        step = max(serving.reading_seconds(weights, batch * read, size, bandwidth, mbu), batch * token / size)
        return {
            "devices_per_replica": size,
            "batch": batch,
            "time_per_output_token": serving.time_per_output_token(step, batch, prompt / size, answer_tokens),
            "time_to_first_token": prompt / size,
        }

    return replica
