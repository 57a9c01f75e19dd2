"""A device: one card, chip or half of a double card, with what is known of it.

Numbers are for one device, in SI units. Peaks are dense. Rates of links and networks count
one direction. Memory is what the driver shows, where that is known: a card sold as "80 GB"
shows 81,559 MiB or 81,920 MiB, and neither is 80e9 bytes.
"""

from ..checks import Refusal, ambiguous, choice, closest, one_of, require, unknown, whole
from ..datasets import FORMATS
from ..formats import listed
from ..messages import marked, message
from ..units import HOUR
from ..vocabulary import FROM_ZERO, POSITIVE, SHARE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

# What is known of a device besides its peaks, with the unit of each.
UNITS = {
    "memory": "byte",
    "memory_bandwidth": "byte/s",
    "link_bandwidth": "byte/s",
    "link_devices": "1",
    "network_bandwidth": "byte/s",
    "power": "W",
    "server_power": "W",
    "price_per_second": "USD/s",
}

# Formats that weights are trained in, the usual one first.
TRAINING_FORMATS = ("bf16", "fp16", "tf32", "fp32")

# Where nobody published how devices are joined: PCIe 4.0 x16 in a server of eight, and a card of 200 Gbit/s for each.
USUAL_LINKS = {"link_bandwidth": 32e9, "link_devices": 8, "network_bandwidth": 25e9}

_USUAL = {
    "link_bandwidth": marked("link bandwidth"),
    "link_devices": marked("link devices"),
    "network_bandwidth": marked("network bandwidth"),
}

# Why a number of a device of one's own is missing.
NOT_GIVEN = marked("it was not given")


