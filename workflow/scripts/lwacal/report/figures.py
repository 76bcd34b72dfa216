"""Draws the figures of the report in order, with number and caption."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from lwacal.report.inputs import ReportRecords
from lwacal.report.plots import (
    antennas,
    boards,
    calibrators,
    data,
    delays,
    gains,
    ionosphere,
    sky,
    style,
)
from lwacal.runtime import atomic, paths

logger = logging.getLogger(__name__)

CAPTIONS = paths.TEMPLATES / "captions.toml"
RGB_SIDE = 700


@dataclass(frozen=True)
class Drawn:
    """A figure of the report; if it was not drawn, ``png`` is empty and ``message`` says why."""

    key: str
    number: int
    title: str
    shows: str
    normal: str
    png: bytes = b""
    width_in: float = 0.0
    height_in: float = 0.0
    message: str = ""


def draw_all(report: ReportRecords) -> list[Drawn]:
    """Draw all figures; one without anything to show keeps its number and says why."""
    texts = captions()
    return [
        _draw(key, number, texts[key], texts[key]["title"], partial(function, report))
        for number, (key, function) in enumerate(FIGURES.items(), 1)
    ]


def draw_boards(report: ReportRecords) -> list[Drawn]:
    """Draw one page per SNAP2 board; the numbers continue those of draw_all."""
    text = captions()["board_page"]
    return [
        _draw(
            f"board_{board + 1}",
            len(FIGURES) + 1 + board,
            text,
            f"{text['title']} {board + 1}",
            partial(boards.page, report.solutions, report.qa["antennas"], board),
        )
        for board in range(boards.number_of_boards(report.solutions))
    ]


def write(figures: Sequence[Drawn], folder: Path) -> None:
    """Write the figures as PNG files named NN_key.png; the folder is written atomically."""
    with atomic.output(folder) as part:
        part.mkdir()
        for figure in figures:
            if figure.png:
                (part / f"{figure.number:02d}_{figure.key}.png").write_bytes(figure.png)


def captions() -> dict[str, dict[str, str]]:
    """Return title, description and normal appearance by figure; all boards share one text."""
    return tomllib.loads(CAPTIONS.read_text(encoding="utf-8"))


def _draw(
    key: str, number: int, text: dict[str, str], title: str, function: Callable[[], Figure]
) -> Drawn:
    drawn = Drawn(key, number, title, text["shows"], text["normal"])
    try:
        with style.applied():
            figure = function()
            png = style.png(figure)
        drawn = replace(
            drawn, png=png, width_in=figure.get_figwidth(), height_in=figure.get_figheight()
        )
    except style.NothingToPlotError as nothing:
        drawn = replace(drawn, message=str(nothing))
    logger.info(f"figure {number}, {title}: {drawn.message or 'drawn'}")
    return drawn


def _antenna_board(report: ReportRecords) -> Figure:
    return antennas.board(report.qa["antennas"])


def _array_map(report: ReportRecords) -> Figure:
    positions_m = np.array(report.manifest["antennas"]["positions_m"], float).reshape(-1, 3)
    reference = report.qa["observation"]["reference_antenna"]["antenna"]
    return antennas.array_map(report.qa["antennas"], positions_m, reference)


def _gain_spectra(report: ReportRecords) -> Figure:
    return gains.spectra(report.solutions, report.qa["antennas"])


def _data_flags(report: ReportRecords) -> Figure:
    channels = {
        band: (
            facts["frequency_hz"],
            report.flags[band]["channel_fraction"] if band in report.flags else [],
        )
        for band, facts in report.manifest["bands"].items()
    }
    return data.flagged(report.qa["bands"], channels)


def _delays(report: ReportRecords) -> Figure:
    return delays.delays(report.delay, report.qa["limits"]["delay_difference_ns"])


def _calibrator_spectra(report: ReportRecords) -> Figure:
    return calibrators.spectra(
        report.qa["calibrators"], expected_fluxes(report), flux_tolerance(report)
    )


def flux_tolerance(report: ReportRecords) -> float | None:
    """Return the deviation of a flux ratio from one that gives a warning; None if unlimited."""
    return next(
        (
            m["limits"]["warn"]
            for m in report.qa["metrics"]
            if m["name"] == "flux_ratio_deviation" and m["value"] is not None
        ),
        None,
    )


def expected_fluxes(report: ReportRecords) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the frequencies (MHz, ascending) and expected fluxes (Jy) of each source."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for band, sources in report.sky_model["bands"].items():
        frequencies = report.manifest["bands"][band]["frequency_hz"]
        for name, source in sources.items():
            pairs = zip(frequencies, source["flux_jy"])
            curves.setdefault(name, []).extend((f / 1e6, flux) for f, flux in pairs)
    arrays = {name: np.array(sorted(pairs)).T for name, pairs in curves.items() if pairs}
    return {name: (array[0], array[1]) for name, array in arrays.items()}


def _position_offsets(report: ReportRecords) -> Figure:
    return calibrators.offsets(report.qa["calibrators"], report.qa["positions"])


def _scintillation(report: ReportRecords) -> Figure:
    freq_mhz = {b["band"]: b["freq_mhz"] for b in report.qa["bands"] if b["freq_mhz"] is not None}
    return calibrators.scintillation(report.measurements.get("scintillation", []), freq_mhz)


def _all_sky(report: ReportRecords) -> Figure:
    record, folder = report.allsky
    images = {}
    for band in record.get("bands", []):
        image = sky.read_image(folder / band["file"]) if band.get("file") else None
        if image is not None:
            images[_band_title(band)] = image
    rgb_file = folder / "allsky_rgb.png"
    rgb = _read_rgb(rgb_file) if rgb_file.is_file() else None
    if not images and rgb is None:
        raise style.NothingToPlotError(record.get("message") or "no all-sky image was kept")
    sources = {
        s["name"]: (np.degrees(s["ra_rad"]), np.degrees(s["dec_rad"]))
        for s in report.sky_model.get("sources", [])
        if s["altitude_deg"] > 0 and s["kind"] != "secondary"
    }
    return sky.all_sky(images, rgb, sources)


def _band_title(band: Mapping[str, Any]) -> str:
    """Return the name of an all-sky image with its frequency range."""
    mhz = band.get("mhz")
    return f"{band['name']} ({mhz[0]:g} to {mhz[1]:g} MHz)" if mhz else band["name"]


def _read_rgb(path: Path) -> np.ndarray:
    """Read an RGB picture, (y, x, 3), reduced to the printed size."""
    picture = Image.open(path).convert("RGB")
    picture.thumbnail((RGB_SIDE, RGB_SIDE))
    return np.asarray(picture)


def _calibrator_images(report: ReportRecords) -> Figure:
    images = {}
    for source, (record, folder) in report.images.items():
        image = sky.read_image(folder / record["mfs"]) if record.get("mfs") else None
        if image is not None:
            images[source] = image
    if not images:
        reasons = [
            f"{name}: {record.get('message') or record['status']}"
            for name, (record, _) in report.images.items()
        ]
        raise style.NothingToPlotError("; ".join(reasons) or "no source was imaged")
    return sky.calibrators(images)


FIGURES: dict[str, Callable[[ReportRecords], Figure]] = {
    "antenna_board": _antenna_board,
    "array_map": _array_map,
    "gain_amplitude": lambda report: gains.amplitude(report.solutions),
    "gain_phase": lambda report: gains.phase(report.solutions),
    "gain_spectra": _gain_spectra,
    "solution_flags": lambda report: gains.flags(report.solutions),
    "data_flags": _data_flags,
    "delays": _delays,
    "ionosphere": lambda report: ionosphere.ionosphere(report.ionosphere),
    "calibrator_spectra": _calibrator_spectra,
    "position_offsets": _position_offsets,
    "scintillation": _scintillation,
    "calibrator_images": _calibrator_images,
    "all_sky": _all_sky,
}
