"""Exercises that grade themselves: numbers drawn by a seed, keys computed by llmcalc, mistakes known by name.

>>> from llmcalc import teaching
>>> print(teaching.pose("training-gpus/1", seed=7).text)
A model of 6.7 × 10⁹ parameters is trained on 2.88 × 10¹² tokens. How much compute does the training take?
>>> teaching.check("training-gpus/1", "1.158 × 10²³ FLOP", seed=7).kind
'right'
"""

from .bank import chapter, chapters, check, find, pose

__all__ = ["chapter", "chapters", "check", "find", "pose"]
