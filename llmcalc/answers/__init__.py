"""One function a question of the book: keyword parameters in, named results out."""

from .training_gpus import training_gpus

__all__ = ["training_gpus"]
