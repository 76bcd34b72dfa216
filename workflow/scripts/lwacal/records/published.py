"""published.json, and provenance.json beside published tables."""

from typing import Annotated, NotRequired

from lwacal.records.base import Count, Fraction, Part, Record, described, record
from lwacal.records.quality import ReferenceAntenna
from lwacal.records.run import Difference
from lwacal.records.verdict import Verdict


class Observation(Part):
    """The observation that tables come from: fields of the same names in qa.json."""

    id: Annotated[str, described("Name of the observation.")]
    start_utc: Annotated[str, described("Start of the first integration, UTC, ISO 8601.")]
    mid_utc: Annotated[str, described("Middle of the observation, UTC, ISO 8601.")]
    end_utc: Annotated[str | None, described("End of the last integration, UTC, ISO 8601.")]
    lst_hours: Annotated[float, described("Local sidereal time of the middle.", unit="h")]
    reference_antenna: Annotated[
        ReferenceAntenna | None, described("The antenna whose phases are zero.")
    ]


class Valid(Part):
    """How long tables may be used."""

    from_utc: Annotated[str, described("Start of the observation, UTC, ISO 8601.")]
    until_utc: Annotated[str, described("When they expire, UTC, ISO 8601.")]
    days: Annotated[float, described("How long that is.", unit="d")]
    why: Annotated[str, described("The key or the measurement that decided.")]


class Sidereal(Part):
    """Sidereal times that tables are meant for; the range may pass through 24 h."""

    observed_hours: Annotated[float, described("Middle of the observation.", unit="h")]
    from_hours: Annotated[float, described("First.", unit="h")]
    until_hours: Annotated[float, described("Last.", unit="h")]


class Table(Part):
    """A published table."""

    name: Annotated[str, described("Its name, YYYYMMDD_HHMMSS_NNMHz.bcal.")]
    antennas: Annotated[Count, described("Number of antennas.")]
    channels: Annotated[Count, described("Number of channels.")]
    freq_mhz: Annotated[
        list[float],
        described("First and last channel.", unit="MHz", min_length=2, max_length=2),
    ]
    flagged_fraction: Annotated[Fraction, described("Fraction of its gains that is flagged.")]
    sha256: Annotated[str, described("Digest of names and digests of its files.")]
    files: Annotated[dict[str, str], described("SHA-256 by file of the table.")]


class Software(Part):
    """Software that made tables."""

    commit: Annotated[str | None, described("Commit of the workflow; null if unknown.")]
    dirty: Annotated[bool | None, described("Whether files differed from it; null if unknown.")]
    versions: Annotated[dict[str, str], described("By package or program.")]


@record(version=1, rule="publish", files=("<publish.folder>/<version>/provenance.json",))
class ProvenanceRecord(Record):
    """Where published tables come from and how long they are valid; it lies beside them."""

    observation: Observation
    verdict: Annotated[Verdict, described("The verdict in qa.json.")]
    reasons: Annotated[list[str], described("The reasons in qa.json.")]
    forced: Annotated[bool, described("Whether it took publish.force.")]
    valid: Annotated[Valid, described("How long they may be used.")]
    lst: Annotated[Sidereal, described("Sidereal times they are meant for.")]
    tables: Annotated[list[Table], described("In order of their names.")]
    software: Annotated[Software, described("What made them.")]
    configuration: Annotated[
        list[Difference], described("What in the configuration is not the default.")
    ]
    input: Annotated[str | None, described("Folder of the raw sets, or the concatenated set.")]
    input_files: Annotated[list[str], described("The sets that were used.")]
    published_utc: NotRequired[Annotated[str, described("When it was published, UTC, ISO 8601.")]]
    host: NotRequired[Annotated[str, described("Name of the machine.")]]


@record(version=1, rule="publish", files=("published.json",))
class PublishedRecord(Record):
    """What was handed to the beamformer."""

    id: Annotated[str, described("Name of the observation.")]
    version: Annotated[str, described("Name of the version, YYYYMMDD_HHMMSS_vNNN.")]
    folder: Annotated[str, described("Its folder.")]
    link: Annotated[str, described("The link that now leads to it.")]
    replaces: Annotated[str | None, described("The version it led to before; null: none.")]
    message: Annotated[str, described("published, published again, or already active.")]
    forced: Annotated[bool, described("Whether it took publish.force.")]
    provenance: Annotated[
        ProvenanceRecord, described("What provenance.json beside the tables says.")
    ]
    moved: NotRequired[
        Annotated[str, described("Text that makes the rule run again if the link is moved.")]
    ]
