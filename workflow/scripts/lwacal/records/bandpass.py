"""tables/raw/<band>.json: how the solution of a sub-band's bandpass went."""

from typing import Annotated, Literal

from lwacal.records.antpol import Polarization
from lwacal.records.base import Band, Count, Fraction, Part, Record, described, record

BandpassStatus = Literal["ok", "no_data", "no_model", "failed"]


class Convergence(Part):
    """How the solutions of one polarization came about."""

    converged: Annotated[list[bool], described("Whether they converged.", axes="(channel)")]
    iterations: Annotated[list[Count], described("Number of iterations.", axes="(channel)")]
    outlier_fraction: Annotated[
        list[Fraction | None],
        described("Fraction of the baselines that were left out as outliers.", axes="(channel)"),
    ]


class Unsolved(Part):
    """An antpol without solutions, and how weak its gain is."""

    index: Annotated[Count, described("Correlator number.")]
    pol: Annotated[Polarization, described("Polarization.")]
    power: Annotated[float, described("Gain squared over that of the typical antenna.")]
    power_err: Annotated[float, described("Its error.")]


class SkyStart(Part):
    """A start of the search for the fluxes."""

    name: Annotated[str, described("The start in words.")]
    cost: Annotated[float, described("The residual power it led to, over that of the best.")]


PerSource = list[list[float]]
Shifts = list[list[float | None]]
Bends = list[list[list[float | None]]]
SOURCE_AXES = "(source, integration)"


class FittedSky(Part):
    """Fluxes and places of the bright sources, solved together with the gains.

    Weighted means over sources and integrations of the shifts and bends are held at zero, because
    gains can take them up; errors are those of differences from the means.
    """

    sources: Annotated[list[str], described("Sources whose flux and place are free.")]
    integrations: Annotated[list[Count], described("Numbers of the integrations.")]
    frequency_hz: Annotated[float, described("Frequency nu_0 of shifts and ratios.", unit="Hz")]
    flux_ratio: Annotated[
        PerSource, described("Flux density over that of the sky model.", axes=SOURCE_AXES)
    ]
    flux_ratio_err: Annotated[PerSource, described("Standard error.", axes=SOURCE_AXES)]
    flux_slope: Annotated[
        PerSource,
        described("Change of the ratio with nu / nu_0 over the sub-band.", axes=SOURCE_AXES),
    ]
    flux_slope_err: Annotated[PerSource, described("Standard error.", axes=SOURCE_AXES)]
    shift_east_arcmin: Annotated[
        Shifts,
        described(
            "Shift of the direction cosine to the east at nu_0; it follows nu^-2. Null"
            " where the place is held.",
            unit="arcmin",
            axes=SOURCE_AXES,
        ),
    ]
    shift_east_err_arcmin: Annotated[
        Shifts, described("Standard error.", unit="arcmin", axes=SOURCE_AXES)
    ]
    shift_north_arcmin: Annotated[
        Shifts,
        described("Shift of the direction cosine to the north.", unit="arcmin", axes=SOURCE_AXES),
    ]
    shift_north_err_arcmin: Annotated[
        Shifts, described("Standard error.", unit="arcmin", axes=SOURCE_AXES)
    ]
    held_weight: Annotated[
        list[Fraction],
        described(
            "Weight of each source in the means over sources and integrations that are zero.",
            axes="(source)",
        ),
    ]
    bend_arcmin_per_km: Annotated[
        Bends,
        described(
            "Factors of e^2, e n and n^2 in the source's path, as directions per km of the places e"
            " to the east and n to the north: how shifts differ over the array. They follow nu^-2,"
            " and their means are held like those of shifts.",
            unit="arcmin/km",
            axes="(source, integration, 3)",
        ),
    ]
    bend_err_arcmin_per_km: Annotated[
        Bends,
        described("Standard errors.", unit="arcmin/km", axes="(source, integration, 3)"),
    ]
    diffuse_factor: Annotated[float, described("Factor of the model of the diffuse emission.")]
    diffuse_factor_err: Annotated[float, described("Its standard error.")]
    faint_factor: Annotated[
        float, described("Factor of the fluxes of all other sources in the model.")
    ]
    faint_factor_err: Annotated[float, described("Its standard error.")]
    scale_weight: Annotated[
        list[Fraction], described("Share of each source in the flux scale.", axes="(source)")
    ]
    scale_err: Annotated[
        float,
        described("Relative error of the scale of fluxes, from scintillation and powers.", ge=0),
    ]
    scale_of_powers: Annotated[
        float | None,
        described(
            "Scale by which autocorrelations over gain squared are the power of sky and receiver,"
            " over the scale of the sources; null if unknown."
        ),
    ]
    scale_of_sources_err: Annotated[
        float,
        described("Relative error of the scale of the sources alone, from scintillation.", ge=0),
    ]
    scintillation_index: Annotated[
        float, described("Rms over mean of the fluxes that scintillation has.", ge=0)
    ]
    active_region_fwhm_arcmin: Annotated[
        float | None,
        described(
            "Width (FWHM) of an active region that outshines the calibrators; null if none does.",
            unit="arcmin",
        ),
    ]
    noise: Annotated[float, described("Residual power over the noise that weights assume.")]
    converged: Annotated[bool, described("Whether the fit converged.")]
    starts: Annotated[list[SkyStart], described("Starts of the search, and what became of them.")]


