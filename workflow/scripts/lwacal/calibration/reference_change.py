"""Takes another reference antenna where that of the solver has turned out to be bad.

That X and Y of an antenna are exchanged, or that it is weak or strong, is known only after the
solutions; its phases, noise or not those of its dipole, are in every solution by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lwacal.calibration import reference_phase
from lwacal.calibration.solution_flags import CAUSES, WHOLE_SIGNAL, Band


def settle(
    band: Band,
    reference: Mapping[str, Any],
    summaries: Sequence[Mapping[str, Any]],
    names: Sequence[str],
) -> dict[str, Any]:
    """Return the reference antenna of the observation and of each sub-band; change it if it is bad.

    ``reference`` is reference.json, ``summaries`` are the solver's in order of frequency. The
    first of reference.json's order that is not bad takes over, in all sub-bands; gains are turned
    in place, and solutions that cannot be referred to it are flagged. Returns ``antenna``, ``why``
    and ``index`` (sub-band,).
    """
    index = [names.index(summary["reference_antenna"]) for summary in summaries]
    lost = np.any(np.all(band.cause & WHOLE_SIGNAL > 0, axis=1), axis=1)
    usual = {"antenna": reference["antenna"], "why": reference["why"], "index": index}
    good = [number for number in reference["order"] if not lost[number]]
    bad = [number for number in dict.fromkeys([reference["index"], *index]) if lost[number]]
    if not bad or not good:
        return usual
    for number, channels in enumerate(band.channels()):
        flag = band.cause[:, channels] > 0
        found, band.gain[:, channels], referred = reference_phase.refer(
            band.gain[:, channels], flag, good
        )
        band.cause[:, channels][referred & ~flag] |= CAUSES["solver"]
        index[number] = found if found >= 0 else index[number]
    return {
        "antenna": names[good[0]],
        "why": f"{' and '.join(names[number] for number in bad)}, which was before it, is bad",
        "index": index,
    }
