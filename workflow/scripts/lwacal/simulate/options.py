"""Options of a simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lwacal.simulate.effects import Effect, check_once
from lwacal.simulate.faults import Fault
from lwacal.telescope import naming, site

DEFAULT_START = "20240601_110000"  # LST 20 h: Cyg A transits, Cas A is high


@dataclass(frozen=True)
class Simulation:
    """Options of a simulated observation.

    ``n_channels`` per sub-band is 192 or a divisor of it. ``noise_scale`` multiplies the thermal
    noise, ``gain_spread`` is the rms of the log of gain amplitudes between antpols. With
    ``real_headers`` the FIELD direction is the geocentric zenith and UVW are of date, as in real
    data. ``layout`` is the path of a CSV file or a measurement set that gives the antennas, or None
    for the built-in layout. ``effects`` are those of the real sky and instrument (at most one of a
    kind); ``sky_map`` is a file with a map of the diffuse emission, or None for the map of the
    package; ``component_lists`` are names of bright sources with files in WSClean's format, for the
    effect resolved. Raises ValueError for options that cannot be simulated.
    """

    n_antennas: int = 48
    bands: tuple[str, ...] = ("27MHz", "41MHz", "50MHz", "59MHz", "69MHz", "78MHz")
    n_channels: int = 24
    n_integrations: int = 2
    start: str = DEFAULT_START
    interval_s: float = 10.031020408163265
    seed: int = 1
    sources: tuple[str, ...] = ("CygA", "CasA", "TauA", "VirA")
    n_faint: int = 20
    beam: str = "memo178"
    x_azimuth_deg: float = 0.0
    flux_scale: str = "ovro2023"
    noise_scale: float = 1.0
    gain_spread: float = 0.2
    real_headers: bool = True
    layout: Path | None = None
    faults: tuple[Fault, ...] = field(default_factory=tuple)
    effects: tuple[Effect, ...] = ()
    sky_map: Path | None = None
    component_lists: tuple[tuple[str, Path], ...] = ()

    def __post_init__(self) -> None:
        if not naming.is_stamp(self.start):
            raise ValueError(f"start is '{self.start}', not YYYYMMDD_HHMMSS")
        unknown = [band for band in self.bands if band not in site.BANDS]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: sub-bands are {', '.join(site.BANDS)}")
        if self.n_integrations < 1:
            raise ValueError("n_integrations must be at least 1")
        check_once(self.effects)
        for name, _ in self.component_lists:
            if name not in self.sources:
                raise ValueError(f"component list of {name}: sources are {', '.join(self.sources)}")
