"""One function a question of the book: keyword parameters in, named results out."""
