"""Laboratories and the capstone: what their assignments say, and sample solutions computed when the page is built."""

from typing import Any

import jinja2

from bookbuild.templates import TEMPLATES
from llmcalc import answers, datasets
from llmcalc.formats import counted, number
from llmcalc.formulas import devices, training
from llmcalc.results import Results
from llmcalc.units import DAY, PFLOPS_DAY, TERA

# What the assignments say. The release is invented, and near to what is announced.
RELEASE: dict[str, Any] = {
    "params": 70e9,
    "tokens": 15e12,
    "days": 35.0,
    "devices": 6144,
    "accelerator": "H100 SXM",
}
USUAL_MFU = (0.3, 0.5)  # of well-tuned runs, as the chapters find
SERVICE: dict[str, Any] = {
    "model": "Llama 3.3 70B",
    "accelerator": "H100 SXM",
    "users": 2e5,
    "requests_per_user_day": 12.0,
    "question_tokens": 1500.0,
    "answer_tokens": 400.0,
}
SERVED_PARAMS = 70e9  # of that model, rounded as its name is
PROJECT: dict[str, Any] = {
    "model": "Llama 3 8B",
    "tokens": 4e12,
    "days": 60.0,
    "users": 3e6,
    "tokens_per_user_day": 3000.0,
}
BUDGET = 500_000.0  # USD, for the training and a year of service
YEAR = 365  # days of service
CANDIDATES = ("A100 SXM 80GB", "H100 SXM", "H200 SXM", "B200")
STEP = 1.0  # day, by which the plan is shortened until its range ends in time
SERVICE_CHANGES: dict[str, dict[str, Any]] = {
    "weights and caches in 16 bits": {"weight_format": "bf16", "cache_format": "bf16"},
    "half the time per output token": {"time_per_output_token": 0.025},
    "half the time to first token": {"time_to_first_token": 1.0},
    "answers twice as long": {"answer_tokens": 2 * SERVICE["answer_tokens"]},
    "questions twice as long": {"question_tokens": 2 * SERVICE["question_tokens"]},
    "half of each question shared with others": {"hit_share": 0.5},
    "a reserve of one per cent": {"spare_share": 0.01},
}
PROJECT_CHANGES: dict[str, dict[str, Any]] = {
    "half the tokens of training": {"tokens": PROJECT["tokens"] / 2},
    "twice the users": {"users": 2 * PROJECT["users"]},
    "half the time per output token": {"time_per_output_token": 0.025},
    "a busiest hour of 16 % of the day": {"busiest_hour_share": 0.16},
    "a tenth of the utilisation less": {"mfu": 0.9},  # of what is predicted
    "twice the rent of a device": {"price_per_device_hour": 2.0},  # of what it is
}


