"""Time series of each antpol, comparable from night to night.

Solutions do not constrain what all antennas have in common: gains are relative to the typical
antenna, delays and phases to a reference antenna that may change from night to night, separately
for X and Y. The common change of a night is therefore removed: the median over antennas of the
deviation of each antenna from its own median over the nights.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np

from lwacal.runtime.robust import MAD_SIGMA, masked_median, median_and_sigma
from lwacal.telescope import site
from lwacal.telescope.antpol_states import RANK
from lwacal.telescope.correlations import POLARIZATIONS

QUANTITIES = ("gain_db", "delay_ns", "phase_deg")
UNKNOWN = 255  # status of an antenna that is not in the observation
APART_SIGMA = 3.0  # antennas that deviate more do not count for the common change
ROUNDS = 2  # iterations of removing the common change
LEAST_RESULTANT = 0.5  # least coherence of the phases with those of other nights
NOON_DAY = 0.5 - site.LONGITUDE_DEG / 360  # local noon in UTC: a night lasts from noon to noon
FOLLOWED_DEG = 35.0  # phases that scatter more from night to night cannot be unwrapped

_QUERY = """
SELECT observation, antenna, pol, number, status, reasons, evidence, flagged_fraction,
    gain_db, delay_ns, phase_deg
FROM antennas"""


@dataclass(frozen=True)
class Series:
    """Every antpol in every observation; the observations are in order of time.

    ``days`` (MJD at mid-time) and ``lst_hours``, each (observation,); ``numbers`` (antenna,) is the
    correlator number in the newest observation with the antenna. ``values`` by quantity, as
    recorded, and ``flagged`` (fraction of the solutions), NaN where unknown; ``status`` (a rank, or
    UNKNOWN), ``reasons`` and ``evidence`` (indices into ``words``); each (antenna, 2, observation).
    """

    observations: tuple[str, ...]
    dates: tuple[str, ...]
    days: np.ndarray
    lst_hours: np.ndarray
    antennas: tuple[str, ...]
    numbers: np.ndarray
    values: dict[str, np.ndarray]
    status: np.ndarray
    reasons: np.ndarray
    evidence: np.ndarray
    words: tuple[str, ...]
    flagged: np.ndarray

    @property
    def night(self) -> np.ndarray:
        """The night of each observation, (observation,): nights with data count 0, 1, ..."""
        return np.unique(np.floor(self.days - NOON_DAY), return_inverse=True)[1]

    def of_night(self, night: int) -> np.ndarray:
        """Return the indices of the observations of a night, in order of time."""
        return np.flatnonzero(self.night == night)

    def reason_words(self, antenna: int, pol: int, night: int) -> tuple[str, ...]:
        """Return the reasons for the status of an antpol in an observation (keys of qa.json)."""
        return tuple(self.words[self.reasons[antenna, pol, night]].split())

    def has_reason(self, word: str) -> np.ndarray:
        """Return where a word is among the reasons, (antenna, 2, observation) bool."""
        return np.array([word in text.split() for text in self.words], bool)[self.reasons]


def read(connection: sqlite3.Connection) -> Series:
    """Read the series of all antpols from the trends database."""
    nights = list(
        connection.execute(
            "SELECT id, mid_utc, mid_mjd, lst_hours FROM observations ORDER BY mid_utc, id"
        )
    )
    names = [
        row[0]
        for row in connection.execute("SELECT DISTINCT antenna FROM antennas ORDER BY antenna")
    ]
    night_of = {row[0]: k for k, row in enumerate(nights)}
    antenna_of = {name: k for k, name in enumerate(names)}
    shape = (len(names), len(POLARIZATIONS), len(nights))
    values = {name: np.full(shape, np.nan, np.float32) for name in QUANTITIES}
    flagged = np.full(shape, np.nan, np.float32)
    status = np.full(shape, UNKNOWN, np.uint8)
    reasons, evidence = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    words: dict[str, int] = {"": 0}
    newest, numbers = np.full(len(names), -1), np.zeros(len(names), int)
    for night, name, pol, number, word, why, found, share, *known in connection.execute(_QUERY):
        antenna = antenna_of[name]
        at = antenna, POLARIZATIONS.index(pol), night_of[night]
        status[at] = RANK[word]
        reasons[at] = words.setdefault(why, len(words))
        evidence[at] = words.setdefault(found, len(words))
        flagged[at] = np.nan if share is None else share
        for quantity, value in zip(QUANTITIES, known):
            if value is not None:
                values[quantity][at] = value
        if at[2] > newest[antenna]:
            newest[antenna], numbers[antenna] = at[2], number
    return Series(
        tuple(row[0] for row in nights),
        tuple(row[1][:10] for row in nights),
        np.array([row[2] for row in nights], float),
        np.array([np.nan if row[3] is None else row[3] for row in nights], float),
        tuple(names),
        numbers,
        values,
        status,
        reasons,
        evidence,
        tuple(words),
        flagged,
    )


def comparable(series: Series) -> dict[str, np.ndarray]:
    """Return aligned gains (dB), delays (ns) and phases (deg), each (antenna, 2, observation).

    Phases are unwrapped; NaN where the phases of an antpol scatter too much for that.
    """
    return {
        name: follow_turns(align_phases(values)) if name == "phase_deg" else align(values)
        for name, values in series.values.items()
    }


def by_night(values: np.ndarray, night: np.ndarray) -> np.ndarray:
    """Return medians over the observations of each night, (..., night), of (..., observation).

    Observations of one night share its ionosphere and weather: they are not independent.
    """
    number = int(night.max()) + 1 if len(night) else 0
    if number == len(night):
        return values
    chosen = [values[..., night == k] for k in range(number)]
    return np.stack([masked_median(own, np.isnan(own), axis=-1) for own in chosen], axis=-1)


def most_of_night(
    state: np.ndarray, known: np.ndarray, night: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether a state holds in at least half of a night's known observations.

    Also returns whether any observation of the night is known. Input (..., observation) bool,
    results (..., night) bool.
    """
    number = int(night.max()) + 1 if len(night) else 0
    counts = np.zeros((2, *state.shape[:-1], number), int)
    for k in range(number):
        own = night == k
        counts[0, ..., k] = (state & known)[..., own].sum(axis=-1)
        counts[1, ..., k] = known[..., own].sum(axis=-1)
    return (2 * counts[0] >= counts[1]) & (counts[1] > 0), counts[1] > 0


