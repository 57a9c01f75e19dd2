"""Can 20 PFLOPS train a year of vision models?"""

from .. import datasets
from ..answering import question
from ..checks import Refusal
from ..formats import number, number_of
from ..formulas import backlog
from ..messages import message
from ..models import scheduling
from ..results import GOOD, LATE, Results
from ..units import DAY, PETA, TERA, WEEK


@question()
def cv_backlog(
    tasks_per_year: int = 30,
    trials: int = 8,
    trials_high: int = 10,
    trial_days: float = 7.0,
    setup_days: float = 2.0,
    setup_holds_cluster: bool = True,
    arrivals_spread: bool = False,
    cluster_cards: int = 64,
    cards_per_trial: int = 8,
    card_tflops: float = 320.0,
    days_in_year: float = 365.0,
) -> Results:
    """Day on which a cluster has trained a year's vision models.

    Parameters
    ----------
    tasks_per_year : int
        Models to be found in the year [task].
    trials : int
        Trainings until a model satisfies [training].
    trials_high : int
        The same, upper end of the memo's range [training].
    trial_days : float
        Duration of one training [day].
    setup_days : float
        Commissioning, installation and model update of a task [day].
    setup_holds_cluster : bool
        Whether the whole cluster stands still during a set-up.
    arrivals_spread : bool
        Whether tasks arrive evenly over the year, else all are there on its first day.
    cluster_cards : int
        Cards of the cluster [card].
    cards_per_trial : int
        Cards that one training takes [card].
    card_tflops : float
        Dense FP16 peak of a card [TFLOP/s].
    days_in_year : float
        Days in which the cluster runs [day].

    Returns
    -------
    Results
        ``last_day``, ``slack_days``, ``utilisation``, ``cluster_pflops``, ``literal_days`` and
        ``contained_days``.

    References
    ----------
    Document 000, lines 667 to 907.
    """
    if trials > trials_high:
        raise Refusal(
            "trials",
            trials,
            message("at most {name} = {most}", name="trials_high", most=f"{trials_high:g}"),
            unit="training",
        )
    year = days_in_year * DAY
    cluster_flops = cluster_cards * card_tflops * TERA
    year_tasks = scheduling.equal_tasks(
        tasks_per_year,
        runs=trials,
        cards=cards_per_trial,
        seconds=trial_days * DAY,
        setup=setup_days * DAY,
        setup_cards=cluster_cards * setup_holds_cluster,
        interval=arrivals_spread * year / tasks_per_year,
    )
    jobs = scheduling.schedule(year_tasks, cluster_cards)
    end = scheduling.schedule_end(jobs)
    utilisation = scheduling.schedule_utilisation(jobs, cluster_cards, year)

    literal_flop, contained_flop = _table_flop()
    literal = backlog.cluster_seconds(literal_flop, cluster_flops)
    contained = backlog.cluster_seconds(contained_flop, cluster_flops)

    return Results(
        last_day=(end / DAY, "day", "Day on which the last task ends"),
        slack_days=((year - end) / DAY, "day", "Days left in the year"),
        utilisation=(100 * utilisation, "%", "Share of the year's card-days that trials take"),
        cluster_pflops=(cluster_flops / PETA, "PFLOP/s", "Peak of the cluster"),
        literal_days=(literal / DAY, "day", "Whole-cluster days of the table, read literally, without set-up"),
        contained_days=(contained / DAY, "day", "Whole-cluster days of the table, a week an algorithm, without set-up"),
    ).tell(_told, tasks_per_year, trials, cluster_cards)


def _told(results: Results, tasks_per_year: int, trials: int, cluster_cards: int) -> "tuple[str, str]":
    slack = results["slack_days"]
    given = {
        "cards": number_of(cluster_cards, "card"),
        "rate": number(results["cluster_pflops"], 3),
        "models": number_of(tasks_per_year, "model"),
        "trials": number_of(trials, "trial"),
        "day": number(results["last_day"], 3),
        "days": number_of(abs(slack), "day", 3),
    }
    if slack >= 0:
        return GOOD, message(
            "Yes: {cards} ({rate} PFLOP/s) are done with {models} at {trials} each on day {day}, {days} before the "
            "year ends.",
            **given,
        )
    return LATE, message(
        "No: {cards} ({rate} PFLOP/s) are done with {models} at {trials} each only on day {day}, {days} after the year "
        "ends. What may help: fewer or shorter trials, more cards, or a set-up that is shorter or leaves the cluster "
        "running.",
        **given,
    )


def _table_flop() -> "tuple[float, float]":
    # The table's large rows may be one trial each, or hold all trials of a task.
    rows = datasets.records("cv-algorithms")
    smallest = min([row["tflops"] for row in rows]) * TERA
    literal = contained = 0.0
    for row in rows:
        capacity, seconds = row["tflops"] * TERA, row["weeks"] * WEEK
        trials_contained = row["runs"] if capacity == smallest else capacity / smallest
        literal += backlog.trial_work(capacity, seconds, row["runs"])
        contained += backlog.trial_work(smallest, seconds, trials_contained)
    return literal, contained
