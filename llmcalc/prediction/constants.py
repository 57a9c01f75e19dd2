"""Which stacks of software are known on which devices: those whose published runs constants were fitted to."""

from functools import lru_cache

from .. import datasets
from ..models.step_constants import OWN_STACK, generation, stack_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..datasets import Row


@lru_cache
def fitted_to() -> "set[tuple[str | None, str]]":
    """Pairs of stack and generation among the published runs that constants were fitted to."""
    return {
        (stack_of([row["citation"], row["set"], row["id"]]), generation(row["accelerator"]))
        for row in datasets.records("training-runs")
    }


def is_known(device: str, stack: "str | None") -> bool:
    """Whether constants were fitted to runs of a stack on such devices, published ones or one's own.

    Examples
    --------
    >>> is_known("A100 SXM 80GB", "llm-foundry"), is_known("H100 SXM", "llm-foundry")
    (True, False)
    """
    return stack == OWN_STACK or (stack is not None and (stack, generation(device)) in fitted_to())


def has_own(table: "Sequence[Row] | None") -> bool:
    """Whether constants were fitted to somebody's own runs."""
    return table is not None and any(row["scope"] == OWN_STACK for row in table)
