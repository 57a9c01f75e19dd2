"""Sizing of AI compute: training, serving and vision, with every unit checked and every number traced.

- `llmcalc.answers`: one function a question of the book;
- `llmcalc.plans`: choices, such as the devices of a training run or of a service;
- `llmcalc.models`: things with parts, such as devices, networks and schedules;
- `llmcalc.formulas`: plain functions of numbers in SI units, over scalars and arrays alike;
- `llmcalc.report`: what notebooks need to tell an answer (the extra ``book``).

Import the room you need:

>>> from llmcalc import answers
>>> answers.training_gpus(days=60)["gpus"]
780.0
>>> from llmcalc.formulas import training
>>> training.train_flop(175e9, 300e9)
3.15e+23
"""

from .checks import Refusal

__all__ = ["Refusal"]
__version__ = "0.1.0"
