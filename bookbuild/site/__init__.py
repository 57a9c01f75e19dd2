"""Pages, laid out, built by Jupyter Book and finished."""
