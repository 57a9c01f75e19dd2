"""Exercises on cost: device-hours, rent, energy, emissions."""

from ... import datasets
from ...formulas import cost, scaling, training
from ...units import HOUR, KILOWATT_HOUR, MEGAWATT_HOUR, PFLOPS_DAY, TERA
from ..draws import of, shares, steps
from ..telling import percent, told
from ..writing import Chapter, choose, numeric, order

chapter = Chapter("training-cost")


@chapter.exercise(
    level=1,
    teaches="Turn device-hours into rent.",
    text="A training took {hours} hours on {count} devices that rent for {price} dollars an hour each. What did it cost?",
    unit="USD",
    within=(1000, 1e9),
    hours=steps(100, 2000, 50),
    count=of(64, 256, 512, 1024, 2048, 4096),
    price=steps(1, 4, 0.25),
)
def bill(hours, count, price):
    key = cost.rent(count * hours * HOUR, price / HOUR)
    return numeric(
        key,
        mistakes=[
            (hours * price, "That is the rent of one device."),
            (key / 24, "The hours are hours already, not days."),
            (key / 8, "The price is for a device, not for a server of eight."),
        ],
        hints=["How many device-hours is that?", "Devices × hours × price."],
        steps=[f"{told(count)} × {told(hours)} h × {told(price)} USD/h = {told(key)} USD."],
    )


@chapter.exercise(
    level=1,
    teaches="Compute the energy that a run takes from the grid.",
    text="A run took {hours} device-hours; a device with its share of the server draws {power} W, and the data centre has a PUE of {pue}. How "
    "much energy is that?",
    unit="MWh",
    within=(10, 1e6),
    hours=steps(100000, 2000000, 50000),
    power=of(500, 700, 813, 1275),
    pue=steps(1.05, 1.6, 0.05),
)
def grid(hours, power, pue):
    key = cost.energy(hours * HOUR, power, pue) / MEGAWATT_HOUR
    return numeric(
        key,
        mistakes=[
            (key / pue, "Cooling is missing: multiply by the PUE."),
            (key / pue**2, "The PUE is above 1 because the data centre takes more than the devices: multiply by it."),
            (key * 3600, "An hour times a watt is a watt-hour; you counted seconds."),
        ],
        hints=["Energy is power × time.", "The data centre takes PUE times what the devices take."],
        steps=[f"{told(hours)} h × {told(power)} W × {told(pue)} = {told(key)} MWh."],
    )


@chapter.exercise(
    level=1,
    teaches="Turn energy into emissions by the carbon intensity of the grid.",
    text="A training took {energy} MWh from a grid that emits {intensity} g of carbon dioxide for a kilowatt-hour. How much was emitted?",
    unit="kg",
    within=(1000, 1e9),
    energy=steps(100, 5000, 100),
    intensity=of(24, 60, 240, 385, 429, 550, 700),
)
def carbon(energy, intensity):
    key = cost.emissions(energy * MEGAWATT_HOUR, intensity / 1000 / KILOWATT_HOUR)
    return numeric(
        key,
        mistakes=[
            (energy / intensity * 1000, "Multiply by the intensity: more grams for a kilowatt-hour emit more."),
            (
                key * 3.6,
                "A kilowatt-hour is a unit already; the 3.6 turns it into megajoules, which is not needed here.",
            ),
        ],
        hints=["A MWh is 1,000 kWh.", "Grams a kilowatt-hour are kilograms a megawatt-hour."],
        steps=[f"{told(energy)} MWh × {told(intensity)} kg/MWh = {told(key)} kg."],
    )


@chapter.exercise(
    level=2,
    teaches="Price a training: work, device-time, rent.",
    text="{params} parameters are trained on {tokens} tokens on {device} at {mfu} of {peak} TFLOP/s (dense, BF16), for {price} dollars a device and hour. What "
    "does the training cost?",
    unit="USD",
    within=(5000, 1e8),
    params=of(7e9, 13e9, 34e9, 70e9),
    tokens=steps(500e9, 3000e9, 100e9),
    device=of("A100 SXM 80GB", "H100 SXM"),
    mfu=shares(0.3, 0.5, 0.01),
    price=steps(1.5, 4, 0.25),
)
def price_of_training(params, tokens, device, mfu, price):
    peak = datasets.peak_flops(device, "bf16")
    flop = training.train_flop(params, tokens)
    seconds = cost.device_time(flop, peak, mfu)
    key = cost.rent(seconds, price / HOUR)
    return numeric(
        key,
        mistakes=[
            (key * mfu, "At its peak the device would be done that early; the utilisation is missing."),
            (key / 2, "You took the sparse peak, twice the dense one."),
            (key / 3, "Training takes six FLOP per parameter and token, not two."),
            (key * 24, "The price is for an hour, not for a day."),
        ],
        hints=[
            "Work: $6 N D$, with $N$ parameters and $D$ tokens.",
            "Device-time: work / (peak × utilisation).",
            "In hours, times the price.",
        ],
        steps=[
            f"Work: 6 × {told(params)} × {told(tokens)} = {told(flop)} FLOP.",
            f"Device-time: {told(flop)} FLOP / ({told(peak / TERA)} TFLOP/s × {percent(mfu)}) = {told(seconds)} s; / 3,600 = {told(seconds / HOUR)} device-hours.",
            f"Rent: {told(seconds / HOUR)} h × {told(price)} USD/h = {told(key)} USD.",
        ],
        given={"peak": peak / TERA},
    )


