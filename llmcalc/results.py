"""Headline results of a chapter: what its readers came for, each with its unit."""

from .formats import number

MIME_TYPE = "application/vnd.llmcalc.results+json"
DIGITS = 6


class Results:
    """Named results, displayed as a table and, for tools, as JSON.

    Parameters
    ----------
    **results : tuple of (float, str, str)
        By name: the value, its unit, and what it is.

    Examples
    --------
    >>> Results(gpus=(1559.0, "GPU", "GPUs that finish in time"))["gpus"]
    1559.0
    """

    def __init__(self, **results):
        self._results = {
            name: {"value": float(value), "unit": unit, "label": label}
            for name, (value, unit, label) in results.items()
        }

    def __getitem__(self, name):
        return self._results[name]["value"]

    def formatted(self):
        """Each value as people write it, by name."""
        return {name: number(result["value"], DIGITS) for name, result in self._results.items()}

    def _repr_html_(self):
        import html  # which MicroPython, in a page's calculator, does not have

        texts = self.formatted()
        rows = ""
        for name, result in self._results.items():
            label, unit = html.escape(result["label"]), html.escape(result["unit"])
            rows += f'<tr><th scope="row">{label}</th><td>{texts[name]}</td><td>{unit}</td></tr>'
        return f'<table class="dataframe headline"><caption>The answer</caption><tbody>{rows}</tbody></table>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        # A list, because files of notebooks sort the keys of mappings.
        listed = [{"name": name} | result for name, result in self._results.items()]
        return {"text/html": self._repr_html_(), MIME_TYPE: listed}
