"""Groups the events of antpols into changes of boards, of the array and of single antennas.

If most antennas of a board, or of the array, change at once, this is one change of the board or
the array. The remaining events are listed by antenna, X and Y together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.nights.antenna_events import Event
from lwacal.nights.time_series import Series
from lwacal.runtime.robust import MAD_SIGMA
from lwacal.telescope import boards
from lwacal.telescope.antpol_states import REASON_WORDS
from lwacal.telescope.correlations import POLARIZATIONS

ARRAY = "the array"
FEWEST_ON_A_BOARD = 4  # antennas; fewer could change together by chance
APART = 1  # nights: uncertainty of the time of a change
ALIKE = 0.5  # largest spread over size for antennas that change by the same amount
UNITS = {
    "gain_db": ("gain", "dB", 1),
    "delay_ns": ("delay", "ns", 1),
    "phase_deg": ("phase", "°", 0),
}
ORDER = ("jump", "swap", "bad", "drift", "recovered")


@dataclass(frozen=True)
class Change:
    """A change of an antenna, a board or the array.

    ``night`` and ``until`` are indices of observations: the first after the change, and the last
    of a drift, else the newest; ``nights`` is how long it has lasted. ``size`` and ``rate`` are in
    the unit of the first quantity; ``text`` is a sentence. ``lasts`` is false while only one night
    shows the change.
    """

    kind: str
    where: str
    night: int
    until: int
    nights: int
    quantity: str
    size: float | None
    rate: float | None
    significance: float
    antennas: tuple[str, ...]
    lasts: bool
    text: str


def group(events: Sequence[Event], series: Series, share: float, same_lst_h: float) -> list[Change]:
    """Return the changes, newest first; ``share`` of a board's antennas makes it the board's.

    The text of a jump mentions if the observations before and after it are more than
    ``same_lst_h`` apart in sidereal time, as the sky may then be the cause.
    """
    pools: dict[tuple[str, str, int], list[Event]] = defaultdict(list)
    for event in events:
        sign = int(np.sign(event.size)) if event.kind == "drift" else 0
        pools[event.kind, event.quantity, sign].append(event)
    found: dict[tuple[str, str], list[list[Event]]] = defaultdict(list)
    for (kind, _, _), pool in pools.items():
        for where, members in _groups(series):
            for taken in _of_group(pool, members, share, kind):
                gone = set(taken)
                pool = [event for event in pool if event not in gone]
                found[kind, where].append(taken)
        for single in _by_antenna(pool):
            found[kind, series.antennas[single[0].antenna]].append(single)
    changes = [
        _change(kind, where, together, series, same_lst_h)
        for (kind, where), lists in _without_echoes(found).items()
        for together in _merge(lists)
    ]
    return sorted(
        changes,
        key=lambda c: (-c.night, ORDER.index(c.kind), -len(c.antennas), -c.significance, c.where),
    )


def _groups(series: Series) -> list[tuple[str, frozenset[int]]]:
    """Return names and antennas of the groups that may change as one: array and boards."""
    named: dict[str, set[int]] = defaultdict(set)
    arx: dict[str, set[int]] = defaultdict(set)
    for place, (name, number) in enumerate(zip(series.antennas, series.numbers)):
        named[boards.snap2(int(number))].add(place)
        board = boards.arx(name)
        if board:
            arx[board].add(place)
    snap2 = sorted(named, key=lambda board: int(board.split()[-1]))
    receivers = sorted(arx, key=lambda board: int(board.split()[-1]))
    ordered = [(board, frozenset(named[board])) for board in snap2]
    ordered += [(board, frozenset(arx[board])) for board in receivers]
    whole = frozenset(range(len(series.antennas)))
    return [(ARRAY, whole), *((n, m) for n, m in ordered if len(m) >= FEWEST_ON_A_BOARD)]


def _of_group(
    pool: Sequence[Event], members: frozenset[int], share: float, kind: str
) -> Iterable[list[Event]]:
    """Yield simultaneous events of most members; drifts if they are alike, whenever they began."""
    left = [event for event in pool if event.antenna in members]
    needed = max(share * len(members), FEWEST_ON_A_BOARD)
    while len({event.antenna for event in left}) >= needed:
        if kind == "drift":
            if _alike(np.array([event.rate for event in left])):
                yield left
            return
        count = defaultdict(set)
        for event in left:
            count[event.night].add(event.antenna)
        peak = max(sorted(count), key=lambda night: len(count[night]))
        together = [event for event in left if abs(event.night - peak) <= APART]
        if len({event.antenna for event in together}) < needed:
            return
        yield together
        taken = set(together)
        left = [event for event in left if event not in taken]


def _by_antenna(pool: Iterable[Event]) -> list[list[Event]]:
    """Return events of single antennas; X and Y in the same night are together."""
    lists: dict[tuple[int, int], list[Event]] = defaultdict(list)
    for event in sorted(pool, key=lambda e: (e.antenna, e.night, e.pol)):
        near = [n for n in (event.night, event.night - APART) if (event.antenna, n) in lists]
        lists[event.antenna, near[0] if near else event.night].append(event)
    return list(lists.values())


def _merge(lists: Sequence[list[Event]]) -> list[list[Event]]:
    """Join events of one group in several quantities in the same night.

    Drifts are joined if they end in the same night, as their start is known to a few nights only.
    Drifts of the same quantity with opposite signs stay separate.
    """
    for least_shared in (1, 0):  # events of the same antpols come first
        lists = _joined(lists, least_shared)
    return list(lists)


def _joined(lists: Sequence[list[Event]], least_shared: int) -> list[list[Event]]:
    merged: list[list[Event]] = []
    for events in sorted(lists, key=lambda events: (events[0].until, _night(events))):
        for known in reversed(merged):
            if _shared(known, events) >= least_shared and _belong_together(known, events):
                known.extend(events)
                break
        else:
            merged.append(list(events))
    return merged


def _belong_together(known: Sequence[Event], events: Sequence[Event]) -> bool:
    if events[0].kind == "drift":
        signs: dict[str, set[float]] = defaultdict(set)
        for event in (*known, *events):
            signs[event.quantity].add(np.sign(event.size))
        if any(len(found) > 1 for found in signs.values()):
            return False
        if known[0].until == events[0].until:
            return True
    return abs(_night(known) - _night(events)) <= APART


def _shared(known: Sequence[Event], events: Sequence[Event]) -> int:
    """Return the number of antpols in both."""
    return len({(e.antenna, e.pol) for e in known} & {(e.antenna, e.pol) for e in events})


def _night(events: Sequence[Event]) -> int:
    nights = [event.night for event in events]
    return max(sorted(set(nights)), key=nights.count)


def _change(
    kind: str, where: str, events: Sequence[Event], series: Series, same_lst_h: float
) -> Change:
    by_quantity: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_quantity[event.quantity].append(event)
    order = [q for q in (*UNITS, "status", "swap") if q in by_quantity]
    first = by_quantity[order[0]]
    first_night, last = _night(first), len(series.observations) - 1
    night = int(series.of_night(first_night)[0])
    until = int(series.of_night(max(e.until for e in first))[-1]) if kind == "drift" else last
    single = len({event.antenna for event in events}) == 1 and where != ARRAY
    parts = [_PARTS[kind](by_quantity[quantity], single) for quantity in order]
    nights = max(event.nights for event in first)
    lasts = kind == "drift" or nights > 1
    dates = f"since {series.dates[night]}" if kind == "drift" else f"on {series.dates[night]}"
    if kind == "drift" and until < last:
        dates = f"from {series.dates[night]} to {series.dates[until]}"
    doubt = "" if lasts else " (one night so far)"
    if kind == "jump" and _sky_changes(series, first_night, same_lst_h):
        doubt += ", at a different sidereal time from the previous night"
    return Change(
        kind,
        where,
        night,
        until,
        nights,
        order[0],
        float(np.median([event.size for event in first])) if order[0] in UNITS else None,
        float(np.median([event.rate for event in first])) if kind == "drift" else None,
        float(max(event.significance for event in events)),
        tuple(sorted({series.antennas[event.antenna] for event in events})),
        lasts,
        f"{where}{_signals(events, single)}: {', '.join(parts)} {dates}{doubt}",
    )


def _sky_changes(series: Series, night: int, same_lst_h: float) -> bool:
    """Return whether a night has no observation at a sidereal time similar to the night before."""
    now, before = (series.lst_hours[series.of_night(k)] for k in (night, night - 1))
    apart = np.abs(now[:, None] - before)
    return bool(np.minimum(apart, 24 - apart).min() > same_lst_h)


def _signals(events: Sequence[Event], single: bool) -> str:
    """Return the polarizations of a single antenna; empty for groups."""
    pols = sorted({event.pol for event in events})
    return f" {' and '.join(POLARIZATIONS[pol] for pol in pols)}" if single else ""


def _of_antennas(events: Sequence[Event], single: bool) -> str:
    number = len({event.antenna for event in events})
    return "" if single else f" of {number} antennas"


def _jump(events: Sequence[Event], single: bool) -> str:
    word, unit, digits = UNITS[events[0].quantity]
    sizes = np.array([event.size for event in events])
    if _alike(sizes):
        size = signed(float(np.median(sizes)), unit, digits)
        return f"{word}{_of_antennas(events, single)} changed by {size}"
    rms = np.sqrt(np.mean(sizes**2))
    many = _of_antennas(events, single)
    return f"{word}{many} changed by different amounts (rms {signed(rms, unit, digits)[1:]})"


def _alike(values: np.ndarray) -> bool:
    """Return whether values agree: their spread is small compared with their median."""
    middle = np.median(values)
    return bool(MAD_SIGMA * np.median(np.abs(values - middle)) <= ALIKE * abs(middle))


def _drift(events: Sequence[Event], single: bool) -> str:
    word, unit, digits = UNITS[events[0].quantity]
    rate, size = (float(np.median([getattr(e, key) for e in events])) for key in ("rate", "size"))
    return (
        f"{word}{_of_antennas(events, single)} drifts by {signed(rate, unit, digits + 1)} per day"
        f" ({signed(size, unit, digits)} so far)"
    )


def _bad(events: Sequence[Event], single: bool) -> str:
    reasons = [REASON_WORDS.get(word, word) for event in events for word in event.reasons]
    main = sorted(set(reasons), key=lambda word: (-reasons.count(word), word))[:2]
    return f"{_antennas(events, single)}went bad" + (f": {', '.join(main)}" if main else "")


def _recovered(events: Sequence[Event], single: bool) -> str:
    return f"{_antennas(events, single)}recovered"


def _swap(events: Sequence[Event], single: bool) -> str:
    return "cables swapped" if single else f"X and Y cables{_of_antennas(events, single)} swapped"


def _antennas(events: Sequence[Event], single: bool) -> str:
    return "" if single else f"{len({event.antenna for event in events})} antennas "


_PARTS = {"jump": _jump, "drift": _drift, "bad": _bad, "recovered": _recovered, "swap": _swap}


def signed(value: float, unit: str, digits: int) -> str:
    """Return a number with sign and unit, such as ``−6.1 dB``."""
    space = "" if unit == "°" else " "
    return f"{value:+.{digits}f}".replace("-", "−") + f"{space}{unit}"


def _without_echoes(
    found: Mapping[tuple[str, str], Sequence[list[Event]]],
) -> dict[tuple[str, str], list[list[Event]]]:
    """Leave out events that another change at the same place and night explains.

    Swapped cables explain why an antpol is bad; going bad or recovering explains a jump of the
    antpol itself, but not of the other polarization. A change of a board is kept whole unless all
    of it is explained. ``found`` is by kind and place.
    """
    explained = {
        (kind, where, event.antenna, event.pol, event.night + apart)
        for (kind, where), lists in found.items()
        if kind in ("swap", "bad", "recovered")
        for events in lists
        for event in events
        for apart in (-APART, 0, APART)
    }
    why = {"bad": ("swap",), "jump": ("swap", "bad", "recovered")}
    kept: dict[tuple[str, str], list[list[Event]]] = {}
    for (kind, where), lists in found.items():
        kept[kind, where] = []
        for events in lists:
            left = [
                event
                for event in events
                if not any(
                    (reason, where, event.antenna, event.pol, event.night) in explained
                    for reason in why.get(kind, ())
                )
            ]
            if left:
                alone = len({event.antenna for event in events}) == 1
                kept[kind, where].append(left if alone else events)
    return kept