class Device:
    """A device, refused at once if a number of it is nonsense, and later if a number that is needed is missing.

    Each number is an attribute. One that nobody gave raises `ValueError` when it is asked for, and says why it is
    missing; `has` tells without raising.

    Parameters
    ----------
    name : str
        What to call it.
    peaks : dict
        Dense peak by number format [FLOP/s], of integer formats [op/s].
    memory : float
        Memory as the driver shows it [byte].
    memory_bandwidth : float
        Rate of reading the memory [byte/s].
    link_bandwidth : float
        Rate at which the device sends to the devices of its fast domain, one direction [byte/s].
    link_devices : int
        Devices that one fast domain joins, 1 if none is joined [1].
    network_bandwidth : float
        Rate at which the device sends beyond its server, one direction [byte/s].
    power : float
        Design power of the device [W].
    server_power : float
        The device's share of the maximum power of its server [W].
    price_per_second : float
        Rent [USD/s].
    missing : dict
        Reason by name, for numbers that are not given.
    memory_basis : str
        Where the memory comes from: ``"driver"`` or ``"datasheet"``.

    Examples
    --------
    >>> card = Device(name="my card", peaks={"bf16": 100e12}, memory=24 * 2**30, power=300)
    >>> card.memory / 2**30, card.best_format()
    (24.0, 'bf16')
    >>> card.memory_bandwidth
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: my card has no memory_bandwidth [byte/s]: it was not given
    """

    def __init__(
        self,
        name: str = "custom",
        peaks: "Mapping[str, float] | None" = None,
        memory: "float | None" = None,
        memory_bandwidth: "float | None" = None,
        link_bandwidth: "float | None" = None,
        link_devices: "float | None" = None,
        network_bandwidth: "float | None" = None,
        power: "float | None" = None,
        server_power: "float | None" = None,
        price_per_second: "float | None" = None,
        missing: "Mapping[str, str] | None" = None,
        memory_basis: str = "driver",
    ) -> None:
        if not isinstance(name, str) or not name:
            raise Refusal("name", name, "a text")
        choice("memory_basis", memory_basis, ("driver", "datasheet"))
        self.name = name
        self.memory_basis = memory_basis
        self.missing = dict(missing or {})
        self._peaks = {}
        peaks = peaks or {}
        for number_format in peaks:
            choice("peaks", number_format, FORMATS)
            unit = _unit_of_peak(number_format)
            self._peaks[number_format] = _positive(f"peaks[{number_format!r}]", unit, peaks[number_format])
        numbers = {
            "memory": memory,
            "memory_bandwidth": memory_bandwidth,
            "link_bandwidth": link_bandwidth,
            "link_devices": link_devices,
            "network_bandwidth": network_bandwidth,
            "power": power,
            "server_power": server_power,
            "price_per_second": price_per_second,
        }
        self._numbers = {}
        for quantity in UNITS:
            value = numbers[quantity]
            if value is not None:
                self._numbers[quantity] = _positive(quantity, UNITS[quantity], value)
        if link_devices is not None:
            whole(link_devices=link_devices)

    def __getattr__(self, name: str) -> float:
        # Reached only where the usual look-up found nothing.
        if name not in UNITS:
            raise AttributeError(f"a device has no {name}")
        if name not in self._numbers:
            sentence = message(
                "{device} has no {quantity} [{unit}]: {reason}",
                device=self.name,
                quantity=name,
                unit=message(UNITS[name]),
                reason=message(self.missing.get(name, NOT_GIVEN)),
            )
            raise Refusal("accelerator", self.name, message("a device with a {name}", name=name), reason=sentence)
        return self._numbers[name]

    def __repr__(self) -> str:
        return f"Device({self.name!r})"

    @staticmethod
    def from_facts(name: str, facts: "Mapping[str, float]", missing: "Mapping[str, str] | None" = None) -> "Device":
        """A device from its rows of `data/accelerators.csv`.

        Parameters
        ----------
        name : str
            What to call it.
        facts : dict
            Value by quantity, as `tables.specifications` gives them for an accelerator.
        missing : dict
            Reason by quantity, for those that nobody published.

        Examples
        --------
        >>> Device.from_facts("A100", {"peak_bf16": 312e12, "memory": 80e9, "memory_reported": 81920 * 2**20}).memory
        85899345920.0
        """
        numbers = {quantity: facts[quantity] for quantity in UNITS if quantity in facts}
        if "memory_reported" in facts:
            numbers["memory"] = facts["memory_reported"]
        if "rent" in facts:
            numbers["price_per_second"] = facts["rent"] / HOUR
        reasons = dict(missing or {})
        if "rent" in reasons:
            reasons["price_per_second"] = reasons.pop("rent")
        return Device(
            name=name,
            peaks={form: facts[f"peak_{form}"] for form in FORMATS if f"peak_{form}" in facts},
            missing=reasons,
            memory_basis="driver" if "memory_reported" in facts else "datasheet",
            **numbers,
        )

    def has(self, quantity: str) -> bool:
        """Whether a number is known: one of `UNITS`, or ``peak_`` and a number format."""
        return quantity in self._numbers or (quantity[:5] == "peak_" and quantity[5:] in self._peaks)

    @property
    def formats(self) -> "tuple[str, ...]":
        """Number formats with a known peak, the widest first."""
        return tuple(form for form in FORMATS if form in self._peaks)

    def peak(self, number_format: str) -> float:
        """Dense peak for a number format [FLOP/s], for an integer format [op/s].

        Raises
        ------
        ValueError
            If no such peak is known, naming those that are.

        Examples
        --------
        >>> Device(name="V100", peaks={"fp32": 15.7e12, "fp16": 125e12}).peak("bf16")
        Traceback (most recent call last):
        ...
        llmcalc.checks.Refusal: number_format = 'bf16' has no peak for V100: known are fp32, fp16
        """
        if number_format not in self._peaks:
            reason = self.missing.get(f"peak_{number_format}")
            given = {"format": repr(number_format), "device": self.name, "known": self._listed_formats()}
            if reason:
                sentence = message(
                    "number_format = {format} has no peak for {device} ({reason}): known are {known}",
                    reason=message(reason),
                    **given,
                )
            else:
                sentence = message("number_format = {format} has no peak for {device}: known are {known}", **given)
            raise Refusal("number_format", number_format, one_of([self._listed_formats()]), reason=sentence)
        return self._peaks[number_format]

    def best_format(self, formats: "Sequence[str]" = TRAINING_FORMATS) -> str:
        """The first of some number formats that the device has a peak for; by default the usual one to train in.

        Raises
        ------
        ValueError
            If it has none of them.

        Examples
        --------
        >>> Device(peaks={"fp32": 15.7e12, "fp16": 125e12}).best_format()
        'fp16'
        """
        for number_format in formats:
            if number_format in self._peaks:
                return number_format
        wanted = ", ".join(formats)
        sentence = message(
            "{device} has no peak for any of {formats}: known are {known}",
            device=self.name,
            formats=wanted,
            known=self._listed_formats(),
        )
        accepted = message("a device with a peak for one of {formats}", formats=wanted)
        raise Refusal("accelerator", self.name, accepted, reason=sentence)

    @property
    def training_format(self) -> "str | None":
        """The number format to train in, None if there is no peak for any."""
        for number_format in TRAINING_FORMATS:
            if number_format in self._peaks:
                return number_format
        return None

    def with_usual_links(self) -> "tuple[Device, list[str]]":
        """The device, with the usual links and network where its own are not known, and the names of those.

        Examples
        --------
        >>> card, assumed = Device(name="my card", link_devices=4).with_usual_links()
        >>> card.network_bandwidth, assumed
        (25000000000.0, ['link_bandwidth', 'network_bandwidth'])
        """
        assumed = [name for name in sorted(USUAL_LINKS) if not self.has(name)]
        if not assumed:
            return self, []
        numbers = dict(self._numbers)
        for name in assumed:
            numbers[name] = USUAL_LINKS[name]
        joined = Device(self.name, self._peaks, missing=self.missing, memory_basis=self.memory_basis, **numbers)
        return joined, assumed

    def numbers(self) -> "dict[str, dict[str, Any]]":
        """The numbers that are known, by quantity, with their units."""
        known = {f"peak_{form}": {"value": self._peaks[form], "unit": _unit_of_peak(form)} for form in self.formats}
        for quantity in UNITS:
            if quantity in self._numbers:
                known[quantity] = {"value": self._numbers[quantity], "unit": UNITS[quantity]}
        return known

    def gaps(self) -> "dict[str, str]":
        """Why each number that is not known is missing, by quantity."""
        reasons = {quantity: NOT_GIVEN for quantity in UNITS if not self.has(quantity)}
        for quantity in self.missing:
            if not self.has(quantity):
                reasons[quantity] = self.missing[quantity]
        return reasons

    def _listed_formats(self) -> str:
        return ", ".join(self.formats) or message("none")

    def usable_memory(self, share: float = 1, reserved: float = 0) -> float:
        """Memory that a program may fill [byte].

        Parameters
        ----------
        share : float
            Share of the memory that the program is given, e.g. vLLM's ``gpu_memory_utilization`` [1].
        reserved : float
            What driver, context and libraries take of it [byte].

        Raises
        ------
        ValueError
            If nothing is left, or an argument is out of range.
        """
        require("share", share, SHARE)
        require("reserved", reserved, FROM_ZERO)
        if not reserved < self.memory * share:
            accepted = message(
                "less than the {most} that {device} has", most=f"{self.memory * share:.0f}", device=self.name
            )
            raise Refusal("reserved", reserved, accepted, unit="byte")
        return self.memory * share - reserved

    def electric_power(self, of: str = "server") -> float:
        """Power to plan with [W]: a device's share of its server's maximum, or the design power of the device alone.

        Parameters
        ----------
        of : str
            ``"server"`` (host, switches, fans and losses are in it) or ``"device"``.
        """
        choice("of", of, ("server", "device"))
        return self.server_power if of == "server" else self.power


