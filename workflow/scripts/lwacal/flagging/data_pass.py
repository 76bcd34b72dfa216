"""The one pass over a concatenated sub-band that flagging needs, in blocks of baselines.

A block has the same baselines of all integrations. Blocks are independent of each other, their size
does not depend on the number of processes, and their order does not change the flags.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.flagging import array_lines, bursts, passband, rfi_search
from lwacal.io import ms_reader
from lwacal.io.flag_file import CAUSES
from lwacal.runtime import malloc
from lwacal.runtime.processes import end_with_parent
from lwacal.telescope.correlations import FIRST_POLARIZATION, SECOND_POLARIZATION

BLOCK_ROWS = 8192  # of all integrations together: 50 MB of visibilities at 192 channels


@dataclass(frozen=True)
class Search:
    """What is looked for, and where.

    ``bad`` (antenna, 2) bool: antpols known to be bad; ``use_original``: take the set's own flags;
    ``interference``: search for it, in amplitudes over the ``passband`` of the antpols (antenna,
    channel, 2), if it is known.
    """

    concatenated: Path
    bad: np.ndarray
    use_original: bool
    interference: bool
    passband: np.ndarray | None = None


@dataclass(frozen=True)
class Block:
    """Some rows of integrations with equal baselines: ``starts`` (integration,) and how many."""

    integrations: tuple[int, ...]
    starts: tuple[int, ...]
    antenna1: np.ndarray
    antenna2: np.ndarray


@dataclass(frozen=True)
class Sums:
    """Sums over the baselines of an integration, those of bursts.sums and of array_lines.sums."""

    bursts: tuple[np.ndarray, ...]
    lines: tuple[np.ndarray, ...]

    def __add__(self, other: Sums) -> Sums:
        """Return the sums over the baselines of both."""
        return Sums(
            tuple(one + two for one, two in zip(self.bursts, other.bursts)),
            tuple(one + two for one, two in zip(self.lines, other.lines)),
        )


@dataclass(frozen=True)
class Look:
    """What the pass gives of each integration, in order of time.

    ``causes`` bit masks (row, channel, 4) uint8, ``sums`` over baselines, ``scans`` its number.
    """

    causes: list[np.ndarray]
    sums: list[Sums]
    scans: list[int]


def look(search: Search, processes: int) -> Look:
    """Read the data once and return the flags that a block of baselines tells by itself.

    Memory: the masks (48 MB an integration of 352 antennas and 192 channels), and 0.6 GB a process.
    """
    with ms_reader.open_table(search.concatenated) as table:
        blocks, lengths, scans = _blocks(table)
    n_channels = len(ms_reader.read_channels(search.concatenated)[0])
    causes = [np.zeros((length, n_channels, 4), np.uint8) for length in lengths]
    starts = np.cumsum([0, *lengths])
    sums: dict[int, Sums] = {}
    for block, results in zip(blocks, _results(search, blocks, processes)):
        for number, start, (mask, found) in zip(block.integrations, block.starts, results):
            first = start - starts[number]
            causes[number][first : first + len(mask)] = mask
            sums[number] = sums[number] + found if number in sums else found
    return Look(causes, [sums[number] for number in range(len(lengths))], scans)


def _results(search: Search, blocks: list[Block], processes: int) -> Iterator[list[Any]]:
    if processes == 1 or len(blocks) < 2:
        for block in blocks:
            yield look_at(search, block)
        return
    context = multiprocessing.get_context("spawn")
    number = min(processes, len(blocks))
    with ProcessPoolExecutor(number, context, initializer=_begin) as pool:
        yield from pool.map(look_at, [search] * len(blocks), blocks)


def _begin() -> None:
    """Make a process ready for its blocks."""
    end_with_parent()
    malloc.keep_freed_memory()


def _blocks(table: Any) -> tuple[list[Block], list[int], list[int]]:
    """Return the blocks of a set, and the number of rows and the scan of each integration."""
    if table.nrows() == 0:
        return [], [], []
    times, scan = table.getcol("TIME"), table.getcol("SCAN_NUMBER")
    antenna1, antenna2 = table.getcol("ANTENNA1"), table.getcol("ANTENNA2")
    starts = np.flatnonzero(np.r_[True, np.diff(times) != 0])
    ends = np.r_[starts[1:], len(times)]
    alike: dict[bytes, list[int]] = {}
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist())):
        key = antenna1[start:end].tobytes() + antenna2[start:end].tobytes()
        alike.setdefault(key, []).append(number)
    blocks = []
    for numbers in alike.values():
        rows = max(1, BLOCK_ROWS // len(numbers))
        start, end = int(starts[numbers[0]]), int(ends[numbers[0]])
        for place in range(start, end, rows):
            some = slice(place, min(place + rows, end))
            places = tuple(int(starts[number]) + place - start for number in numbers)
            blocks.append(Block(tuple(numbers), places, antenna1[some], antenna2[some]))
    return blocks, (ends - starts).tolist(), [int(number) for number in scan[starts]]


def look_at(search: Search, block: Block) -> list[tuple[np.ndarray, Sums]]:
    """Return bit masks (row, channel, 4) and sums over baselines of each integration of a block."""
    data, masks = _read(search, block)
    cross = block.antenna1 != block.antenna2
    if search.interference:
        flat = _passband(search, block, cross)
        values, known = rfi_search.amplitudes(data[:, cross], masks[:, cross] > 0, flat)
        found = rfi_search.search(values, known)
        # what is found in one of the amplitudes counts for all that was not known before
        new = np.any(found, axis=0)[..., None] & (masks[:, cross] == 0)
    results = []
    for number, mask in enumerate(masks):
        known_of_data = mask[cross] > 0
        of_bursts = bursts.sums(data[number][cross], known_of_data)
        of_lines: tuple[np.ndarray, ...] = ()
        if search.interference:
            hands = rfi_search.CROSS_HANDS
            of_lines = array_lines.sums(
                values[hands, number], known[hands, number], found[hands, number]
            )
            mask[cross] |= new[number] * np.uint8(CAUSES["aoflagger"])
        results.append((mask, Sums(of_bursts, of_lines)))
    return results


def _passband(search: Search, block: Block, rows: np.ndarray) -> np.ndarray | None:
    """Return the passbands of some baselines of a block, (row, channel, 4)."""
    if search.passband is None:
        return None
    return passband.of_baselines(search.passband, block.antenna1[rows], block.antenna2[rows])


def _read(search: Search, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Return data and bit masks of what is known, each (integration, row, channel, 4)."""
    rows = len(block.antenna1)
    with ms_reader.open_table(search.concatenated) as table:
        data = np.stack([table.getcol("DATA", start, rows) for start in block.starts])
        masks = np.zeros(data.shape, np.uint8)
        if search.use_original:
            for mask, start in zip(masks, block.starts):
                mask |= table.getcol("FLAG", start, rows) * np.uint8(CAUSES["original"])
    antennas = antenna_flags(search.bad, block.antenna1, block.antenna2)
    masks |= antennas[:, None, :] * np.uint8(CAUSES["antenna"])
    masks |= (data == 0) * np.uint8(CAUSES["zero"])
    masks |= ~np.isfinite(data) * np.uint8(CAUSES["non_finite"])
    return data, masks


def antenna_flags(bad: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
    """Return which correlations of each row include a bad antpol, (row, 4) bool.

    ``bad`` (antenna, 2): one bad polarization of an antenna leaves the other alone.
    """
    return bad[antenna1][:, FIRST_POLARIZATION] | bad[antenna2][:, SECOND_POLARIZATION]
