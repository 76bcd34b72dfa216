"""Words about an antpol: one polarization of one antenna."""

from typing import Literal

Polarization = Literal["X", "Y"]
Status = Literal["good", "suspect", "bad"]
Reason = Literal[
    "dead",
    "no_data",
    "weak_gain",
    "strong_gain",
    "swapped_polarizations",
    "delay_offset",
    "noisy",
    "rfi",
    "health_list",
    "solver_failed",
]
