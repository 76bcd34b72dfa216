"""Maps of the brightness temperature of the diffuse sky: the one that is shipped, or another.

The shipped map is derived from a published one (lwacal.sky.derive_galaxy_map, docs/galaxy.md). The
sources that the sky model holds are cut out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from astropy.coordinates import SkyCoord
from numpy.polynomial import polynomial

from lwacal.runtime import paths
from lwacal.sky import healpix

SHIPPED = paths.PACKAGE / "sky" / "data" / "galaxy_map.npz"


class GalaxyMapError(ValueError):
    """A file that is not a map of the sky."""

    remedy = "Name a map made by `lwacal galaxy-map`, or leave the key empty for the shipped one"


class Spectra(Protocol):
    """The temperatures of the pixels of a map as functions of frequency."""

    def temperature_k(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return brightness temperatures, (pixel, channel), for frequencies (channel,)."""


@dataclass(frozen=True)
class LogPolynomials:
    """ln T = m(x) + a + b x, with x = ln(nu / ``middle_hz``), T in K.

    ``mean`` has the coefficients of m, lowest power first, which all pixels share; ``deviation``
    (2, pixel) has a and b.
    """

    middle_hz: float
    mean: np.ndarray
    deviation: np.ndarray

    def temperature_k(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return brightness temperatures, (pixel, channel), for frequencies (channel,)."""
        x = np.log(np.asarray(frequency_hz) / self.middle_hz)
        constant, slope = self.deviation[..., None]
        return np.exp(polynomial.polyval(x, self.mean) + constant + slope * x)


@dataclass(frozen=True)
class PrincipalComponents:
    """T = sigma(nu) sum_k c_k(nu) m_k in K, as in the Global Sky Model.

    ``maps`` (pixel, component), ``scale_k`` (frequency,) and ``components``
    (frequency, component) at ``frequency_hz``. ln sigma and c are interpolated by cubic splines
    over ln nu (de Oliveira-Costa et al. 2008, MNRAS 388, 247).
    """

    frequency_hz: np.ndarray
    scale_k: np.ndarray
    components: np.ndarray
    maps: np.ndarray

    def temperature_k(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return brightness temperatures, (pixel, channel), for frequencies (channel,)."""
        from scipy.interpolate import CubicSpline  # slow to import, and the shipped map needs none

        known, wanted = np.log(self.frequency_hz), np.log(frequency_hz)
        scale_k = np.exp(CubicSpline(known, np.log(self.scale_k))(wanted))
        return self.maps @ CubicSpline(known, self.components)(wanted).T * scale_k


@dataclass(frozen=True)
class GalaxyMap:
    """A map of the sky in equal pixels: ``radec`` (pixel, 2) their centres, ICRS radians."""

    radec: np.ndarray
    spectra: Spectra

    @property
    def pixel_sr(self) -> float:
        """The solid angle of a pixel."""
        return 4 * np.pi / len(self.radec)

    def temperature_k(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return brightness temperatures, (pixel, channel), in K, for frequencies (channel,)."""
        return self.spectra.temperature_k(frequency_hz)

    @staticmethod
    def read(path: Path | None = None) -> GalaxyMap:
        """Return the shipped map, or that of a file.

        The file is an .npz archive, either as `lwacal galaxy-map` writes it, or with the arrays of
        PrincipalComponents under the names freqs (MHz), sigmas, comps and maps, and ra and dec of
        the pixels in radians. Raises GalaxyMapError for another file, and OSError if there is none.
        """
        return _read(path or SHIPPED)


@cache
def _read(path: Path) -> GalaxyMap:
    try:
        with np.load(path) as file:
            arrays = dict(file)
        return _compact(arrays) if "deviation" in arrays else _full(arrays)
    except (KeyError, ValueError) as error:
        raise GalaxyMapError(f"{path} is not a map of the sky: {error}") from error


def _compact(arrays: dict[str, np.ndarray]) -> GalaxyMap:
    deviation = arrays["deviation"].astype(np.float64)
    spectra = LogPolynomials(float(arrays["middle_hz"]), arrays["mean"], deviation)
    return GalaxyMap(pixel_radec(deviation.shape[1], str(arrays["frame"])), spectra)


def _full(arrays: dict[str, np.ndarray]) -> GalaxyMap:
    spectra = PrincipalComponents(
        arrays["freqs"] * 1e6, arrays["sigmas"], arrays["comps"], arrays["maps"]
    )
    return GalaxyMap(np.stack([arrays["ra"], arrays["dec"]], axis=1), spectra)


def pixel_radec(n_pixels: int, frame: str) -> np.ndarray:
    """Return the centres of HEALPix pixels, (pixel, 2), ICRS radians.

    ``frame`` is that of the pixels' rings: galactic or icrs.
    """
    longitude, latitude = healpix.ring_centres(n_pixels)
    sky = SkyCoord(longitude, latitude, unit="rad", frame=frame).icrs
    return np.stack([sky.ra.rad, sky.dec.rad], axis=1)
