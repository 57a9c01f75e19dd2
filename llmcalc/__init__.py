"""Sizing of AI compute: training, serving and vision, in plain functions of SI numbers.

The formula modules (`devices`, `training`, `serving`, `streams`, `backlog`) import nothing
and run unchanged in CPython and MicroPython, and so does `scheduling`; `tables`, `ledger`, `results`
and `plots` serve the notebooks and import pandas and matplotlib. Import the module you need:

>>> from llmcalc import training
>>> training.train_flop(175e9, 300e9)
3.15e+23
"""

__version__ = "0.1.0"
