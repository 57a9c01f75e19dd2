"""One function a question of the book: keyword parameters in, named results out."""

from .cnn_macs import cnn_macs
from .cv_backlog import cv_backlog
from .does_it_predict import does_it_predict
from .failures import failures
from .hardware_claims import hardware_claims
from .how_much_data import how_much_data
from .inference_cards import inference_cards
from .inference_gpus import inference_gpus
from .memory import memory
from .planner import planner
from .planner import planner_curves as planner_curves
from .serving_users import serving_users
from .small_print import small_print
from .training_cost import training_cost
from .training_gpus import training_gpus
from .training_schedules import training_schedules
from .training_step import training_step
from .transformer_flops import transformer_flops
from .what_fits import what_fits

# In the order of the book.
__all__ = [
    "planner",
    "training_gpus",
    "inference_gpus",
    "serving_users",
    "what_fits",
    "training_schedules",
    "training_cost",
    "transformer_flops",
    "how_much_data",
    "memory",
    "training_step",
    "does_it_predict",
    "failures",
    "cv_backlog",
    "inference_cards",
    "cnn_macs",
    "hardware_claims",
    "small_print",
]
