"""One function a question of the book: keyword parameters in, named results out."""

from .how_much_data import how_much_data
from .memory import memory
from .planner import planner
from .planner import planner_curves as planner_curves
from .training_cost import training_cost
from .training_gpus import training_gpus
from .training_schedules import training_schedules
from .training_step import training_step
from .transformer_flops import transformer_flops

# In the order of the book.
__all__ = [  # noqa: RUF022 - the book is not sorted
    "planner",
    "training_gpus",
    "training_schedules",
    "training_cost",
    "transformer_flops",
    "how_much_data",
    "memory",
    "training_step",
]
