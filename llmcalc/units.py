"""Units at the edges. Formulas take SI; multiply on the way in, divide on the way out.

>>> 30 * DAY
2592000.0
>>> round(315e21 / PFLOPS_DAY, 1)  # GPT-3's training, in petaFLOP/s-days
3645.8
"""

MINUTE = 60.0  # [s]
HOUR = 3600.0  # [s]
DAY = 86400.0  # [s]
WEEK = 7 * DAY  # [s]
YEAR = 365 * DAY  # [s]

MEBI = 2.0**20
GIBI = 2.0**30
KILOWATT_HOUR = 3.6e6  # [J]
MEGAWATT_HOUR = 3.6e9  # [J]

GIGA = 1e9
TERA = 1e12
PETA = 1e15

PFLOPS_DAY = PETA * DAY  # one petaFLOP/s sustained for a day: a quantity [FLOP], not a rate