def _unit_of_peak(number_format: str) -> str:
    return "op/s" if number_format[:3] == "int" else "FLOP/s"


def _positive(name: str, unit: str, value: float) -> float:
    require(name, value, POSITIVE, unit=unit)
    return value * 1.0


def menu(
    devices: "Iterable[Device]", needs: "Sequence[str]", formats: "Sequence[str]" = TRAINING_FORMATS
) -> "list[dict[str, Any]]":
    """Which devices can answer a question, in which number format, and why the others cannot.

    Parameters
    ----------
    devices : list of Device
        The devices to choose from.
    needs : sequence of str
        Numbers that the question asks of a device, of `UNITS`.
    formats : sequence of str
        Number formats that would do, the preferred one first; empty if no peak is needed.

    Returns
    -------
    list of dict
        For each device ``name``, ``number_format`` (None if none is needed or known) and ``reasons``, empty where
        the device can answer.

    Examples
    --------
    >>> menu([Device(name="A", peaks={"fp16": 1e12}, power=70), Device(name="B", power=70)], ["power"])[1]["reasons"]
    ['B has no peak for any of bf16, fp16, tf32, fp32: known are none']
    """
    for quantity in needs:
        choice("needs", quantity, sorted(UNITS))
    return [_entry(device, needs, formats) for device in devices]


