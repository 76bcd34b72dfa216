"""Series of nights that nothing happens to, for changes to be planted into."""

import dataclasses

import numpy as np

import many_nights
from lwacal.nights import time_series
from lwacal.nights.time_series import Series

NAMES = tuple(many_nights.real_names(352))
NIGHTS = 30


def quiet(seed=1, nights=NIGHTS, names=NAMES, **noise):
    """Return series of signals that nothing happens to."""
    draw = np.random.default_rng(seed)
    shape = (len(names), 2, nights)
    sigma = {"gain_db": 0.15, "delay_ns": 0.3, "phase_deg": 5.0, **noise}
    values = {
        name: draw.normal(0, size, shape) + draw.normal(0, 50, (*shape[:2], 1))
        for name, size in sigma.items()
    }
    values["phase_deg"] = time_series.wrapped(values["phase_deg"])
    return Series(
        tuple(f"night{k:03d}" for k in range(nights)),
        tuple(f"2024-05-{k + 1:02d}" for k in range(nights)),
        60000.0 + np.arange(nights),
        np.full(nights, 20.0),
        tuple(names),
        np.arange(len(names)),
        values,
        np.zeros(shape, np.uint8),
        np.zeros(shape, int),
        np.zeros(shape, int),
        ("", "dead", "swapped_polarizations"),
        np.full(shape, 0.1),
    )


def several_a_night(series, number, own_noise=0.1):
    """Return series with ``number`` observations per night, which share its noise."""
    draw = np.random.default_rng(3)
    repeated = {name: np.repeat(array, number, axis=2) for name, array in series.values.items()}
    values = {
        name: array
        + own_noise
        * draw.normal(size=array.shape)
        * {"gain_db": 0.15, "delay_ns": 0.3, "phase_deg": 5.0}[name]
        for name, array in repeated.items()
    }
    hours = np.tile(np.arange(number), len(series.days))
    return dataclasses.replace(
        series,
        values=values,
        lst_hours=15.0 + hours,
        observations=tuple(f"{night}-{k}" for night in series.observations for k in range(number)),
        dates=tuple(np.repeat(series.dates, number)),
        days=np.repeat(series.days, number) + 0.1 + hours / 24,
        **{
            name: np.repeat(getattr(series, name), number, axis=2)
            for name in ("status", "reasons", "evidence", "flagged")
        },
    )
