"""delay/delay.json: the delays of the signal paths."""

from typing import Annotated, Literal

from lwacal.records.antpol import Polarization
from lwacal.records.base import Band, Count, Part, Record, described, record

DelayStatus = Literal["ok", "off", "no_band", "no_model", "no_data"]
Cable = Literal["coax", "fibre"]


class Antpol(Part):
    """The delay of one polarization of one antenna; values are null where not known."""

    index: Annotated[Count, described("Correlator number: row of the ANTENNA table.")]
    antenna: Annotated[str, described("Name, such as LWA266.")]
    pol: Annotated[Polarization, described("Polarization.")]
    delay_ns: Annotated[
        float | None,
        described("Slope of the bandpass phases; G = exp(+2 pi i nu tau).", unit="ns"),
    ]
    delay_err_ns: Annotated[float | None, described("Its error.", unit="ns")]
    phase_deg: Annotated[
        float | None, described("Phase of the fitted line at phase_freq_mhz.", unit="deg")
    ]
    phase_err_deg: Annotated[float | None, described("Its error.", unit="deg")]
    coherence: Annotated[
        float | None, described("How well the line fits: 1 is perfect, 0 is noise.")
    ]
    flagged: Annotated[bool, described("Whether there is no delay.")]
    ambiguous: Annotated[bool, described("Whether another delay fits as well.")]
    first_integration_ns: Annotated[
        float | None, described("Delay of the first integration alone.", unit="ns")
    ]
    first_integration_err_ns: Annotated[
        float | None, described("Its error, from the scatter of sub-bands.", unit="ns")
    ]
    first_integration_bands: Annotated[Count, described("Sub-bands it was taken from.")]
    reference_ns: Annotated[float | None, described("Delay in the reference table.", unit="ns")]
    difference_ns: Annotated[
        float | None,
        described("Delay minus the reference, minus the median of that.", unit="ns"),
    ]


class Group(Part):
    """Antennas with the same kind of cable; values are null without any."""

    signals: Annotated[Count, described("Antpols with a delay.")]
    median_ns: Annotated[float | None, described("Median delay.", unit="ns")]
    difference_median_ns: Annotated[
        float | None, described("Median difference from the reference.", unit="ns")
    ]
    difference_sigma_ns: Annotated[
        float | None, described("Robust standard deviation of the differences.", unit="ns")
    ]


class Board(Part):
    """The 32 antennas of a SNAP2 board."""

    board: Annotated[int, described("Number of the board.", ge=1)]
    compared: Annotated[Count, described("Antennas that have a difference from the reference.")]
    off: Annotated[Count, described("Antennas that differ by more than delay.difference_ns.")]
    failed: Annotated[
        bool, described("Whether they are delay.board_failure_percent of those compared, or more.")
    ]


@record(version=1, rule="delay", files=("delay/delay.json",))
class DelayRecord(Record):
    """The delays of the signal paths, relative to one antenna.

    They are the slopes of the bandpass phases over all sub-bands from delay.min_freq_mhz on.
    """

    status: Annotated[
        DelayStatus,
        described("Whether there are delays."),
    ]
    message: Annotated[str, described("Why there are none; or empty.")]
    bands: Annotated[list[Band], described("Sub-bands they are taken from.")]
    engine: Annotated[str, described("delay.engine: it solves the first integration.")]
    first_integration_bands: Annotated[
        list[Band], described("Sub-bands in which the first integration has delays.")
    ]
    reference_antenna: Annotated[str, described("Antenna that delays are relative to.")]
    reference_index: Annotated[Count, described("Its correlator number.")]
    phase_freq_mhz: Annotated[
        float, described("Frequency of the phases, the same in all observations.", unit="MHz")
    ]
    reference_table: Annotated[str, described("Table they are compared with; empty: none.")]
    reference_message: Annotated[str, described("Why this table, or why none.")]
    antennas: Annotated[list[Antpol], described("X and Y of each antenna, in correlator order.")]
    groups: Annotated[dict[Cable, Group], described("By kind of cable.")]
    boards: Annotated[list[Board], described("In order of their numbers.")]
