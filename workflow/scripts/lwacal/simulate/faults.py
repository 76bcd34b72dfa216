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
    "noisy": "noise multiplied by 8, or its power by a number (noisy:LWA009:30)",
}
FILE_KINDS = {
    "zero_filled": "all visibilities are zero",
    "missing": "no measurement set",
    "wrong_stamp": "the time in the header is a minute later than in the name",
    "nan": "2 % of the visibilities are NaN",
    "burst": "broadband interference during the integration",
}
NOISY_POWER = 64.0
CHANNEL_KINDS = {"rfi": "narrow-band interference in one channel, in all integrations"}


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, and the antenna (with X or Y), file or channel that has it.

    ``number`` is the integration, from 1, or the channel, from 0; ``strength`` what a noisy antpol
    has its noise power multiplied by.
    """

    kind: str
    antenna: str = ""
    band: str = ""
    number: int = 0
    strength: float = NOISY_POWER

    @staticmethod
    def parse(text: str) -> Fault:
        """Read ``kind:ANTENNA``, ``noisy:ANTENNA:POWER``, ``kind:BAND:INTEGRATION`` or ``rfi:...``.

        Raises ValueError, which lists all kinds.
        """
        kind, *rest = text.split(":")
        if kind in ANTENNA_KINDS and len(rest) == 1:
            return Fault(kind, antenna=rest[0])
        if kind == "noisy" and len(rest) == 2 and (power := _power(rest[1])) is not None:
            return Fault(kind, antenna=rest[0], strength=power)
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
            f" as weak:LWA010X; noisy:LWA009:30 for 30 times the noise power),"
            f" {', '.join(FILE_KINDS)} (kind:BAND:INTEGRATION, such as"
            " missing:73MHz:2, integrations from 1) and rfi:BAND:CHANNEL (from 0)"
        )

    def antpols(self, names: AntennaNames) -> tuple[int, tuple[int, ...]]:
        """Return the antenna and the polarizations (0 = X, 1 = Y) that have the fault."""
        return names.find(self.antenna)


def _power(text: str) -> float | None:
    """Return a positive number, None if the text is none."""
    try:
        power = float(text)
    except ValueError:
        return None
    return power if 0 < power < float("inf") else None


def describe() -> str:
    """Return one line of text per kind."""
    kinds = {**ANTENNA_KINDS, **FILE_KINDS, **CHANNEL_KINDS}
    return "\n".join(f"  {kind:12} {words}" for kind, words in kinds.items())
