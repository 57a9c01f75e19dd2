"""Timelines of pipeline parallelism: which stage computes what, and when.

A timeline is a list of passes (stage, microbatch, direction, start, end), in the order of their starts.
Stages and microbatches count from 0, the direction is ``"forward"`` or ``"backward"``, and times are in the
unit of the passes' durations. Sending from stage to stage takes no time.
"""

from ..checks import Refusal, single, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Pass: TypeAlias = tuple[int, int, str, float, float]  # stage, microbatch, direction, start and end

FORWARD = "forward"
BACKWARD = "backward"


def all_forward_all_backward(
    pipeline_stages: int, microbatches: int, forward_seconds: float = 1.0, backward_seconds: float = 2.0
) -> "list[Pass]":
    r"""Timeline of GPipe: every stage does all forward passes, and then all backward passes.

    A pass starts at the later of the end of the same stage's pass before it and the end of the
    neighbour's pass that it continues: :math:`s = \max(e_{stage}, e_{neighbour})`.

    Parameters
    ----------
    pipeline_stages : int
        Stages p [1].
    microbatches : int
        Microbatches of a batch m [1].
    forward_seconds : float
        Forward pass of a microbatch through one stage [s].
    backward_seconds : float
        Backward pass of a microbatch through one stage [s].

    Returns
    -------
    list of tuple
        Passes (stage, microbatch, direction, start, end).

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Huang et al. 2019 (arXiv:1811.06965), figure 2c; document 003, line 185, for four stages and four microbatches.

    Examples
    --------
    >>> timeline = all_forward_all_backward(4, 4)
    >>> timeline[0], timeline[-1]
    ((0, 0, 'forward', 0.0, 1.0), (0, 3, 'backward', 19.0, 21.0))
    """
    _check(pipeline_stages, microbatches, forward_seconds, backward_seconds)
    stages, count = int(pipeline_stages), int(microbatches)
    order = [(index, FORWARD) for index in range(count)] + [(index, BACKWARD) for index in range(count)]
    return _timeline([order] * stages, forward_seconds, backward_seconds)


def one_forward_one_backward(
    pipeline_stages: int, microbatches: int, forward_seconds: float = 1.0, backward_seconds: float = 2.0
) -> "list[Pass]":
    r"""Timeline of 1F1B: a stage goes back as early as it can, and forward and back in turn.

    Stage s, counted from 0, does :math:`\min(p - s - 1, m)` forward passes to begin with, then one forward and one
    backward in turn, and at the end the backward passes that are left.

    Parameters
    ----------
    pipeline_stages : int
        Stages p [1].
    microbatches : int
        Microbatches of a batch m [1].
    forward_seconds : float
        Forward pass of a microbatch through one stage [s].
    backward_seconds : float
        Backward pass of a microbatch through one stage [s].

    Returns
    -------
    list of tuple
        Passes (stage, microbatch, direction, start, end).

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), figure 4, upper half; document 003, line 189.

    Examples
    --------
    The last stage sends microbatch 0 back before it takes microbatch 1 forward.

    >>> timeline = one_forward_one_backward(4, 4)
    >>> [(microbatch, direction) for stage, microbatch, direction, _, _ in timeline if stage == 3][:3]
    [(0, 'forward'), (0, 'backward'), (1, 'forward')]
    """
    _check(pipeline_stages, microbatches, forward_seconds, backward_seconds)
    stages, count = int(pipeline_stages), int(microbatches)
    orders = []
    for stage in range(stages):
        ahead = min(stages - stage - 1, count)
        order = [(index, FORWARD) for index in range(ahead)]
        for index in range(count - ahead):
            order += [(ahead + index, FORWARD), (index, BACKWARD)]
        orders.append(order + [(index, BACKWARD) for index in range(count - ahead, count)])
    return _timeline(orders, forward_seconds, backward_seconds)


