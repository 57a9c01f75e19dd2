"""The scheduler: what every schedule must satisfy, a schedule worked by hand, and what it refuses."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmcalc.formulas import backlog
from llmcalc.models import scheduling
from llmcalc.report import tables
from llmcalc.units import DAY, TERA, WEEK

CARDS = 16


def a_task(name="a", arrival=0, setup=2, setup_cards=0, seconds=7, runs=8, cards=8):
    return {
        "name": name,
        "arrival": arrival,
        "setup": setup,
        "setup_cards": setup_cards,
        "seconds": seconds,
        "runs": runs,
        "cards": cards,
    }


tasks = st.builds(
    a_task,
    arrival=st.integers(0, 20),
    setup=st.integers(0, 5),
    setup_cards=st.integers(0, CARDS),
    seconds=st.integers(1, 9),
    runs=st.integers(1, 6),
    cards=st.integers(1, CARDS),
)
backlogs = st.lists(tasks, min_size=1, max_size=8)


def cards_in_use(jobs, time):
    return sum(job["cards"] for job in jobs if job["start"] <= time < job["end"])


def setup_end(jobs, index):
    [end] = [job["end"] for job in jobs if job["task"] == index and job["run"] == 0]
    return end


@given(backlogs)
def test_never_more_cards_in_use_than_the_cluster_has(waiting):
    jobs = scheduling.schedule(waiting, CARDS)
    assert all(cards_in_use(jobs, job["start"]) <= CARDS for job in jobs)


@given(backlogs)
def test_every_set_up_and_every_trial_is_scheduled_once_and_whole(waiting):
    jobs = scheduling.schedule(waiting, CARDS)
    wanted = [(index, run) for index, task in enumerate(waiting) for run in range(task["runs"] + 1)]
    assert sorted((job["task"], job["run"]) for job in jobs) == wanted
    for job in jobs:
        task = waiting[job["task"]]
        assert job["name"] == task["name"]
        assert job["end"] - job["start"] == (task["seconds"] if job["run"] else task["setup"])
        assert job["cards"] == (task["cards"] if job["run"] else task["setup_cards"])


@given(backlogs)
def test_nothing_starts_before_the_arrival_and_no_trial_before_the_end_of_the_set_up(waiting):
    jobs = scheduling.schedule(waiting, CARDS)
    for job in jobs:
        earliest = setup_end(jobs, job["task"]) if job["run"] else waiting[job["task"]]["arrival"]
        assert job["start"] >= earliest


@given(backlogs)
def test_nothing_waits_while_there_are_cards_for_it(waiting):
    jobs = scheduling.schedule(waiting, CARDS)
    for job in jobs:
        ready = setup_end(jobs, job["task"]) if job["run"] else waiting[job["task"]]["arrival"]
        # Cards become free, and are taken, only where a job starts or ends.
        moments = {ready} | {time for other in jobs for time in (other["start"], other["end"])}
        for time in moments:
            if ready <= time < job["start"]:
                assert cards_in_use(jobs, time) + job["cards"] > CARDS


@given(backlogs)
def test_the_end_is_not_below_work_by_capacity_nor_below_any_task_on_its_own(waiting):
    end = scheduling.schedule_end(scheduling.schedule(waiting, CARDS))
    work = sum(t["runs"] * t["cards"] * t["seconds"] + t["setup"] * t["setup_cards"] for t in waiting)
    assert end >= work / CARDS
    for task in waiting:
        at_once = CARDS // task["cards"]
        rounds = -(-task["runs"] // at_once)
        assert end >= task["arrival"] + task["setup"] + rounds * task["seconds"]


@given(backlogs)
def test_the_end_is_not_above_one_job_after_the_other(waiting):
    end = scheduling.schedule_end(scheduling.schedule(waiting, CARDS))
    assert end <= max(t["arrival"] for t in waiting) + sum(t["setup"] + t["runs"] * t["seconds"] for t in waiting)


@given(backlogs)
def test_jobs_come_in_the_order_of_their_starts_and_tasks_are_left_as_they_were(waiting):
    before = [dict(task) for task in waiting]
    jobs = scheduling.schedule(waiting, CARDS)
    assert waiting == before
    assert [job["start"] for job in jobs] == sorted(job["start"] for job in jobs)


@given(backlogs, st.integers(1, 300))
def test_load_and_utilisation_agree(waiting, seconds):
    jobs = scheduling.schedule(waiting, CARDS)
    load = scheduling.schedule_load(jobs)
    assert all(held == cards_in_use(jobs, time) for time, held in load)
    assert load[-1] == (scheduling.schedule_end(jobs), 0)
    trials = [job for job in jobs if job["run"]]
    used = sum(cards_in_use(trials, second) for second in range(seconds))
    assert scheduling.schedule_utilisation(jobs, CARDS, seconds) == pytest.approx(used / (CARDS * seconds))


@given(backlogs)
def test_utilisation_until_the_end_is_the_trials_work(waiting):
    jobs = scheduling.schedule(waiting, CARDS)
    end = scheduling.schedule_end(jobs)
    work = sum(t["runs"] * t["cards"] * t["seconds"] for t in waiting)
    assert scheduling.schedule_utilisation(jobs, CARDS, end) == pytest.approx(work / (CARDS * end))


@given(backlogs)
def test_turnaround_is_each_task_s_end_less_its_arrival(waiting):
    jobs = scheduling.schedule(waiting, CARDS)
    times = scheduling.turnaround(waiting, jobs)
    assert len(times) == len(waiting)
    assert scheduling.schedule_end(jobs) == max(
        task["arrival"] + time for task, time in zip(waiting, times, strict=True)
    )
    assert all(time >= task["setup"] + task["seconds"] for task, time in zip(waiting, times, strict=True))


@given(st.integers(1, 20), st.integers(1, 12), st.integers(1, 9), st.integers(0, 5))
@example(count=30, runs=8, seconds=7, setup=2)
def test_equal_tasks_that_hold_the_cluster_run_one_after_another(count, runs, seconds, setup):
    year = scheduling.equal_tasks(count, runs, 8, seconds, setup=setup, setup_cards=64)
    rounds = -(-runs // 8)
    if setup:
        assert scheduling.schedule_end(scheduling.schedule(year, 64)) == count * (setup + rounds * seconds)


@given(st.integers(1, 20), st.integers(1, 12), st.integers(1, 9), st.integers(0, 5))
def test_equal_tasks_whose_set_up_takes_no_cards_fill_the_cluster(count, runs, seconds, setup):
    year = scheduling.equal_tasks(count, runs, 8, seconds, setup=setup)
    assert scheduling.schedule_end(scheduling.schedule(year, 64)) == setup + -(-count * runs // 8) * seconds


def test_a_schedule_worked_by_hand():
    # Three tasks on 4 cards. a: set-up 0-1 without cards, then three trials of 2 cards for 3: two at 1-4, one at 4-7.
    # b: arrives at 2, its set-up of 4 cards waits for all of them until 7, ends at 8; its trial of 4 cards runs 8-10.
    # c: arrives at 0, set-up 0-4, then two trials of 1 card for 2, which fit beside a's last at 4-6.
    a = a_task("a", arrival=0, setup=1, setup_cards=0, seconds=3, runs=3, cards=2)
    b = a_task("b", arrival=2, setup=1, setup_cards=4, seconds=2, runs=1, cards=4)
    c = a_task("c", arrival=0, setup=4, setup_cards=0, seconds=2, runs=2, cards=1)
    jobs = scheduling.schedule([a, b, c], 4)
    assert [(job["name"], job["run"], job["start"], job["end"]) for job in jobs] == [
        ("a", 0, 0, 1),
        ("c", 0, 0, 4),
        ("a", 1, 1, 4),
        ("a", 2, 1, 4),
        ("a", 3, 4, 7),
        ("c", 1, 4, 6),
        ("c", 2, 4, 6),
        ("b", 0, 7, 8),
        ("b", 1, 8, 10),
    ]
    assert scheduling.schedule_load(jobs) == [(0, 0), (1, 4), (4, 4), (6, 2), (7, 4), (8, 4), (10, 0)]
    assert scheduling.turnaround([a, b, c], jobs) == [7, 8, 6]
    assert scheduling.schedule_utilisation(jobs, 4, 10) == (3 * 2 * 3 + 1 * 4 * 2 + 2 * 1 * 2) / 40
    assert scheduling.schedule_utilisation(jobs, 4, 2) == 4 / 8


@pytest.mark.parametrize(
    ("runs", "cards", "setup_cards", "last_day"),
    [(8, 64, 64, 270), (8, 64, 0, 212), (10, 64, 64, 480), (10, 64, 0, 268), (8, 62, 62, 480), (10, 80, 80, 270)],
)
def test_the_memo_s_year(runs, cards, setup_cards, last_day):
    year = scheduling.equal_tasks(30, runs, 8, 7 * DAY, setup=2 * DAY, setup_cards=setup_cards)
    assert scheduling.schedule_end(scheduling.schedule(year, cards)) == last_day * DAY


def test_spread_tasks_do_not_wait():
    year = scheduling.equal_tasks(30, 8, 8, 7 * DAY, setup=2 * DAY, setup_cards=64, interval=365 / 30 * DAY)
    assert scheduling.turnaround(year, scheduling.schedule(year, 64)) == pytest.approx([9 * DAY] * 30)


def test_the_table_read_literally_takes_357_days_of_the_whole_cluster():
    table = tables.read("cv-algorithms")
    work = backlog.trial_work(table["tflops"] * TERA, table["weeks"] * WEEK, table["runs"]).sum()
    assert work == 7311360 * TERA * DAY
    assert backlog.cluster_seconds(work, 20480 * TERA) == 357 * DAY


def test_no_tasks_make_no_jobs():
    assert scheduling.schedule([], 8) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arrival": -1}, r"arrival = -1 \[s\]"),
        ({"setup": float("nan")}, r"setup = nan \[s\]"),
        ({"setup_cards": -8}, r"setup_cards = -8"),
        ({"setup_cards": 0.5}, r"setup_cards = 0.5"),
        ({"seconds": 0}, r"seconds = 0 \[s\]"),
        ({"seconds": float("inf")}, r"seconds = inf \[s\]"),
        ({"runs": 0}, r"runs = 0"),
        ({"runs": 2.5}, r"runs = 2.5.*whole"),
        ({"cards": 1.5}, r"cards = 1.5.*whole"),
        ({"cards": 17}, r"cards = 16 is not accepted: give 17 or more, which task a needs"),
        ({"setup_cards": 17}, r"cards = 16 is not accepted: give 17 or more, which task a needs"),
    ],
)
def test_a_task_that_makes_no_sense_is_refused_by_the_name_of_its_value(change, message):
    with pytest.raises(ValueError, match=message):
        scheduling.schedule([a_task() | change], CARDS)


@pytest.mark.parametrize("cards", [0, -1, 2.5, float("nan"), float("inf"), None, "64"])
def test_a_cluster_that_makes_no_sense_is_refused(cards):
    with pytest.raises(ValueError, match=r"cards = "):
        scheduling.schedule([a_task()], cards)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count = 0"),
        ({"count": 1.5}, "count = 1.5"),
        ({"runs": -1}, "runs = -1"),
        ({"cards": 0}, "cards = 0"),
        ({"seconds": 0}, "seconds = 0"),
        ({"setup": -2}, "setup = -2"),
        ({"setup_cards": -1}, "setup_cards = -1"),
        ({"interval": -1}, "interval = -1"),
    ],
)
def test_equal_tasks_refuse_nonsense(change, message):
    with pytest.raises(ValueError, match=message):
        scheduling.equal_tasks(**({"count": 3, "runs": 8, "cards": 8, "seconds": 7} | change))


def test_measures_refuse_an_empty_schedule_and_nonsense():
    for measure in (scheduling.schedule_end, scheduling.schedule_load):
        with pytest.raises(ValueError, match=r"jobs = \[\]"):
            measure([])
    with pytest.raises(ValueError, match=r"jobs = \[\]"):
        scheduling.turnaround([a_task()], [])
    jobs = scheduling.schedule([a_task()], CARDS)
    with pytest.raises(ValueError, match="cards = 0"):
        scheduling.schedule_utilisation(jobs, 0, 365)
    with pytest.raises(ValueError, match=r"seconds = -1 \[s\]"):
        scheduling.schedule_utilisation(jobs, CARDS, -1)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_work_refuses_nonsense(value):
    for name in ("flops", "seconds", "runs"):
        with pytest.raises(ValueError, match=f"{name} = "):
            backlog.trial_work(**({"flops": 1.0, "seconds": 1.0, "runs": 1} | {name: value}))
    for name in ("flop", "cluster_flops"):
        with pytest.raises(ValueError, match=f"{name} = "):
            backlog.cluster_seconds(**({"flop": 1.0, "cluster_flops": 1.0} | {name: value}))


def test_the_generator_is_the_published_one():
    # The 10,000th state of the multiplier 48,271 from 1, as the C++ standard prints it for minstd_rand.
    state = 1
    for _ in range(10_000):
        state = 48271 * state % 2147483647
    assert state == 399268537
    state = 2  # the start for seed 1, and eight steps that part neighbouring seeds
    for _ in range(9):
        state = 48271 * state % 2147483647
    assert scheduling.random_arrivals(1, 1.0, seed=1) == [state / 2147483647]


def test_random_arrivals_spread_over_the_period():
    times = [time for seed in range(1, 201) for time in scheduling.random_arrivals(30, 365.0, seed)]
    assert all(0 < time < 365 for time in times)
    shares = [sum(low <= time < low + 36.5 for time in times) / len(times) for low in (0, 73, 182.5, 328.5)]
    assert shares == pytest.approx([0.1] * 4, abs=0.012)
    years = [scheduling.random_arrivals(30, 365.0, seed) for seed in range(1, 201)]
    assert all(year == sorted(year) for year in years)
    assert sum(year[0] for year in years) / len(years) == pytest.approx(365 / 31, rel=0.2)


def test_a_long_random_backlog_waits_as_the_formula_of_queues_says():
    count, interval, setup, seconds = 4000, 365 / 30, 2, 7
    waiting = scheduling.arriving(
        scheduling.equal_tasks(count, 8, 8, seconds, setup=setup, setup_cards=64),
        scheduling.random_arrivals(count, count * interval, seed=1),
    )
    times = scheduling.turnaround(waiting, scheduling.schedule(waiting, 64))
    assert sum(times) / count == pytest.approx(9 + scheduling.mean_wait(9, interval), rel=0.15)


def test_most_tasks_of_the_memo_s_year_miss_ten_days_if_they_arrive_at_random():
    year = scheduling.equal_tasks(30, 8, 8, 7, setup=2, setup_cards=64)
    times = []
    for seed in range(1, 61):
        waiting = scheduling.arriving(year, scheduling.random_arrivals(30, 365.0, seed))
        times += scheduling.turnaround(waiting, scheduling.schedule(waiting, 64))
    assert sum(time > 10 for time in times) / len(times) == pytest.approx(0.68, abs=0.05)
    assert sum(times) / len(times) == pytest.approx(18.5, abs=1.5)


def test_random_arrivals_refuse_nonsense():
    for arguments in ((0, 1.0, 1), (3, 0, 1), (3, 1.0, 0), (3, 1.0, 1.5)):
        with pytest.raises(ValueError, match="is not accepted"):
            scheduling.random_arrivals(*arguments)
    with pytest.raises(ValueError, match="one for each of 2 tasks"):
        scheduling.arriving(scheduling.equal_tasks(2, 8, 8, 7), [1.0])
    for seconds, interval in ((9, 9), (9, 0), (-1, 9), (10, 9)):
        with pytest.raises(ValueError, match="is not accepted"):
            scheduling.mean_wait(seconds, interval)
