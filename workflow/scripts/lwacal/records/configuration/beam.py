"""Section beam."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lwacal.records.configuration.section import Section


class Beam(Section):
    """The primary beams of the X and the Y dipoles."""

    model: Literal["memo178", "sine", "h5"] = Field(
        "memo178",
        description="Power pattern of a dipole: memo178 (LWA Memo 178, parametric), sine"
        " (sin(elevation)^1.6, the same for X and Y) or h5 (simulated fields, from beam.file)."
        " Change it to h5 if you have the observatory's file, or to compare beams.",
    )
    file: str = Field(
        "",
        description="HDF5 file with the electric fields of X and Y by frequency, zenith angle and"
        " azimuth; required for beam.model h5. Change it to the path of your file.",
    )
    x_azimuth_deg: float = Field(
        0,
        ge=-180,
        le=180,
        description="Azimuth of the E plane of the X dipoles, from north through east [degrees];"
        " that of the Y dipoles is 90 degrees larger. Set it to 90 if X and Y are exchanged in the"
        " data.",
    )
