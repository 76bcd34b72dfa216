"""Calibrator spectra of the HTML report: measured points, the expected curve, and their ratio.

Each point carries its values as text for the tooltip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

WIDTH, HEIGHT, RATIO_HEIGHT = 520, 210, 110
LEFT, BOTTOM, TOP, RIGHT = 74, 34, 26, 12
GAP = 16
MAX_CURVE_POINTS = 120

Record = Mapping[str, Any]
Expected = Mapping[str, tuple[np.ndarray, np.ndarray]]
Ticks = list[tuple[float, str]]  # position, text
Scale = tuple[Callable[[float], float], Ticks]  # from value to position


def spectra(
    calibrators: Sequence[Record], expected: Expected, tolerance: float | None
) -> list[dict[str, Any]]:
    """Return one drawing per source with a successful fit.

    ``expected`` gives the frequencies in MHz and fluxes in Jy of each source; ``tolerance`` is the
    deviation of the ratio from one that gives a warning.
    """
    drawings = []
    for source in dict.fromkeys(record["source"] for record in calibrators):
        own = [r for r in calibrators if r["source"] == source]
        fitted = [r for r in own if r["fit"] == "ok" and r["flux_jy"]]
        if fitted:
            drawings.append(_drawing(source, fitted, expected.get(source), tolerance))
    return drawings


def _drawing(
    source: str,
    fitted: Sequence[Record],
    curve: tuple[np.ndarray, np.ndarray] | None,
    tolerance: float | None,
) -> dict[str, Any]:
    curve = curve if curve is not None and len(curve[0]) else (np.array([]), np.array([]))
    mhz = np.concatenate([curve[0], [r["freq_mhz"] for r in fitted]])
    flux = np.concatenate([curve[1], [r["flux_jy"] for r in fitted]])
    flux = flux[flux > 0]
    x_of, x_ticks = _axis(mhz.min() - 1, mhz.max() + 1, LEFT, WIDTH - RIGHT, 6)
    y_of, y_ticks = _logarithmic(flux.min() / 1.15, flux.max() * 1.15, HEIGHT + TOP, TOP)
    ratios = [r["ratio"] for r in fitted if r["ratio"] is not None]
    reach = max([0.2, *(1.2 * abs(ratio - 1) for ratio in ratios)])
    bottom = TOP + HEIGHT + GAP + RATIO_HEIGHT
    r_of, r_ticks = _axis(1 - reach, 1 + reach, bottom, TOP + HEIGHT + GAP, 4)
    thin = slice(None, None, max(1, len(curve[0]) // MAX_CURVE_POINTS))
    line = " ".join(
        f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in zip(curve[0][thin], curve[1][thin]) if y > 0
    )
    points = [_point(r, x_of, y_of, r_of) for r in fitted if r["flux_jy"] > 0]
    band = (
        None
        if tolerance is None
        else (r_of(1 + min(tolerance, reach)), r_of(1 - min(tolerance, reach)))
    )
    return {
        "source": source,
        "width": WIDTH,
        "height": bottom + BOTTOM,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": TOP,
        "flux_bottom": TOP + HEIGHT,
        "ratio_top": TOP + HEIGHT + GAP,
        "bottom": bottom,
        "line": line,
        "points": points,
        "one": r_of(1.0),
        "band": band,
        "x_ticks": x_ticks,
        "y_ticks": y_ticks,
        "r_ticks": r_ticks,
    }


def _point(record: Record, x_of: Any, y_of: Any, r_of: Any) -> dict[str, Any]:
    flux, error, ratio = record["flux_jy"], record["flux_err_jy"] or 0.0, record["ratio"]
    expected = record["flux_expected_jy"]
    words = [
        f"{record['source']} {record['band']}, {record['freq_mhz']:.1f} MHz:",
        f"measured {flux:,.0f} ± {error:,.0f} Jy",
    ]
    words += [f"expected {expected:,.0f} Jy"] if expected else []
    words += [f"ratio {ratio:.3f}"] if ratio is not None else []
    low, high = max(flux - error, flux / 3), flux + error
    return {
        "x": round(x_of(record["freq_mhz"]), 1),
        "y": round(y_of(flux), 1),
        "low": round(y_of(low), 1),
        "high": round(y_of(high), 1),
        "ratio": None if ratio is None else round(r_of(ratio), 1),
        "words": words[0] + " " + ", ".join(words[1:]),
    }


def _axis(low: float, high: float, start: float, end: float, number: int) -> Scale:
    """Return the function from value to position, and ticks as (position, text)."""
    step = _nice((high - low) / number)
    values = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step

    def place(value: float) -> float:
        return float(start + (value - low) / (high - low) * (end - start))

    return place, [(round(place(value), 1), f"{value:g}") for value in np.round(values, 6)]


def _logarithmic(low: float, high: float, start: float, end: float) -> Scale:
    def place(value: float) -> float:
        return float(start + np.log(value / low) / np.log(high / low) * (end - start))

    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    factors = (1, 2, 5) if high / low > 20 else (1, 1.5, 2, 3, 4, 5, 7)
    values = [k * power for power in powers for k in factors if low <= k * power <= high]
    return place, [(round(place(value), 1), f"{value:,.0f}") for value in values]


def _nice(step: float) -> float:
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(k for k in (1, 2, 5, 10) if k * power >= step) * power)