def _entry(device: "Device", needs: "Sequence[str]", formats: "Sequence[str]") -> "dict[str, Any]":
    number_format, reasons = None, []
    if formats:
        try:
            number_format = device.best_format(formats)
        except Refusal as refusal:
            reasons.append(str(refusal))
    for quantity in needs:
        try:
            getattr(device, quantity)
        except Refusal as refusal:
            reasons.append(str(refusal))
    return {"name": device.name, "number_format": number_format, "reasons": reasons}


def assumptions(quantities: "Sequence[str]") -> str:
    """What was assumed of a device's links, in words.

    Examples
    --------
    >>> assumptions(["link_bandwidth", "link_devices"]), assumptions([])
    ('link bandwidth, link devices', 'nothing')
    """
    return listed([message(_USUAL[quantity]) for quantity in quantities]) or message("nothing")


# Words that people and drivers write around a device's name.
NOISE = ("nvidia", "amd", "intel", "google", "aws", "huawei", "geforce", "tesla", "instinct", "radeon", "habana", "gpu")


def find(
    names: "Sequence[str]", text: str, aliases: "Mapping[str, str] | None" = None, argument: str = "device"
) -> str:
    """The device that a text means: a name, an alias, or the only name that has all its words.

    Parameters
    ----------
    names : sequence of str
        Names of devices.
    text : str
        What somebody wrote, e.g. ``"h100"`` or ``"NVIDIA A100-SXM4-80GB"``.
    aliases : dict
        Name by alias, where the shortest form means one of several.
    argument : str
        What to call it in refusals.

    Raises
    ------
    ValueError
        If no name or more than one fits, naming those that come closest.

    Examples
    --------
    >>> names = ["H100 PCIe", "H100 SXM", "RTX 4090"]
    >>> find(names, "4090"), find(names, "H100", {"H100": "H100 SXM"}), find(names, "nvidia h100-pcie")
    ('RTX 4090', 'H100 SXM', 'H100 PCIe')
    >>> find(names, "RTX 4080")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: device = 'RTX 4080' is not known: did you mean 'RTX 4090'?
    """
    if not isinstance(text, str) or not _words(text):
        raise Refusal(argument, text, "the name of a device")
    words = _words(text)
    spelled = {"".join(_words(name)): name for name in names}
    aliases = aliases or {}
    for alias in aliases:
        spelled["".join(_words(alias))] = aliases[alias]
    if "".join(words) in spelled:
        return spelled["".join(words)]
    fitting = [name for name in names if all(word in _words(name) for word in words)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ambiguous(argument, text, fitting)
    near = closest("".join(words), spelled)
    raise unknown(argument, text, marked("the name of a device"), spelled[near] if near else "")


def _words(text: str) -> "list[str]":
    spaced = "".join(letter if letter.isdigit() or letter.isalpha() else " " for letter in text.lower())
    words = [word for word in spaced.split() if word not in NOISE]
    # NVIDIA writes SXM2, SXM4 and SXM5; people write SXM.
    return ["sxm" if word[:3] == "sxm" else word for word in words]