def sections() -> str:
    """Return the laboratories and the capstone as Markdown."""
    plain = jinja2.Environment(loader=TEMPLATES.loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    plain.filters |= {"n": number, "of": of, "upper_first": lambda text: text[:1].upper() + text[1:]}
    return plain.get_template("laboratories.md").render(
        release=RELEASE,
        usual=USUAL_MFU,
        first=press_release(),
        service=SERVICE,
        second=service(),
        project=PROJECT,
        budget=BUDGET,
        year=YEAR,
        capstone=capstone(),
        command=command,
        day=DAY,
        pflops_day=PFLOPS_DAY,
        tera=TERA,
    )


def of(value: float, unit: str) -> str:
    """Return a number with its unit, in the plural where it is due."""
    return f"{number(value)} {counted(unit, value)}"


def command(question: str, values: dict[str, Any]) -> str:
    """Return the command that answers a question with values."""
    words = [f'{name}="{value}"' if isinstance(value, str) else f"{name}={value:g}" for name, value in values.items()]
    return " ".join(["llmcalc answer", question, *words])


def press_release() -> dict[str, Any]:
    """Return what a solution of the first laboratory computes."""
    flop = training.train_flop(RELEASE["params"], RELEASE["tokens"])
    peak = datasets.peak_flops(RELEASE["accelerator"], "bf16")
    seconds = RELEASE["days"] * DAY
    of_failures = {name: RELEASE[name] for name in ("devices", "days", "params")}
    failures = answers.failures(**of_failures)
    implied = training.implied_mfu(flop, seconds, RELEASE["devices"], peak)
    needed = [devices.round_up(training.devices_for_deadline(flop, seconds, peak, share)) for share in USUAL_MFU]
    # If the days are those of the calendar, and the work was done in what is kept of them.
    working = implied / (failures["goodput"] / 100)
    return {
        "flop": flop,
        "peak": peak,
        "implied": implied,
        "needed": needed,
        "failures": failures,
        "of_failures": of_failures,
        "working": working,
        "usual": USUAL_MFU[0] <= implied <= USUAL_MFU[1],
    }


def service() -> dict[str, Any]:
    """Return what a solution of the second laboratory computes."""
    base = answers.serving_users(**SERVICE)
    rows = [(label, answers.serving_users(**(SERVICE | change))) for label, change in SERVICE_CHANGES.items()]
    purposes = {each["name"]: each["label"] for each in base.listed() if each["name"].startswith("for_")}
    largest = max(purposes, key=lambda name: base[name])
    tokens = SERVICE["question_tokens"] + SERVICE["answer_tokens"]
    peak = datasets.peak_flops(SERVICE["accelerator"], "fp8")
    work = 2 * SERVED_PARAMS * SERVICE["users"] * SERVICE["requests_per_user_day"] * tokens
    return {
        "base": base,
        "rows": [("the service", base), *rows],
        "worst": max(rows, key=lambda row: row[1]["devices"]),
        "best": min(rows, key=lambda row: row[1]["devices"]),
        "largest": (purposes[largest], base[largest]),
        "tokens": tokens,
        "peak": peak,
        "work_of_token": 2 * SERVED_PARAMS,
        "naive": devices.round_up(work / DAY / peak),
    }


def plan(accelerator: str, **changes: Any) -> Results:
    """Return a plan of the capstone on a device."""
    return answers.planner(**(PROJECT | {"accelerator": accelerator} | changes))


def cost(planned: Results) -> float:
    """Return what a plan costs with a year of service [USD]."""
    return float(planned["rent"] + YEAR * planned["rent_per_day"])


def safe(accelerator: str) -> tuple[float, Results]:
    """Return the days to plan with so that the far end of the range keeps the deadline, and that plan."""
    days = PROJECT["days"]
    planned = plan(accelerator)
    while planned["days_high"] > PROJECT["days"]:
        days -= STEP
        planned = plan(accelerator, days=days)
    return days, planned


def changed(accelerator: str, days: float, change: dict[str, Any]) -> Results:
    """Return the plan with one assumption changed; those of shares are relative to the plan's own."""
    planned = plan(accelerator, days=days)
    own = {"mfu": planned["run_mfu"] / 100, "price_per_device_hour": planned["rent"] / planned["device_hours"]}
    values = {name: value * own.get(name, 1) for name, value in change.items()}
    return plan(accelerator, days=days, **values)


def capstone() -> dict[str, Any]:
    """Return what a solution of the capstone computes."""
    safely = {name: safe(name) for name in CANDIDATES}
    device = min(CANDIDATES, key=lambda name: cost(safely[name][1]))
    days, planned = safely[device]
    total = cost(planned)
    rows = [(label, changed(device, days, change)) for label, change in PROJECT_CHANGES.items()]
    decides = max(rows, key=lambda row: abs(cost(row[1]) - total))
    return {
        "candidates": [(name, *found, cost(found[1])) for name, found in safely.items()],
        "device": device,
        "days": days,
        "plan": planned,
        "relaxed": plan(device),
        "total": total,
        "left": BUDGET - total,
        "rows": [("the plan", planned, total), *((label, row, cost(row)) for label, row in rows)],
        "decides": (decides[0], cost(decides[1]) - total),
    }
