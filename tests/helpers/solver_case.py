"""Small observations with known gains, written as the rules before the solvers leave them.

One bright source at the zenith's side and a second one, XX and YY of different brightness; gains
and noise are drawn from a seed. Gains follow V = G_i conj(G_j) M.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import point_sources
from lwacal.calibration.sub_band import SubBand
from lwacal.io import flag_file
from lwacal.io.ms_reader import Antennas
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.delay import Delay
from lwacal.sky import component_lists
from lwacal.telescope import geometry, naming, site
from small_sets import STAMP, baselines, small_array, write_powers

MID_MJD_S = naming.stamp_time(STAMP) + 5.0
INTERVAL_S = 10.0
SOURCES = {"CygA": (12.0, 5.0, 9000.0, 7000.0), "CasA": (-20.0, -8.0, 5000.0, 6000.0)}
TRUSTED_MHZ = [30, 77]
BANDPASS = Bandpass(engine="casa")
DELAY = Delay()


@dataclass
class Case:
    """An observation on disk, and the truth. ``gain[band]`` (antenna, channel, 2)."""

    folder: Path
    antennas: Antennas
    manifest: dict[str, Any]
    model: dict[str, Any]
    reference: dict[str, Any]
    gain: dict[str, np.ndarray]
    delays_ns: np.ndarray
    noise_jy: float
    n_integrations: int
    concat: dict[str, Path] = field(default_factory=dict)
    flags: dict[str, Path] = field(default_factory=dict)

    def truth(self, band: str) -> np.ndarray:
        """Return the gains with the phase of the reference antenna set to zero."""
        return referred(self.gain[band], self.reference["index"])


def sub_band(case: Case, band: str, model: Mapping[str, Any] | None = None) -> SubBand:
    """Return a sub-band as a solver takes it; ``model`` in place of the case's own."""
    return SubBand(
        case.manifest,
        band,
        case.concat[band],
        powers(case, band),
        case.flags[band],
        model or case.model,
    )


def powers(case: Case, band: str) -> Path:
    """Write the antenna powers of the data as they are now, and return their file."""
    path = case.folder / f"{band}.powers.npz"
    return write_powers(path, case.concat[band], len(case.antennas.names))


def referred(gain: np.ndarray, index: int) -> np.ndarray:
    """Return gains (antenna, channel, 2) with an antenna's phases set to zero."""
    return gain * np.exp(-1j * np.angle(gain[index]))[None]


def make(
    folder: Path,
    n_antennas: int = 20,
    bands: Sequence[str] = ("73MHz",),
    n_channels: int = 12,
    n_integrations: int = 2,
    noise_jy: float = 300.0,
    seed: int = 5,
    factor: Mapping[tuple[int, int], float] | None = None,
    reference: int = 2,
    lists: Mapping[str, Path] | None = None,
    autos: str = "noise",
    swapped: Sequence[int] = (),
    silent: Sequence[tuple[int, int]] = (),
    centre: str = "",
) -> Case:
    """Draw and write an observation.

    ``noise_jy`` is the rms |n| of a visibility, in Jy, before the gains. ``factor`` multiplies the
    gain of (antenna, polarization); its noise with it. The band's frequencies are the first
    ``n_channels`` of the real grid. ``lists`` by source: component lists, of points alone.
    Autocorrelations are those of the noise, ``equal`` for all antennas, ``zero`` or ``absent``.
    Antennas ``swapped`` have X and Y exchanged; (antenna, polarization) of ``silent`` do not see
    the sky, but have the same noise.
    ``centre``: the source at the phase centre, else it is the zenith.
    """
    draw = np.random.default_rng(seed)
    antennas = small_array(n_antennas, 300.0, seed)
    width_hz = site.CHANNEL_WIDTH_HZ
    frequency_hz = {b: site.band_frequencies_hz(b)[:n_channels] for b in bands}
    delays_ns = draw.normal(0, 60, (n_antennas, 2))
    amplitude = 5e-3 * np.exp(0.2 * draw.normal(size=(n_antennas, 2)))
    for place, value in (factor or {}).items():
        amplitude[place] *= value
    phase = draw.uniform(-np.pi, np.pi, (n_antennas, 2))
    gain = {
        band: amplitude[:, None, :]
        * np.exp(2j * np.pi * delays_ns[:, None] * nu[None, :, None] / 1e9 + 1j * phase[:, None])
        for band, nu in frequency_hz.items()
    }
    centre_radec = source_radec(centre) if centre else site.zenith(MID_MJD_S)
    case = Case(
        folder,
        antennas,
        _manifest(antennas, frequency_hz, width_hz, n_integrations, centre_radec),
        _model(frequency_hz, lists or {}),
        _reference(antennas, reference),
        gain,
        delays_ns,
        noise_jy,
        n_integrations,
    )
    for band in bands:
        _write(case, band, draw, frequency_hz[band], width_hz, centre_radec, autos, swapped, silent)
    return case


