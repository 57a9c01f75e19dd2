"""Tables of what models are and take, and of what questions are answered: `python -m tests.kept`, or some by name.

Published totals, sizes of files and peaks hold the sums; these tables hold every part where it is, so that nothing
moves unnoticed: the traits and usual sizes of families, weights in all formats, memory by purpose, the terms of a step,
what questions are answered where their parameters are others, and what simulated engines do.
Whoever means a change writes them anew, and the difference shows what else it changed.
"""

import sys

from tests.kept.catalogue import ROWS, keep

for name in sys.argv[1:] or ROWS:
    keep(name)
