"""manifest.json, and inventory.json before it: what an observation consists of."""

from typing import Annotated, Literal

from lwacal.records.base import Band, Count, Part, Record, described, record

FaultKind = Literal[
    "unreadable",
    "wrong_stamp",
    "antennas",
    "channel_grid",
    "correlations",
    "baselines",
    "missing",
    "duplicate",
    "zero_filled",
    "non_finite",
]


class Fault(Part):
    """Something that is wrong with the raw data, and what was done about it."""

    kind: Annotated[FaultKind, described("What is wrong, in one word.")]
    message: Annotated[str, described("What is wrong, and what was done about it.")]
    file: Annotated[str, described("The measurement set or folder.")]
    band: Annotated[str, described("Its sub-band; empty for a folder.")]
    time: Annotated[str, described("Its time stamp, YYYYMMDD_HHMMSS; empty for a folder.")]


class Observation(Part):
    """What was observed, when and with what."""

    id: Annotated[str, described("Name of the observation.")]
    input: Annotated[str, described("Folder of the raw sets, or the concatenated set.")]
    kind: Annotated[
        Literal["raw", "concatenated"],
        described("Raw sets in a folder, or one existing concatenated set."),
    ]
    stamp: Annotated[str, described("Time stamp of the first integration, YYYYMMDD_HHMMSS.")]
    start_utc: Annotated[str, described("Start of the first integration, UTC, ISO 8601.")]
    mid_utc: Annotated[str, described("Middle of the observation, UTC, ISO 8601.")]
    end_utc: Annotated[str, described("End of the last integration, UTC, ISO 8601.")]
    mid_mjd_s: Annotated[float, described("Middle of the observation, MJD.", unit="s")]
    lst_hours: Annotated[
        float, described("Local sidereal time of the middle.", unit="h", ge=0, lt=24)
    ]
    integration_s: Annotated[
        float, described("Length of an integration: the median of all.", unit="s")
    ]
    n_integrations: Annotated[Count, described("Number of integrations.")]
    telescope: Annotated[str, described("Name of the telescope in the sets.")]
    time_column: Annotated[
        str,
        described(
            "What the column TIME of the sets holds, found by comparing it with TIME_CENTROID:"
            " start or middle of an integration."
        ),
    ]


class Antennas(Part):
    """The antennas, in correlator order: the order of the ANTENNA table."""

    names: Annotated[list[str], described("Names, such as LWA266.", axes="(antenna)")]
    positions_m: Annotated[
        list[list[float]], described("ITRF positions.", unit="m", axes="(antenna, XYZ)")
    ]


class PhaseCentre(Part):
    """Phase centre of the concatenated sets: the zenith in the middle of the observation."""

    ra_rad: Annotated[float, described("Right ascension, ICRS.", unit="rad")]
    dec_rad: Annotated[float, described("Declination, ICRS.", unit="rad")]


class Integration(Part):
    """One integration of the observation."""

    stamp: Annotated[str, described("Its time stamp, YYYYMMDD_HHMMSS.")]
    mid_mjd_s: Annotated[float, described("Its middle, MJD.", unit="s")]
    interval_s: Annotated[float, described("Its length.", unit="s")]


class Entry(Part):
    """The data of one integration of one sub-band, and the set that holds them."""

    path: Annotated[str, described("The measurement set.")]
    stamp: Annotated[str, described("Time stamp of the integration, YYYYMMDD_HHMMSS.")]
    data_desc_id: Annotated[Count, described("DATA_DESC_ID of the sub-band in the set.")]
    time_mjd_s: Annotated[float, described("TIME as the set has it, MJD.", unit="s")]
    mid_mjd_s: Annotated[float, described("Middle of the integration, MJD.", unit="s")]
    interval_s: Annotated[float, described("Length of the integration.", unit="s")]
    n_rows: Annotated[Count, described("Number of rows: baselines and autocorrelations.")]
    field_ra_rad: Annotated[float, described("Right ascension of its phase centre.", unit="rad")]
    field_dec_rad: Annotated[float, described("Declination of its phase centre.", unit="rad")]
    correlations: Annotated[list[str], described("Correlations in the order of the set.")]
    conjugate: Annotated[
        bool,
        described("Whether UVW are those of antenna 2 - antenna 1: the data are then conjugated."),
    ]
    scan: Annotated[int, described("Number of the integration in the observation.", ge=1)]
    usable: Annotated[bool, described("Whether its data are used.")]


class SubBand(Part):
    """One sub-band of the observation."""

    frequency_hz: Annotated[list[float], described("Channels.", unit="Hz", axes="(channel)")]
    channel_width_hz: Annotated[float, described("Width of a channel.", unit="Hz")]
    correlations: Annotated[
        list[str], described("Correlations of the concatenated set: XX, XY, YX, YY.")
    ]
    usable: Annotated[bool, described("Whether any of its data are used.")]
    message: Annotated[str, described("Why not; empty if any are.")]
    entries: Annotated[list[Entry], described("What there is of it, one entry per integration.")]


@record(version=1, rule="manifest", files=("manifest.json", "inventory.json"))
class ManifestRecord(Record):
    """What an observation consists of, and the faults that were found in the raw data.

    All later rules trust this record about the raw data: which integrations and sub-bands there
    are, when they were taken, which sets are left out and why. inventory.json (rule inventory) has
    the same form and holds what the headers say; manifest.json adds what was found when the data
    were read.
    """

    observation: Observation
    antennas: Antennas
    phase_centre: PhaseCentre
    integrations: Annotated[list[Integration], described("In order of time.")]
    bands: Annotated[dict[Band, SubBand], described("By sub-band.")]
    faults: Annotated[list[Fault], described("In order of time, sub-band and kind.")]
    ignored: Annotated[list[str], described("Measurement sets with names that mean nothing here.")]
    size_bytes: Annotated[Count, described("Size of the raw sets.", unit="B")]