def _reference(antennas: Antennas, index: int) -> dict[str, Any]:
    others = [number for number in range(len(antennas.names)) if number != index]
    return {
        "index": index,
        "antenna": antennas.names[index],
        "order": [index, *others],
        "why": "first",
        "healthy": True,
        "unknown": [],
        "excess_flagged": 0.0,
    }


def _manifest(
    antennas: Antennas,
    frequency_hz: Mapping[str, np.ndarray],
    width_hz: float,
    n_integrations: int,
    centre_radec: tuple[float, float],
) -> dict[str, Any]:
    return {
        "observation": {
            "id": "case",
            "input": "raw",
            "kind": "raw",
            "stamp": "20240601_110000",
            "start_utc": site.iso(MID_MJD_S - 5 * n_integrations),
            "mid_utc": site.iso(MID_MJD_S),
            "end_utc": site.iso(MID_MJD_S + 5 * n_integrations),
            "mid_mjd_s": MID_MJD_S,
            "lst_hours": float(site.lst_hours(MID_MJD_S)),
            "integration_s": 10.0,
            "n_integrations": n_integrations,
            "telescope": site.TELESCOPE,
            "time_column": "start",
        },
        "antennas": {"names": list(antennas.names), "positions_m": antennas.positions_m.tolist()},
        "phase_centre": {"ra_rad": centre_radec[0], "dec_rad": centre_radec[1]},
        "integrations": [],
        "bands": {
            band: {
                "frequency_hz": nu.tolist(),
                "channel_width_hz": width_hz,
                "correlations": ["XX", "XY", "YX", "YY"],
                "usable": True,
                "message": "",
                "entries": [],
            }
            for band, nu in frequency_hz.items()
        },
        "faults": [],
        "ignored": [],
        "size_bytes": 0,
    }


def source_radec(name: str) -> tuple[float, float]:
    """Return the direction of one of the sources."""
    zenith = site.zenith(MID_MJD_S)
    east, north, _, _ = SOURCES[name]
    return (
        float(zenith[0] + np.deg2rad(east) / np.cos(zenith[1])),
        float(zenith[1] + np.deg2rad(north)),
    )


def _list_record(path: Path) -> dict[str, Any]:
    components = component_lists.read(path)
    return {
        "path": str(path),
        "n_components": len(components.flux_jy),
        "sha256": components.digest,
        "trusted_mhz": TRUSTED_MHZ,
    }


def _model(frequency_hz: Mapping[str, np.ndarray], lists: Mapping[str, Path]) -> dict[str, Any]:
    sources = []
    for name in SOURCES:
        ra_rad, dec_rad = source_radec(name)
        sources.append(
            {
                "name": name,
                "kind": "a_team",
                "flux_sigma": 0.1,
                "in_model": True,
                "calibrator": True,
                "reason": "",
                "ra_rad": ra_rad,
                "dec_rad": dec_rad,
                "altitude_deg": 80.0,
                "azimuth_deg": 0.0,
                "brightest_apparent_jy": 10000.0,
                "warnings": [],
                "shape": "list" if name in lists else "point",
                "component_list": _list_record(lists[name]) if name in lists else None,
            }
        )
    bands = {
        band: {
            name: {
                "flux_jy": np.full(len(nu), 10000.0),
                "flux_uncertainty": None,
                "beam_xx": np.full(len(nu), xx / 10000.0),
                "beam_yy": np.full(len(nu), yy / 10000.0),
            }
            for name, (_, _, xx, yy) in SOURCES.items()
        }
        for band, nu in frequency_hz.items()
    }
    return {
        "mid_utc": site.iso(MID_MJD_S),
        "flux_scale": "ovro2023",
        "min_elevation_deg": 20.0,
        "beam": {},
        "sources": sources,
        "bands": bands,
        "galaxy_max_lambda": None,
        "unmodelled": {band: {"apparent_jy": {}, "fraction": 0.0} for band in bands},
        "message": "",
    }


