"""How well did PanGu, GPT-3 and Taichu use their machines?"""

from .. import datasets
from ..answering import question
from ..formats import number, together
from ..formulas import devices, training
from ..messages import message
from ..results import GOOD, UNFIT, Results
from ..units import DAY, HOUR, PETA, TERA


@question()
def training_schedules(
    flop_per_param_token: float = 6.0,
    ascend_910_tflops: float = 256.0,
    a100_tflops: float = 312.0,
    counted_tflops: float = 250.0,
) -> Results:
    """Utilisation that a schedule of training runs implies: work, divided by what its cards could have done.

    Parameters
    ----------
    flop_per_param_token : float
        Useful work [FLOP/parameter/token].
    ascend_910_tflops : float
        Dense FP16 peak of an Ascend 910 [TFLOP/s].
    a100_tflops : float
        Dense BF16 and FP16 peak of an A100 [TFLOP/s].
    counted_tflops : float
        The document's rate of an Ascend 910 [TFLOP/s].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    Document 000, lines 203 to 302.

    Examples
    --------
    >>> training_schedules()["cards_in_512p"]
    2048.0
    """
    peaks = {"Ascend 910": ascend_910_tflops * TERA, "A100": a100_tflops * TERA}
    unit_seconds = {"day": DAY, "hour": HOUR}
    peak_flops, cards, seconds, capacity = {}, {}, {}, {}
    params, tokens, flop, mfu, active_share = {}, {}, {}, {}, {}
    for row in datasets.records("training-schedules"):
        run = row["id"]
        peak_flops[run] = peaks[row["device"]]
        cards[run] = row["cards"] or devices.devices_for_flops(row["pflops"] * PETA, counted_tflops * TERA, 1)
        seconds[run] = row["duration"] * unit_seconds[row["duration_unit"]]
        capacity[run] = training.budget_flop(cards[run], seconds[run], peak_flops[run], 1)
        if row["kind"] == "language":
            params[run], tokens[run] = row["params"], row["new_data"] or row["data"]
            flop[run] = training.train_flop(params[run], tokens[run], flop_per_param_token)
            mfu[run] = training.implied_mfu(flop[run], seconds[run], cards[run], peak_flops[run])
            active_share[run] = training.largest_active_share(
                capacity[run], params[run], tokens[run], flop_per_param_token
            )

    return Results(
        cards_in_512p=(cards["pangu-200b"], "card", "Ascend 910 cards in 512P"),
        pangu_100b_mfu=(100 * mfu["pangu-100b"], "%", "Implied utilisation, PanGu 100B"),
        pangu_200b_mfu=(100 * mfu["pangu-200b"], "%", "Implied utilisation, PanGu 200B"),
        codegeex_mfu=(100 * mfu["codegeex"], "%", "Implied utilisation, CodeGeeX"),
        gpt3_2048_mfu=(100 * mfu["gpt3-2048"], "%", "Implied utilisation, GPT-3 on 2,048 A100"),
        gpt3_1024_mfu=(100 * mfu["gpt3-1024"], "%", "Implied utilisation, GPT-3 on 1,024 A100"),
        pangu_sigma_mfu=(100 * mfu["pangu-sigma"], "%", "Implied utilisation, PanGu-Sigma as a dense model"),
        pangu_sigma_active_share=(
            100 * active_share["pangu-sigma"],
            "%",
            "Largest share of PanGu-Sigma's parameters that can work on a token, at full peak",
        ),
    ).tell(_told)


def _told(results: Results) -> "tuple[str, str]":
    shares = [results[run + "_mfu"] for run in ("pangu_100b", "pangu_200b", "codegeex", "gpt3_2048", "gpt3_1024")]
    pangu_100b, pangu_200b, codegeex, gpt3_2048, gpt3_1024 = [number(share, 3) for share in shares]
    sigma = results["pangu_sigma_mfu"]
    given = {
        "first": pangu_100b,
        "second": pangu_200b,
        "third": codegeex,
        "fourth": gpt3_2048,
        "fifth": gpt3_1024,
        "last": number(sigma, 3),
    }
    if sigma > 100:
        told = message(
            "Of its machine's peak PanGu used {first} % (100B) and {second} % (200B), and CodeGeeX {third} %; the rows "
            "of GPT-3 imply {fourth} and {fifth} %, and PanGu-Sigma, if it were dense, {last} %, which can't be.",
            **given,
        )
    else:
        told = message(
            "Of its machine's peak PanGu used {first} % (100B) and {second} % (200B), and CodeGeeX {third} %; the rows "
            "of GPT-3 imply {fourth} and {fifth} %, and PanGu-Sigma, if it were dense, {last} %, which may be.",
            **given,
        )
    if max(shares) <= 100:
        return GOOD, told
    return UNFIT, together(told, message("More than 100 % is impossible: then a number of that row is wrong."))
