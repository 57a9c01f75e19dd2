"""A year's training backlog on a cluster: its work, and a schedule of it.

A task is a model to be found by several trial trainings. Each trial takes a
number of cards for a time; before its trials, a task takes time to be set up.
"""

from .checks import non_negative, positive


def trial_work(flops, seconds, runs):
    r"""Cluster capacity that the trial trainings of one task take.

    .. math:: W = F \, t \, r

    Capacity is rated at peak, as the cluster is: no utilisation enters on either side.

    Parameters
    ----------
    flops : float or array
        Capacity that a trial occupies [FLOP/s].
    seconds : float or array
        Duration of a trial [s].
    runs : float or array
        Trials until a model satisfies [1].

    Returns
    -------
    float or array
        Capacity times time [FLOP].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, line 667: 2,560 TFLOP/s for 7 days, 8 to 10 times.

    Examples
    --------
    >>> round(trial_work(2560e12, 7 * 86400, 8) / (1e12 * 86400))  # TFLOPS-days
    143360
    """
    positive(flops=flops, seconds=seconds, runs=runs)
    return flops * seconds * runs


def cluster_seconds(flop, cluster_flops):
    r"""Time for which work occupies a whole cluster.

    .. math:: t = W / F_{cluster}

    Parameters
    ----------
    flop : float or array
        Capacity times time, see `trial_work` [FLOP].
    cluster_flops : float or array
        Capacity of the cluster [FLOP/s].

    Returns
    -------
    float or array
        Time of the whole cluster [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 000, lines 672-907, read literally: 7,311,360 TFLOPS-days are 357 days of 20,480 TFLOPS.

    Examples
    --------
    >>> cluster_seconds(7311360e12 * 86400, 20480e12) / 86400
    357.0
    """
    positive(flop=flop, cluster_flops=cluster_flops)
    return flop / cluster_flops


def schedule(tasks, cards):
    """Schedule tasks on a cluster, first come first served, as early as cards are free.

    A task waits for its arrival and its set-up, which takes no cards unless the task says
    so; then its trials start as soon as cards are free, in the order of the tasks, and a later
    task may use cards that an earlier one cannot fill.

    Parameters
    ----------
    tasks : list of dict
        Each with ``name``, ``arrival`` [s], ``setup`` [s], ``setup_cards`` [1], ``seconds`` of a
        trial [s], ``runs`` [1] and ``cards`` of a trial [1].
    cards : int
        Cards of the cluster [1].

    Returns
    -------
    list of dict
        One for each set-up and trial: ``task`` (its index), ``name``, ``run`` (0 is the set-up),
        ``cards``, ``start`` and ``end`` [s], in the order of their starts.

    Raises
    ------
    ValueError
        If a value is out of range, or a trial needs more cards than the cluster has.

    Examples
    --------
    >>> task = dict(name="a", arrival=0, setup=2, setup_cards=0, seconds=7, runs=8, cards=8)
    >>> [(job["run"], job["start"], job["end"]) for job in schedule([task], cards=64)][:3]
    [(0, 0, 2), (1, 2, 9), (2, 2, 9)]
    """
    positive(cards=cards)
    waiting = []
    for index, task in enumerate(tasks):
        non_negative(arrival=task["arrival"], setup=task["setup"], setup_cards=task["setup_cards"])
        positive(seconds=task["seconds"], runs=task["runs"], cards=task["cards"])
        for needed in (task["cards"], task["setup_cards"]):
            if needed > cards:
                raise ValueError(f"cards = {cards} [1] is not accepted: {task['name']} needs {needed} at once")
        waiting.append(_job(index, task, 0, task["setup_cards"], task["setup"], task["arrival"]))
    running, done, now, free = [], [], 0, cards
    while waiting or running:
        for job in sorted(waiting, key=_queue_order):
            if job["ready"] <= now and job["cards"] <= free:
                waiting.remove(job)
                free -= job["cards"]
                job["start"], job["end"] = now, now + job["seconds"]
                running.append(job)
        ends = [job["end"] for job in running]
        arrivals = [job["ready"] for job in waiting if job["ready"] > now]
        now = min(ends + arrivals)
        for job in [job for job in running if job["end"] <= now]:
            running.remove(job)
            free += job["cards"]
            done.append(job)
            if job["run"] == 0:
                task = tasks[job["task"]]
                for run in range(1, int(task["runs"]) + 1):
                    waiting.append(_job(job["task"], task, run, task["cards"], task["seconds"], now))
    done.sort(key=lambda job: (job["start"], job["task"], job["run"]))
    return [{key: job[key] for key in ("task", "name", "run", "cards", "start", "end")} for job in done]


def schedule_end(jobs):
    """End of the last job of a `schedule` [s]."""
    return max(job["end"] for job in jobs)


def schedule_utilisation(jobs, cards, seconds):
    """Share of a cluster's card-seconds that the trials of a `schedule` use within a time [1].

    Set-up does not count as use.
    """
    positive(cards=cards, seconds=seconds)
    used = 0
    for job in jobs:
        if job["run"]:
            used += job["cards"] * max(0, min(job["end"], seconds) - job["start"])
    return used / (cards * seconds)


def _job(index, task, run, cards, seconds, ready):
    return {"task": index, "name": task["name"], "run": run, "cards": cards, "seconds": seconds, "ready": ready}


def _queue_order(job):
    return (job["task"], job["run"])
