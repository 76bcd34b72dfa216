"""Faults that can be planted, written as words such as ``weak:LWA010X`` or ``missing:73MHz:2``."""

from __future__ import annotations

from dataclasses import dataclass

from lwacal.telescope.antennas import AntennaNames

ANTENNA_KINDS = {
    "dead": "no signal, hardly any noise",
    "uncorrelated": "full noise, no signal from the sky",
    "weak": "gain divided by 50",
    "strong": "gain multiplied by 8",
    "swapped": "X and Y exchanged",
    "delay": "200 ns more delay",
    "noisy": "8 times the noise",
}
FILE_KINDS = {
    "zero_filled": "all visibilities zero",
    "missing": "no measurement set",
    "wrong_stamp": "the header is a minute off the name",
    "nan": "one visibility in fifty is not a number",
    "burst": "broadband interference throughout the integration",
}
CHANNEL_KINDS = {"rfi": "narrow-band interference in one channel, all integrations"}


@dataclass(frozen=True)
class Fault:
    """One planted fault: a kind, and the antenna (with X or Y), file or channel it strikes.

    ``number`` is the integration from 1, or the channel from 0.
    """

    kind: str
    antenna: str = ""
    band: str = ""
    number: int = 0

    @staticmethod
    def parse(text: str) -> Fault:
        """Read ``kind:ANTENNA``, ``kind:BAND:INTEGRATION`` or ``rfi:BAND:CHANNEL``.

        Raises ValueError that says which kinds there are.
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
            f"'{text}' is not a fault. There are {', '.join(ANTENNA_KINDS)} (kind:ANTENNA, such as"
            f" weak:LWA010X), {', '.join(FILE_KINDS)} (kind:BAND:INTEGRATION, such as"
            " missing:73MHz:2, integrations from 1) and rfi:BAND:CHANNEL (from 0)"
        )

    def signals(self, names: AntennaNames) -> tuple[int, tuple[int, ...]]:
        """Return the antenna and the polarizations (0 = X, 1 = Y) that a fault strikes."""
        return names.find(self.antenna)


def describe() -> str:
    """Return a line for each kind."""
    kinds = {**ANTENNA_KINDS, **FILE_KINDS, **CHANNEL_KINDS}
    return "\n".join(f"  {kind:12} {words}" for kind, words in kinds.items())