class SolverFindings(Record, total=False):
    """What a solver found; each has what the engine finds: stefcal all, casa only swapped."""

    reweighted: Annotated[list[str], described("Noisy antennas that were given lower weights.")]
    swapped: Annotated[
        list[str], described("Antennas whose X and Y are exchanged in this sub-band.")
    ]
    residual_over_thermal: Annotated[
        float | None,
        described("Residual power over thermal noise, median over solutions; null if unknown."),
    ]
    outlier_fraction: Annotated[
        float | None, described("Fraction of the baselines that were left out as outliers.")
    ]
    unconverged_channels: Annotated[
        Count, described("Channels of X and of Y that did not converge.")
    ]
    convergence: Annotated[dict[Polarization, Convergence], described("For X and Y, by channel.")]
    without_solutions: Annotated[list[Unsolved], described("Antpols without solutions.")]
    restored_integrations: Annotated[
        list[int],
        described(
            "Numbers (SCAN_NUMBER) of integrations flagged as bursts that are the sky's brightness:"
            " they take part in the solution."
        ),
    ]
    sky: Annotated[
        FittedSky | None,
        described("Fluxes and places of the sources; null if they are not free."),
    ]


@record(version=3, rule="bandpass", files=("tables/raw/<band>.json",))
class BandpassRecord(SolverFindings):
    """How the solution of a sub-band's bandpass went; the solutions are in tables/raw/<band>.bcal.

    The optional fields are those that the engine finds: stefcal all, casa only swapped.
    """

    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    engine: Annotated[str, described("bandpass.engine of the configuration.")]
    reference_antenna: Annotated[str, described("Antenna whose phases are zero.")]
    sources: Annotated[list[str], described("Sources in the model.")]
    uv_range_lambda: Annotated[
        list[float],
        described(
            "Shortest and longest baseline used.", unit="wavelengths", min_length=2, max_length=2
        ),
    ]
    min_snr: Annotated[float, described("bandpass.min_snr of the configuration.")]
    min_baselines_per_antenna: Annotated[
        int, described("bandpass.min_baselines_per_antenna of the configuration.")
    ]
    n_solutions: Annotated[Count, described("Solutions that are not flagged.")]
    flagged_fraction: Annotated[Fraction, described("Fraction of the solutions that is flagged.")]
    median_snr: Annotated[
        dict[Polarization, list[float | None]],
        described(
            "For X and Y the median signal-to-noise ratio of the antennas; null where all are"
            " flagged.",
            axes="(channel)",
        ),
    ]
    status: Annotated[BandpassStatus, described("Whether there are solutions.")]
    message: Annotated[str, described("Why there are none, or what was changed; or empty.")]
