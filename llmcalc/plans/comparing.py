"""Which device serves cheapest: the same service planned on each, in the formats that it multiplies in."""

from ..checks import Refusal, single
from ..messages import message
from ..models.service import VALUE_BYTES, WEIGHT_BYTES
from .serving import Impossible, service_plan

# Formats of weights of 16 and of 8 bits, which answer as well or nearly so; of each width the first that a device has.
FORMATS = (("bf16", "fp16"), ("fp8", "int8"))
OF_DEVICES = ("accelerator", "device")  # what is refused where a device lacks a number
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ..models.device import Device
    from ..models.model import Model
    from .serving import ServicePlan


class Offer:
    """A device for a service: ``plan`` in ``number_format`` at ``rent``, or None and the ``reason``."""

    def __init__(self, device: "Device", number_format: str, plan: "ServicePlan | None", reason: str) -> None:
        self.device, self.number_format, self.plan, self.reason = device, number_format, plan, reason

    @property
    def rent(self) -> float:
        """Rent of all its devices for a second [USD/s]; infinite without a plan."""
        return self.plan.devices * self.device.price_per_second if self.plan else float("inf")

    @property
    def per_dollar(self) -> "dict[str, float]":
        """Bytes of memory, bytes and FLOP (of the format) a second, each for a dollar an hour."""
        hour = 3600 * self.device.price_per_second
        found = {"memory": self.device.memory / hour, "memory_bandwidth": self.device.memory_bandwidth / hour}
        wide = self.number_format if self.device.has("peak_" + self.number_format) else "bf16"
        found["flops"] = self.device.peak(wide) / hour
        return found


def compare(
    model: "Model",
    devices: "Iterable[Device]",
    request_rate: float,
    formats: "Sequence[Sequence[str]]" = FORMATS,
    **service: "Any",
) -> "list[Offer]":
    """The cheapest way of each device with a price to do a service, the cheapest first.

    Parameters
    ----------
    model : Model
        What is served.
    devices : iterable of Device
        Where; those without a price are left out.
    request_rate : float
        Requests a second.
    formats : sequence of sequence of str
        Formats of weights that would do; of each group a device is planned in the first that it multiplies in.
    service
        Limits and texts, as in `llmcalc.plans.serving.service_plan`.

    Returns
    -------
    list of Offer
    """
    single(request_rate=request_rate)
    offers = []
    for device in devices:
        if not device.has("price_per_second"):
            continue
        offers.append(_best(model, device, request_rate, formats, service))
    ranked = sorted([(offers[place].rent, place) for place in range(len(offers))])
    return [offers[place] for _, place in ranked]


def _best(
    model: "Model", device: "Device", request_rate: float, formats: "Sequence[Sequence[str]]", service: "dict[str, Any]"
) -> "Offer":
    names = ", ".join([name for group in formats for name in group])
    best, reason = None, message("no peak is published in any of {formats}", formats=names)
    for group in formats:
        known = [name for name in group if device.has("peak_" + name)]
        if not known:
            continue
        number_format = known[0]
        narrow = {"bytes_per_weight": WEIGHT_BYTES[number_format], "bytes_per_value": VALUE_BYTES[number_format]}
        try:
            plan = service_plan(model, device, request_rate, number_format=number_format, **(narrow | service))
        except Refusal as refusal:
            if not isinstance(refusal, Impossible) and refusal.argument not in OF_DEVICES:
                raise
            reason = getattr(refusal, "words", str(refusal))
            continue
        if best is None or plan.devices < best.plan.devices:  # type: ignore[union-attr]
            best = Offer(device, number_format, plan, "")
    return best or Offer(device, "", None, reason)
