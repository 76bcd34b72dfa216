"""Section quality."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lwacal.records.configuration.section import Section

Value = Annotated[float | None, Field(ge=0)]


class Limits(Section):
    """Limits of a quantity; None is never reached."""

    warn: Value = Field(None, description="Limit for a warning; null: never.")
    fail: Value = Field(None, description="Limit for a failure; null: never.")


class LessIsBetter(Limits):
    """Limits of a quantity of which less is better: warn is at most fail."""


class MoreIsBetter(Limits):
    """Limits of a quantity of which more is better: warn is at least fail."""


class Quality(Section):
    """What makes an observation pass, warn or fail.

    Each quantity has a limit for a warning and one for a failure; a limit is reached when it is
    equalled, null is never reached.
    """

    missing_data_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.02, fail=0.5),
        description="Fraction of integrations x sub-bands that are missing or unusable [fraction]."
        " Change it if short or incomplete observations are usual.",
    )
    flagged_data_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.2, fail=0.5),
        description="Flagged fraction of the data of healthy antennas [fraction]. Change it for"
        " sites or hours with more interference.",
    )
    antenna_flagged_excess: LessIsBetter = Field(
        LessIsBetter(warn=0.2, fail=None),
        description="Excess of an antenna's flagged fraction over that of the median antenna, as a"
        " fraction of what the median antenna has left [fraction]. An antenna that reaches the"
        " limit for a warning is suspect; the limit for a failure has no effect. Lower it to find"
        " noisy antennas earlier.",
    )
    bad_antenna_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.2, fail=0.5),
        description="Fraction of antpols that are bad [fraction]; 4 to 13 percent is usual. Change"
        " it as the state of the array changes.",
    )
    board_bad_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.5, fail=None),
        description="Fraction of bad antpols on the worst SNAP2 board [fraction]. Lower it to be"
        " warned earlier of failing boards.",
    )
    health_list_age: LessIsBetter = Field(
        LessIsBetter(warn=7, fail=None),
        description="Age of the antenna-health list that was used [days]. Lower it if antennas are"
        " repaired often.",
    )
    flagged_solution_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.3, fail=0.7),
        description="Flagged fraction of the bandpass solutions [fraction]. Change it for sites or"
        " hours with more interference.",
    )
    unsolved_band_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.01, fail=0.5),
        description="Fraction of the sub-bands that have no solutions [fraction]. Change it if some"
        " sub-bands are expected to have none.",
    )
    unmodelled_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.05, fail=0.3),
        description="Apparent flux of bright sources that are up but not in the model, over that of"
        " the model (both the root of the sum of squares over sources), in the worst sub-band"
        " [fraction]. Unmodelled flux biases the gains. Change it when you calibrate on some of the"
        " sources on purpose.",
    )
    residual_over_thermal: LessIsBetter = Field(
        LessIsBetter(warn=1.2, fail=None),
        description="Residual power of the visibilities after calibration over the thermal noise by"
        " the radiometer equation, in the worst sub-band [ratio]. 1 is expected; more comes from"
        " unmodelled emission, interference or a wrong beam. Raise it where the Galaxy is bright on"
        " baselines longer than bandpass.uv_min_lambda.",
    )
    delay_offset_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.1, fail=0.5),
        description="Fraction of the delays that differ from the reference by more than"
        " delay.difference_ns [fraction]. Change it if the reference belongs to another state of"
        " the array.",
    )
    board_delay_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.5, fail=None),
        description="Fraction of the delays that are off on the worst SNAP2 board [fraction]. Lower"
        " it to be warned earlier of boards that lost their timing.",
    )
    failed_fit_fraction: LessIsBetter = Field(
        LessIsBetter(warn=0.3, fail=0.9),
        description="Fraction of a source's images in which the fit failed [fraction]. Change it if"
        " faint sources are in the model.",
    )
    flux_ratio_deviation: LessIsBetter = Field(
        LessIsBetter(warn=0.2, fail=0.5),
        description="Deviation of measured over expected flux from 1 [fraction]. Lower it once beam"
        " and flux scale are better known.",
    )
    position_offset: LessIsBetter = Field(
        LessIsBetter(warn=0.3, fail=1),
        description="Offset of a source from its catalogue position [FWHM of the synthesized beam]."
        " Raise it for nights with a disturbed ionosphere.",
    )
    constant_offset: LessIsBetter = Field(
        LessIsBetter(warn=300, fail=None),
        description="Part of a source's position offset that is the same at all frequencies, the"
        " ionosphere's part (proportional to wavelength squared) removed [arcsec]. Change it when"
        " catalogue or geometry are better known.",
    )
    ionospheric_offset: LessIsBetter = Field(
        LessIsBetter(warn=600, fail=None),
        description="Ionospheric shift of a source at 50 MHz [arcsec]. Raise it for nights with a"
        " disturbed ionosphere.",
    )
    noise_over_thermal: LessIsBetter = Field(
        LessIsBetter(warn=100, fail=None),
        description="Noise of an image over the thermal noise by the autocorrelations [ratio]."
        " Change it with the number of antennas: sidelobes count as noise.",
    )
    scintillation_index: LessIsBetter = Field(
        LessIsBetter(warn=0.3, fail=None),
        description="Rms of a source's flux over the integrations, measurement noise removed, over"
        " its mean [fraction]. Raise it for nights with a disturbed ionosphere.",
    )
    allsky_dynamic_range: MoreIsBetter = Field(
        MoreIsBetter(warn=30, fail=10),
        description="Peak of an all-sky image over its noise [ratio]; more is better. Change it"
        " with the number of antennas and integrations.",
    )

    def limits(self, name: str) -> Limits:
        """Return the limits of a quantity."""
        found: Limits = getattr(self, name)
        return found
