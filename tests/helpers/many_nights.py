"""Simulated records of many nights of the full array, with noise as it is and changes planted.

    PYTHONPATH=tests/helpers python -m many_nights FOLDER [NIGHTS]

One night is judged by the workflow's own code from made-up records; the others differ from it in
what changes from night to night: gains, delays, phases, fluxes, positions, flags, the reference
antenna. Outriggers are noisier than the core, as the ionosphere makes them.
"""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

import made_up_observation
from lwacal.qa import assess
from lwacal.records import files
from lwacal.records.configuration.quality import Quality
from lwacal.records.quality import QualityRecord
from lwacal.runtime import products
from lwacal.simulate import layout
from lwacal.telescope import site
from lwacal.telescope.antennas import on_fibre

FIRST = datetime(2024, 5, 1, 9, 0, 3)
GAIN_DB, DELAY_NS, PHASE_DEG = 0.15, 0.25, 4.0  # noise of the core from night to night
OUTRIGGERS = 3.0  # times the noise of the core in delay and phase
FLICKER = 0.01  # chance that a signal is suspect in a night


@dataclass
class Planted:
    """What happens: nights are counted from 0, signals are antenna numbers and X or Y."""

    board: tuple[int, int, float] | None = None  # board (from 0), night, dB
    drift: tuple[int, str, int, float] | None = None  # antenna, pol, night, ns a day
    swap: tuple[int, int] | None = None  # antenna, night
    dead: tuple[tuple[int, str, int, int], ...] = ()  # antenna, pol, from night, to before night
    aging_deg: float = 0.0  # rms by which phases wander away from each other in a day
    sidereal: bool = True  # observations are a sidereal day apart, and not a solar one
    gaps: tuple[int, ...] = field(default=())  # nights without an observation


NOTHING = Planted()
FAULTY = Planted(
    board=(3, 24, -6.1),
    drift=(78, "X", 12, 0.45),
    swap=(140, 25),
    dead=((5, "X", 0, 99), (200, "Y", 22, 99), (260, "X", 29, 99), (310, "Y", 3, 18)),
    aging_deg=1.2,
    gaps=(9, 10),
)


def template(folder: Path, n_antennas: int = 352, bands: tuple[str, ...] = site.BANDS) -> dict:
    """Return a qa.json that the workflow's own code has made from made-up records."""
    plan = made_up_observation.Plan(
        n_antennas=n_antennas, bands=bands, n_channels=12, n_integrations=3
    )
    paths = made_up_observation.write(folder, plan)
    read = products.read_json
    by_band = {
        key: {record["band"]: record for record in map(read, paths[key])}
        for key in ("flags", "bandpass")
    }
    inputs = assess.Inputs(
        **by_band,
        **{
            key: read(paths[key])
            for key in ("manifest", "health", "solutions", "delay", "measurements", "sky_model")
        },
    )
    return assess.assess(inputs, Quality(), 100.0)


def real_names(number: int) -> list[str]:
    """Return names of the array, so that receivers' boards are known, in an order of its own."""
    return list(layout.built_in(number).antennas.names)


def write(
    results: Path, first: dict[str, Any], number: int, planted: Planted = NOTHING, seed: int = 1
) -> list[dict[str, Any]]:
    """Write the qa.json of ``number`` nights below a folder; return them."""
    made = [
        night
        for k, night in enumerate(nights(first, number, planted, seed))
        if k not in planted.gaps
    ]
    for night in made:
        files.write(QualityRecord, results / night["observation"]["id"] / "qa.json", night)
    return made


def nights(
    first: dict[str, Any], number: int, planted: Planted = NOTHING, seed: int = 1
) -> list[dict[str, Any]]:
    """Return the qa.json of many nights, each with changes of its own."""
    draw = np.random.default_rng(seed)
    count = len(first["antennas"]) // 2
    names = real_names(count)
    noisy = np.where([on_fibre(name) for name in names], OUTRIGGERS, 1.0)[:, None]
    usual = {
        "gain_db": draw.normal(0, 1.2, (count, 2)),
        "delay_ns": draw.normal(0, 60, (count, 2)),
        "phase_deg": draw.uniform(-180, 180, (count, 2)),
    }
    wander = np.zeros((count, 2))
    made = []
    for k in range(number):
        wander = wander + draw.normal(0, planted.aging_deg, (count, 2))
        values = {
            "gain_db": usual["gain_db"] + draw.normal(0, GAIN_DB, (count, 2)),
            "delay_ns": usual["delay_ns"] + noisy * draw.normal(0, DELAY_NS, (count, 2)),
            "phase_deg": (
                usual["phase_deg"] + wander + noisy * draw.normal(0, PHASE_DEG, (count, 2))
            ),
        }
        status = np.where(draw.random((count, 2)) < FLICKER, "suspect", "good").astype(object)
        reasons = np.where(status == "suspect", "noisy", "").astype(object)
        _plant(k, planted, values, status, reasons)
        _refer(values, int(draw.integers(count)))
        made.append(_night(first, k, planted, names, values, status, reasons, draw))
    return made


