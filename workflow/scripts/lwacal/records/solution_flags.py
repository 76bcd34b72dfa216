"""tables/bandpass_flags.json: which solutions are flagged, and the state of each antpol."""

from typing import Annotated

from lwacal.records.antpol import Polarization, Reason, Status
from lwacal.records.base import Band, Count, Fraction, Part, Record, described, record


class Antpol(Part):
    """What the solutions say of one polarization of one antenna."""

    index: Annotated[Count, described("Correlator number: row of the ANTENNA table.")]
    antenna: Annotated[str, described("Name, such as LWA266.")]
    pol: Annotated[Polarization, described("Polarization.")]
    status: Annotated[Status, described("Whether its solutions can be used.")]
    reasons: Annotated[list[Reason], described("Why they cannot, or are doubtful.")]
    gain_db: Annotated[
        float | None,
        described(
            "Median gain relative to the typical antenna; null without solutions.", unit="dB"
        ),
    ]
    noise_ratio: Annotated[
        float | None,
        described(
            "Noise in units of its signal over that of like antennas: the root of autocorrelation"
            " power over |gain|^2, or of errors without autocorrelations; null if unknown."
        ),
    ]
    power_follows_gain: Annotated[
        bool,
        described(
            "Whether its autocorrelations differ over frequency from those of like antennas as its"
            " gain does: filters, cables and steps of the digital gain, not noise."
        ),
    ]
    flagged_fraction: Annotated[Fraction, described("Fraction of its solutions that is flagged.")]


class SubBand(Part):
    """What was flagged in one sub-band."""

    flagged_fraction: Annotated[
        Fraction | None, described("Fraction of the solutions of antennas with data.")
    ]
    interpolated_fraction: Annotated[
        Fraction | None, described("Fraction of the solutions that was interpolated.")
    ]
    rfi_channels: Annotated[
        list[float], described("Frequencies of channels flagged for all antennas.", unit="Hz")
    ]
    restored_integrations: Annotated[
        list[int],
        described("Integrations flagged as bursts that are the sky's brightness (SCAN_NUMBER)."),
    ]
    solved: Annotated[bool, described("Whether healthy antennas have solutions.")]
    reference_antenna: Annotated[str, described("Antenna whose phases are zero.")]
    message: Annotated[str, described("Why none of its solutions may be used; or empty.")]


@record(version=1, rule="flag_solutions", files=("tables/bandpass_flags.json",))
class SolutionFlagsRecord(Record):
    """Which bandpass solutions are flagged, and the state of each antpol.

    The solutions, flags and causes themselves are in tables/bandpass_flags.npz.
    """

    reference_antenna: Annotated[str, described("Antenna whose phases are zero.")]
    reference_why: Annotated[str, described("Why it was chosen.")]
    causes: Annotated[dict[str, int], described("Bit of each cause in bandpass_flags.npz.")]
    antennas: Annotated[list[Antpol], described("X and Y of each antenna, in correlator order.")]
    bands: Annotated[dict[Band, SubBand], described("By sub-band.")]
    interpolated_fraction: Annotated[
        Fraction | None, described("Fraction of all solutions that was interpolated.")
    ]
    message: Annotated[str, described("Whether there are no solutions at all; or empty.")]
