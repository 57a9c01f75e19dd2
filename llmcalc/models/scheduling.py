"""A schedule of training tasks on a cluster of cards.

A task is a model to be found by several trial trainings. Each trial takes a number of cards
for a time; before its trials, a task takes time to be set up.
"""

from ..checks import Refusal, single, whole
from ..messages import message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypedDict

    class Task(TypedDict):
        """Runs of a task, and what must be done before the first."""

        name: str
        arrival: float
        setup: float
        setup_cards: int
        seconds: float
        runs: int
        cards: int

    class Batch(TypedDict):
        """Runs of a task that wait for cards."""

        task: int
        name: str
        run: int
        left: int
        cards: int
        seconds: float
        ready: float

    class Job(TypedDict):
        """A run with its cards and times."""

        task: int
        name: str
        run: int
        cards: int
        start: float
        end: float


def equal_tasks(
    count: int, runs: int, cards: int, seconds: float, setup: float = 0, setup_cards: int = 0, interval: float = 0
) -> "list[Task]":
    r"""Equal tasks for `schedule`, which differ in nothing but their arrival.

    Task :math:`i`, counted from 0, arrives at :math:`i \, T`.

    Parameters
    ----------
    count : int
        Tasks [1].
    runs : int
        Trials of a task [1].
    cards : int
        Cards that a trial takes [1].
    seconds : float
        Duration of a trial [s].
    setup : float
        Time that a task takes to be set up before its trials [s].
    setup_cards : int
        Cards that the set-up keeps from other work [1].
    interval : float
        Time T between the arrivals of two tasks; 0 where all are there from the start [s].

    Returns
    -------
    list of dict
        One a task, with the keys that `schedule` takes.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 667-670: 30 tasks, each of 8 trials of 7 days on 8 cards after 2 days of set-up.

    Examples
    --------
    >>> year = equal_tasks(30, runs=8, cards=8, seconds=7 * 86400, setup=2 * 86400, interval=12 * 86400)
    >>> len(year), year[2]["arrival"] / 86400
    (30, 24.0)
    """
    _whole(count=count, runs=runs, cards=cards)
    single(seconds=seconds, setup=setup, setup_cards=setup_cards, interval=interval)
    return [
        {
            "name": str(index + 1),
            "arrival": index * interval,
            "setup": setup,
            "setup_cards": setup_cards,
            "seconds": seconds,
            "runs": runs,
            "cards": cards,
        }
        for index in range(int(count))
    ]


