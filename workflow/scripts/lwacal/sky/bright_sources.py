"""The bright sources of the sky, of three kinds, as the sky model takes them.

``a_team``: the calibrators, on the flux scale that the configuration names (lwacal.sky.sources).
``secondary``: the catalogue of 3C and other sources (lwacal.sky.secondary). ``solar``: the Sun and
Jupiter, at the place they have in the middle of the observation (lwacal.sky.solar).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lwacal.records.configuration.sky_model import SkyModel
from lwacal.sky import secondary, solar, sources
from lwacal.sky.sources import Direction, Expected
from lwacal.telescope import site

Kind = Literal["a_team", "secondary", "solar"]
# Apparent flux density from which on a source other than the A-team counts as missing. Fainter ones
# together bias gains less than the errors of the brighter ones' fluxes: at all sidereal times the
# root of the sum of their squares is below 130 Jy; 0.15 of that of the brighter ones is 60 to 270
BRIGHT_JY = 100.0
# Uncertainties of flux densities, as fractions. Where one scale alone is valid, as below 20 MHz,
# that of Cas A, about which scales disagree most; never less than that of the scales themselves
# (Perley & Butler 2017; Scaife & Heald 2012: 3 to 5 %)
A_TEAM_UNKNOWN, A_TEAM_LEAST = 0.1, 0.05
SECONDARY_SIGMA = 0.15  # scatter of measurements around the fits, Helmboldt et al. 2008


@dataclass(frozen=True)
class BrightSource:
    """A source; ``expected`` gives its flux density at frequencies (channel,) in Hz."""

    name: str
    kind: Kind
    position: Direction
    expected: Callable[[np.ndarray], Expected]

    def flux_sigma(self, frequencies_hz: Mapping[str, np.ndarray], mjd_s: float) -> float:
        """Return the uncertainty of its flux density before anything is measured, as a fraction.

        ``frequencies_hz`` (channel,) by sub-band. For the A-team the largest disagreement of the
        flux scales in any sub-band.
        """
        if self.kind == "solar":
            return solar.FLUX_SIGMA[self.name]
        if self.kind == "secondary":
            return SECONDARY_SIGMA
        found = [
            sources.disagreement(self.name, frequency_hz, _year(mjd_s))
            for frequency_hz in frequencies_hz.values()
        ]
        known = [disagreement for disagreement in found if disagreement is not None]
        return max([A_TEAM_LEAST, *known]) if known else A_TEAM_UNKNOWN


def chosen(choice: SkyModel, mjd_s: float) -> list[BrightSource]:
    """Return the sources that the configuration names, at the time of MJD seconds ``mjd_s``."""
    return [
        *_a_team(choice.sources, choice.flux_scale, mjd_s),
        *(_secondary() if choice.secondary else ()),
        *_solar(choice.solar, mjd_s),
    ]


def left_out(choice: SkyModel, mjd_s: float) -> list[BrightSource]:
    """Return the sources that the configuration leaves out."""
    a_team = [name for name in sources.POSITIONS if name not in choice.sources]
    return [
        *_a_team(a_team, choice.flux_scale, mjd_s),
        *(() if choice.secondary else _secondary()),
        *_solar([name for name in solar.FLUX_SIGMA if name not in choice.solar], mjd_s),
    ]


def key(name: str) -> str:
    """Return the key of the configuration that says whether a source is modelled."""
    if name in sources.POSITIONS:
        return "sky_model.sources"
    return "sky_model.solar" if name in solar.FLUX_SIGMA else "sky_model.secondary"


def _a_team(names: Iterable[str], scale: str, mjd_s: float) -> list[BrightSource]:
    def expected(name: str) -> Callable[[np.ndarray], Expected]:
        return lambda frequency_hz: sources.expected(scale, name, frequency_hz, _year(mjd_s))

    return [BrightSource(name, "a_team", sources.POSITIONS[name], expected(name)) for name in names]


def _secondary() -> list[BrightSource]:
    def expected(name: str) -> Callable[[np.ndarray], Expected]:
        spectrum = secondary.SOURCES[name].spectrum
        return lambda frequency_hz: _without_scale(spectrum.flux_jy(frequency_hz, 0))

    return [
        BrightSource(name, "secondary", source.direction, expected(name))
        for name, source in secondary.SOURCES.items()
    ]


def _solar(names: Iterable[str], mjd_s: float) -> list[BrightSource]:
    def expected(name: str) -> Callable[[np.ndarray], Expected]:
        return lambda frequency_hz: _without_scale(solar.flux_jy(name, frequency_hz))

    return [
        BrightSource(name, "solar", solar.position(name, mjd_s), expected(name)) for name in names
    ]


def _without_scale(flux_jy: np.ndarray) -> Expected:
    return Expected(flux_jy, "", None, ())


def _year(mjd_s: float) -> float:
    return float(site.astropy_time(mjd_s).decimalyear)
