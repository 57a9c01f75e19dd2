"""What do failures cost?"""

from ..answering import question
from ..checks import Refusal
from ..formats import number, number_of, together
from ..formulas import reliability
from ..messages import marked, message, plural
from ..models import availability
from ..results import GOOD, UNFIT, Results
from ..units import DAY, GIGA, HOUR, MINUTE, TERA, YEAR

# Below this share of the time a run does not end in anybody's life.
LEAST_GOODPUT = 1e-4
# A checkpoint that costs nothing would be written after every instant.
SHORTEST = 1e-3  # [s]


@question(params=(1e6, 1e14), failures=(0.01, 100000))
def failures(
    devices: int = 16384,
    days: float = 54.0,
    params: float = 405e9,
    observed_devices: int = 16384,
    observed_days: float = 54.0,
    failures: float = 419.0,
    checkpoint_bytes_per_param: float = 14.0,
    write_bandwidth: float = 2000.0,
    blocking_share: float = 1.0,
    checkpoint_minutes: float = 0.0,
    detection_minutes: float = 10.0,
    restart_minutes: float = 5.0,
    devices_per_server: int = 8,
    repair_hours: float = 24.0,
    spare_probability: float = 0.99,
) -> Results:
    """Time lost to failures in a training run: the best interval of checkpoints, goodput, days and spare servers.

    Parameters
    ----------
    devices : int
        Devices that train [device].
    days : float
        Days that training would take without failures [day].
    params : float
        Parameters of the model [parameter].
    observed_devices : int
        Devices whose failures were counted [device].
    observed_days : float
        Days for which they were counted [day].
    failures : float
        Failures in that time [1].
    checkpoint_bytes_per_param : float
        Bytes of a parameter in a checkpoint, 14 with Adam [byte/parameter].
    write_bandwidth : float
        Rate at which storage takes a checkpoint [GB/s].
    blocking_share : float
        Share of its writing in which training stands still [1].
    checkpoint_minutes : float
        Training from one checkpoint to the next, 0 for the best [min].
    detection_minutes : float
        Time until a failure is noticed and located [min].
    restart_minutes : float
        Time until training goes on after that [min].
    devices_per_server : int
        Devices of a server, which are out together [device].
    repair_hours : float
        Time until a server that failed is back [h].
    spare_probability : float
        Probability that the spare servers suffice [1].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    Daly 2006, Future Generation Computer Systems 22: 303. Failures by default: Llama 3 (arXiv:2407.21783), section
    3.3.4, whose storage takes 2 TB/s (section 3.3.1). Detection: less than 10 minutes in MegaScale (arXiv:2402.15627),
    section 6.3.

    Examples
    --------
    >>> answer = failures()
    >>> round(answer["mtbf_hours"], 1), round(answer["goodput"])
    (3.1, 90)
    """
    of_device = reliability.device_mtbf(observed_devices, observed_days * DAY, failures)
    mtbf = reliability.mtbf_of_all(of_device, devices)
    writing = reliability.checkpoint_seconds(params, checkpoint_bytes_per_param, write_bandwidth * GIGA)
    stall = max(blocking_share * writing, SHORTEST)
    # What was trained while the last checkpoint was still under way is lost with it, and the next has to wait for it.
    behind = (1 - blocking_share) * writing
    best = max(reliability.daly_interval(stall, mtbf), behind, SHORTEST)
    interval = checkpoint_minutes * MINUTE or best
    if interval < behind:
        least = number(behind / MINUTE, 3)
        accepted = message("0, or at least {least}: until then the last checkpoint is being written", least=least)
        # Written for people, because not every Python writes the last digit of a float alike.
        sentence = message(
            "{argument} = {value} [{unit}] is not accepted: give {accepted}",
            argument="checkpoint_minutes",
            value=number(checkpoint_minutes),
            unit=message("min"),
            accepted=accepted,
        )
        raise Refusal("checkpoint_minutes", checkpoint_minutes, accepted, unit="min", reason=sentence)
    recovery = detection_minutes * MINUTE + restart_minutes * MINUTE + behind
    goodput = reliability.goodput(interval, stall, recovery, mtbf)
    down = reliability.downtime_share(recovery, mtbf)
    stalled = goodput * stall / interval
    down_per_second = down / recovery if recovery else down
    detecting = down_per_second * detection_minutes * MINUTE
    restarting = down_per_second * restart_minutes * MINUTE
    reworked = 1 - goodput - stalled - detecting - restarting
    server_mtbf = of_device / devices_per_server
    works = availability.availability(server_mtbf, repair_hours * HOUR)
    servers = -(-devices // devices_per_server)
    spare = availability.spares(servers * (1 - works), spare_probability)
    endless = marked("failures come faster than work is saved")
    ends = goodput >= LEAST_GOODPUT
    calendar = days / goodput if ends else None
    lost = days / goodput - days if ends else None
    return Results(
        failing="How often it fails",
        mtbf_hours=(mtbf / HOUR, "h", "Mean time between failures of all devices"),
        device_years=(of_device / YEAR, "year", "Mean time between failures of one device"),
        run_failures=(days / goodput * DAY / mtbf if ends else None, "1", "Failures in the run", endless),
        saving="Checkpoints",
        checkpoint_tb=(params * checkpoint_bytes_per_param / TERA, "TB", "Size of a checkpoint"),
        write_seconds=(writing, "s", "Time to write it"),
        best_minutes=(best / MINUTE, "min", "Best interval (Daly)"),
        young_minutes=(reliability.young_interval(stall, mtbf) / MINUTE, "min", "The same to first order (Young)"),
        interval_minutes=(interval / MINUTE, "min", "Interval taken"),
        losing="Where the time goes",
        goodput=(100 * goodput, "%", "Training that is kept: goodput"),
        stalled=(100 * stalled, "%", "Writing checkpoints"),
        detecting=(100 * detecting, "%", "Noticing and locating failures"),
        restarting=(100 * restarting, "%", "Restarting"),
        reworked=(100 * reworked, "%", "Training again what was lost"),
        ending="On the calendar",
        calendar_days=(calendar, "day", "Days until it ends", endless),
        lost_days=(lost, "day", "Of these lost", endless),
        lost_hours=(
            devices * (days / goodput - days) * DAY / HOUR if ends else None,
            "h",
            "Device-hours lost",
            endless,
        ),
        sparing="Spare servers",
        server_availability=(100 * works, "%", "Share of the time in which a server works"),
        out=(servers * (1 - works), "server", "Servers that are out at a time, on average"),
        spare_servers=(spare, "server", "Spare servers that suffice"),
        spare_devices=(spare * devices_per_server, "device", "Devices in them"),
    ).tell(_told, devices, days)


def _told(results: Results, devices: int, days: float) -> "tuple[str, str]":
    given = {"devices": number(devices), "often": _duration(results["mtbf_hours"])}
    if results["calendar_days"] is None:
        return UNFIT, plural(
            "The one device fails every {often} on average, faster than work is saved: this training never ends. What "
            "may help: fewer devices, quicker restarts or faster storage.",
            "One of {devices} devices fails every {often} on average, faster than work is saved: this training never "
            "ends. What may help: fewer devices, quicker restarts or faster storage.",
            devices,
            **given,
        )
    taking = plural(
        "{days} of training takes {calendar}.",
        "{days} of training take {calendar}.",
        days,
        days=number_of(days, "day"),
        calendar=number_of(results["calendar_days"], "day", 3),
    )
    failing = plural(
        "The one device fails every {often} on average, and {share} % of the time is training that is kept.",
        "One of {devices} devices fails every {often} on average, and {share} % of the time is training that is kept.",
        devices,
        share=number(results["goodput"], 3),
        **given,
    )
    return GOOD, together(taking, failing)


def _duration(hours: float) -> str:
    """A time in the unit that reads best.

    >>> _duration(2.0), _duration(1.99), _duration(48.0), _duration(0.01)
    ('2 hours', '119 minutes', '2 days', '36 seconds')
    """
    for unit, size in (("year", YEAR / HOUR), ("day", DAY / HOUR), ("hour", 1.0), ("minute", MINUTE / HOUR)):
        if hours >= 2 * size:
            return number_of(hours / size, unit, 2)
    return number_of(hours * HOUR, "second", 2)
