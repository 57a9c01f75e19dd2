"""Tooling that turns notebooks and pages into the site: nothing in `llmcalc` imports it."""
