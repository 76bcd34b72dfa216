"""The head of the report: the verdict in words, the observation, and its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lwacal.report import cells
from lwacal.report.cells import NOTHING, Cell, Column, Table

Record = Mapping[str, Any]
VERDICT_WORDS = {
    "pass": "Every quantity that was assessed is within its limits.",
    "warn": "Usable with care: see the reasons below.",
    "fail": "Do not use these tables before checking the reasons below.",
}
STAGE_FIGURES = {  # the figure that says most about a stage
    "data": "data_flags",
    "antennas": "antenna_board",
    "solutions": "solution_flags",
    "delays": "delays",
    "calibrators": "calibrator_spectra",
    "images": "all_sky",
}


def facts(qa: Record, ionosphere: Record) -> list[tuple[str, str]]:
    """Return labels and values: what was observed, when and how.

    ``ionosphere`` is ionosphere.json.
    """
    seen = qa["observation"]
    reference = seen["reference_antenna"]
    length = seen["integrations"] * (seen["integration_s"] or 0)
    lst = seen["lst_hours"]
    solved = sum(band["solved"] for band in qa["bands"])
    hours = int(lst)
    minutes = int((lst - hours) * 60)
    return [
        ("Observed", f"{_utc(seen['start_utc'])} to {_utc(seen['end_utc'])[11:]} UTC"),
        ("LST at mid-time", f"{hours:02d}h{minutes:02d}m"),
        ("Integrations", f"{seen['integrations']} ({length:.0f} s)"),
        (
            "Sub-bands",
            f"{len(seen['bands'])} ({cells.first_to_last(seen['bands'])}), {solved} with solutions",
        ),
        ("Antennas", f"{seen['n_antennas']} (dual polarization)"),
        ("Reference antenna", f"{reference['antenna']}: {reference['why']}".rstrip(": ")),
        ("Reference delays", seen["reference_delays"] or "none"),
        ("Ionosphere", ionosphere["message"]),
        ("Flux scale", seen["flux_scale"] or NOTHING),
        (
            "Antenna health",
            "; ".join(f"{s['name']}: {s['message']}" for s in seen["health_sources"] if s["used"])
            or "no information was used",
        ),
    ]


def _utc(text: str | None) -> str:
    return (text or "").replace("T", " ").split(".")[0]


def sources(qa: Record) -> Table:
    """Return the table of sources: elevation, part in the sky model, and measured flux ratio."""
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
        used = "yes, but not as a calibrator" if source["in_model"] else "no"
        used = f"{used}: {source['reason']}" if source["reason"] else "yes"
        used = "; ".join([used, *source["warnings"]])
        found = f"{len(good)} of {len(own)}" if own else NOTHING
        rows.append(
            [
                cells.text(source["name"]),
                cells.number(source["altitude_deg"], ".0f"),
                cells.text(used),
                Cell(found, len(good)),
                cells.number(middle, ".2f", _colour(ratio)),
            ]
        )
    secondary = qa["observation"].get("secondary_sources")
    if secondary:
        rows.append(
            [
                cells.text(f"{len(secondary)} secondary sources"),
                cells.number(None, ".0f"),
                cells.text(f"yes: {', '.join(secondary)}"),
                Cell(NOTHING, 0),
                cells.number(None, ".2f"),
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
