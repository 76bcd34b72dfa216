"""What a solver of the bandpass gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from lwacal.io.solutions import SubBandSolutions
from lwacal.records.bandpass import BandpassStatus, SolverFindings


@dataclass(frozen=True)
class Attempt:
    """Solutions, and how it went: ``status`` is ok, no_data, no_model or failed.

    ``message`` says what is not as asked for. ``uv_range_lambda`` are the limits that were used.
    ``found`` goes into the summary as it is.
    """

    solutions: SubBandSolutions
    status: BandpassStatus
    message: str
    uv_range_lambda: tuple[float, float]
    found: SolverFindings = field(default_factory=SolverFindings)
