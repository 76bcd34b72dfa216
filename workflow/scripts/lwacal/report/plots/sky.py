"""Figures of the images: the whole sky by band, and each calibrator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from matplotlib.axes import Axes
from matplotlib.colors import AsinhNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Circle

from lwacal.io import fits_image
from lwacal.report.plots import style
from lwacal.runtime.robust import noise_sigma

LARGEST_SIDE = 700
MARKS = "#7FD6C2"  # colour of lines over an image


@dataclass(frozen=True)
class Image:
    """A FITS image: ``values`` (y, x) in Jy/beam, thinned by ``step`` pixels, and its header."""

    values: np.ndarray
    step: int
    header: fits.Header


def read_image(path: Path) -> Image | None:
    """Read the first plane of a FITS image; None if the file does not exist.

    A large image is thinned to at most 700 pixels per side by keeping the brightest pixel of each
    block, so that point sources stay visible.
    """
    if not path.is_file():
        return None
    header, plane = fits_image.read(path)
    step = max(1, -(-max(plane.shape) // LARGEST_SIDE))
    rows, columns = (side // step for side in plane.shape)
    blocks = plane[: rows * step, : columns * step].reshape(rows, step, columns, step)
    brightest = np.fmax.reduce(np.fmax.reduce(blocks, axis=3), axis=1)
    return Image(brightest if step > 1 else plane, step, header)


def _stretch(values: np.ndarray) -> tuple[float, float]:
    """Return where the colour scale turns from linear to logarithmic, and its top, in Jy/beam."""
    finite = values[np.isfinite(values)]
    noise = max(noise_sigma(finite), 1e-9) if finite.size else 1.0
    high = float(max(np.percentile(finite, 99.95), 10 * noise)) if finite.size else 1.0
    return 3 * noise, high


def _norm(values: np.ndarray) -> AsinhNorm:
    knee, high = _stretch(values)
    return AsinhNorm(linear_width=knee, vmin=-knee, vmax=high)


def all_sky(
    images: Mapping[str, Image], rgb: np.ndarray | None, sources: Mapping[str, tuple[float, float]]
) -> Figure:
    """Draw the all-sky images by name with the sources marked, and the RGB image.

    ``rgb`` (y, x, 3), first row at the top; ``sources`` gives ICRS directions in degrees.
    """
    if not images and rgb is None:
        raise style.NothingToPlotError("there is no all-sky image")
    number = len(images) + (rgb is not None)
    columns = {1: 1, 2: 2, 4: 2}.get(number, 3)
    rows = -(-number // columns)
    figure = style.new({1: 4.6, 2: 2.95, 3: 2.1}[columns] * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (name, image) in zip(panels, images.items()):
        drawn = _draw_image(panel, image, name)
        _mark_sources(panel, image, sources)
        _mark_horizon(panel, image)
        _mark_galactic_plane(panel, image)
        _colour_bar(figure, panel, drawn, image.values)
    if rgb is not None:
        panels[len(images)].imshow(rgb)
        panels[len(images)].set_title("low, mid, high as RGB")
    for panel in panels[number:]:
        panel.set_visible(False)
    for panel in panels:
        panel.set_xticks([])
        panel.set_yticks([])
        panel.grid(False)
    return figure


def _draw_image(axes: Axes, image: Image, title: str) -> AxesImage:
    drawn = axes.imshow(
        image.values,
        origin="lower",
        cmap="inferno",
        norm=_norm(image.values),
        interpolation="nearest",
    )
    axes.set_facecolor("#000000")
    axes.set_title(title)
    return drawn


def _colour_bar(figure: Figure, axes: Axes, drawn: AxesImage, values: np.ndarray) -> None:
    """Add a colour bar with few ticks: zero and round values across the stretch."""
    knee, high = _stretch(values)
    number = max(1, min(3, int(np.log10(max(high / knee, 1.0))) + 1))
    unit = 10.0 ** np.floor(np.log10(high))
    ticks = [np.floor(high / unit) * unit * 10.0**-k for k in range(number)]
    bar = figure.colorbar(drawn, ax=axes, label="Jy/beam", pad=0.01, shrink=0.85, aspect=30)
    bar.set_ticks([*ticks, 0], minor=False)
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    bar.minorticks_off()


def _mark_sources(axes: Axes, image: Image, sources: Mapping[str, tuple[float, float]]) -> None:
    height, width = image.values.shape
    for name, direction in sources.items():
        x, y = pixel_of(image, *direction)
        if np.isfinite(x) and 0 <= x < width and 0 <= y < height:
            axes.plot(x, y, "o", ms=9, mfc="none", mec="#ffffff", mew=0.7)
            axes.annotate(
                name, (x, y), (7, 3), textcoords="offset points", fontsize=6.5, color="#ffffff"
            )


def _mark_horizon(axes: Axes, image: Image) -> None:
    """Draw circles at 0 and 30 degrees elevation on an image centred on the zenith."""
    x, y = pixel_of(image, image.header["CRVAL1"], image.header["CRVAL2"])
    centre = float(x), float(y)
    scale_deg = abs(image.header["CDELT1"]) * image.step
    for elevation, look in ((0, "-"), (30, ":")):
        radius = np.rad2deg(np.cos(np.deg2rad(elevation))) / scale_deg  # SIN projection
        axes.add_patch(Circle(centre, radius, fill=False, ec=MARKS, lw=0.6, ls=look, alpha=0.8))


def _mark_galactic_plane(axes: Axes, image: Image) -> None:
    axes.plot(*galactic_plane(image).T, lw=0.6, ls="--", color=MARKS, alpha=0.8)


def galactic_plane(image: Image) -> np.ndarray:
    """Return the Galactic plane in pixels of the thinned image, (point, [x, y]) by longitude.

    Points outside the image or below the horizon are NaN and break the line.
    """
    longitude = np.linspace(0, 360, 721)
    plane = SkyCoord(longitude, 0 * longitude, unit="deg", frame="galactic").icrs
    x, y = pixel_of(image, plane.ra.deg, plane.dec.deg)
    height, width = image.values.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)  # NaN is not
    return np.where(inside[:, None], np.column_stack([x, y]), np.nan)


def pixel_of(
    image: Image, ra_deg: float | np.ndarray, dec_deg: float | np.ndarray
) -> tuple[float | np.ndarray, float | np.ndarray]:
    """Return the pixel coordinates of directions in the thinned image; NaN below the horizon."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        wcs = WCS(image.header).celestial
    x, y = wcs.wcs_world2pix(ra_deg, dec_deg, 0)
    return (x + 0.5) / image.step - 0.5, (y + 0.5) / image.step - 0.5


def calibrators(images: Mapping[str, Image]) -> Figure:
    """Draw each calibrator, all sub-bands combined, centred on its catalogue position."""
    if not images:
        raise style.NothingToPlotError("there is no image of a calibrator")
    columns = min(3, max(2, len(images)))
    rows = -(-len(images) // columns)
    figure = style.new(2.6 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (name, image) in zip(panels, images.items()):
        _draw_calibrator(figure, panel, name, image)
    for panel in panels[len(images) :]:
        panel.set_visible(False)
    return figure


def _draw_calibrator(figure: Figure, axes: Axes, name: str, image: Image) -> None:
    step_deg = abs(image.header.get("CDELT1", 1.0)) * image.step
    height, width = image.values.shape
    east, north = width * step_deg / 2, height * step_deg / 2
    drawn = axes.imshow(
        image.values,
        origin="lower",
        cmap="inferno",
        norm=_norm(image.values),
        extent=(east, -east, -north, north),
    )
    axes.plot(0, 0, "+", ms=14, mew=0.7, color="#ffffff", alpha=0.8)
    axes.grid(False)
    axes.set(title=name, xlabel="east (degrees)", ylabel="north (degrees)")
    _colour_bar(figure, axes, drawn, image.values)
