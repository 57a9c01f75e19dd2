"""Look-ups in data files that have been read: they need nothing but the rows."""

FORMATS = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp4", "int4")


def row(rows, column, value):
    """The one row whose column has a value.

    Parameters
    ----------
    rows : list of dict
        Rows of a data file.
    column : str
        One of their keys.
    value : str
        What it shall be.

    Raises
    ------
    ValueError
        If there is no such row.

    Examples
    --------
    >>> row([{"model": "GPT-2", "layers": 48}], "model", "GPT-2")["layers"]
    48
    """
    for candidate in rows:
        if candidate[column] == value:
            return candidate
    raise ValueError(f"{column} = {value!r} is not in the table")


def specification(accelerators, accelerator, quantity):
    """A number of an accelerator's datasheet, in SI units.

    Parameters
    ----------
    accelerators : dict of dict
        Quantities by accelerator.
    accelerator : str
        One of its keys.
    quantity : str
        E.g. ``power`` [W] or ``memory`` [byte].

    Raises
    ------
    ValueError
        If no such number is known.

    Examples
    --------
    >>> specification({"A100": {"power": 400.0}}, "A100", "power")
    400.0
    """
    known = accelerators[accelerator]
    if quantity not in known:
        raise ValueError(f"accelerator = {accelerator!r} has no {quantity} in data/accelerators.csv")
    return known[quantity]


def peak_flops(accelerators, accelerator, number_format):
    """Dense peak of an accelerator for a number format [FLOP/s], of integer formats [op/s].

    Parameters
    ----------
    accelerators : dict of dict
        Quantities by accelerator.
    accelerator : str
        One of its keys.
    number_format : str
        One of `FORMATS`.

    Raises
    ------
    ValueError
        If no such peak is known.

    Examples
    --------
    >>> peak_flops({"A100": {"peak_tf32": 156e12}}, "A100", "tf32")
    156000000000000.0
    """
    known = [form for form in FORMATS if f"peak_{form}" in accelerators[accelerator]]
    if number_format not in known:
        listed = ", ".join(known) or "none"
        raise ValueError(f"number_format = {number_format!r} has no peak for {accelerator}: known are {listed}")
    return accelerators[accelerator][f"peak_{number_format}"]