def timeline_end(timeline: "list[Pass]") -> float:
    r"""End of a timeline.

    .. math:: t = \max_i e_i

    Parameters
    ----------
    timeline : list of tuple
        Passes as `one_forward_one_backward` returns them.

    Returns
    -------
    float
        End of the last pass [s].

    Raises
    ------
    ValueError
        If there is no pass.

    References
    ----------
    Document 003, lines 181-185: four stages and four microbatches.

    Examples
    --------
    >>> timeline_end(one_forward_one_backward(4, 4))
    21.0
    """
    _some(timeline)
    return max(end for _, _, _, _, end in timeline)


def timeline_utilisation(timeline: "list[Pass]") -> float:
    r"""Share of their time in which the stages of a timeline compute.

    .. math:: u = \frac{1}{p \, t} \sum_i (e_i - s_i)

    Parameters
    ----------
    timeline : list of tuple
        Passes as `one_forward_one_backward` returns them.

    Returns
    -------
    float
        Utilisation [1].

    Raises
    ------
    ValueError
        If there is no pass.

    References
    ----------
    Document 003, lines 181-195: four stages and four microbatches, m / (p + m - 1) = 4/7.

    Examples
    --------
    >>> round(timeline_utilisation(one_forward_one_backward(4, 4)), 3)
    0.571
    """
    _some(timeline)
    stages = 1 + max(stage for stage, _, _, _, _ in timeline)
    return sum(end - start for _, _, _, start, end in timeline) / (stages * timeline_end(timeline))


def kept_microbatches(timeline: "list[Pass]") -> "list[int]":
    r"""Most microbatches whose activations a stage keeps at once, for each stage.

    A stage keeps a microbatch's activations from the start of its forward to the end of its backward pass.

    Parameters
    ----------
    timeline : list of tuple
        Passes as `one_forward_one_backward` returns them.

    Returns
    -------
    list of int
        Microbatches, by stage [1].

    Raises
    ------
    ValueError
        If there is no pass.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), section 2.2.1: at most as many as stages, instead of all; document 003,
    line 189.

    Examples
    --------
    >>> kept_microbatches(all_forward_all_backward(4, 8))
    [8, 8, 8, 8]
    >>> kept_microbatches(one_forward_one_backward(4, 8))
    [4, 3, 2, 1]
    """
    _some(timeline)
    kept: dict[int, int] = {}
    most: dict[int, int] = {}
    for stage, _, direction, _, _ in timeline:
        kept[stage] = kept.get(stage, 0) + (1 if direction == FORWARD else -1)
        most[stage] = max(most.get(stage, kept[stage]), kept[stage])
    return [most[stage] for stage in sorted(most)]


def _timeline(orders: "list[list[tuple[int, str]]]", forward_seconds: float, backward_seconds: float) -> "list[Pass]":
    # Go round the stages, and let each do what its neighbours have made ready, in its own order.
    last = len(orders) - 1
    passes: list[Pass] = []
    ends: dict[tuple[int, int, str], float] = {}
    free, done = [0.0] * len(orders), [0] * len(orders)
    while sum(done) < sum(len(order) for order in orders):
        for stage, order in enumerate(orders):
            while done[stage] < len(order):
                microbatch, direction = order[done[stage]]
                neighbour = stage - 1 if direction == FORWARD else stage + 1
                first = neighbour < 0 or neighbour > last
                if not first and (neighbour, microbatch, direction) not in ends:
                    break
                ready = 0.0 if first else ends[neighbour, microbatch, direction]
                start = max(free[stage], ready)
                end = start + (forward_seconds if direction == FORWARD else backward_seconds)
                passes.append((stage, microbatch, direction, start, end))
                ends[stage, microbatch, direction] = free[stage] = end
                done[stage] += 1
    return sorted(passes, key=lambda entry: (entry[3], entry[0]))


def _check(pipeline_stages: int, microbatches: int, forward_seconds: float, backward_seconds: float) -> None:
    single(forward_seconds=forward_seconds, backward_seconds=backward_seconds)
    single(pipeline_stages=pipeline_stages, microbatches=microbatches)
    whole(pipeline_stages=pipeline_stages, microbatches=microbatches)


def _some(timeline: "list[Pass]") -> None:
    if not timeline:
        raise Refusal("timeline", timeline, "at least one pass")
