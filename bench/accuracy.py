"""Errors of the solvers' gains, against the truth and each other, in units of the noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import dp3, peers
from bench.place import Place
from lwacal.io import caltable
from lwacal.io.solutions import SubBandSolutions
from lwacal.runtime import products
from thermal_expectation import relative_gain_error

MEDIAN_OF_NORMAL = 0.6745  # of |x| in units of sigma


@dataclass(frozen=True)
class _Night:
    """What thermal_expectation needs to know about an observation."""

    place: Place

    @property
    def truth(self) -> dict[str, Any]:
        return self.place.truth

    def path(self, product: str) -> Path:
        return self.place.path(product)

    def record(self, product: str) -> Any:
        return self.place.record(product)


def compare(place: Place) -> dict[str, Any]:
    """Return errors of all solvers' gains of a sub-band, in units of the thermal error.

    The errors are rms and median (scaled to sigma) of log amplitude and phase, against the truth
    and against CASA. The mean phase over antennas, which no solver constrains, is removed in each
    channel.
    """
    band = place.band
    ours = caltable.read(place.path(f"tables/raw/{band}.bcal"))
    tables = {"ours": ours, **_others(place, ours)}
    with np.load(place.observation.truth / "truth.npz") as archive:
        truth = archive[f"gain_{band}"]
    sigma = relative_gain_error(_Night(place), band) / np.sqrt(2)
    record = {
        "sigma_median": float(np.median(sigma[np.isfinite(sigma)])),
        "truth": {name: errors(table, truth, sigma) for name, table in tables.items()},
        "flagged": {name: float(table.flag.mean()) for name, table in tables.items()},
    }
    if "CASA" in tables:
        casa = tables.pop("CASA")
        record["casa"] = {
            name: errors(table, np.where(casa.flag, np.nan, casa.gain), sigma)
            for name, table in tables.items()
        }
    return products.plain(record)


def _others(place: Place, like: SubBandSolutions) -> dict[str, SubBandSolutions]:
    found = {}
    casa, h5 = peers.solver_table(place, "casa.bcal"), peers.solver_table(place, "dp3.h5")
    if casa.exists():
        found["CASA"] = caltable.read(casa)
    if h5.exists():
        found["DP3"] = dp3.read(h5, place.sub_band().antennas.names, like)
    return found


def errors(table: SubBandSolutions, truth: np.ndarray, sigma: np.ndarray) -> Mapping[str, float]:
    """Return rms and median errors of gains in units of ``sigma``.

    ``truth`` (antenna, channel, 2) gains, NaN where unknown; ``sigma`` is the expected rms
    of log amplitude and of phase, of the same shape.
    """
    there = ~table.flag & np.isfinite(truth) & (truth != 0)
    ratio = np.divide(table.gain, truth, out=np.full(truth.shape, np.nan + 0j), where=there)
    used = np.isfinite(ratio) & np.isfinite(sigma)
    ratio = ratio * np.exp(-1j * np.angle(np.where(used, ratio, 0).sum(axis=0)))
    amplitude = np.log(np.abs(ratio[used])) / sigma[used]
    phase = np.angle(ratio[used]) / sigma[used]
    return {
        "amplitude_rms": float(np.sqrt(np.mean(amplitude**2))),
        "phase_rms": float(np.sqrt(np.mean(phase**2))),
        "amplitude_median": float(np.median(np.abs(amplitude))) / MEDIAN_OF_NORMAL,
        "phase_median": float(np.median(np.abs(phase))) / MEDIAN_OF_NORMAL,
        "solutions": int(used.sum()),
    }
