"""Assesses a calibrated observation: builds qa.json from the records of all stages.

The verdict is "fail" if a deciding metric reaches its failure limit or there are no solutions at
all, "warn" if one reaches its warning limit or no calibrator was measured, and "pass" only if at
least one metric was assessed and all are within their limits.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lwacal.io import flags_summary
from lwacal.qa import (
    antenna_status,
    calibrator_metrics,
    image_metrics,
    model_metrics,
    stage_metrics,
)
from lwacal.qa.metric import stages
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.quality import Quality
from lwacal.records.delay import DelayRecord
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.measurements import Calibrator, MeasurementsRecord
from lwacal.records.quality import (
    Metric,
    Observation,
    QualityRecord,
    ReferenceAntenna,
    Source,
    SubBand,
)
from lwacal.records.sky_model import SkyModelRecord
from lwacal.records.solution_flags import SolutionFlagsRecord
from lwacal.records.verdict import Verdict
from lwacal.telescope import naming


@dataclass(frozen=True)
class Inputs:
    """The records that an assessment needs; ``flags`` and ``bandpass`` by sub-band."""

    manifest: ManifestRecord
    health: HealthRecord
    flags: Mapping[str, FlagsRecord]
    bandpass: Mapping[str, BandpassRecord]
    solutions: SolutionFlagsRecord
    delay: DelayRecord
    measurements: MeasurementsRecord
    sky_model: SkyModelRecord

    def counted_flags(self, band: str) -> FlagsRecord:
        """Return the flags of a sub-band without those of restored integrations."""
        restored = self.solutions["bands"][band]["restored_integrations"]
        return flags_summary.without(self.flags[band], restored)


def assess(inputs: Inputs, quality: Quality, delay_limit_ns: float) -> QualityRecord:
    """Return qa.json. ``quality`` is the configuration section with the limits."""
    bands = band_records(inputs)
    antennas = antenna_status.combine(
        inputs.manifest["antennas"]["names"],
        inputs.health,
        inputs.solutions,
        inputs.delay,
        {band: inputs.counted_flags(band) for band in inputs.flags},
        delay_limit_ns,
        quality.antenna_flagged_excess.warn,
    )
    calibrators = list(inputs.measurements["calibrators"])
    reference = reference_antenna(inputs)
    metrics = [
        *stage_metrics.of_data(inputs.manifest, bands, quality),
        *stage_metrics.of_antennas(antennas, inputs.health, quality),
        *stage_metrics.of_solutions(bands, antennas, reference["antenna"], quality),
        *model_metrics.of_model(inputs.sky_model, inputs.bandpass, quality),
        *stage_metrics.of_delays(antennas, inputs.delay, quality),
        *calibrator_metrics.of_calibrators(calibrators, inputs.sky_model, quality),
        *calibrator_metrics.of_positions(inputs.measurements["positions"], quality),
        *image_metrics.of_images(inputs.measurements, quality),
    ]
    verdict, reasons = decide(metrics, bands, calibrators)
    return {
        "observation": observation_facts(inputs, reference),
        "verdict": verdict,
        "reasons": reasons,
        "stages": stages(metrics),
        "metrics": metrics,
        "antennas": antennas,
        "bands": bands,
        "calibrators": calibrators,
        "positions": list(inputs.measurements["positions"]),
        "limits": {"delay_difference_ns": delay_limit_ns},
    }


def observation_facts(inputs: Inputs, reference: ReferenceAntenna) -> Observation:
    """Return what was observed, when and how, for the head of the report."""
    observation = inputs.manifest["observation"]
    sources: list[Source] = [
        {
            "name": source["name"],
            "altitude_deg": source["altitude_deg"],
            "azimuth_deg": source["azimuth_deg"],
            "calibrator": source["calibrator"],
            "in_model": source["in_model"],
            "reason": source["reason"],
            "warnings": source["warnings"],
            "flux_uncertainty": flux_uncertainties(inputs.sky_model, source["name"]),
        }
        for source in inputs.sky_model["sources"]
        if source["kind"] != "secondary"
    ]
    return {
        "id": observation["id"],
        "start_utc": observation["start_utc"],
        "mid_utc": observation["mid_utc"],
        "end_utc": observation["end_utc"],
        "lst_hours": observation["lst_hours"],
        "integration_s": observation["integration_s"],
        "kind": observation["kind"],
        "stamp": observation["stamp"],
        "telescope": observation["telescope"],
        "integrations": observation["n_integrations"],
        "bands": naming.sort_bands(inputs.manifest["bands"]),
        "n_antennas": len(inputs.manifest["antennas"]["names"]),
        "reference_antenna": reference,
        "phase_freq_mhz": inputs.delay["phase_freq_mhz"],
        "reference_delays": inputs.delay["reference_table"] or None,
        "flux_scale": inputs.sky_model["flux_scale"],
        "sources": sources,
        "secondary_sources": [
            source["name"]
            for source in inputs.sky_model["sources"]
            if source["kind"] == "secondary" and source["in_model"]
        ],
        "health_sources": list(inputs.health["sources"]),
        "faults": list(inputs.manifest["faults"]),
    }


def flux_uncertainties(sky_model: SkyModelRecord, source: str) -> dict[str, float | None]:
    """Return the disagreement of the flux scales by sub-band, as a fraction of the flux.

    None where only one scale is valid; sub-bands in which the source is not up are left out.
    """
    return {
        band: sources[source]["flux_uncertainty"]
        for band, sources in sky_model["bands"].items()
        if source in sources
    }


def reference_antenna(inputs: Inputs) -> ReferenceAntenna:
    """Return the antenna whose phase is zero in the solutions, and why it was chosen."""
    return {
        "antenna": inputs.solutions["reference_antenna"],
        "why": inputs.solutions["reference_why"],
    }


def band_records(inputs: Inputs) -> list[SubBand]:
    """Return one record per sub-band of the manifest, in order of frequency."""
    return [_band(inputs, band) for band in naming.sort_bands(inputs.manifest["bands"])]


def _band(inputs: Inputs, band: str) -> SubBand:
    facts = inputs.manifest["bands"][band]
    flags, raw = inputs.counted_flags(band), inputs.bandpass[band]
    solved, fractions = inputs.solutions["bands"][band], flags["fractions"]
    frequencies, flagged = facts["frequency_hz"], solved["flagged_fraction"]
    messages = (facts["message"], flags_summary.words(flags), raw["message"], solved["message"])
    return {
        "band": band,
        "freq_mhz": statistics.fmean(frequencies) / 1e6 if frequencies else None,
        "n_channels": len(frequencies),
        "flagged_fraction_data": fractions.get("total"),
        "flagged_fraction_healthy": stage_metrics.healthy_fraction(fractions),
        "flagged_by_cause": {k: v for k, v in fractions.items() if k != "total"},
        "flagged_fraction_solutions": flagged,
        "solved": (
            raw["status"] == "ok" and solved["solved"] and flagged is not None and flagged < 1
        ),
        "rfi_channels": list(solved["rfi_channels"]),
        "restored_integrations": solved["restored_integrations"],
        "message": "; ".join(dict.fromkeys(text for text in messages if text)),
    }


def decide(
    metrics: Sequence[Metric], bands: Sequence[SubBand], calibrators: Sequence[Calibrator]
) -> tuple[Verdict, list[str]]:
    """Return the verdict and its reasons in words, most serious first."""
    deciding = [metric for metric in metrics if metric["decides"]]
    found = [
        (m["status"], _sentence(m["message"]))
        for m in deciding
        if m["status"] in ("warn", "fail") and _says_more(m, bands)
    ]
    if not any(band["solved"] for band in bands):
        why = "; ".join(dict.fromkeys(b["message"] for b in bands if b["message"]))
        text = "No sub-band has bandpass solutions" + (f": {why}" if why else "")
        found.append(("fail", _sentence(text)))
    if not any(_measured(record) for record in calibrators):
        found.append(
            (
                "warn",
                "No calibrator was measured, so neither the flux scale nor the"
                f" positions are verified{_why_no_calibrator(metrics)}.",
            )
        )
    if found:
        verdict: Verdict = "fail" if any(status == "fail" for status, _ in found) else "warn"
        ordered = [text for grade in ("fail", "warn") for status, text in found if status == grade]
        return verdict, list(dict.fromkeys(ordered))
    return "pass", [_all_is_well(deciding)]


def _measured(record: Calibrator) -> bool:
    """Return whether a flux was measured in the image or, without images, in the visibilities."""
    seen = not record["imaged"] and record["flux_visibility_jy"] is not None
    return seen or record["fit"] == "ok"


def _says_more(metric: Metric, bands: Sequence[SubBand]) -> bool:
    """Return False for the count of sub-bands without solutions if no sub-band has any."""
    return metric["name"] != "unsolved_band_fraction" or any(band["solved"] for band in bands)


def _why_no_calibrator(metrics: Sequence[Metric]) -> str:
    messages = [m["message"] for m in metrics if m["stage"] == "calibrators" and m["decides"]]
    return f" ({'; '.join(dict.fromkeys(messages))})" if messages else ""


def _all_is_well(deciding: Sequence[Metric]) -> str:
    judged = sum(metric["status"] == "pass" for metric in deciding)
    rest = [metric["message"] for metric in deciding if metric["status"] == "n/a"]
    text = f"All {judged} deciding metrics are within their limits."
    return text + (f" Not assessed: {'; '.join(rest)}." if rest else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
