"""Section solution_flags."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section
from lwacal.records.configuration.values import RangeMhz


class SolutionFlags(Section):
    """Flagging of the bandpass solutions, all sub-bands together.

    Tests are on the logarithm of the gain amplitude. Normal values are medians over the antennas,
    scatter is the median absolute deviation (MAD) scaled to a standard deviation; X and Y are
    judged separately unless a key says otherwise. What the autocorrelations show too (filter edges,
    steps of the digital gain) is not flagged.
    """

    enabled: bool = Field(
        True,
        description="Whether to flag solutions. Set it to false to get the tables of the solver as"
        " they are.",
    )
    normalization_mhz: RangeMhz = Field(
        (40, 55),
        description="Frequency range over which the bandpass of each antpol is normalized by its"
        " median [MHz]. Change it if interference spoils this range. If the data have fewer than 10"
        " channels in it, the whole band is used.",
    )
    reference_mhz: RangeMhz = Field(
        (40, 60),
        description="Frequency range in which the gain of each antpol and the normal scatter are"
        " measured; the low-frequency cliff is searched for below it [MHz]. Change it if"
        " interference spoils this range. If the data have fewer than 10 channels in it, the whole"
        " band is used.",
    )
    channel_scatter_factor: float = Field(
        7,
        gt=1,
        description="A channel in which the scatter over the antpols exceeds the normal scatter by"
        " this factor is flagged for all antennas, as interference [ratio]. Lower it to be"
        " stricter.",
    )
    uncertain_factor: float = Field(
        1.2,
        gt=1,
        description="A channel in which the errors of the solutions exceed those in the channels"
        " around it by this factor is flagged for all antennas, as interference [ratio of errors]."
        " Lower it to find fainter lines; in clean channels the errors vary by one or two percent.",
    )
    cliff_factor: float = Field(
        4,
        gt=1,
        description="If, towards low frequencies, the scatter over the antpols exceeds the expected"
        " scatter by this factor in channel after channel, everything below is flagged: the"
        " low-frequency cliff [ratio]. Lower it to be stricter.",
    )
    cliff_channels: int = Field(
        20,
        ge=3,
        description="Number of neighbouring channels over which the median scatter must be that"
        " large [channels]. Lower it if sub-bands have few channels.",
    )
    template_channels: int = Field(
        51,
        ge=1,
        description="Width of the median filter that smooths the typical bandpass of the array"
        " [channels]; must be odd. Lower it if the bandpass has narrow structure.",
    )
    deviation_sigma: float = Field(
        7,
        gt=0,
        description="Solutions are flagged if they deviate by more than this from the smooth"
        " bandpass of their antpol, or if that bandpass deviates by more than this from the array's"
        " [standard deviations by MAD]. Lower it to be stricter.",
    )
    gain_outlier_sigma: float = Field(
        7,
        gt=0,
        description="Antpols whose median log amplitude deviates by more than this from the median"
        " of the array are bad [standard deviations by MAD over the antennas]; weak only if their"
        " autocorrelation power is low too. Lower it to be stricter.",
    )
    clip_sigma: float = Field(
        3,
        gt=0,
        description="In each channel, solutions that deviate by more than this from the median over"
        " the antennas are flagged, in rounds [standard deviations by MAD over the antennas]. Raise"
        " it if good solutions are lost.",
    )
    clip_rounds: int = Field(
        15,
        ge=0,
        le=1000,
        description="Largest number of rounds of this clipping [count]. Set it to 0 to switch the"
        " clipping off.",
    )
    quorum: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A channel in which more than this fraction of the usable antpols is flagged is"
        " flagged for all antennas [fraction]. Set it to 1 to switch this off.",
    )
    weak_ratio: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Antpols with a median gain amplitude below this fraction of the array's median"
        " are bad [ratio of amplitudes]. Lower it if weak antennas are worth keeping.",
    )
    strong_ratio: float = Field(
        5,
        gt=1,
        description="Antpols with a median gain amplitude above this multiple of the array's median"
        " are bad [ratio of amplitudes]. Raise it if antennas with high gain are worth keeping.",
    )
    noisy_ratio: float = Field(
        3,
        gt=1,
        description="Antpols whose noise, in units of their own signal, exceeds that of like ones"
        " by this factor are suspect [ratio of amplitudes: root of the autocorrelation power over"
        " |gain|^2; of the errors of solutions where there are no autocorrelations]. Raise it if"
        " too many antennas are called noisy.",
    )
    interpolate_max_channels: int = Field(
        8,
        ge=0,
        le=3072,
        description="Gaps in the solutions up to this width are filled by interpolation and marked"
        " as interpolated [channels]. Set it to 0 to fill none.",
    )
