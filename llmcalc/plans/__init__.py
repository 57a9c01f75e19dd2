"""Choices: the plan of a training run, of a service and of a whole project, and what fits."""
