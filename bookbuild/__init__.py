"""Turns the notebooks and pages of this repository into the book, and runs them with readers' own assumptions."""

import os
import time


def _started() -> int:
    """When this build began, by Make's clock where Make runs it [ns]; without its decimals that second's beginning."""
    seconds, _, decimals = os.environ.get("BUILD_STARTED", "").partition(".")
    if not seconds.isdigit():
        return time.time_ns()
    return int(seconds) * 10**9 + (int(decimals[:9].ljust(9, "0")) if decimals.isdigit() else 0)


# Before any other module is read: what changes from here on may have been read as it was.
STARTED = _started()
