"""The numbers in the cells of the source documents' tables, read from the documents themselves.

``python -m tests.numeric_cells`` writes them to `tests/numeric_cells.csv`, for where the documents are not at hand.
"""

import csv
import re
from pathlib import Path

DOCUMENTS = Path(__file__).parent.parent.parent / "shared" / "documents"
FROZEN = Path(__file__).with_suffix(".csv")
NOTES = "000_c6ae01cfccea77da.txt"

# First and last line of each table; a cell is a line.
TABLES = {
    "memory of LLaMA": (78, 126),
    "training schedules": (130, 306),
    "planner": (309, 361),
    "cost of trainings": (369, 445),
    "networks": (449, 661),
    "vision algorithms": (690, 907),
}
# Cells that number the rows of the planner and of the vision algorithms.
ROW_NUMBERS = {319, 333, 347, 361, 690, 705, 719, 733, 747, 763, 777, 793, 809, 823, 838, 851, 866, 881, 895}

# A number stands alone or before its unit; digits inside a name (Ascend910, resnet18, 2x3090) are none.
NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?=$|[^\w.]|[BPTGMKbwW卡天亿万小年月路张+]|H$|GB)|(?<=Tx)\d+(?==)")
NUMBER_IN_TEXT = re.compile(r"(?<=[>~过于])\d+|\d+(?=万\+)")
WORDS = {"千万": "1"}


def numbers(cell: str) -> list[str]:
    """Return the numbers of a cell as printed, without those that are part of a name."""
    if cell in WORDS:
        return [WORDS[cell]]
    is_text = re.match(r"[A-Za-z一-鿿]", cell)
    return (NUMBER_IN_TEXT if is_text else NUMBER).findall(cell)


def cells() -> list[tuple[str, int, str]]:
    """List every number in a cell of a table: document, line and digits."""
    lines = (DOCUMENTS / NOTES).read_text(encoding="utf-8").splitlines()
    return [
        (NOTES, line, number)
        for first, last in TABLES.values()
        for line in range(first, last + 1)
        if line not in ROW_NUMBERS
        for number in numbers(lines[line - 1].strip())
    ]


def frozen() -> list[tuple[str, int, str]]:
    """Return the list that was written when the documents were at hand."""
    with FROZEN.open(encoding="utf-8", newline="") as file:
        return [(row["document"], int(row["line"]), row["number"]) for row in csv.DictReader(file)]


if __name__ == "__main__":
    with FROZEN.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["document", "line", "number"])
        writer.writerows(cells())