def model_visibilities(case: Case, band: str, mjd_s: float) -> np.ndarray:
    """Return XX and YY of the model for all baselines, (row, channel, 2).

    Every component of a list is a point source of its own, with all terms of its geometry.
    """
    antenna1, antenna2 = baselines(len(case.antennas.names))
    nu = np.array(case.manifest["bands"][band]["frequency_hz"])
    places, parts = [], []
    for source in case.model["sources"]:
        place, share = _points(source, nu)
        places.append(place)
        parts.append(share)
    radec = np.concatenate(places)
    in_band = [case.model["bands"][band][source["name"]] for source in case.model["sources"]]
    flux = [
        np.concatenate(
            [share * record["flux_jy"] * record[beam] for share, record in zip(parts, in_band)]
        )
        for beam in ("beam_xx", "beam_yy")
    ]
    centre = case.manifest["phase_centre"]
    return point_sources.model_visibilities(
        antenna1,
        antenna2,
        case.antennas.positions_m,
        nu,
        mjd_s,
        radec,
        *flux,
        (centre["ra_rad"], centre["dec_rad"]),
    )


def _points(source: Mapping[str, Any], nu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a source, (point, 2), and their shares of its flux (point, channel)."""
    if not source["component_list"]:
        return np.array([[source["ra_rad"], source["dec_rad"]]]), np.ones((1, len(nu)))
    components = component_lists.read(source["component_list"]["path"])
    spectra = components.spectra_jy(nu)
    return np.column_stack([components.ra_rad, components.dec_rad]), spectra / spectra.sum(axis=0)


def _write(
    case: Case,
    band: str,
    draw: np.random.Generator,
    nu: np.ndarray,
    width_hz: float,
    centre_radec: tuple[float, float],
    auto_power: str,
    swapped: Sequence[int],
    silent: Sequence[tuple[int, int]],
) -> None:
    antenna1, antenna2 = baselines(len(case.antennas.names))
    autos = antenna1 == antenna2
    kept = ~autos if auto_power == "absent" else np.ones(len(autos), bool)
    pol1, pol2 = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    gain = case.gain[band]
    factor = gain[antenna1][..., pol1] * gain[antenna2][..., pol2].conj()
    case.concat[band] = case.folder / f"{band}.ms"
    with MeasurementSetWriter(
        case.concat[band], case.antennas, nu, width_hz, [Field("centre", *centre_radec)]
    ) as writer:
        for number in range(case.n_integrations):
            mjd_s = MID_MJD_S + (number - (case.n_integrations - 1) / 2) * INTERVAL_S
            data = np.zeros((len(antenna1), len(nu), 4), complex)
            data[..., [0, 3]] = model_visibilities(case, band, mjd_s)
            for antenna, order in ((antenna1, [2, 3, 0, 1]), (antenna2, [1, 0, 3, 2])):
                turned = np.isin(antenna, swapped)
                data[turned] = data[turned][..., order]
            for antenna, pol in silent:
                data[np.ix_(antenna1 == antenna, range(len(nu)), pol1 == pol)] = 0
                data[np.ix_(antenna2 == antenna, range(len(nu)), pol2 == pol)] = 0
            noise = draw.normal(size=(*data.shape, 2)) @ [1, 1j]
            data += noise * case.noise_jy / np.sqrt(2)
            sefd = case.noise_jy * np.sqrt(width_hz * INTERVAL_S)
            data[autos] = np.array([sefd, 0, 0, sefd])
            data *= factor
            if auto_power != "noise":
                data[autos] = {"equal": 1, "zero": 0, "absent": 0}[auto_power]
            uvw = geometry.antenna_uvw_m(case.antennas.positions_m, *centre_radec, mjd_s)
            writer.append(
                mjd_s,
                INTERVAL_S,
                antenna1[kept],
                antenna2[kept],
                (uvw[antenna1] - uvw[antenna2])[kept],
                data[kept].astype(np.complex64),
                scan=number + 1,
            )
    write_flags(case, band, np.zeros((case.n_integrations * kept.sum(), len(nu), 4), bool))


def write_flags(case: Case, band: str, flag: np.ndarray) -> None:
    """Write the flags (row, channel, 4) of a sub-band, as the rule flag does."""
    case.flags[band] = case.folder / f"{band}.npz"
    flag_file.write(case.flags[band], np.split(flag.astype(np.uint8), max(case.n_integrations, 1)))
