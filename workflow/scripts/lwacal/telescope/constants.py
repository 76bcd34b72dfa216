"""Physical constants and units that several rooms use."""

from __future__ import annotations

import numpy as np
from astropy.constants import c

SPEED_OF_LIGHT_M_S = c.value
SECONDS_PER_DAY = 86400.0

# A column of 1 TECU (1e16 electrons per m^2) shortens the path by 40.31e16 m / (nu / Hz)^2, and so
# advances the phase by 8.45e9 rad / (nu / Hz): Thompson, Moran & Swenson 2017, section 14.1
TECU_M_HZ2 = 40.31e16
TECU_RAD_HZ = 2 * np.pi * TECU_M_HZ2 / SPEED_OF_LIGHT_M_S
