"""The metrics of an observation, stage by stage.

Each function takes records of the pipeline and the limits (configuration section quality), and
returns metrics. A metric that cannot be assessed carries the reason in words.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lwacal.qa.metric import in_words, judge, not_judged, percent
from lwacal.records.configuration.quality import Limits, Quality
from lwacal.records.delay import DelayRecord
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.quality import Antpol, Metric, StageName, SubBand
from lwacal.telescope.antpol_states import BAD, NO_DATA
from lwacal.telescope.boards import ANTENNAS_PER_BOARD

WITHIN = "should agree within {}"

Record = Mapping[str, Any]


def of_data(manifest: ManifestRecord, bands: Sequence[SubBand], quality: Quality) -> list[Metric]:
    """Return the missing fraction of the raw data and the flagged fraction of the rest."""
    found = [_missing_data(manifest, quality)]
    fractions = {band["band"]: band["flagged_fraction_healthy"] for band in bands}
    known = {name: fraction for name, fraction in fractions.items() if fraction is not None}
    for band in bands:
        fraction = band["flagged_fraction_healthy"]
        words = band["message"] or "no usable data"
        if fraction is not None:
            words = (
                f"{band['band']}: {percent(fraction)} of the data of healthy antennas are flagged"
            )
        found.append(
            judge(
                "flagged_data_fraction",
                fraction,
                "fraction",
                quality.flagged_data_fraction,
                words,
                stage="data",
                decides=False,
                band=band["band"],
            )
        )
    if not known:
        return [
            *found,
            not_judged(
                "flagged_data_fraction",
                "no sub-band has usable data",
                stage="data",
                unit="fraction",
            ),
        ]
    mean, top = statistics.fmean(known.values()), max(known, key=known.__getitem__)
    words = (
        f"{percent(mean)} of the data of healthy antennas are flagged, most at {top}"
        f" ({percent(known[top])})"
    )
    return [
        *found,
        judge(
            "flagged_data_fraction",
            mean,
            "fraction",
            quality.flagged_data_fraction,
            words,
            stage="data",
        ),
    ]


def _missing_data(manifest: ManifestRecord, quality: Quality) -> Metric:
    n_integrations = manifest["observation"]["n_integrations"]
    expected = n_integrations * len(manifest["bands"])
    usable = sum(
        bool(entry["usable"]) for band in manifest["bands"].values() for entry in band["entries"]
    )
    if not expected:
        return not_judged(
            "missing_data_fraction",
            "the manifest lists no sub-bands",
            stage="data",
            unit="fraction",
        )
    kinds = Counter(fault["kind"].replace("_", " ") for fault in manifest["faults"])
    why = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    words = f"{usable} of {expected} integrations x sub-bands are usable"
    return judge(
        "missing_data_fraction",
        1 - usable / expected,
        "fraction",
        quality.missing_data_fraction,
        words + (f": {why}" if why else ""),
        stage="data",
    )


def of_antennas(signals: Sequence[Antpol], health: HealthRecord, quality: Quality) -> list[Metric]:
    """Return the bad fraction of the antpols, the worst board, and the age of the health list."""
    if not signals:
        return [
            not_judged(
                "bad_antenna_fraction",
                "the manifest lists no antennas",
                stage="antennas",
                unit="fraction",
            )
        ]
    every, signals = signals, present(signals)
    bad = [signal for signal in signals if signal["status"] == BAD]
    fraction = len(bad) / len(signals)
    words = f"{len(bad)} of {len(signals)} antpols are bad ({percent(fraction)})"
    if len(every) > len(signals):
        words += f", {len(every) - len(signals)} more are not in the data"
    reasons = Counter(reason for signal in bad for reason in signal["reasons"])
    if reasons:
        main = ", ".join(
            f"{reason.replace('_', ' ')} {number}" for reason, number in reasons.most_common(3)
        )
        words += f"; reasons: {main}"
    return [
        judge(
            "bad_antenna_fraction",
            fraction,
            "fraction",
            quality.bad_antenna_fraction,
            words,
            stage="antennas",
        ),
        _worst_board(
            signals,
            [signal["status"] == BAD for signal in signals],
            "board_bad_fraction",
            "are bad",
            quality,
            "antennas",
        ),
        _health_list(health, quality),
    ]


def present(signals: Sequence[Antpol]) -> list[Antpol]:
    """Return the antpols of antennas that are in the data; all antpols if none is.

    An antenna without a single row was not correlated, which says nothing about its health.
    """
    return [s for s in signals if NO_DATA not in s["evidence"]] or list(signals)


def _worst_board(
    signals: Sequence[Antpol],
    marked: Sequence[bool],
    name: str,
    word: str,
    quality: Quality,
    stage: StageName,
) -> Metric:
    boards: dict[int, list[bool]] = {}
    for signal, mark in zip(signals, marked):
        boards.setdefault(signal["index"] // ANTENNAS_PER_BOARD, []).append(mark)
    fractions = {board: statistics.fmean(marks) for board, marks in boards.items()}
    board = max(sorted(fractions), key=fractions.__getitem__)
    first = board * ANTENNAS_PER_BOARD
    last = max(s["index"] for s in signals if s["index"] // ANTENNAS_PER_BOARD == board)
    words = (
        f"worst board is SNAP2 {board + 1} (antennas {first}-{last}):"
        f" {percent(fractions[board])} of its antpols {word}"
    )
    return judge(name, fractions[board], "fraction", quality.limits(name), words, stage=stage)


def _health_list(health: HealthRecord, quality: Quality) -> Metric:
    name = "health_list_age"
    lists = [s for s in health.get("sources", []) if s["name"] in ("mnc", "cache")]
    ages = [(s["name"], s["age_days"]) for s in lists if s["used"]]
    used = [(source, abs(age)) for source, age in ages if age is not None]
    if not used:
        messages = "; ".join(f"{s['name']}: {s['message']}" for s in lists if s["message"])
        return not_judged(
            name,
            f"no antenna-health list was used{f' ({messages})' if messages else ''}: antennas are"
            " assessed by their own data",
            stage="antennas",
            unit="d",
            decides=False,
        )
    source, age = used[0]
    words = f"the antenna-health list ({source}) is {in_words(age, 'd')} old"
    return judge(name, age, "d", quality.limits(name), words, stage="antennas", decides=False)


def of_solutions(
    bands: Sequence[SubBand], signals: Sequence[Antpol], reference: str, quality: Quality
) -> list[Metric]:
    """Return metrics of unsolved sub-bands, flagged solutions and the reference antenna."""
    solved = [band for band in bands if band["solved"]]
    found = []
    for band in bands:
        fraction = band["flagged_fraction_solutions"] if band["solved"] else None
        words = f"{band['band']}: no solutions ({band['message'] or 'none unflagged'})"
        if fraction is not None:
            words = f"{band['band']}: {percent(fraction)} of the solutions are flagged"
        found.append(
            judge(
                "flagged_solution_fraction",
                fraction,
                "fraction",
                quality.flagged_solution_fraction,
                words,
                stage="solutions",
                decides=False,
                band=band["band"],
            )
        )
    missing = [band["band"] for band in bands if not band["solved"]]
    words = f"{len(solved)} of {len(bands)} sub-bands have solutions"
    if missing and solved:
        words += f"; none for {', '.join(missing)}"
    found.append(
        judge(
            "unsolved_band_fraction",
            len(missing) / len(bands) if bands else None,
            "fraction",
            quality.unsolved_band_fraction,
            words,
            stage="solutions",
            limit="limit {} without solutions",
        )
    )
    if not solved:
        return found
    mean = statistics.fmean(band["flagged_fraction_solutions"] or 0.0 for band in solved)
    found.append(
        judge(
            "flagged_solution_fraction",
            mean,
            "fraction",
            quality.flagged_solution_fraction,
            f"{percent(mean)} of the solutions are flagged",
            stage="solutions",
        )
    )
    return [*found, _reference(reference, signals)]


def _reference(reference: str, signals: Sequence[Antpol]) -> Metric:
    """Return whether the reference antenna is bad: its phase enters every solution."""
    own = [signal for signal in signals if signal["antenna"] == reference]
    if not own:
        return not_judged(
            "reference_antenna_bad", "the reference antenna is unknown", stage="solutions"
        )
    bad = [signal["pol"] for signal in own if signal["status"] == BAD]
    words = f"the reference antenna {reference} is healthy"
    if bad:
        words = f"the reference antenna {reference} is bad in {' and '.join(bad)}"
    limits = Limits(warn=1)
    metric = judge(
        "reference_antenna_bad", len(bad), "", limits, words, stage="solutions", antenna=reference
    )
    return {**metric, "message": words}


def of_delays(signals: Sequence[Antpol], delay: DelayRecord, quality: Quality) -> list[Metric]:
    """Return the fraction of delays off the reference, for the array and the worst board."""
    name: str = "delay_offset_fraction"
    stage: StageName = "delays"
    measured = [s for s in signals if s["delay_ns"] is not None]
    if not measured:
        return [
            not_judged(
                name,
                f"no delays: {delay.get('message') or delay.get('status')}",
                stage=stage,
                unit="fraction",
            )
        ]
    compared = [s for s in measured if s["delay_difference_ns"] is not None]
    if not compared:
        why = delay.get("reference_message") or delay.get("message") or "no reference table"
        return [
            not_judged(
                name,
                f"delays were measured for {len(measured)} antpols but not compared: {why}",
                stage=stage,
                unit="fraction",
            )
        ]
    offset = ["delay_offset" in s["reasons"] for s in compared]
    fraction = statistics.fmean(offset)
    words = (
        f"{sum(offset)} of {len(compared)} delays differ from the reference ({percent(fraction)})"
    )
    return [
        judge(name, fraction, "fraction", quality.limits(name), words, stage=stage),
        _worst_board(
            compared, offset, "board_delay_fraction", "have a delay offset", quality, stage
        ),
    ]


def healthy_fraction(fractions: Mapping[str, float | None]) -> float | None:
    """Return the flagged fraction of the data on baselines without a bad antenna."""
    total, antenna = fractions.get("total"), fractions.get("antenna")
    if total is None or antenna is None or antenna >= 1:
        return None
    return max(0.0, (total - antenna) / (1 - antenna))
