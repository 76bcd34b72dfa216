"""Physical constants and units that several rooms use."""

from __future__ import annotations

from astropy.constants import c

SPEED_OF_LIGHT_M_S = c.value
SECONDS_PER_DAY = 86400.0
