"""Runs AOFlagger's program on a private copy of a sub-band, the only set it writes to."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from lwacal.io import ms_reader
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.runtime import disk_space, paths
from lwacal.runtime.processes import ToolError, find_tool, run_tool
from lwacal.runtime.scratch import scratch_directory

SHIPPED = paths.STRATEGIES / "ovro-lwa.lua"
GENERIC = "generic"  # in place of a path: the strategy that AOFlagger comes with
GENERIC_FILE = "generic-default.lua"


class StrategyError(ValueError):
    """The AOFlagger strategy cannot be found."""


def run(
    concatenated: Path, flagged: np.ndarray, strategy: str, program: str, threads: int
) -> np.ndarray:
    """Return AOFlagger's flags, (row, channel, correlation) bool, including those given.

    ``flagged`` (row, channel, correlation) is what is known to be bad: the strategy does not look
    at it. ``strategy`` as find_strategy takes it; ``program`` is the name or path of aoflagger.
    Raises processes.ToolError if AOFlagger is missing or fails.
    """
    executable = find_tool(program, "tools.aoflagger")
    script = find_strategy(strategy, executable)
    concatenated = Path(concatenated).absolute()
    with scratch_directory("aoflagger") as directory:
        copy = directory / "data.ms"
        _copy(concatenated, flagged, copy)
        command = [executable, "-j", str(threads), "-strategy", str(script), "-direct-read"]
        try:
            run_tool([*command, str(copy)])
        except ToolError as error:
            raise ToolError(
                f"{error}\nAOFlagger's program failed with the strategy {script}"
                " (flagging.strategy): correct it, or leave the key empty to use the package"
            ) from error
        return joined(read_flags(copy), flagged)


def joined(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return flags in which new flags of one correlation count for all four.

    Both (row, channel, correlation). What was known before concerns its own polarization only: a
    dead X does not cost Y.
    """
    new = found & ~known
    return known | new.any(axis=-1, keepdims=True)


def find_strategy(strategy: str, executable: str) -> Path:
    """Return the path of the strategy: a configured file, "generic", or the shipped one."""
    if not strategy:
        return SHIPPED
    if strategy != GENERIC:
        path = Path(strategy).absolute()
        if not path.is_file():
            raise StrategyError(f"flagging.strategy: {path} is not a file")
        return path
    prefix = Path(shutil.which(executable) or executable).resolve().parent.parent
    folder = prefix / "share" / "aoflagger" / "strategies"
    path = folder / GENERIC_FILE
    if not path.is_file():
        raise StrategyError(
            f"AOFlagger's own strategy is not at {path}; name one with flagging.strategy"
        )
    return path


def _copy(concatenated: Path, flagged: np.ndarray, copy: Path) -> None:
    """Write the private copy, with flags where all polarizations are known to be bad.

    AOFlagger takes what is flagged in one polarization as flagged in all. Where only some are known
    to be bad, their data are therefore replaced by those of a polarization that is not.
    """
    frequency_hz, width_hz = ms_reader.read_channels(concatenated)
    disk_space.require(copy, disk_space.set_bytes(len(flagged), len(frequency_hz)))
    centre = Field("zenith", *ms_reader.read_field(concatenated))
    antennas = ms_reader.read_antennas(concatenated)
    with MeasurementSetWriter(copy, antennas, frequency_hz, width_hz, [centre]) as writer:
        for integration in ms_reader.iterate_integrations(concatenated, ("DATA",)):
            known, data = flagged[integration.rows], integration.columns["DATA"]
            whole = known.all(axis=-1, keepdims=True)
            stand_in = np.take_along_axis(data, known.argmin(axis=-1)[..., None], axis=-1)
            writer.append(
                integration.mjd_s,
                integration.interval_s,
                integration.antenna1,
                integration.antenna2,
                integration.uvw_m,
                np.where(known & ~whole, stand_in, data),
                np.broadcast_to(whole, known.shape),
                scan=integration.scan,
            )


def read_flags(path: Path) -> np.ndarray:
    """Return the FLAG column of a set, (row, channel, correlation)."""
    with ms_reader.open_table(path) as table:
        return table.getcol("FLAG")
