"""Formulas: plain functions of numbers in SI units, over scalars and arrays alike.

They import nothing but each other, and run unchanged in CPython and in MicroPython.
"""
