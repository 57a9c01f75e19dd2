"""What is written into pages, as templates of Jinja; `_` and `plural` in them are those of `llmcalc.messages`."""

from pathlib import Path

import jinja2

from llmcalc.messages import message, plural

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
)
TEMPLATES.globals |= {"_": message, "plural": plural}
