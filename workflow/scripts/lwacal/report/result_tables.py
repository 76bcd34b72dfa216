"""Tables of the report from qa.json: metrics, antennas, sub-bands, calibrators, faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lwacal.qa.calibrator_metrics import offset_beams
from lwacal.qa.metric import in_words
from lwacal.report import cells
from lwacal.report.cells import NOTHING, Cell, Column, Table
from lwacal.telescope.antpol_states import BAD, GOOD, REASON_WORDS
from lwacal.telescope.boards import board_of

Record = Mapping[str, Any]


def metrics(qa: Record) -> Table:
    """Return the metrics that decide the verdict, with value, limits and score."""
    rows = [
        [
            cells.text(m["stage"]),
            cells.text(m["name"].replace("_", " ")),
            cells.text(_subject(m)),
            Cell(in_words(m["value"], m["unit"]), m["value"]),
            cells.text(_limits(m)),
            cells.number(m["score"], ".2f"),
            cells.text(m["status"], m["status"]),
            cells.text(m["message"]),
        ]
        for m in qa["metrics"]
        if m["decides"]
    ]
    return Table(
        "metrics",
        "Metrics that decide the verdict",
        "Score: 1 is best, 0.67 is the warning limit, 0.33 the failure limit. Metrics with status"
        " n/a could not be assessed.",
        [
            Column("stage", 0.75),
            Column("metric", 1.25),
            Column("applies to", 0.6),
            Column("value", 0.75, True),
            Column("warn / fail", 0.95),
            Column("score", 0.45, True),
            Column("status", 0.5),
            Column("result", 2.6),
        ],
        rows,
    )


def _subject(metric: Record) -> str:
    return " ".join(metric["applies_to"].values()) or "all"


def _limits(metric: Record) -> str:
    limits = metric["limits"]
    if limits["warn"] is None and limits["fail"] is None:
        return NOTHING
    words = [
        in_words(limits[key], metric["unit"]) if limits[key] is not None else "never"
        for key in ("warn", "fail")
    ]
    return ("≤ " if limits["more_is_better"] else "≥ ") + " / ".join(words)


def antennas(qa: Record, everything: bool) -> Table:
    """Return the table of antpols: all of them, or only those that are not good."""
    chosen = [a for a in qa["antennas"] if everything or a["status"] != GOOD]
    if not everything:
        chosen.sort(key=lambda a: (a["status"] != BAD, a["index"], a["pol"]))
    rows = [_antenna_row(run) for run in ([[a] for a in chosen] if everything else _runs(chosen))]
    title = "Antennas" if everything else "Bad and suspect antennas"
    return Table(
        "antennas",
        title,
        "Gain: in dB relative to the typical antenna. Evidence: the source of a finding, unless it"
        " comes from the solutions.",
        [
            Column("antenna", 0.8),
            Column("number", 0.65, True),
            Column("board", 0.55, True),
            Column("pol", 0.4),
            Column("status", 0.65),
            Column("reasons", 1.9),
            Column("gain (dB)", 0.6, True),
            Column("delay (ns)", 0.65, True),
            Column("minus ref. (ns)", 0.65, True),
            Column("solutions flagged", 0.75, True),
            Column("evidence", 1.6),
        ],
        rows,
        "No antenna is bad or suspect.",
    )


def _runs(antennas: Sequence[Record]) -> list[list[Record]]:
    """Group antpols; consecutive ones whose only problem is missing data share a group."""
    runs: list[list[Record]] = []
    for a in antennas:
        before = runs[-1][-1] if runs else None
        joined = (
            before
            and a["index"] - before["index"] <= 1
            and all(
                item["status"] == BAD and item["reasons"] == ["no_data"] for item in (before, a)
            )
        )
        if joined:
            runs[-1].append(a)
        else:
            runs.append([a])
    return runs


def _antenna_row(run: Sequence[Record]) -> list[Cell]:
    """Return the row of one antpol, or of consecutive antpols without data."""
    a, last = run[0], run[-1]
    boards = [board_of(a["index"]), board_of(last["index"])]
    return [
        Cell(cells.first_to_last([a["antenna"], last["antenna"]]), a["antenna"]),
        Cell(cells.first_to_last([str(a["index"]), str(last["index"])]), a["index"]),
        Cell(cells.first_to_last([str(board) for board in boards]), boards[0]),
        cells.text(" ".join(sorted({item["pol"] for item in run}))),
        cells.text(a["status"], a["status"]),
        Cell("; ".join(REASON_WORDS[r] for r in a["reasons"]), " ".join(a["reasons"])),
        cells.number(a["gain_db"], "+.1f"),
        cells.number(a["delay_ns"]),
        cells.number(a["delay_difference_ns"], "+.1f"),
        cells.share(a["flagged_fraction"]),
        cells.text(", ".join(e for e in a["evidence"] if not e.startswith("solutions:"))),
    ]


def bands(qa: Record) -> Table:
    """Return the table of sub-bands: flagged data, flagged solutions, RFI channels."""
    statuses = {
        (m["name"], m["applies_to"].get("band")): m["status"]
        for m in qa["metrics"]
        if set(m["applies_to"]) == {"band"}
    }
    rows = []
    for band in qa["bands"]:
        name = band["band"]
        rfi = band["rfi_channels"]
        rows.append(
            [
                cells.text(name),
                cells.number(band["freq_mhz"]),
                Cell(str(band["n_channels"]), band["n_channels"]),
                cells.share(band["flagged_fraction_data"]),
                cells.share(
                    band["flagged_fraction_healthy"],
                    statuses.get(("flagged_data_fraction", name), ""),
                ),
                cells.text("yes" if band["solved"] else "no", "" if band["solved"] else "fail"),
                cells.share(
                    band["flagged_fraction_solutions"],
                    statuses.get(("flagged_solution_fraction", name), ""),
                ),
                Cell(str(len(rfi)), len(rfi)),
                cells.text(band["message"]),
            ]
        )
    return Table(
        "bands",
        "Sub-bands",
        "Of healthy: fraction flagged on baselines between healthy antennas. RFI channels: flagged"
        " for all antennas.",
        [
            Column("sub-band", 0.8),
            Column("centre (MHz)", 0.7, True),
            Column("channels", 0.7, True),
            Column("data flagged", 0.7, True),
            Column("of healthy", 0.7, True),
            Column("solved", 0.6),
            Column("solutions flagged", 0.8, True),
            Column("RFI channels", 0.7, True),
            Column("message", 2.4),
        ],
        rows,
        "The manifest lists no sub-bands.",
    )


def calibrators(qa: Record) -> Table:
    """Return the flux, flux ratio and position of each calibrator in each sub-band."""
    statuses = {
        (m["name"], m["applies_to"].get("source"), m["applies_to"].get("band")): m["status"]
        for m in qa["metrics"]
        if m["stage"] == "calibrators"
    }
    rows = []
    for c in qa["calibrators"]:
        key = (c["source"], c["band"])
        failed = c["fit"] == "failed"
        rows.append(
            [
                cells.text(c["source"]),
                cells.text(c["band"]),
                cells.number(c["freq_mhz"]),
                cells.number(c["flux_jy"], ".0f"),
                cells.number(c["flux_err_jy"], ".0f"),
                cells.number(c.get("flux_visibility_jy"), ".0f"),
                cells.number(c["flux_expected_jy"], ".0f"),
                cells.number(c.get("flux_expected_err_jy"), ".0f"),
                cells.number(c["ratio"], ".3f", statuses.get(("flux_ratio_deviation", *key), "")),
                cells.number(c["ra_offset_arcsec"], "+.0f"),
                cells.number(c["dec_offset_arcsec"], "+.0f"),
                cells.number(offset_beams(c), ".2f", statuses.get(("position_offset", *key), "")),
                cells.text(
                    (c.get("reason") or "failed") if failed else "ok",
                    "warn" if failed and c["imaged"] else "",
                ),
            ]
        )
    return Table(
        "calibrators",
        "Calibrators",
        "Flux: measured in the image and corrected for the beam. From vis.: fitted directly to the"
        " visibilities, all sources at once. Exp. error: half the spread of the flux scales that"
        " are valid at this frequency. Offsets: measured minus catalogue, RA times cos(Dec).",
        [
            Column("source", 0.7),
            Column("sub-band", 0.95),
            Column("MHz", 0.6, True),
            Column("flux (Jy)", 0.75, True),
            Column("error (Jy)", 0.75, True),
            Column("from vis. (Jy)", 0.75, True),
            Column("expected (Jy)", 1.0, True),
            Column("exp. error (Jy)", 0.75, True),
            Column("ratio", 0.6, True),
            Column("east (arcsec)", 0.75, True),
            Column("north (arcsec)", 0.75, True),
            Column("offset (beams)", 0.75, True),
            Column("fit", 1.0),
        ],
        rows,
        "No calibrator was measured.",
    )


def positions(qa: Record) -> Table:
    """Return the fits of position offset against frequency: a constant and the ionosphere."""
    rows = []
    for item in qa["positions"]:
        line = [cells.text(item["source"]), Cell(str(item["bands"]), item["bands"])]
        for key in ("constant", "ionosphere"):
            for axis in ("ra", "dec"):
                value, error = (item[f"{axis}_{key}{end}_arcsec"] for end in ("", "_err"))
                line.append(Cell(f"{value:+.0f} ± {error:.0f}".replace("-", "−"), value))
        rows.append(line)
    return Table(
        "positions",
        "Positions against frequency",
        "Offset = constant + ionosphere x (50 MHz / frequency)^2, in arcsec, measured minus"
        " catalogue. A constant offset comes from the calibration, the geometry or the catalogue.",
        [
            Column("source"),
            Column("sub-bands", 0.7, True),
            Column("constant, east", 1.2, True),
            Column("constant, north", 1.2, True),
            Column("ionosphere at 50 MHz, east", 1.4, True),
            Column("ionosphere at 50 MHz, north", 1.4, True),
        ],
        rows,
        "A fit needs good positions of a source in at least three sub-bands.",
    )


def faults(qa: Record) -> Table:
    """Return the faults found in the raw data."""
    rows = [
        [
            cells.text(f["kind"].replace("_", " ")),
            cells.text(f.get("band") or ""),
            cells.text(f.get("time") or ""),
            cells.text(f["message"]),
        ]
        for f in qa["observation"]["faults"]
    ]
    return Table(
        "faults",
        "Faults in the raw data",
        "",
        [Column("kind"), Column("sub-band", 0.7), Column("time", 1.1), Column("fault", 4)],
        rows,
        "None found.",
    )