@chapter.exercise(
    level=2,
    teaches="Find the price of an hour that a published bill implies.",
    text="A paper says that its training took {hours} device-hours and cost {bill} dollars. Which price of a device and hour is that?",
    unit="USD",
    within=(0.5, 10),
    hours=steps(200000, 5000000, 100000),
    bill=steps(500000, 20000000, 250000),
)
def implied_price(hours, bill):
    key = cost.implied_price(bill, hours * HOUR) * HOUR
    return numeric(
        key,
        mistakes=[
            (1 / key, "That is the other way round: hours for a dollar."),
            (key * 8, "That would be the price of a server of eight."),
            (key * 24, "That is the price of a day."),
        ],
        hints=["The bill is device-hours × price.", "Divide the bill by the device-hours."],
        steps=[f"{told(bill)} USD / {told(hours)} h = {told(key)} USD an hour."],
    )


@chapter.exercise(
    level=2,
    teaches="Find the largest model that a budget trains at 20 tokens a parameter.",
    text="You have {budget} dollars, and A100 SXM 80GB for {price} dollars an hour at {mfu} of {peak} TFLOP/s. How many parameters can a model have that is trained on "
    "20 tokens for each of them?",
    unit="parameter",
    within=(1e8, 1e12),
    budget=of(1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6),
    price=steps(1, 3, 0.25),
    mfu=shares(0.3, 0.5, 0.02),
)
def affordable(budget, price, mfu):
    peak = datasets.peak_flops("A100 SXM 80GB", "bf16")
    flop = cost.affordable_flop(budget, price / HOUR, peak, mfu)
    key = scaling.optimal_params(flop, 20)
    return numeric(
        key,
        mistakes=[
            (flop / 6 / 20, "The tokens grow with the parameters: $C = 6 N × 20 N$, so take a square root."),
            ((flop / 6) ** 0.5, "You left out the 20 tokens a parameter."),
            ((flop / mfu / 120) ** 0.5, "The utilisation is missing."),
        ],
        hints=[
            "How much compute does the money hire?",
            "$C = 6 N D$ with $D = 20 N$, so $C = 120 N²$.",
            "$N = √(C / 120)$.",
        ],
        steps=[
            f"The money hires {told(budget)} / {told(price)} = {told(budget / price)} device-hours: × 3,600 s × {told(peak / TERA)} TFLOP/s × {percent(mfu)} = {told(flop)} FLOP.",
            f"$N$ = √({told(flop)} / 120) = {told(key)} parameters.",
        ],
        given={"peak": peak / TERA},
    )


@chapter.exercise(
    level=2,
    teaches="Compute what a token costs.",
    text="A training on {tokens} tokens cost {bill} dollars. What did a million tokens cost?",
    unit="USD",
    within=(0.005, 100),
    tokens=steps(300e9, 15000e9, 100e9),
    bill=steps(200000, 10000000, 200000),
)
def per_token(tokens, bill):
    key = cost.cost_per_token(bill, tokens) * 1e6
    return numeric(
        key,
        mistakes=[
            (1 / key, "That is the other way round: millions of tokens for a dollar."),
            (key * 1e3, "That is the price of a billion tokens."),
        ],
        hints=["Divide the bill by the tokens.", "A million tokens cost 10⁶ times as much as one."],
        steps=[f"{told(bill)} USD / {told(tokens)} × 10⁶ = {told(key)} USD."],
    )