def align(values: np.ndarray) -> np.ndarray:
    """Remove the change common to the array in each night from values (antenna, 2, night)."""
    aligned = values.astype(float)
    for _ in range(ROUNDS):
        known = np.isfinite(aligned)
        away = aligned - masked_median(aligned, ~known, axis=2)[..., None]
        middle, sigma = median_and_sigma(away, ~known, axis=0)
        with np.errstate(invalid="ignore"):
            apart = np.abs(away - middle) > APART_SIGMA * sigma  # a board that jumps, say
        aligned = aligned - np.nan_to_num(masked_median(away, ~known | apart, axis=0))[None]
    return aligned


def align_phases(phase_deg: np.ndarray) -> np.ndarray:
    """Do the same for phases, which are ambiguous by 360 degrees; result in [-180, 180).

    Each night is aligned first to the previous one, then to the median phases of all nights. A
    night whose phases do not correlate with the others stays aligned to the previous one.
    """
    aligned = phase_deg.astype(float)
    for night in range(1, aligned.shape[2]):
        step = common_turn(aligned[..., night] - aligned[..., night - 1])[0]
        aligned[..., night] -= step
    for _ in range(ROUNDS):
        middle = _middle(aligned)
        for night in range(aligned.shape[2]):
            turn, resultant = common_turn(aligned[..., night] - middle)
            aligned[..., night] -= np.where(resultant > LEAST_RESULTANT, turn, 0.0)
    return wrapped(aligned)


def wrapped(degrees: np.ndarray) -> np.ndarray:
    """Return angles wrapped to [-180, 180)."""
    return (degrees + 180.0) % 360.0 - 180.0


def common_turn(degrees: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return median and mean resultant length of angles (antenna, 2) over antennas, each (2,).

    Both are zero where no angle is known.
    """
    known = np.isfinite(degrees)
    phasor = np.where(known, np.exp(1j * np.radians(np.nan_to_num(degrees))), 0)
    mean = phasor.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    around = np.degrees(np.angle(mean))
    rest = masked_median(wrapped(degrees - around), ~known, axis=0)
    return around + np.nan_to_num(rest), np.abs(mean)


def _middle(phase_deg: np.ndarray) -> np.ndarray:
    """Return the median phase of each antpol over the nights, (antenna, 2)."""
    known = np.isfinite(phase_deg)
    phasor = np.where(known, np.exp(1j * np.radians(np.nan_to_num(phase_deg))), 0)
    around = np.degrees(np.angle(phasor.sum(axis=2)))
    return around + masked_median(wrapped(phase_deg - around[..., None]), ~known, axis=2)


def follow_turns(phase_deg: np.ndarray) -> np.ndarray:
    """Unwrap phases so that each antpol changes by less than 180 degrees from night to night."""
    known = np.isfinite(phase_deg)
    last = np.maximum.accumulate(np.where(known, np.arange(phase_deg.shape[2]), 0), axis=2)
    filled = np.nan_to_num(np.take_along_axis(phase_deg, last, axis=2))
    followed = np.where(known, np.unwrap(filled, period=360.0, axis=2), np.nan)
    rough = scatter(followed) > FOLLOWED_DEG
    followed[rough] = np.nan
    return followed


def scatter(values: np.ndarray) -> np.ndarray:
    """Return the rms noise along the last axis, from differences of consecutive known values.

    The estimate is robust (MAD), so jumps and a constant rate do not contribute. NaN with fewer
    than two differences.
    """
    if values.shape[-1] < 3:
        return np.full(values.shape[:-1], np.nan)
    known = np.isfinite(values)
    count = known.sum(axis=-1, keepdims=True)
    order = np.argsort(~known, axis=-1, kind="stable")  # known values first, in order of time
    steps = np.diff(np.take_along_axis(values, order, axis=-1), axis=-1)
    beyond = np.arange(steps.shape[-1]) >= count - 1
    middle = masked_median(steps, beyond, axis=-1)
    away = masked_median(np.abs(steps - middle[..., None]), beyond, axis=-1)
    return np.where(count[..., 0] > 2, MAD_SIGMA * away / np.sqrt(2), np.nan)
