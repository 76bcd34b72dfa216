"""Faults of a simulated observation, such as ``weak:LWA010X`` or ``missing:73MHz:2``."""

from __future__ import annotations

from dataclasses import dataclass

from lwacal.telescope.antennas import AntennaNames

ANTENNA_KINDS = {
    "dead": "no sky signal and almost no noise",
    "uncorrelated": "full noise, no sky signal",
    "weak": "gain divided by 50",
    "strong": "gain multiplied by 8",
    "swapped": "X and Y exchanged",
    "delay": "delay increased by 200 ns",
    "noisy": "noise multiplied by 8",
}
FILE_KINDS = {
    "zero_filled": "all visibilities are zero",
    "missing": "no measurement set",
    "wrong_stamp": "the time in the header is a minute later than in the name",
    "nan": "2 % of the visibilities are NaN",
    "burst": "broadband interference during the integration",
}
CHANNEL_KINDS = {"rfi": "narrow-band interference in one channel, in all integrations"}


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, and the antenna (with X or Y), file or channel that has it.

    ``number`` is the integration, from 1, or the channel, from 0.
    """

    kind: str
    antenna: str = ""
    band: str = ""
    number: int = 0

    @staticmethod
    def parse(text: str) -> Fault:
        """Read ``kind:ANTENNA``, ``kind:BAND:INTEGRATION`` or ``rfi:BAND:CHANNEL``.

        Raises ValueError, which lists all kinds.
        """
        kind, *rest = text.split(":")
        if kind in ANTENNA_KINDS and len(rest) == 1:
            return Fault(kind, antenna=rest[0])
        first = 1 if kind in FILE_KINDS else 0
        if (
            kind in {**FILE_KINDS, **CHANNEL_KINDS}
            and len(rest) == 2
            and rest[1].isdigit()
            and int(rest[1]) >= first
        ):
            return Fault(kind, band=rest[0], number=int(rest[1]))
        raise ValueError(
            f"'{text}' is not a fault. Choose one of {', '.join(ANTENNA_KINDS)} (kind:ANTENNA, such"
            f" as weak:LWA010X), {', '.join(FILE_KINDS)} (kind:BAND:INTEGRATION, such as"
            " missing:73MHz:2, integrations from 1) and rfi:BAND:CHANNEL (from 0)"
        )

    def antpols(self, names: AntennaNames) -> tuple[int, tuple[int, ...]]:
        """Return the antenna and the polarizations (0 = X, 1 = Y) that have the fault."""
        return names.find(self.antenna)


def describe() -> str:
    """Return one line of text per kind."""
    kinds = {**ANTENNA_KINDS, **FILE_KINDS, **CHANNEL_KINDS}
    return "\n".join(f"  {kind:12} {words}" for kind, words in kinds.items())