def schedule(tasks: "Sequence[Task]", cards: int) -> "list[Job]":
    """Schedule tasks on a cluster, first come first served, as early as cards are free.

    A task waits for its arrival, then for its set-up, which takes no cards unless the task says so.
    Then its trials start as soon as cards are free. Of what is ready, an earlier task in the list goes
    first; cards that it can't fill go to a later one. A job, once started, keeps its cards to its end.

    Parameters
    ----------
    tasks : list of dict
        Each with ``name``, ``arrival`` [s], ``setup`` [s], ``setup_cards`` [1], ``seconds`` of a
        trial [s], ``runs`` [1] and ``cards`` of a trial [1]; see `equal_tasks`.
    cards : int
        Cards of the cluster [1].

    Returns
    -------
    list of dict
        Jobs, one for each set-up and each trial: ``task`` (its index), ``name``, ``run`` (0 is the
        set-up, trials count from 1), ``cards`` [1], ``start`` and ``end`` [s], in the order of their starts.

    Raises
    ------
    ValueError
        If a value is out of range, or a trial or a set-up needs more cards than the cluster has.

    References
    ----------
    Document 000, lines 667-670: 20,480 TFLOP/s are 64 cards, which hold the 8 trials of a task at once.

    Examples
    --------
    The memo's task: 2 days of set-up, then 8 trials of 7 days on 8 cards each.

    >>> task = equal_tasks(1, runs=8, cards=8, seconds=7, setup=2)
    >>> [(job["run"], job["start"], job["end"]) for job in schedule(task, cards=64)][:3]
    [(0, 0, 2), (1, 2, 9), (2, 2, 9)]
    >>> max(job["end"] for job in schedule(equal_tasks(30, 8, 8, 7, setup=2, setup_cards=64), cards=64))
    270
    """
    _whole(cards=cards)
    cards = int(cards)
    # A task has at most one batch of equal jobs: its set-up, or the trials not yet started. The next to come is last.
    coming = [_setup_batch(index, task, cards) for index, task in enumerate(tasks)]
    coming.sort(key=lambda batch: (batch["ready"], batch["task"]), reverse=True)
    waiting: list[Batch] = []
    running: list[tuple[float, int, int, int]] = []
    jobs: list[Job] = []
    now: float = 0
    free = cards
    while coming or waiting or running:
        while coming and coming[-1]["ready"] <= now:
            _line_up(waiting, coming.pop())
        for batch in waiting:
            started = min(batch["left"], free // batch["cards"]) if batch["cards"] else batch["left"]
            if started:
                free -= started * batch["cards"]
                running.append((now + batch["seconds"], started * batch["cards"], batch["run"], batch["task"]))
                jobs += _start(batch, started, now)
        waiting = [batch for batch in waiting if batch["left"]]
        now = min([entry[0] for entry in running] + [batch["ready"] for batch in coming[-1:]])
        for end, held, run, index in running:
            if end <= now:
                free += held
                if run == 0:
                    _line_up(waiting, _trial_batch(index, tasks[index], now))
        running = [entry for entry in running if entry[0] > now]
    return _in_order(jobs)


def schedule_end(jobs: "list[Job]") -> float:
    r"""End of a schedule.

    .. math:: t = \max_j e_j

    Parameters
    ----------
    jobs : list of dict
        Jobs as `schedule` returns them, with their end e.

    Returns
    -------
    float
        End of the last job, counted from the schedule's start [s].

    Raises
    ------
    ValueError
        If there is no job.

    References
    ----------
    Document 000, lines 667-668: 2 days of set-up and 7 of training end after 9 days.

    Examples
    --------
    >>> schedule_end(schedule(equal_tasks(1, runs=8, cards=8, seconds=7, setup=2), cards=64))
    9
    """
    _some(jobs)
    return max(job["end"] for job in jobs)


def schedule_utilisation(jobs: "list[Job]", cards: int, seconds: float) -> float:
    r"""Share of a cluster's card-seconds that the trials of a schedule use within a time.

    .. math:: u = \frac{1}{n T} \sum_j c_j \max(0, \min(e_j, T) - s_j)

    The sum runs over trials; cards that a set-up keeps from other work do not count as used.
    It is the share of the time that cards are taken, whatever share of their peak the training then gets.

    Parameters
    ----------
    jobs : list of dict
        Jobs as `schedule` returns them, each with its cards c, start s and end e.
    cards : int
        Cards of the cluster n [1].
    seconds : float
        Time T, counted from the schedule's start [s].

    Returns
    -------
    float
        Share of the card-seconds [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 667-670: 30 tasks that take 64 cards for 7 days each, in a year.

    Examples
    --------
    >>> jobs = schedule(equal_tasks(30, runs=8, cards=8, seconds=7, setup=2), cards=64)
    >>> round(schedule_utilisation(jobs, cards=64, seconds=365), 3)
    0.575
    """
    single(cards=cards, seconds=seconds)
    used: float = 0
    for job in jobs:
        if job["run"]:
            used += job["cards"] * max(0, min(job["end"], seconds) - job["start"])
    return used / (cards * seconds)


def schedule_load(jobs: "list[Job]") -> "list[tuple[float, int]]":
    r"""Number of cards that a schedule keeps busy, as it changes in time.

    .. math:: c(t) = \sum_{j: \, s_j \le t < e_j} c_j

    Parameters
    ----------
    jobs : list of dict
        Jobs as `schedule` returns them, each with its cards c, start s and end e.

    Returns
    -------
    list of tuple
        Time of a change [s], and the cards that trials and set-ups hold from then on [1].

    Raises
    ------
    ValueError
        If there is no job.

    References
    ----------
    Document 000, line 669: 8 trials at once hold all 64 cards of 20,480 TFLOP/s.

    Examples
    --------
    >>> schedule_load(schedule(equal_tasks(1, runs=10, cards=8, seconds=7, setup=2), cards=64))
    [(0, 0), (2, 64), (9, 16), (16, 0)]
    """
    _some(jobs)
    changes: dict[float, int] = {}
    for job in jobs:
        changes[job["start"]] = changes.get(job["start"], 0) + job["cards"]
        changes[job["end"]] = changes.get(job["end"], 0) - job["cards"]
    load, held = [], 0
    for time in sorted(changes):
        held += changes[time]
        load.append((time, held))
    return load


def turnaround(tasks: "Sequence[Task]", jobs: "list[Job]") -> "list[float]":
    r"""Time from each task's arrival to the end of its last trial.

    .. math:: \max_{j \in i} e_j - a_i

    Parameters
    ----------
    tasks : list of dict
        Tasks as `schedule` takes them, each with its arrival a.
    jobs : list of dict
        Jobs as `schedule` returns them for these tasks, each with its end e.

    Returns
    -------
    list of float
        Time of each task, in the order of the tasks [s].

    Raises
    ------
    ValueError
        If there is no job.

    References
    ----------
    Document 000, line 669: a satisfactory model within 10 days.

    Examples
    --------
    >>> tasks = equal_tasks(2, runs=8, cards=8, seconds=7, setup=2)
    >>> turnaround(tasks, schedule(tasks, cards=64))
    [9, 16]
    """
    _some(jobs)
    ends = [task["arrival"] for task in tasks]
    for job in jobs:
        ends[job["task"]] = max(ends[job["task"]], job["end"])
    return [ends[index] - task["arrival"] for index, task in enumerate(tasks)]


def _line_up(waiting: "list[Batch]", batch: "Batch") -> None:
    """Put a batch before those of later tasks."""
    place = len(waiting)
    while place and waiting[place - 1]["task"] > batch["task"]:
        place -= 1
    waiting.insert(place, batch)


def _setup_batch(index: int, task: "Task", cards: int) -> "Batch":
    single(arrival=task["arrival"], setup=task["setup"], setup_cards=task["setup_cards"], seconds=task["seconds"])
    _whole(runs=task["runs"], cards=task["cards"])
    if task["setup_cards"]:
        _whole(setup_cards=task["setup_cards"])
    for needed in (task["cards"], task["setup_cards"]):
        if needed > cards:
            accepted = message("{cards} or more, which task {task} needs at once", cards=needed, task=task["name"])
            raise Refusal("cards", cards, accepted)
    return _batch(index, task, 0, 1, task["setup_cards"], task["setup"], task["arrival"])


def _trial_batch(index: int, task: "Task", ready: float) -> "Batch":
    return _batch(index, task, 1, int(task["runs"]), task["cards"], task["seconds"], ready)


def _batch(index: int, task: "Task", run: int, left: int, cards: int, seconds: float, ready: float) -> "Batch":
    return {
        "task": index,
        "name": task["name"],
        "run": run,
        "left": left,
        "cards": cards,
        "seconds": seconds,
        "ready": ready,
    }


def _in_order(jobs: "list[Job]") -> "list[Job]":
    # Jobs come by their starts, so only those of one start are sorted: MicroPython is slow at sorting what is sorted.
    ordered: list[Job] = []
    same: list[Job] = []
    for job in jobs:
        if same and job["start"] != same[0]["start"]:
            ordered += _by_task(same)
            same = []
        same.append(job)
    return ordered + _by_task(same)


def _by_task(jobs: "list[Job]") -> "list[Job]":
    keys = [(job["task"], job["run"]) for job in jobs]
    if all(keys[position] < keys[position + 1] for position in range(len(keys) - 1)):
        return jobs
    return sorted(jobs, key=lambda job: (job["task"], job["run"]))


def _start(batch: "Batch", started: int, now: float) -> "list[Job]":
    # Start some of a batch's jobs, and leave in it those that wait.
    runs = range(batch["run"], batch["run"] + started)
    batch["run"] += started
    batch["left"] -= started
    return [
        {
            "task": batch["task"],
            "name": batch["name"],
            "run": run,
            "cards": batch["cards"],
            "start": now,
            "end": now + batch["seconds"],
        }
        for run in runs
    ]


def _whole(**counts: object) -> None:
    single(**counts)
    whole(**counts)


def _some(jobs: "list[Job]") -> None:
    if not jobs:
        raise Refusal("jobs", jobs, "at least one job")


def random_arrivals(count: int, seconds: float, seed: int) -> "list[float]":
    """Times at which tasks arrive independently of each other, each at any moment of a period.

    They are drawn by Lehmer's generator, so that a seed gives the same times on every machine.

    Parameters
    ----------
    count : int
        Tasks [1].
    seconds : float
        Length of the period [s].
    seed : int
        Number of the draw, 1 or more: another one gives other times [1].

    Returns
    -------
    list of float
        Arrivals, in their order [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Park and Miller 1988 (https://doi.org/10.1145/63039.63042): from 1, the 10,000th state of the generator with the
    multiplier 16,807 is 1,043,618,065. The multiplier here is their later one, 48,271.

    Examples
    --------
    >>> early, *_, late = random_arrivals(30, 365.0, seed=1)
    >>> 0 < early < late < 365, random_arrivals(30, 365.0, seed=1) == random_arrivals(30, 365.0, seed=2)
    (True, False)
    """
    _whole(count=count, seed=seed)
    single(seconds=seconds)
    modulus, multiplier = 2147483647, 48271
    # Neighbouring seeds start close to each other, and a few steps part them.
    state = int(seed) % (modulus - 1) + 1
    for _ in range(8):
        state = multiplier * state % modulus
    times = []
    for _ in range(int(count)):
        state = multiplier * state % modulus
        times.append(seconds * state / modulus)
    return sorted(times)


def arriving(tasks: "Sequence[Task]", arrivals: "Sequence[float]") -> "list[Task]":
    """Tasks with other arrivals.

    Parameters
    ----------
    tasks : list of dict
        Tasks as `schedule` takes them.
    arrivals : list of float
        When each of them arrives [s].

    Returns
    -------
    list of dict
        The tasks, as copies.

    Raises
    ------
    ValueError
        If there are not as many arrivals as tasks.

    Examples
    --------
    >>> [task["arrival"] for task in arriving(equal_tasks(2, runs=8, cards=8, seconds=7), [1.5, 4.0])]
    [1.5, 4.0]
    """
    if len(tasks) != len(arrivals):
        raise Refusal("arrivals", len(arrivals), message("one for each of {count} tasks", count=len(tasks)))
    moved = []
    for index, arrival in enumerate(arrivals):
        task = tasks[index].copy()
        task["arrival"] = arrival
        moved.append(task)
    return moved


def mean_wait(seconds: float, interval: float) -> float:
    r"""Mean wait of equal tasks that arrive at random and are served one after another, in the long run.

    .. math:: w = \frac{t^2}{2 \, (T - t)}

    Parameters
    ----------
    seconds : float
        Duration of a task t, less than the interval [s].
    interval : float
        Mean time between two arrivals T [s].

    Returns
    -------
    float
        Mean time from a task's arrival to its start [s].

    Raises
    ------
    ValueError
        If an argument is out of range, or tasks come faster than they are served.

    References
    ----------
    Pollaczek and Khinchine's formula for a constant duration; document 000, lines 667-670: 30 tasks a year of 9 days.

    Examples
    --------
    >>> round(mean_wait(9.0, 365 / 30), 1)
    12.8
    """
    single(seconds=seconds, interval=interval)
    if not seconds < interval:
        raise Refusal(
            "seconds", seconds, message("less than interval = {interval}, or tasks pile up", interval=interval)
        )
    return seconds**2 / (2 * (interval - seconds))