@chapter.exercise(
    level=3,
    teaches="Choose the cheaper device by price for what it sustains.",
    text="An A100 SXM 80GB rents for {cheap} dollars an hour, an H100 SXM for {dear}. They reach {old} and {new} of their dense BF16 "
    "peaks, {a100} and {h100} TFLOP/s. Which trains cheaper, the deadline aside?",
    cheap=steps(1, 2, 0.1),
    dear=steps(2, 6, 0.25),
    old=shares(0.35, 0.5, 0.05),
    new=shares(0.25, 0.45, 0.05),
)
def cheaper(cheap, dear, old, new):
    a100, h100 = datasets.peak_flops("A100 SXM 80GB", "bf16"), datasets.peak_flops("H100 SXM", "bf16")
    first = cost.rent(cost.device_time(PFLOPS_DAY, a100, old), cheap / HOUR)
    second = cost.rent(cost.device_time(PFLOPS_DAY, h100, new), dear / HOUR)
    said = f"A petaFLOP/s-day costs {told(first)} dollars on the A100 and {told(second)} on the H100."
    options = ("The A100", "The H100", "Both cost the same within 5 %")
    place = 2 if abs(first / second - 1) < 0.05 else 0 if first < second else 1
    why = (
        f"A petaFLOP/s-day costs {told(first)} dollars on it. What does it cost on the H100?",
        f"A petaFLOP/s-day costs {told(second)} dollars on it. What does it cost on the A100?",
        f"They differ by {percent(abs(first / second - 1))} of what the H100 costs.",
    )
    return choose(
        options[place],
        wrong=[(options[other], why[other]) for other in range(3) if other != place],
        hints=["What does each sustain?", "Divide the price by the sustained rate."],
        steps=[
            f"Sustained: {told(a100 / TERA)} × {percent(old)} = {told(a100 * old / TERA)} and {told(h100 / TERA)} × {percent(new)} = {told(h100 * new / TERA)} TFLOP/s.",
            f"A petaFLOP/s-day takes {told(PFLOPS_DAY / (a100 * old) / HOUR)} and {told(PFLOPS_DAY / (h100 * new) / HOUR)} device-hours.",
            said,
            options[place] + ".",
        ],
        given={"a100": a100 / TERA, "h100": h100 / TERA},
        clear=abs(abs(first / second - 1) - 0.05) > 0.02,
    )


@chapter.exercise(
    level=3,
    teaches="Find the utilisation at which a dearer device costs the same.",
    text="A device sustains {mfu} of {peak} TFLOP/s and rents for {price} dollars an hour. Another has {other} TFLOP/s and rents for {dear}. At which utilisation of "
    "the other do they cost the same?",
    unit="%",
    within=(5, 90),
    mfu=shares(0.3, 0.55, 0.01),
    peak=of(312, 362, 400),
    price=steps(1, 2, 0.1),
    other=of(989, 1307, 2250),
    dear=steps(2, 6, 0.2),
)
def even(mfu, peak, price, other, dear):
    flop = 1e20
    seconds = cost.device_time(flop, peak * TERA, mfu)
    key = 100 * training.implied_mfu(flop, cost.rent(seconds, price) / dear, 1, other * TERA)
    return numeric(
        key,
        mistakes=[
            (
                100 * mfu * price / dear * peak / other,
                "A dearer device must be used better, not worse: its price is in the numerator.",
            ),
            (100 * mfu * peak / other, "The prices differ, too."),
            (100 * mfu * dear / price, "The peaks differ, too."),
        ],
        hints=[
            "Cost the same means: price / sustained rate is the same.",
            "Price of the second / (its peak × $u$) = price of the first / (its peak × its utilisation): solve for $u$.",
        ],
        steps=[f"$u$ = {percent(mfu)} × {told(dear)} / {told(price)} × {told(peak)} / {told(other)} = {told(key)} %."],
    )


@chapter.exercise(
    level=3,
    teaches="Tell what changes the cost of a training from what only changes its duration.",
    text="A training is planned at {mfu} of the peak. Order the changes by the rent that is left, the lowest first.",
    mfu=shares(0.3, 0.4, 0.01),
    better=shares(0.44, 0.6, 0.02),
    fewer=shares(0.4, 0.65, 0.05),
    dearer=steps(1.2, 1.6, 0.1),
)
def changes(mfu, better, fewer, dearer):
    def rent(share_of_tokens, share, price):
        return cost.rent(cost.device_time(share_of_tokens * 1e22, 312e12, share), price / HOUR)

    base = rent(1, mfu, 2)
    items = [
        ("twice as many devices, at the same utilisation, so that it takes half the days", base),
        (f"{percent(better)} of the peak", rent(1, better, 2)),
        (f"{percent(fewer)} of the tokens", rent(fewer, mfu, 2)),
        (f"devices at {told(dearer)} times the price", rent(1, mfu, 2 * dearer)),
    ]
    return order(
        items,
        hints=["Rent is device-hours × price.", "Twice the devices for half the days are the same device-hours."],
        steps=[
            f"{items[place][0]}: {how} = {percent(items[place][1] / base)} of the rent."
            for place, how in enumerate(
                ("2 × 1/2", f"{percent(mfu)} / {percent(better)}", f"{told(fewer)} × 1", f"{told(dearer)} × 1")
            )
        ],
    )
