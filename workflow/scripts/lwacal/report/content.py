"""What the report says, apart from how it looks: facts and tables, for the PDF and the HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lwacal.qa.antenna_status import REASON_WORDS
from lwacal.qa.calibrator_metrics import offset_beams
from lwacal.qa.metric import in_words, percent
from lwacal.telescope.boards import board_of

Record = Mapping[str, Any]
VERDICT_WORDS = {
    "pass": "All that was judged is within its limits.",
    "warn": "Usable with care: look at the reasons.",
    "fail": "Do not use these tables without looking into the reasons.",
}
NOTHING = "–"
STAGE_FIGURES = {  # the figure that shows most of a stage
    "data": "data_flags",
    "antennas": "antenna_board",
    "solutions": "solution_flags",
    "delays": "delays",
    "calibrators": "calibrator_spectra",
    "images": "all_sky",
}


@dataclass(frozen=True)
class Cell:
    """A cell of a table: text, the value to sort by, and a status that colours it."""

    text: str
    sort: float | str | None = None
    status: str = ""


@dataclass(frozen=True)
class Column:
    """A column: heading, share of the printed width, and whether it holds numbers."""

    title: str
    width: float = 1.0
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the report; ``empty`` is said instead if it has no rows."""

    key: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""


def _number(value: float | None, form: str = ".1f", status: str = "") -> Cell:
    if value is None:
        return Cell(NOTHING, None, status)
    return Cell(format(value, form).replace("-", "−"), value, status)


def _share(value: float | None, status: str = "") -> Cell:
    return Cell(NOTHING, None, status) if value is None else Cell(percent(value), value, status)


def _text(text: object, status: str = "") -> Cell:
    return Cell(str(text), str(text), status)


def facts(qa: Record) -> list[tuple[str, str]]:
    """Return what was observed, when and with what."""
    seen = qa["observation"]
    reference = seen["reference_antenna"]
    length = seen["integrations"] * (seen["integration_s"] or 0)
    lst = seen["lst_hours"]
    solved = sum(band["solved"] for band in qa["bands"])
    hours = int(lst)
    minutes = int((lst - hours) * 60)
    return [
        ("Observed", f"{_utc(seen['start_utc'])} to {_utc(seen['end_utc'])[11:]} UTC"),
        ("LST (middle)", f"{hours:02d}h{minutes:02d}m"),
        ("Integrations", f"{seen['integrations']} ({length:.0f} s)"),
        ("Sub-bands", f"{len(seen['bands'])} ({_range(seen['bands'])}), {solved} with solutions"),
        ("Antennas", f"{seen['n_antennas']} with two polarizations"),
        ("Reference antenna", f"{reference['antenna']}: {reference['why']}".rstrip(": ")),
        ("Reference delays", seen["reference_delays"] or "none"),
        ("Flux scale", seen["flux_scale"] or NOTHING),
        (
            "Health",
            "; ".join(f"{s['name']}: {s['message']}" for s in seen["health_sources"] if s["used"])
            or "no source was used",
        ),
    ]


def _range(bands: Sequence[str]) -> str:
    return " to ".join(dict.fromkeys([*bands[:1], *bands[-1:]]))


def _utc(text: str | None) -> str:
    return (text or "").replace("T", " ").split(".")[0]


def sources(qa: Record) -> Table:
    """Return the sources of the sky model: where they stood, and what was measured."""
    rows = []
    for source in qa["observation"]["sources"]:
        own = [c for c in qa["calibrators"] if c["source"] == source["name"] and c["imaged"]]
        good = [c for c in own if c["fit"] == "ok"]
        ratio = next(
            (
                m
                for m in qa["metrics"]
                if m["name"] == "flux_ratio_deviation"
                and m["applies_to"] == {"source": source["name"]}
            ),
            None,
        )
        ratios = sorted(c["ratio"] for c in good if c["ratio"] is not None)
        middle = (ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) / 2 if ratios else None
        used = "yes, but no calibrator" if source["in_model"] else "no"
        used = f"{used}: {source['reason']}" if source["reason"] else "yes"
        used = "; ".join([used, *source["warnings"]])
        found = f"{len(good)} of {len(own)}" if own else NOTHING
        rows.append(
            [
                _text(source["name"]),
                _number(source["altitude_deg"], ".0f"),
                _text(used),
                Cell(found, len(good)),
                _number(middle, ".2f", _colour(ratio)),
            ]
        )
    return Table(
        "sources",
        "Sources",
        "",
        [
            Column("source", 0.8),
            Column("elevation (deg)", 0.8, True),
            Column("in the model", 2),
            Column("fitted", 0.8, True),
            Column("flux ratio", 0.7, True),
        ],
        rows,
        "The sky model has no sources.",
    )


def _colour(metric: Record | None) -> str:
    return metric["status"] if metric else ""


