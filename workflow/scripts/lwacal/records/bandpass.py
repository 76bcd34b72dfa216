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


@record(version=1, rule="bandpass", files=("tables/raw/<band>.json",))
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
