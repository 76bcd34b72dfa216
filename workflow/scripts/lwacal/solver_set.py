"""The private measurement set that a CASA solver works on: data, flags, model and weights.

CASA's solvers read MODEL_DATA and FLAG from the set itself, so they get a copy of their own. XX and
YY are modelled apart. Weights follow the noise: an antenna of 8 times the gain has 8 times the
noise, and with equal weights it would spoil everybody's solutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import flagging, ms_reader, predict, sky_model
from lwacal.concat import manifest_antennas, manifest_centre
from lwacal.ms_writer import Field, MeasurementSetWriter


def write(
    manifest: Mapping[str, Any],
    band: str,
    concatenated: Path,
    flags: Path,
    model: Mapping[str, Any],
    output: Path,
    integrations: int | None = None,
) -> int:
    """Write the cross-correlations of a sub-band for a solver; return how many are unflagged.

    ``integrations`` limits how many are taken, from the first. Memory: the flags of the sub-band
    and about four times one integration.
    """
    record = manifest["bands"][band]
    antennas, centre = manifest_antennas(manifest), manifest_centre(manifest)
    frequency_hz = np.array(record["frequency_hz"])
    radec, flux_xx, flux_yy = sky_model.model_fluxes(model, band)
    flagged = flagging.load_flags(flags)
    unflagged = 0
    with MeasurementSetWriter(
        output, antennas, frequency_hz, record["channel_width_hz"], [Field("zenith", *centre)],
        columns=("DATA", "MODEL_DATA"),
    ) as writer:
        for number, item in enumerate(ms_reader.iterate_integrations(concatenated, ("DATA",))):
            if number == integrations:
                break
            weight = noise_weights(item, flagged[item.rows], len(antennas.names))
            cross = item.antenna1 != item.antenna2
            antenna1, antenna2 = item.antenna1[cross], item.antenna2[cross]
            flag = flagged[item.rows][cross]
            data = np.where(flag, 0, item.columns["DATA"][cross])
            predicted = predict.point_sources(
                antenna1, antenna2, antennas.positions_m, frequency_hz, item.mjd_s, radec,
                flux_xx, flux_yy, centre,
            )
            full = np.zeros(data.shape, np.complex64)
            full[..., [0, 3]] = predicted
            writer.append(
                item.mjd_s, item.interval_s, antenna1, antenna2, item.uvw_m[cross], data, flag,
                scan=item.scan, model=full, weight=weight[cross],
            )
            unflagged += int((~flag[..., [0, 3]]).sum())
    return unflagged


def noise_weights(
    integration: ms_reader.Integration, flag: np.ndarray, n_antennas: int
) -> np.ndarray:
    """Return weights (row, 4) proportional to 1 / noise variance, with a median of 1.

    The variance of a visibility is proportional to the product of the two autocorrelations
    (radiometer equation). Where an autocorrelation is missing or flagged, the median of the others
    stands in.
    """
    power = np.full((n_antennas, 2), np.nan)
    autos = integration.antenna1 == integration.antenna2
    values = integration.columns["DATA"][autos][..., [0, 3]].real
    usable = ~flag[autos][..., [0, 3]] & (values > 0)
    masked = np.ma.masked_array(values, ~usable)
    power[integration.antenna1[autos]] = np.ma.median(masked, axis=1).filled(np.nan)
    if not np.isfinite(power).any():
        return np.ones((len(integration.antenna1), 4), np.float32)
    power = np.where(np.isfinite(power), power, np.nanmedian(power))
    first = power[integration.antenna1][:, flagging.FIRST_POLARIZATION]
    second = power[integration.antenna2][:, flagging.SECOND_POLARIZATION]
    weight = 1 / (first * second)
    return (weight / np.median(weight)).astype(np.float32)
