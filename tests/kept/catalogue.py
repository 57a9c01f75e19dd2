"""Every table that is kept, by its name."""

import csv
from pathlib import Path

from tests.kept import cards, memory, models, networks, pictures, plans, predictions, questions, simulations, steps

FOLDER = Path(__file__).parent / "tables"
ROWS = {
    "families": models.families,
    "files": models.files,
    "fields": models.fields,
    "spoken": models.spoken,
    "parts": models.parts,
    "descriptions": models.descriptions,
    "short": models.short_texts,
    "sizes": models.sizes,
    "networks": networks.built,
    "formats": memory.formats,
    "serving": memory.serving,
    "memory": memory.memory,
    "steps": steps.steps,
    "services": steps.services,
    "constants": steps.constants,
    "own-constants": steps.own_constants,
    "plans": plans.plans,
    "cuts": plans.cuts,
    "runs": plans.runs,
    "late": plans.late,
    "offers": plans.offers,
    "cards": cards.fits,
    "predicted-services": predictions.services,
    "predicted-pools": predictions.pools,
    "predicted-trainings": predictions.trainings,
    "pictures": pictures.pictures,
    "formulas": questions.formulas,
    "parameters": questions.parameters,
    "answers": questions.answers,
    "simulations": simulations.simulations,
}


def kept(name):
    """Rows of a table, without their empty cells."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{column: cell for column, cell in row.items() if cell} for row in csv.DictReader(file)]


def keep(name):
    """Make a table anew."""
    listed = list(ROWS[name]())
    with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, dict.fromkeys(column for row in listed for column in row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
