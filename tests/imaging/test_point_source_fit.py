"""Fits of a point source: drawn sources are found within their errors, and failures say why."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import component_list_text
from lwacal.imaging import point_source_fit
from lwacal.sky import a_team_shapes, appearance, sources
from lwacal.sky.appearance import Appearance

SIZE, SCALE_DEG = 128, 0.02
CENTRE_DEG = (299.868, 40.734)
BEAM = (0.14 / SCALE_DEG, 0.10 / SCALE_DEG, np.deg2rad(30))


def plane(pixels, beam=BEAM):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---SIN", "DEC--SIN"]
    wcs.wcs.crval = CENTRE_DEG
    wcs.wcs.crpix = [SIZE // 2 + 1, SIZE // 2 + 1]
    wcs.wcs.cdelt = [-SCALE_DEG, SCALE_DEG]
    fwhm = np.sqrt(BEAM[0] * BEAM[1]) * SCALE_DEG * 3600
    return point_source_fit.PlaneImage(pixels, wcs, beam, fwhm)


def gaussian(column, row, centre, beam):
    """Return a source of 1 Jy that looks like the beam."""
    return point_source_fit.template(beam, 1.0).at(column, row, centre)


def image(flux_jy, column, row, noise_jy, seed=0):
    """Return an image of a source and of noise that is as smooth as the beam."""
    draw = np.random.default_rng(seed)
    rows, columns = np.indices((SIZE, SIZE))
    kernel = gaussian(columns, rows, (SIZE // 2, SIZE // 2), BEAM)
    noise = np.fft.ifft2(
        np.fft.fft2(draw.normal(size=(SIZE, SIZE))) * np.fft.fft2(np.fft.ifftshift(kernel))
    ).real
    pixels = noise * noise_jy / noise.std()
    return plane(pixels + flux_jy * gaussian(columns, rows, (column, row), BEAM))


def at_centre(picture, radius_beams=3.0):
    return point_source_fit.fit_point(
        picture, *np.deg2rad(CENTRE_DEG), point_source_fit.Search(radius_beams, 7.0)
    )


def test_fluxes_and_places_are_right_within_their_errors():
    """40 draws: the errors that are stated are the scatter that is seen."""
    flux, east, north = [], [], []
    for seed in range(40):
        draw = np.random.default_rng([seed, 1])
        column, row = SIZE / 2 + draw.uniform(-3, 3, 2)
        found = at_centre(image(1000.0, column, row, 20.0, seed))
        assert found.ok
        scale = SCALE_DEG * 3600
        flux.append((found.flux_jy - 1000) / found.flux_err_jy)
        east.append(
            (found.ra_offset_arcsec + (column - SIZE / 2) * scale) / found.offset_err_arcsec
        )
        north.append((found.dec_offset_arcsec - (row - SIZE / 2) * scale) / found.offset_err_arcsec)
    for pulls in (flux, east, north):
        # the rms of 40 draws is known to 11 %
        assert 0.5 < np.sqrt(np.mean(np.square(pulls))) < 1.5
        assert abs(np.mean(pulls)) < 4 / np.sqrt(40)


def test_offsets_are_measured_minus_catalogue():
    """A source towards larger rows is north, towards smaller columns east."""
    found = at_centre(image(1000.0, SIZE / 2 - 2, SIZE / 2 + 1, 0.1))
    assert found.ra_offset_arcsec == pytest.approx(2 * SCALE_DEG * 3600, abs=2)
    assert found.dec_offset_arcsec == pytest.approx(1 * SCALE_DEG * 3600, abs=2)


def test_angle_of_the_beam_is_from_north_through_east():
    rows, columns = np.indices((41, 41))
    along = gaussian(columns, rows, (20, 20), (10.0, 2.0, np.deg2rad(90)))
    assert along[20, 15] > 0.4  # east-west: along columns
    assert along[15, 20] < 0.01
    tilted = gaussian(columns, rows, (20, 20), (10.0, 2.0, np.deg2rad(45)))
    assert tilted[24, 16] > 0.3  # north-east: more rows, fewer columns
    assert tilted[24, 24] < 0.01


def test_brighter_neighbour_outside_the_radius_is_not_taken():
    rows, columns = np.indices((SIZE, SIZE))
    picture = image(500.0, SIZE / 2, SIZE / 2, 5.0)
    picture.pixels[:] += 5000 * gaussian(columns, rows, (SIZE / 2 + 40, SIZE / 2), BEAM)
    assert at_centre(picture).flux_jy == pytest.approx(500, rel=0.1)


def test_noise_is_that_about_the_source():
    """Noise ten times as strong further out than 7 beams (41 pixels) does not count."""
    picture, loud = image(1000.0, SIZE / 2, SIZE / 2, 10.0), image(0.0, 0, 0, 100.0, seed=2)
    rows, columns = np.indices((SIZE, SIZE))
    far = np.hypot(rows - SIZE / 2, columns - SIZE / 2) > 42
    picture.pixels[far] = loud.pixels[far]
    # some 100 beams: known to 7 %
    assert at_centre(picture).rms_jy == pytest.approx(10, rel=0.3)


def test_a_fit_without_end_is_not_ok(monkeypatch):
    solve = point_source_fit.least_squares
    monkeypatch.setattr(
        point_source_fit, "least_squares", lambda *a, **k: solve(*a, **k, max_nfev=1)
    )
    found = at_centre(image(1000.0, SIZE / 2 + 1.4, SIZE / 2, 1.0))
    assert not found.ok
    assert found.reason == "the fit did not converge"
    assert np.isnan(found.flux_jy)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (image(0.0, SIZE / 2, SIZE / 2, 10.0), "above 5 times the noise"),
        (plane(np.zeros((SIZE, SIZE)), None), "no restoring beam"),
        (plane(np.full((SIZE, SIZE), np.nan)), "too small to fit the source"),
        (plane(np.ones((SIZE, SIZE)), (SIZE / 2, SIZE / 2, 0.0)), "too small to fit the source"),
    ],
)
def test_what_cannot_be_fitted_says_why(picture, reason):
    found = at_centre(picture)
    assert not found.ok
    assert reason in found.reason
    assert np.isnan(found.flux_jy)


@pytest.mark.parametrize("east_pixels", [-2, 2])
@pytest.mark.parametrize("ra_deg", [0.0, 359.99, 0.01])
def test_offsets_are_small_where_right_ascension_begins_again(ra_deg, east_pixels):
    """A pixel is 72 arcsec: two of them lead from one end of the circle to the other."""
    picture = image(1000.0, SIZE / 2 - east_pixels, SIZE / 2, 0.1)
    picture.wcs.wcs.crval = ra_deg, 0.0
    found = point_source_fit.fit_point(
        picture, np.deg2rad(ra_deg), 0.0, point_source_fit.Search(3.0, 7.0)
    )
    assert found.ra_offset_arcsec == pytest.approx(east_pixels * SCALE_DEG * 3600, abs=2)


def test_a_source_is_not_looked_for_beyond_a_third_of_the_image():
    """However large the search radius: the rest of the image tells the noise."""
    rows, columns = np.indices((SIZE, SIZE))
    picture = image(500.0, SIZE / 2, SIZE / 2, 5.0)
    bright = (SIZE / 2 + 0.4 * SIZE, SIZE / 2)
    picture.pixels[:] += 5000 * gaussian(columns, rows, bright, BEAM)
    found = point_source_fit.fit_point(
        picture, *np.deg2rad(CENTRE_DEG), point_source_fit.Search(100.0, 200.0)
    )
    assert found.flux_jy == pytest.approx(500, rel=0.1)


@pytest.mark.parametrize(
    ("major_deg", "minor_deg"), [(0.0, 0.0), (0.2, 0.0), (0.0, 0.1), (0.2, None), (None, 0.1)]
)
def test_an_image_without_a_restoring_beam_has_none(tmp_path, major_deg, minor_deg):
    written(tmp_path / "i.fits", BMAJ=major_deg, BMIN=minor_deg)
    picture = point_source_fit.read_image(tmp_path / "i.fits")
    assert picture.beam is None
    assert picture.beam_fwhm_arcsec is None


def test_restoring_beam_is_in_pixels_and_radians(tmp_path):
    written(tmp_path / "i.fits", BMAJ=0.16, BMIN=0.04, BPA=30.0)
    picture = point_source_fit.read_image(tmp_path / "i.fits")
    assert picture.beam == pytest.approx((0.16 / SCALE_DEG, 0.04 / SCALE_DEG, np.pi / 6))
    assert picture.beam_fwhm_arcsec == pytest.approx(0.08 * 3600)


def written(path, **beam):
    """Write an image with such beam parameters in its header; None is left out."""
    header = fits.Header({key: value for key, value in beam.items() if value is not None})
    axes = (("RA---SIN", 10.0, -SCALE_DEG), ("DEC--SIN", 40.0, SCALE_DEG), ("FREQ", 5e7, 1.0))
    for number, (kind, value, step) in enumerate(axes, 1):
        header[f"CTYPE{number}"], header[f"CRVAL{number}"] = kind, value
        header[f"CDELT{number}"], header[f"CRPIX{number}"] = step, 1.0
    fits.writeto(path, np.zeros((1, 1, 8, 8), np.float32), header)


# --- resolved sources ----------------------------------------------------------------------------

PIXEL_RAD = np.deg2rad(SCALE_DEG)
WIDE = Appearance(  # in pixels: a core, and a part twice as wide as the beam to the north-east
    np.array([0.6, 0.4]),
    np.array([[1.0, -0.5], [4.0, 3.0]]) * PIXEL_RAD,
    np.array([[0.0, 0, 0], [9.0, 20.0, 6.0]]) * PIXEL_RAD**2,
)


def fine_image(source: Appearance, column: float, row: float) -> np.ndarray:
    """Return a source of 1 Jy convolved with the beam, as a sum over points drawn from its parts.

    Columns increase to the west.
    """
    draw = np.random.default_rng(6)
    rows, columns = np.indices((SIZE, SIZE))
    total = np.zeros((SIZE, SIZE))
    number = 1500
    for share, offset, (ee, nn, en) in zip(source.share, source.offset_rad, source.moments):
        points = draw.multivariate_normal(offset, [[ee, en], [en, nn]], number) / PIXEL_RAD
        points -= points.mean(axis=0) - offset / PIXEL_RAD
        for east, north in points if ee else points[:1]:
            centre = (column - east, row + north)
            total += share / (number if ee else 1) * gaussian(columns, rows, centre, BEAM)
    return total


def test_a_resolved_source_has_its_integrated_flux_and_its_catalogue_position():
    column, row = SIZE / 2 + 0.3, SIZE / 2 - 0.2
    picture = image(0.0, 0, 0, 0.5)
    picture.pixels[:] += 1000 * fine_image(WIDE, column, row)
    search = point_source_fit.Search(3.0, 7.0)
    place = np.deg2rad(CENTRE_DEG)
    found = point_source_fit.fit_point(picture, *place, search, WIDE)
    assert found.flux_jy == pytest.approx(1000, rel=0.03)  # the drawn points scatter
    scale = SCALE_DEG * 3600
    assert found.ra_offset_arcsec == pytest.approx(-0.3 * scale, abs=0.2 * scale)
    assert found.dec_offset_arcsec == pytest.approx(-0.2 * scale, abs=0.2 * scale)
    assert found.flux_err_jy > found.rms_jy * 1.2  # the peak is below the flux
    as_point = point_source_fit.fit_point(picture, *place, search)
    assert as_point.flux_jy < 850
    assert as_point.ra_offset_arcsec > 0.5 * scale  # drawn to the east


def test_what_sources_look_like(tmp_path):
    """Built-in Gaussians, a list, a point: shares, offsets and sizes."""
    place = sources.POSITIONS["CygA"]
    source = {"name": "CygA", "ra_rad": place.ra_rad, "dec_rad": place.dec_rad}
    looks = appearance.of_source({**source, "shape": "gaussians", "component_list": None}, 55e6)
    arcsec = np.deg2rad(1 / 3600)
    assert looks.share @ looks.offset_rad / arcsec == pytest.approx(
        a_team_shapes.centroid_arcsec("CygA", 55e6)
    )
    assert looks.moments[0, 0] == pytest.approx((23.1 * arcsec) ** 2 / (8 * np.log(2)))
    line = component_list_text.gaussian(place.ra_rad, place.dec_rad + 60 * arcsec, 2, 100, 40, 90)
    path = component_list_text.write(tmp_path / "list.txt", line)
    record = {"path": str(path), "trusted_mhz": [30, 77]}
    looks = appearance.of_source({**source, "shape": "list", "component_list": record}, 55e6)
    assert looks.offset_rad / arcsec == pytest.approx(np.array([[0, 60]]), abs=1e-3)
    assert looks.moments * 8 * np.log(2) / arcsec**2 == pytest.approx(
        np.array([[100**2, 40**2, 0]]), abs=1e-6
    )
    assert appearance.of_source({**source, "shape": "point", "component_list": None}, 55e6) is (
        appearance.POINT
    )
