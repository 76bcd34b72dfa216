"""The cost of a job at any size: a constant start plus a part proportional to its work.

    seconds = start + rate x work              bytes = start + rate x work
    memory  = base + first x (DATA of one integration) + further x (DATA of each further one)
    or, for steps without visibilities, base + part x work

The unit of work depends on the step. For the large steps it is antenna^2 x channel x integration,
which is half a baseline with 4 correlations. Start and rate come from measurements at several sizes
if available (non-negative least squares of relative errors; chains count for steps they contain
once), else from the start-up time of the script and one measurement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

from bench.results import chains
from bench.sizes import Size, of_record
from bench.stages import OF_ONE_BAND

UNITS: dict[str, tuple[str, Callable[[Size], float]]] = {
    "visibilities": (
        "antenna² x channel x integration",
        lambda size: size.antennas**2 * size.channels * size.integrations * len(size.bands),
    ),
    "first integration": (
        "antenna² x channel",
        lambda size: size.antennas**2 * size.channels * len(size.bands),
    ),
    "autocorrelations": (
        "antenna x channel x integration",
        lambda size: size.antennas * size.channels * size.integrations * len(size.bands),
    ),
    "solutions": (
        "antenna x channel",
        lambda size: size.antennas * size.channels * len(size.bands),
    ),
    "channels": ("channel", lambda size: size.channels * len(size.bands)),
    "sets": ("raw measurement set", lambda size: size.integrations * len(size.bands)),
}
WORK = {
    "inventory": "sets",
    "concat": "visibilities",
    "manifest": "sets",
    "antenna_health": "autocorrelations",
    "flag": "visibilities",
    "sky_model": "channels",
    "bandpass": "visibilities",
    "flag_solutions": "solutions",
    "bandpass_table": "solutions",
    "delay": "first integration",
    "calibrate_split": "visibilities",
    "report": "solutions",
}


LARGE = ("visibilities", "first integration")  # units of the steps that hold visibilities

SEEN_S = 1.0  # Snakemake looks at a job's memory twice a second, first while it starts


@dataclass(frozen=True)
class Point:
    """One measurement of a rule: its size, and the medians. NaN is unknown.

    ``startup_s`` and ``startup_mb`` are time and memory of the script while it prints its help;
    ``read_mb`` excludes what that reads.
    """

    size: Size
    wall_s: float
    startup_s: float
    startup_mb: float
    read_mb: float
    written_mb: float
    peak_mb: float


@dataclass(frozen=True)
class Model:
    """The cost of a rule's jobs.

    ``start_s``, ``start_bytes`` and ``base_mb`` are constant; ``rate_s``, ``read_bytes`` and
    ``written_bytes`` are per unit of work; ``first`` and ``further`` are in units of the DATA of an
    integration, or ``first`` in MB per unit of work for steps without visibilities. ``fitted`` is
    the number of fitted sizes; ``worst`` is the largest relative error of the seconds.
    """

    rule: str
    start_s: float
    rate_s: float
    start_bytes: float
    read_bytes: float
    written_bytes: float
    base_mb: float
    first: float
    further: float
    fitted: int
    worst: float

    @property
    def unit(self) -> str:
        """The unit of work."""
        return UNITS[WORK[self.rule]][0]

    def seconds(self, size: Size) -> float:
        """Return the time of one job that processes a whole size."""
        return self.start_s + self.rate_s * work(self.rule, size)

    def moved_mb(self, size: Size) -> float:
        """Return the bytes it reads and writes."""
        each = self.read_bytes + self.written_bytes
        return (self.start_bytes + each * work(self.rule, size)) / 1e6

    def memory_mb(self, size: Size) -> float:
        """Return the memory of a job."""
        if not is_large(self.rule):
            return self.base_mb + self.first * work(self.rule, size)
        further = self.further * (size.integrations - 1)
        return self.base_mb + size.integration_mb * (self.first + further)


def work(rule: str, size: Size) -> float:
    """Return the work of a rule at a size, in its unit."""
    return float(UNITS[WORK[rule]][1](size))


def fit(results: Mapping[str, Any]) -> dict[str, Model]:
    """Return the model of each rule that was measured, in the order of WORK."""
    found = points(results)
    return {rule: fit_rule(rule, found[rule]) for rule in WORK if found.get(rule)}


def points(results: Mapping[str, Any]) -> dict[str, list[Point]]:
    """Return all measurements in results.json by rule."""
    found: dict[str, list[Point]] = defaultdict(list)
    parts = results["parts"]
    for part in ("stages", "growth"):
        for at in parts.get(part, {}).get("records", []):
            for stage in at["stages"]:
                found[stage["rule"]].append(point(at["size"], stage))
    if "report" in parts:
        report = parts["report"]["records"]
        found["report"].append(point(report["size"], report))
    for chain in chains(results):
        for rule, item in chain["rules"].items():
            if item["jobs"] == 1 and found.get(rule) and rule not in OF_ONE_BAND:
                found[rule].append(_of_chain(chain["size"], item))
    return found


def _of_chain(size: Mapping[str, Any], item: Mapping[str, Any]) -> Point:
    """Return a job of a chain as a measurement: Snakemake records only wall time and peak."""
    unknown = np.nan
    return Point(
        of_record(dict(size)),
        item["wall_s"],
        startup_s=unknown,
        startup_mb=unknown,
        read_mb=unknown,
        written_mb=unknown,
        peak_mb=_peak_mb(item),
    )


def _peak_mb(item: Mapping[str, Any]) -> float:
    """Return the peak of a job, NaN if it was too short for Snakemake to measure."""
    return item["peak_mb"] if item["peak_mb"] and item["wall_s"] >= SEEN_S else np.nan


def point(size: Mapping[str, Any], record: Mapping[str, Any]) -> Point:
    """Return a record as a measurement."""
    middle, start = record["median"], record["startup"]
    return Point(
        of_record(dict(size)),
        middle["wall_s"],
        start["wall_s"],
        start["peak_mb"],
        max(middle["read_mb"] - start["read_mb"], 0),
        middle["written_mb"],
        middle["peak_mb"],
    )


def column(measured: Sequence[Point], name: str) -> np.ndarray:
    """Return one quantity of all measurements."""
    return np.array([getattr(item, name) for item in measured], float)


def fit_rule(rule: str, measured: Sequence[Point]) -> Model:
    """Return the model of one rule."""
    amount = np.array([work(rule, item.size) for item in measured])
    wall = column(measured, "wall_s")
    start, rate = fit_line(amount, wall, float(np.nanmedian(column(measured, "startup_s"))))
    read, written = (
        fit_line(amount, column(measured, name) * 1e6, 0.0) for name in ("read_mb", "written_mb")
    )
    if is_large(rule):
        base, first, further = fit_memory(measured)
    else:
        startup_mb = float(np.nanmedian(column(measured, "startup_mb")))
        (base, first), further = fit_line(amount, column(measured, "peak_mb"), startup_mb), 0.0
    return Model(
        rule,
        start,
        rate,
        read[0] + written[0],
        read[1],
        written[1],
        base,
        first,
        further,
        len({item.size for item in measured}),
        float(np.max(np.abs((start + rate * amount) / wall - 1))),
    )


def is_large(rule: str) -> bool:
    """Whether a step holds visibilities."""
    return WORK[rule] in LARGE


def fit_line(amount: np.ndarray, values: np.ndarray, known: float) -> tuple[float, float]:
    """Return intercept and slope; with a single amount, the intercept is ``known``."""
    there = np.isfinite(values)
    amount, values = amount[there], values[there]
    if len(set(amount)) > 1:
        found = relative_fit(np.column_stack([np.ones_like(amount), amount]), values)
        return float(found[0]), float(found[1])
    middle = float(np.median(values))
    start = min(known, middle)
    return start, (middle - start) / float(amount[0])


def relative_fit(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the non-negative coefficients that minimize the relative errors.

    ``columns`` (measurement, coefficient). Columns may differ by many orders of magnitude.
    """
    used = values > 0
    if not used.any():
        return np.zeros(columns.shape[1])
    scale = columns[used].max(axis=0)
    scaled = columns[used] / scale / values[used][:, None]
    return nnls(scaled, np.ones(used.sum()))[0] / scale


def fit_memory(measured: Sequence[Point]) -> tuple[float, float, float]:
    """Return the constant memory (MB), and that of the first and each further integration (DATA).

    With a single size, the constant is the memory of the script while it prints its help; without
    several integrations the last value is zero.
    """
    measured = [item for item in measured if np.isfinite(item.peak_mb)]
    one = np.array([item.size.integration_mb for item in measured])
    more = np.array([item.size.integrations - 1 for item in measured]) * one
    peaks = column(measured, "peak_mb")
    if len({item.size for item in measured}) == 1:
        return (*fit_line(one, peaks, float(np.nanmedian(column(measured, "startup_mb")))), 0.0)
    columns = np.column_stack([np.ones_like(one), one, more])
    varied = [True, len(set(one)) > 1, more.any()]
    found = np.zeros(3)
    found[varied] = relative_fit(columns[:, varied], peaks)
    return float(found[0]), float(found[1]), float(found[2])