def metrics(qa: Record) -> Table:
    """Return the quantities that decide, with value, limits and score."""
    rows = [
        [
            _text(m["stage"]),
            _text(m["name"].replace("_", " ")),
            _text(_subject(m)),
            Cell(in_words(m["value"], m["unit"]), m["value"]),
            _text(_limits(m)),
            _number(m["score"], ".2f"),
            _text(m["status"], m["status"]),
            _text(m["message"]),
        ]
        for m in qa["metrics"]
        if m["decides"]
    ]
    return Table(
        "metrics",
        "Quantities that decide",
        "Score: 1 best, 0.67 at the limit to warn, 0.33 at the limit to fail. What is n/a could"
        " not be judged.",
        [
            Column("stage", 0.75),
            Column("quantity", 1.25),
            Column("of", 0.6),
            Column("value", 0.75, True),
            Column("warn / fail", 0.95),
            Column("score", 0.45, True),
            Column("status", 0.5),
            Column("in words", 2.6),
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
    """Return the antenna signals: all, or those that are not good."""
    chosen = [a for a in qa["antennas"] if everything or a["status"] != "good"]
    if not everything:
        chosen.sort(key=lambda a: (a["status"] != "bad", a["index"], a["pol"]))
    rows = [_antenna_row(run) for run in ([[a] for a in chosen] if everything else _runs(chosen))]
    title = "Antennas" if everything else "Bad and suspect antennas"
    return Table(
        "antennas",
        title,
        "Gain: decibels relative to the typical antenna. Evidence: where a finding comes from, if"
        " not from the solutions.",
        [
            Column("antenna", 0.8),
            Column("number", 0.65, True),
            Column("board", 0.55, True),
            Column("pol", 0.4),
            Column("status", 0.65),
            Column("reasons", 1.9),
            Column("gain (dB)", 0.6, True),
            Column("delay (ns)", 0.65, True),
            Column("off ref. (ns)", 0.65, True),
            Column("solutions flagged", 0.75, True),
            Column("evidence", 1.6),
        ],
        rows,
        "No antenna is bad or suspect.",
    )


def _runs(antennas: Sequence[Record]) -> list[list[Record]]:
    """Gather neighbours that have no data, of which there is nothing else to say, into one."""
    runs: list[list[Record]] = []
    for a in antennas:
        before = runs[-1][-1] if runs else None
        joined = (
            before
            and a["index"] - before["index"] <= 1
            and all(
                item["status"] == "bad" and item["reasons"] == ["no_data"] for item in (before, a)
            )
        )
        if joined:
            runs[-1].append(a)
        else:
            runs.append([a])
    return runs


def _antenna_row(run: Sequence[Record]) -> list[Cell]:
    """Return the row of a signal, or of signals that have no data, from the first to the last."""
    a, last = run[0], run[-1]
    boards = [board_of(a["index"]), board_of(last["index"])]
    return [
        Cell(_range([a["antenna"], last["antenna"]]), a["antenna"]),
        Cell(_range([str(a["index"]), str(last["index"])]), a["index"]),
        Cell(_range([str(board) for board in boards]), boards[0]),
        _text(" ".join(sorted({item["pol"] for item in run}))),
        _text(a["status"], a["status"]),
        Cell("; ".join(REASON_WORDS[r] for r in a["reasons"]), " ".join(a["reasons"])),
        _number(a["gain_db"], "+.1f"),
        _number(a["delay_ns"]),
        _number(a["delay_difference_ns"], "+.1f"),
        _share(a["flagged_fraction"]),
        _text(", ".join(e for e in a["evidence"] if not e.startswith("solutions:"))),
    ]


def bands(qa: Record) -> Table:
    """Return the sub-bands: what is flagged and what the calibrators gave."""
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
                _text(name),
                _number(band["freq_mhz"]),
                Cell(str(band["n_channels"]), band["n_channels"]),
                _share(band["flagged_fraction_data"]),
                _share(
                    band["flagged_fraction_healthy"],
                    statuses.get(("flagged_data_fraction", name), ""),
                ),
                _text("yes" if band["solved"] else "no", "" if band["solved"] else "fail"),
                _share(
                    band["flagged_fraction_solutions"],
                    statuses.get(("flagged_solution_fraction", name), ""),
                ),
                Cell(str(len(rfi)), len(rfi)),
                _text(band["message"]),
            ]
        )
    return Table(
        "bands",
        "Sub-bands",
        "Healthy: of the data that no bad antenna takes part in. RFI channels: flagged for all"
        " antennas.",
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
        "The manifest has no sub-bands.",
    )


