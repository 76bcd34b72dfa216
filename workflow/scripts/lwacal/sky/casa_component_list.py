"""The sky model as a CASA component list, for use with CASA's own tasks.

A component has one spectrum of Stokes I, here the apparent flux density (XX + YY) / 2. The solvers
do not use this list: they model XX and YY separately. Every source is a point with its total flux
density, even if the solvers take it as resolved.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime import atomic, casa
from lwacal.runtime.scratch import scratch_directory
from lwacal.sky import sky_model
from lwacal.telescope import naming


def write(model: SkyModelRecord, manifest: ManifestRecord, output: Path) -> None:
    """Write the sources of the model as point components with tabulated spectra.

    The frequencies are topocentric, but their frame is given as LSRK: CASA refuses TOPO, and uses
    LSRK frequencies unchanged.
    """
    with atomic.output(output) as part, scratch_directory("components"):
        tool = casa.start_tools().componentlist()
        for number, source in enumerate(sky_model.model_sources(model)):
            frequency_hz, apparent_jy = _spectrum(model, manifest, source["name"])
            tool.addcomponent(
                dir=f"J2000 {source['ra_rad']!r}rad {source['dec_rad']!r}rad",
                flux=float(apparent_jy[0]),
                fluxunit="Jy",
                polarization="Stokes",
                shape="point",
                freq=f"LSRK {float(frequency_hz[0])!r}Hz",
                spectrumtype="constant",
                label=source["name"],
            )
            tool.setspectrum(
                which=number,
                type="tabular",
                tabularfreqs=frequency_hz,
                tabularflux=apparent_jy,
                tabularframe="LSRK",
            )
        tool.rename(str(part))
        tool.close()


def _spectrum(
    model: SkyModelRecord, manifest: ManifestRecord, source: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in increasing order and apparent flux densities, each (channel,)."""
    frequencies, fluxes = [], []
    for band in naming.sort_bands(model["bands"]):
        if source not in model["bands"][band]:
            continue
        record = model["bands"][band][source]
        beams = np.add(record["beam_xx"], record["beam_yy"]) / 2
        frequencies.append(np.array(manifest["bands"][band]["frequency_hz"]))
        fluxes.append(np.array(record["flux_jy"]) * beams)
    frequency_hz, flux_jy = np.concatenate(frequencies), np.concatenate(fluxes)
    order = np.argsort(frequency_hz)
    return frequency_hz[order], flux_jy[order]
