"""One function a question of the book: keyword parameters in, named results out."""

from .planner import planner
from .planner import planner_curves as planner_curves
from .training_gpus import training_gpus

__all__ = ["planner", "training_gpus"]
