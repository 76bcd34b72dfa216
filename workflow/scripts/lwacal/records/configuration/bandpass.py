"""Section bandpass."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lwacal.records.configuration.section import Section
from lwacal.records.configuration.values import AntennaNames


class Bandpass(Section):
    """Complex gains of each antenna, polarization and channel."""

    engine: Literal["stefcal", "casa"] = Field(
        "stefcal",
        description="Solver: stefcal (alternating least squares, with the uncertainty of each"
        " solution) or casa (the CASA task bandpass, far slower). Set it to casa to compare.",
    )
    reference_antennas: AntennaNames = Field(
        ("LWA253", "LWA114", "LWA109"),
        description="Candidates for the reference antenna, whose phase is zero, by name or"
        " correlator number, best first. The first healthy antenna with enough data is used. Change"
        " it to compare with tables that have another reference antenna.",
    )
    reference_max_flagged: float = Field(
        0.2,
        gt=0,
        le=1,
        description="An antenna whose flagged fraction exceeds that of the median antenna by more"
        " than this becomes reference antenna only if no healthy one has enough data [fraction]."
        " Lower it to be stricter.",
    )
    uv_min_lambda: float = Field(
        5,
        ge=0,
        description="Shortest baseline used [wavelengths]. Raise it if diffuse Galactic emission"
        " biases the solutions.",
    )
    uv_max_lambda: float = Field(
        350,
        gt=0,
        description="Longest baseline used [wavelengths]. Lower it if the sources are resolved or"
        " the ionosphere is disturbed.",
    )
    uv_max_lambda_vir_a: float = Field(
        185,
        gt=0,
        description="Longest baseline used where Vir A, which is resolved, dominates the model as a"
        " point (vir_a_share) [wavelengths]. It does not apply to its built-in shape or a list."
        " Change it together with uv_max_lambda.",
    )
    vir_a_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Vir A dominates if it has at least this share of the model's apparent flux"
        " [fraction]: 0 always applies uv_max_lambda_vir_a, 1 only if Vir A is the whole model."
        " Lower it to reduce the effect of its structure; outer antennas then get fewer solutions.",
    )
    free_sky: bool = Field(
        True,
        description="Whether fluxes and places of the bright sources are solved together with the"
        " gains, in each integration: they scintillate, and the ionosphere moves them. Set it to"
        " false to hold them at the sky model. The engine casa always holds them.",
    )
    min_snr: float = Field(
        3,
        ge=0,
        description="Solutions with a lower signal-to-noise ratio are flagged [ratio]. Raise it for"
        " cleaner tables, lower it for more complete ones.",
    )
    min_baselines_per_antenna: int = Field(
        4,
        ge=1,
        description="Antennas with fewer baselines get no solution [count]. Lower it for arrays of"
        " a few antennas.",
    )
