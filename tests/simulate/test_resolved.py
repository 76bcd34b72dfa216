"""The resolved A-team in the simulator: its shapes, by the plain sum over its Gaussians."""

import numpy as np
import pytest

from lwacal.sky import sources
from lwacal.sky.a_team_shapes import GAUSSIANS
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from seen_sources import effects, exposure, observation, seen

ARCSEC = np.deg2rad(1 / 3600)


def test_sources_are_seen_as_their_gaussians():
    """Flux, phase and sizes of Cyg A and Cas A on all baselines; 3C sources remain points."""
    points = observation(n_antennas=352)
    night = observation(n_antennas=352, effects=effects("resolved", "3c"))
    one = exposure(night, "78MHz")
    first, second = (rows[::71] for rows in np.triu_indices(352, 1))
    as_points, found = seen(points, "78MHz"), seen(night, "78MHz")
    assert {"CygA", "CasA", "3C48"} <= set(found)
    for name in ("CygA", "CasA"):
        data, plain = (np.zeros((len(first), 4, 4), np.complex64) for _ in range(2))
        found[name].add(data, first, second)
        as_points[name].add(plain, first, second)
        place = sources.POSITIONS[name]
        uvw_m = geometry.antenna_uvw_m(
            night.positions_m, place.ra_rad, place.dec_rad, one.mid_mjd_s
        )
        uv_m = (uvw_m[first] - uvw_m[second])[:, :2]
        shape = expected(name, uv_m[:, None] * one.frequency_hz[:, None] / SPEED_OF_LIGHT_M_S)
        assert np.abs(shape).min() < {"CygA": 0.9, "CasA": 0.5}[name]  # resolved
        scale = np.abs(plain).max()
        assert data[..., [0, 3]] / scale == pytest.approx(
            plain[..., [0, 3]] * shape[..., None] / scale, abs=1e-4
        )
    assert not found["3C48"].shapes


def expected(name: str, uv: np.ndarray) -> np.ndarray:
    """Return the sum over Gaussians for u and v (..., 2) in wavelengths above 77 MHz."""
    parts = GAUSSIANS[name]
    flux = [part.share * (77 / 55) ** part.slope for part in parts]
    total = np.zeros(uv.shape[:-1], complex)
    for part, jansky in zip(parts, flux):
        angle = np.deg2rad(part.angle_deg)
        along = uv @ [np.sin(angle), np.cos(angle)] * part.major_arcsec * ARCSEC
        across = uv @ [np.cos(angle), -np.sin(angle)] * part.minor_arcsec * ARCSEC
        envelope = np.exp(-(np.pi**2) / (4 * np.log(2)) * (along**2 + across**2))
        phase = 2 * np.pi * uv @ [part.east_arcsec * ARCSEC, part.north_arcsec * ARCSEC]
        total += jansky / sum(flux) * envelope * np.exp(1j * phase)
    return total
