"""flags/<band>.json: how much of a sub-band's data is flagged, and by what."""

from typing import Annotated

from lwacal.records.base import Band, Fraction, Part, Record, described, record


class Alone(Part):
    """What nothing but a burst flags; fractions of the data of all integrations."""

    fraction: Annotated[Fraction, described("Fraction of the data.")]
    antenna_fraction: Annotated[
        list[Fraction | None],
        described("Fraction of each antenna's data; null without data.", axes="(antenna)"),
    ]
    channel_fraction: Annotated[
        list[Fraction | None],
        described("Fraction of each channel's data; null without data.", axes="(channel)"),
    ]


class Burst(Part):
    """An integration that is brighter than the others in more than a quarter of its channels.

    Rule bandpass restores it if the sky explains it: see restored_integrations there.
    """

    integration: Annotated[int, described("Number of the integration (SCAN_NUMBER).")]
    ratio: Annotated[
        float | None, described("Brightness over that of the quieter half of the integrations.")
    ]
    channel_fraction: Annotated[Fraction, described("Fraction of its channels that are flagged.")]
    fraction: Annotated[Fraction, described("Fraction of all data that it flags.")]
    alone: Annotated[Alone, described("What is not flagged for other causes too.")]


class Line(Part):
    """A channel of an integration in which the whole array is brighter."""

    integration: Annotated[int, described("Number of the integration (SCAN_NUMBER).")]
    channel: Annotated[int, described("Channel, from 0.")]


@record(version=2, rule="flag", files=("flags/<band>.json",))
class FlagsRecord(Record):
    """How much of a sub-band's data is flagged, and by what.

    The flags themselves are in flags/<band>.npz. Autocorrelations are not counted. Bright
    integrations that rule bandpass restores are counted as flagged here, but no longer in qa.json.
    """

    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    causes: Annotated[dict[str, int], described("Bit of each cause in flags/<band>.npz.")]
    message: Annotated[str, described("What was not done; or empty.")]
    bursts: Annotated[list[Burst], described("Integrations that are flagged as bursts.")]
    lines: Annotated[list[Line], described("Channels that are flagged for all antennas.")]
    fractions: Annotated[
        dict[str, Fraction | None],
        described("Fraction of the data flagged by each cause, and in total; null without data."),
    ]
    antenna_fraction: Annotated[
        list[Fraction | None],
        described("Fraction of each antenna's data; null without data.", axes="(antenna)"),
    ]
    baseline_fraction: Annotated[
        list[Fraction | None],
        described(
            "Fraction of each baseline's data, in the order 0-1, 0-2, ... 1-2, ...; null without"
            " data.",
            axes="(baseline)",
        ),
    ]
    channel_fraction: Annotated[
        list[Fraction | None],
        described("Fraction of each channel's data; null without data.", axes="(channel)"),
    ]
