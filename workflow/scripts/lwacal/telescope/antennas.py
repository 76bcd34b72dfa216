"""Antenna names as people and databases write them, and the antpols they refer to."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAME = re.compile(r"^([A-Z]+)-?0*(\d+)([ABXY])?$")
_POLARIZATION_OF = {"A": (0,), "X": (0,), "B": (1,), "Y": (1,), None: (0, 1), "": (0, 1)}


LAST_ON_COAX = 256  # the outriggers, LWA-257 and up, are connected by fibre (lwa-antpos)


class UnknownAntennaError(ValueError):
    """No antenna of the array has this name or number."""


class AntennaNames:
    """Finds antennas of an array by name (``LWA266``, ``LWA-266A``) or by number (``283``)."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._index = {self._key(name): index for index, name in enumerate(names)}

    @staticmethod
    def _key(name: str) -> tuple[str, int] | str:
        match = _NAME.match(name.strip().upper())
        return (match[1], int(match[2])) if match else name.strip().upper()

    def find(self, text: str | int) -> tuple[int, tuple[int, ...]]:
        """Return the antenna index and the polarizations (0 = X, 1 = Y) that a name refers to.

        A trailing A or X means X, a trailing B or Y means Y, and no letter means both. A number
        is a correlator number. Raises UnknownAntennaError.
        """
        word = str(text).strip().upper()
        number = re.match(r"^(\d+)([ABXY])?$", word)
        if number:
            index = int(number[1])
            if index < len(self.names):
                return index, _POLARIZATION_OF[number[2]]
            raise UnknownAntennaError(f"{text}: the array has antennas 0 to {len(self.names) - 1}")
        match = _NAME.match(word)
        key = (match[1], int(match[2])) if match else word
        if key not in self._index:
            raise UnknownAntennaError(f"{text}: no antenna of this observation has that name")
        return self._index[key], _POLARIZATION_OF[match[3] if match else None]


def on_fibre(name: str) -> bool:
    """Return whether an antenna is an outrigger, which is connected by fibre."""
    match = _NAME.match(name.strip().upper())
    return match is not None and int(match[2]) > LAST_ON_COAX
