"""qa.json: the verdict on a calibrated observation."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, Field

from lwacal.records import health, manifest
from lwacal.records.antpol import Polarization, Reason, Status
from lwacal.records.base import Band, Count, Distinct, Fraction, Part, Record, described, record
from lwacal.records.measurements import CheckedCalibrator, Position
from lwacal.records.verdict import Verdict

MetricStatus = Literal["pass", "warn", "fail", "n/a"]
StageName = Literal["data", "antennas", "solutions", "delays", "calibrators", "images"]


class Source(Part):
    """A source of the A-team, the Sun or Jupiter."""

    name: Annotated[str, described("Name, such as CygA.")]
    altitude_deg: Annotated[float | None, described("Elevation.", unit="deg")]
    azimuth_deg: Annotated[float | None, described("Azimuth, from north through east.", unit="deg")]
    calibrator: Annotated[bool | None, described("Whether it is imaged, measured and judged.")]
    in_model: Annotated[bool | None, described("Whether gains are solved with it.")]
    reason: Annotated[str | None, described("Why it is not in the model, or no calibrator.")]
    warnings: Annotated[list[str] | None, described("Doubts about its flux or shape.")]
    flux_uncertainty: Annotated[
        dict[Band, float | None],
        described(
            "By sub-band half the range of the flux scales as a fraction of the flux; null if one"
            " alone is valid."
        ),
    ]


class ReferenceAntenna(Part):
    """The antenna whose phases are zero in the solutions."""

    antenna: Annotated[str, described("Name; empty without solutions.")]
    why: Annotated[str, described("Why it was chosen.")]


class Observation(Part):
    """What was observed, when and with what."""

    id: Annotated[str, described("Name of the observation.")]
    start_utc: Annotated[str, described("Start of the first integration, UTC, ISO 8601.")]
    mid_utc: Annotated[str, described("Middle of the observation, UTC, ISO 8601.")]
    end_utc: NotRequired[Annotated[str, described("End of the last integration, UTC, ISO 8601.")]]
    lst_hours: Annotated[
        float, described("Local sidereal time of the middle.", unit="h", ge=0, lt=24)
    ]
    integrations: Annotated[Count, described("Number of integrations.")]
    bands: Annotated[Distinct[str], described("Sub-bands in order of frequency.")]
    integration_s: NotRequired[
        Annotated[float | None, described("Length of an integration.", unit="s")]
    ]
    kind: NotRequired[Annotated[str | None, described("raw or concatenated.")]]
    stamp: NotRequired[Annotated[str, described("Time stamp of the first integration.")]]
    telescope: NotRequired[Annotated[str, described("Name of the telescope in the sets.")]]
    n_antennas: NotRequired[Annotated[Count, described("Number of antennas.")]]
    reference_antenna: NotRequired[
        Annotated[ReferenceAntenna, described("The reference antenna of the solutions.")]
    ]
    phase_freq_mhz: NotRequired[
        Annotated[
            float | None,
            described(
                "Frequency of the antennas' phases, the same in all observations; null without"
                " delays.",
                unit="MHz",
            ),
        ]
    ]
    reference_delays: NotRequired[
        Annotated[str | None, described("Table that delays are compared with; null: none.")]
    ]
    flux_scale: NotRequired[
        Annotated[str | None, described("sky_model.flux_scale of the configuration.")]
    ]
    sources: NotRequired[
        Annotated[list[Source], described("The sources of the sky model but secondary ones.")]
    ]
    secondary_sources: NotRequired[
        Annotated[list[str], described("Names of the secondary sources that are in the model.")]
    ]
    health_sources: NotRequired[
        Annotated[
            list[health.Source], described("What is known of antennas beforehand, and whence.")
        ]
    ]
    faults: NotRequired[Annotated[list[manifest.Fault], described("Faults of the raw data.")]]


class Stage(Part):
    """The worst of the metrics of a stage that count for the verdict."""

    stage: Annotated[StageName, described("Name of the stage.")]
    score: Annotated[
        Fraction | None, described("The lowest score; 1 is best, null if nothing was judged.")
    ]
    status: Annotated[MetricStatus, described("The worst status.")]
    message: Annotated[str, described("The finding with the lowest score.")]
    judged: NotRequired[Annotated[Count, described("Metrics that were judged.")]]
    not_judged: NotRequired[Annotated[Count, described("Metrics that could not be judged.")]]


class AppliesTo(Part, total=False):
    """What a metric is about; without keys, the whole observation."""

    band: Annotated[str, described("A sub-band.")]
    antenna: Annotated[str, described("An antenna.")]
    pol: Annotated[Polarization, described("A polarization.")]
    source: Annotated[str, described("A source.")]


class Limits(Part):
    """The limits of a metric: those of section quality of the configuration."""

    warn: Annotated[float | None, described("Limit to warn, in the metric's unit; null: never.")]
    fail: Annotated[float | None, described("Limit to fail; null: never.")]
    more_is_better: Annotated[bool, described("Whether the limits are reached from above.")]


class Metric(Part):
    """A quantity that the observation is judged by."""

    name: Annotated[
        str, described("Name, as in section quality of the configuration.", min_length=1)
    ]
    stage: NotRequired[Annotated[StageName, described("The stage it belongs to.")]]
    value: Annotated[float | None, described("Measured value; null if it could not be judged.")]
    unit: Annotated[str, described("Unit of the value; empty for ratios.")]
    score: Annotated[
        Fraction | None, described("1 is best, 0 is worst; null if it could not be judged.")
    ]
    status: Annotated[MetricStatus, described("Against the limits; n/a if not judged.")]
    applies_to: Annotated[
        AppliesTo, described("Sub-band, antenna, polarization or source it is about.")
    ]
    decides: NotRequired[Annotated[bool, described("Whether it counts for the verdict.")]]
    limits: NotRequired[Annotated[Limits, described("Limits it was judged by.")]]
    message: Annotated[str, described("The finding in words.")]


def _judged_or_why_not(found: Any) -> Any:
    values = found["value"], found["score"]
    if found["status"] == "n/a":
        if values != (None, None) or not found["message"]:
            raise ValueError("a metric that is n/a has no value, no score, and a message")
    elif None in values:
        raise ValueError("a metric that is judged has a value and a score")
    return found


CheckedMetric = Annotated[
    Metric,
    AfterValidator(_judged_or_why_not),
    Field(
        json_schema_extra={
            "if": {"properties": {"status": {"const": "n/a"}}},
            "then": {
                "properties": {
                    "value": {"const": None},
                    "score": {"const": None},
                    "message": {"minLength": 1},
                }
            },
            "else": {"properties": {"value": {"type": "number"}, "score": {"type": "number"}}},
        }
    ),
]


class Antpol(Part):
    """One polarization of one antenna; values are null where not known."""

    index: Annotated[Count, described("Correlator number: row of the ANTENNA table.")]
    antenna: Annotated[str, described("Name, such as LWA266.")]
    pol: Annotated[Polarization, described("Polarization.")]
    status: Annotated[Status, described("The worst that any stage says.")]
    reasons: Annotated[Distinct[Reason], described("Why it is not good.")]
    evidence: NotRequired[
        Annotated[list[str], described("The findings behind the reasons, each with its source.")]
    ]
    gain_db: Annotated[
        float | None, described("Median gain relative to the typical antenna.", unit="dB")
    ]
    delay_ns: Annotated[float | None, described("Delay; null if flagged.", unit="ns")]
    delay_difference_ns: NotRequired[
        Annotated[float | None, described("Delay minus the reference.", unit="ns")]
    ]
    phase_deg: NotRequired[
        Annotated[
            Annotated[float, Field(ge=-180, le=180)] | None,
            described(
                "Phase of the line fitted to the bandpass, at observation.phase_freq_mhz and"
                " relative to the antenna that delays are relative to.",
                unit="deg",
            ),
        ]
    ]
    flagged_fraction: Annotated[
        Fraction | None, described("Fraction of its bandpass solutions that is flagged.")
    ]


class SubBand(Part):
    """One sub-band; values are null where not known."""

    band: Annotated[Band, described("Name, such as 73MHz.")]
    freq_mhz: Annotated[float | None, described("Mean frequency.", unit="MHz")]
    n_channels: NotRequired[Annotated[Count, described("Number of channels.")]]
    flagged_fraction_data: Annotated[
        Fraction | None, described("Fraction of the data that is flagged.")
    ]
    flagged_fraction_healthy: NotRequired[
        Annotated[
            Fraction | None, described("Fraction of the healthy antennas' data that is flagged.")
        ]
    ]
    flagged_by_cause: NotRequired[
        Annotated[
            dict[str, Fraction | None], described("Fraction of the data flagged by each cause.")
        ]
    ]
    flagged_fraction_solutions: Annotated[
        Fraction | None, described("Fraction of the solutions that is flagged.")
    ]
    rfi_channels: Annotated[
        list[float], described("Frequencies of channels flagged for all antennas.", unit="Hz")
    ]
    restored_integrations: NotRequired[
        Annotated[
            list[int],
            described("Integrations brighter than the others that the sky explains (SCAN_NUMBER)."),
        ]
    ]
    solved: NotRequired[Annotated[bool, described("Whether it has solutions.")]]
    message: NotRequired[Annotated[str, described("What is to be said of it; or empty.")]]


class FurtherLimits(Part):
    """Limits that are not in section quality of the configuration."""

    delay_difference_ns: NotRequired[
        Annotated[float, described("delay.difference_ns of the configuration.", unit="ns")]
    ]


@record(version=1, rule="assess", files=("qa.json",))
class QualityRecord(Record):
    """The verdict on a calibrated observation, with reasons and all that it rests on."""

    observation: Observation
    verdict: Annotated[Verdict, described("The verdict.")]
    reasons: Annotated[
        list[Annotated[str, Field(min_length=1)]],
        described("Why, in words, the gravest first.", min_length=1),
    ]
    stages: Annotated[list[Stage], described("In order of the workflow.")]
    metrics: Annotated[list[CheckedMetric], described("What the verdict rests on.")]
    antennas: Annotated[list[Antpol], described("X and Y of each antenna, in correlator order.")]
    bands: Annotated[list[SubBand], described("In order of frequency.")]
    calibrators: Annotated[list[CheckedCalibrator], described("Every source in every sub-band.")]
    positions: Annotated[list[Position], described("Sources with good fits in three sub-bands.")]
    limits: NotRequired[Annotated[FurtherLimits, described("Further limits that decided.")]]