def calibrators(qa: Record) -> Table:
    """Return flux, ratio and position of each calibrator in each sub-band."""
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
                _text(c["source"]),
                _text(c["band"]),
                _number(c["freq_mhz"]),
                _number(c["flux_jy"], ".0f"),
                _number(c["flux_err_jy"], ".0f"),
                _number(c.get("flux_visibility_jy"), ".0f"),
                _number(c["flux_expected_jy"], ".0f"),
                _number(c.get("flux_expected_err_jy"), ".0f"),
                _number(c["ratio"], ".3f", statuses.get(("flux_ratio_deviation", *key), "")),
                _number(c["ra_offset_arcsec"], "+.0f"),
                _number(c["dec_offset_arcsec"], "+.0f"),
                _number(offset_beams(c), ".2f", statuses.get(("position_offset", *key), "")),
                _text(
                    (c.get("reason") or "failed") if failed else "ok",
                    "warn" if failed and c["imaged"] else "",
                ),
            ]
        )
    return Table(
        "calibrators",
        "Calibrators",
        "Flux in the image, corrected for the beam; from vis.: from the visibilities themselves,"
        " all sources fitted together. Known to: half the range of the flux scales that are valid"
        " there. Offsets are measured minus catalogue, RA times cos(Dec).",
        [
            Column("source", 0.7),
            Column("sub-band", 0.95),
            Column("MHz", 0.6, True),
            Column("flux (Jy)", 0.75, True),
            Column("error (Jy)", 0.75, True),
            Column("from vis. (Jy)", 0.75, True),
            Column("expected (Jy)", 1.0, True),
            Column("known to (Jy)", 0.75, True),
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
    """Return the fits of position against frequency: what is constant, what the ionosphere does."""
    rows = []
    for item in qa["positions"]:
        cells = [_text(item["source"]), Cell(str(item["bands"]), item["bands"])]
        for key in ("constant", "ionosphere"):
            for axis in ("ra", "dec"):
                value, error = (item[f"{axis}_{key}{end}_arcsec"] for end in ("", "_err"))
                cells.append(Cell(f"{value:+.0f} ± {error:.0f}".replace("-", "−"), value))
        rows.append(cells)
    return Table(
        "positions",
        "Positions against frequency",
        "Offset = constant + ionosphere x (50 MHz / frequency)^2, in arcsec, measured minus"
        " catalogue. A constant is the calibration, the geometry or the catalogue.",
        [
            Column("source"),
            Column("sub-bands", 0.7, True),
            Column("constant, east", 1.2, True),
            Column("constant, north", 1.2, True),
            Column("ionosphere at 50 MHz, east", 1.4, True),
            Column("ionosphere at 50 MHz, north", 1.4, True),
        ],
        rows,
        "Needs good fits of a source in at least three sub-bands.",
    )


def faults(qa: Record) -> Table:
    """Return the faults that were found in the raw data."""
    rows = [
        [
            _text(f["kind"].replace("_", " ")),
            _text(f.get("band") or ""),
            _text(f.get("time") or ""),
            _text(f["message"]),
        ]
        for f in qa["observation"]["faults"]
    ]
    return Table(
        "faults",
        "Faults in the raw data",
        "",
        [Column("kind"), Column("sub-band", 0.7), Column("time", 1.1), Column("what", 4)],
        rows,
        "None was found.",
    )


def versions(run: Record) -> Table:
    """Return versions of the software, and the commit of the workflow."""
    git = run.get("git") or {}
    commit = f"commit {git['commit'][:12]}" if git.get("commit") else "not from a git checkout"
    state = " (with changes that are not committed)" if git.get("dirty") else ""
    rows = [[_text("this workflow"), _text(f"{commit}{state}")]]
    rows += [[_text(name), _text(version)] for name, version in sorted(run["versions"].items())]
    return Table("versions", "Software", "", [Column("name"), Column("version", 2)], rows)


def differences(run: Record) -> Table:
    """Return the keys of the configuration that are not at their default."""
    rows = [
        [_text(d["key"]), _text(_value(d["value"])), _text(_value(d["default"]))]
        for d in run["differences"]
    ]
    return Table(
        "differences",
        "Configuration that differs from the default",
        "",
        [Column("key", 1.3), Column("value", 2), Column("default", 1.5)],
        rows,
        "None: every key has its default value.",
    )


def _value(value: object) -> str:
    return '""' if value == "" else str(value)


def run_times(run: Record) -> Table:
    """Return run time and memory by rule, the slowest first."""
    by_rule: dict[str, list[Record]] = {}
    for job in run["rules"]:
        by_rule.setdefault(job["rule"], []).append(job)
    rows = []
    for rule, jobs in by_rule.items():
        seconds = [job["wall_s"] or 0.0 for job in jobs]
        memory = max((job.get("max_rss_mb") or 0 for job in jobs), default=0)
        rows.append(
            [
                _text(rule),
                Cell(str(len(jobs)), len(jobs)),
                _number(sum(seconds)),
                _number(max(seconds)),
                _number(memory, ".0f"),
            ]
        )
    rows.sort(key=lambda row: -row[2].sort)
    return Table(
        "run_times",
        "Run time by rule",
        "",
        [
            Column("rule", 1.6),
            Column("jobs", 0.7, True),
            Column("total (s)", 0.9, True),
            Column("longest (s)", 0.9, True),
            Column("most memory (MB)", 1.1, True),
        ],
        rows,
        "No run times were recorded.",
    )


def run_facts(run: Record) -> list[tuple[str, str]]:
    """Return where, when and how the result was made, as far as that was written down."""
    labels = {
        "command": "Command",
        "host": "Machine",
        "started_utc": "Started",
        "finished_utc": "Finished",
        "written_utc": "Written",
    }
    return [(label, str(run[key])) for key, label in labels.items() if run.get(key)]