def _plant(k: int, planted: Planted, values: dict, status: np.ndarray, reasons: np.ndarray) -> None:
    if planted.board and k >= planted.board[1]:
        start = 32 * planted.board[0]
        values["gain_db"][start : start + 32] += planted.board[2]
    if planted.drift and k >= planted.drift[2]:
        antenna, pol, begin, rate = planted.drift
        values["delay_ns"][antenna, "XY".index(pol)] += rate * (k - begin)
        values["phase_deg"][antenna, "XY".index(pol)] += 360 * 0.064 * rate * (k - begin)
    if planted.swap and k >= planted.swap[1]:
        _spoil(planted.swap[0], (0, 1), "swapped_polarizations", values, status, reasons)
    for antenna, pol, begin, end in planted.dead:
        if begin <= k < end:
            _spoil(antenna, ("XY".index(pol),), "dead", values, status, reasons)


def _spoil(
    antenna: int,
    pols: tuple[int, ...],
    reason: str,
    values: dict,
    status: np.ndarray,
    reasons: np.ndarray,
) -> None:
    for pol in pols:
        status[antenna, pol], reasons[antenna, pol] = "bad", reason
        values["delay_ns"][antenna, pol] = values["phase_deg"][antenna, pol] = np.nan
        if reason == "dead":
            values["gain_db"][antenna, pol] = -40.0


def _refer(values: dict, antenna: int) -> None:
    """Make delays and phases relative to an antenna, another one each night."""
    for name in ("delay_ns", "phase_deg"):
        if np.isfinite(values[name][antenna]).all():
            values[name] = values[name] - values[name][antenna]
    values["phase_deg"] = (values["phase_deg"] + 180) % 360 - 180


def _night(
    first: dict,
    k: int,
    planted: Planted,
    names: list[str],
    values: dict,
    status: np.ndarray,
    reasons: np.ndarray,
    draw: np.random.Generator,
) -> dict[str, Any]:
    night = copy.deepcopy(first)
    start = FIRST + timedelta(days=k, minutes=-3.932 * k if planted.sidereal else 0)
    middle = start + timedelta(seconds=15)
    seen = night["observation"]
    seen.update(
        id=f"{start:%Y%m%d_%H%M%S}",
        start_utc=start.isoformat(),
        mid_utc=middle.isoformat(),
        stamp=f"{start:%Y%m%d_%H%M%S}",
        lst_hours=site.lst_hours(site.mjd_seconds(middle.isoformat())),
    )
    for record in night["antennas"]:
        at = record["index"], "XY".index(record["pol"])
        known = {name: round(float(array[at]), 3) for name, array in values.items()}
        record.update(
            {name: value if np.isfinite(value) else None for name, value in known.items()},
            antenna=names[record["index"]],
            status=status[at],
            reasons=[reasons[at]] if reasons[at] else [],
            evidence=[f"solutions:{reasons[at]}"] if reasons[at] else [],
        )
    _weather(night, draw)
    bad = (status == "bad").mean()
    night["verdict"] = "warn" if bad > 0.006 else "pass"
    night["reasons"] = [f"{bad:.1%} of the antpols are bad."]
    return night


def _weather(night: dict, draw: np.random.Generator) -> None:
    """Fluxes, positions and flags differ from night to night."""
    flux, east, north = 1 + 0.03 * draw.normal(), *(30 * draw.normal(size=2))
    for record in night["calibrators"]:
        if record["fit"] == "ok":
            wave = (50 / record["freq_mhz"]) ** 2
            record["ratio"] *= flux
            record["ra_offset_arcsec"] += east * wave
            record["dec_offset_arcsec"] += north * wave
    flagged = np.clip(0.03 * draw.gamma(2), 0, 0.5)
    for record in night["bands"]:
        own = np.clip(flagged * (2.5 if record["freq_mhz"] < 30 else 1) * draw.gamma(9) / 9, 0, 1)
        record["flagged_fraction_healthy"] = float(own)
        record["flagged_fraction_data"] = float(own + 0.05 * (1 - own))


def main() -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        made = write(
            Path(sys.argv[1]),
            template(Path(folder)),
            int(sys.argv[2]) if len(sys.argv) > 2 else 30,
            FAULTY,
        )
    sys.stdout.write(f"{len(made)} nights in {sys.argv[1]}\n")


if __name__ == "__main__":
    main()
