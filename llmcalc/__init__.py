"""Sizing of AI compute: training, serving and vision, in plain functions of SI numbers.

The formula modules import nothing and run unchanged in CPython and MicroPython:

- `devices`, `training`, `serving`, `streams`, `backlog`: rates, durations and counts of devices;
- `transformer`, `convolution`: work and parameters, layer by layer;
- `memory`, `cost`, `scaling`, `parallelism`, `hardware`: what else a plan needs.

`networks`, `scheduling`, `timelines`, `fitting`, `diagnosis` and `availability` compute what is no formula of
numbers; `tables`, `ledger`, `results`, `formats` and `plots` serve the notebooks. Import the module you need:

>>> from llmcalc.formulas import training
>>> training.train_flop(175e9, 300e9)
3.15e+23
"""

__version__ = "0.1.0"
