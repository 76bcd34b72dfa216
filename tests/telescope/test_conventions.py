"""Sign conventions and correlation order, checked with WSClean and CASA.

WSClean images a predicted source at its position, not mirrored, with its XX and YY fluxes. CASA
computes the same UVW from the same antennas.
"""

import shutil
import subprocess

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import point_sources
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.telescope import geometry, naming, site
from small_sets import baselines, small_array

MJD_S = naming.stamp_time("20240524_090008")
N_ANTENNAS = 24
FLUX_XX, FLUX_YY = 10.0, 4.0


@pytest.fixture(scope="module")
def predicted(tmp_path_factory):
    """Return a set with one source 2 degrees east and 1 degree north of the phase centre."""
    array = small_array(N_ANTENNAS, 150.0)
    antenna1, antenna2 = baselines(N_ANTENNAS)
    frequency_hz = site.band_frequencies_hz("73MHz", 8)
    ra_rad, dec_rad = site.zenith(MJD_S)
    source = np.array([[ra_rad + np.deg2rad(2) / np.cos(dec_rad), dec_rad + np.deg2rad(1)]])
    ones = np.ones((1, 8))
    model = point_sources.model_visibilities(
        antenna1,
        antenna2,
        array.positions_m,
        frequency_hz,
        MJD_S,
        source,
        FLUX_XX * ones,
        FLUX_YY * ones,
        (ra_rad, dec_rad),
    )
    data = np.zeros((len(antenna1), 8, 4), np.complex64)
    data[..., 0], data[..., 3] = model[..., 0], model[..., 1]
    uvw = geometry.antenna_uvw_m(array.positions_m, ra_rad, dec_rad, MJD_S)
    path = tmp_path_factory.mktemp("predicted") / "source.ms"
    width_hz = float(frequency_hz[1] - frequency_hz[0])
    with MeasurementSetWriter(
        path, array, frequency_hz, width_hz, [Field("zenith", ra_rad, dec_rad)]
    ) as writer:
        writer.append(MJD_S, 10.0, antenna1, antenna2, uvw[antenna1] - uvw[antenna2], data)
    return path, source[0], array


@pytest.mark.parametrize(("polarization", "flux"), [("XX", FLUX_XX), ("YY", FLUX_YY)])
def test_wsclean_images_the_source_at_its_position(predicted, tmp_path, polarization, flux):
    path, source, _ = predicted
    subprocess.run(
        [
            "wsclean",
            "-quiet",
            "-j",
            "2",
            "-size",
            "256",
            "256",
            "-scale",
            "0.05",
            "-pol",
            polarization,
            "-niter",
            "0",
            "-no-update-model-required",
            "-name",
            tmp_path / "w",
            path,
        ],
        check=True,
        capture_output=True,
    )
    with fits.open(tmp_path / "w-image.fits") as image:
        pixels, wcs = image[0].data[0, 0], WCS(image[0].header).celestial
    row, column = np.unravel_index(np.argmax(pixels), pixels.shape)
    expected_column, expected_row = wcs.world_to_pixel_values(*np.rad2deg(source))
    assert column == pytest.approx(float(expected_column), abs=1.0)
    assert row == pytest.approx(float(expected_row), abs=1.0)
    assert pixels.max() == pytest.approx(flux, rel=0.03)  # the peak lies between pixels


def test_casa_computes_the_same_uvw(predicted, tmp_path):
    """CASA's fixvis ignores aberration, which changes UVW by at most 1e-4."""
    from casacore import tables

    from lwacal.runtime import casa

    path, _, array = predicted
    copy = tmp_path / "copy.ms"
    shutil.copytree(path, copy)
    tasks = casa.start(tmp_path / "casa.log")
    tasks.fixvis(vis=str(copy), outputvis=str(tmp_path / "fixed.ms"), reuse=False)
    with tables.table(str(tmp_path / "fixed.ms"), ack=False) as table:
        uvw = table.getcol("UVW")
    antenna1, antenna2 = baselines(N_ANTENNAS)
    ours = geometry.antenna_uvw_m(array.positions_m, *site.zenith(MJD_S), MJD_S)
    lengths = np.linalg.norm(ours[antenna1] - ours[antenna2], axis=1).max()
    assert uvw == pytest.approx(ours[antenna1] - ours[antenna2], abs=1.5e-4 * lengths)
