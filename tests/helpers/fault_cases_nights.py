"""Faults of verdicts, of other nights and of the night itself; see tests/helpers/fault_cases.py."""

from __future__ import annotations

import fault_plants as plants
from fault_cases_data import DAMAGED, REMAKE
from fault_plants import half, product
from fault_row import error, fallback

GOES_ON = "It is left out, as log and trends.html report; all other nights are used."
NIGHTS = [
    fallback(
        "the verdict of another night is incomplete",
        "trends",
        plants.another_night('{"verdict": "pa'),
        ("other/qa.json is left out",),
        GOES_ON,
    ),
    fallback(
        "the verdict of another night has the wrong format",
        "trends",
        plants.another_night(
            '{"observation": {"id": {}}, "verdict": 3, "metrics": [],'
            ' "antennas": [], "bands": [], "calibrators": [], "reasons": 1}'
        ),
        ("other/qa.json is left out",),
        GOES_ON,
        again=False,
    ),
    fallback(
        "the history in the report finds such a verdict",
        "report",
        plants.another_night('{"observation": {"id": "x", "mid_utc": "1999"}}'),
        ("other/qa.json is left out of the history",),
        GOES_ON,
        again=False,
    ),
    error(
        "the verdict of the night itself is incomplete",
        "outcome",
        product("qa.json", half),
        ("qa.json is not valid JSON", REMAKE),
        DAMAGED,
    ),
    error(
        "cleaning up without a verdict",
        "cleanup",
        product("qa.json", half),
        ("qa.json is not valid JSON", REMAKE),
        "Nothing is removed. " + DAMAGED,
    ),
]
