"""How faults are planted (tests/helpers/fault_cases.py names them): each returns what plants it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from casacore import tables

import flag_masks
from fault_place import Place
from lwacal.io import flag_file
from lwacal.runtime import atomic, products
from night import SMALL_OPTIONS

Plant = Callable[[Place], None]
STAMP = SMALL_OPTIONS.start
RAW = f"{STAMP}_59MHz.ms"


def both(*plants: Plant) -> Plant:
    """Plant several faults."""

    def plant(place: Place) -> None:
        for one in plants:
            one(place)

    return plant


def as_it_is(place: Place) -> None:
    """Plant nothing."""


def for_good(**sections: dict[str, Any]) -> Plant:
    """Settings without which the job does nothing; {folder} in them is a folder of the place."""

    def plant(place: Place) -> None:
        text = json.dumps(sections).replace("{folder}", str(place.folder))

        def change(found: dict[str, Any]) -> None:
            for name, values in json.loads(text).items():
                found[name].update(values)

        place.always = lambda job: job.with_settings(change)

    return plant


def killed_at(event: str) -> Plant:
    """SIGKILL just before Python does something (tests/helpers/fault_hooks)."""
    return lambda place: place.environment.update(FAULT_AT=event)


def settings(**changes: Any) -> Plant:
    """Other settings of the job: key__key=value."""

    def change(found: dict[str, Any]) -> None:
        for keys, value in changes.items():
            *above, last = keys.split("__")
            section = found
            for key in above:
                section = section[key]
            assert last in section
            section[last] = value

    return lambda place: place.set_options(change)


def program(key: str, text: str) -> Plant:
    """A shell script in the place of a program (key: tools.wsclean, tools.aoflagger)."""

    def plant(place: Place) -> None:
        path = place.program(key, text)
        place.set_options(lambda found: found["tools"].update({key: str(path)}))

    return plant


def module(name: str, text: str) -> Plant:
    """A module in the place of an installed one."""
    return lambda place: place.module(name, text)


def largest_file(n_bytes: int) -> Plant:
    """Files may not get larger: writing fails in the middle, as on a disk that becomes full."""
    return lambda place: place.prefix.extend(["prlimit", f"--fsize={n_bytes}"])


def full_disk(folder: str, n_bytes: int) -> Plant:
    """A disk of its own, too small, for a folder of the observation; only root can have one."""

    def plant(place: Place) -> None:
        if os.geteuid():
            pytest.skip("a disk of its own can only be mounted by root")
        disk = place.path(folder)
        aside = place.folder / "old" / "disk"
        disk.rename(aside)
        disk.mkdir()
        size = ["-o", f"size={n_bytes}"]
        subprocess.run(["mount", "-t", "tmpfs", *size, "none", disk], check=True)

        def back() -> None:
            subprocess.run(["umount", disk], check=True)
            disk.rmdir()
            aside.rename(disk)

        place.undo.append(back)

    return plant


def forbidden(path: Callable[[Place], Path], mode: int) -> Plant:
    """Rights taken away; root, who may do all, runs the job without that privilege."""

    def plant(place: Place) -> None:
        target = path(place)
        before = target.stat().st_mode
        target.chmod(mode)
        place.undo.append(lambda: target.chmod(before))
        if not os.geteuid():
            powers = "-dac_override,-dac_read_search"
            place.prefix += ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}"]

    return plant


def product(name: str, damage: Callable[[Path], None]) -> Plant:
    """A product of the observation damaged."""
    return lambda place: damage(place.keep(place.path(name)))


def raw(damage: Callable[[Path], None], name: str = RAW) -> Plant:
    """One of the raw sets damaged, in a copy."""
    return lambda place: damage(place.keep(place.own_raw() / name))


def all_raw(damage: Callable[[Path], None]) -> Plant:
    """All raw sets damaged, in a copy."""

    def plant(place: Place) -> None:
        for path in sorted(place.own_raw().iterdir()):
            damage(place.keep(path))

    return plant


def half(path: Path) -> None:
    """Leave the first half of a file."""
    os.truncate(path, path.stat().st_size // 2)


def half_of(name: str) -> Callable[[Path], None]:
    """Leave the first half of a file in a folder."""
    return lambda folder: half(folder / name)


def without(name: str) -> Callable[[Path], None]:
    """Remove a file or folder from a folder."""
    return lambda folder: atomic.remove(folder / name)


def replaced_by(text: str) -> Callable[[Path], None]:
    """Put a file of this text in the place of a file or folder."""

    def damage(path: Path) -> None:
        atomic.remove(path)
        path.write_text(text)

    return damage


def broken_link(path: Path) -> None:
    """Put a link to nothing in the place of a folder."""
    atomic.remove(path)
    path.symlink_to(path.with_name("not here"))


def table(change: Callable[[tables.table], None], sub_table: str = "") -> Callable[[Path], None]:
    """Change a casacore table."""

    def damage(path: Path) -> None:
        with tables.table(str(path / sub_table), readonly=False, ack=False) as opened:
            change(opened)

    return damage


def column(name: str, change: Callable[[np.ndarray], np.ndarray], sub_table: str = ""):
    """Change a column of a table: function of its values to new ones."""
    return table(lambda opened: opened.putcol(name, change(opened.getcol(name))), sub_table)


def record(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Change a record in JSON."""

    def damage(path: Path) -> None:
        found = json.loads(path.read_text())
        change(found)
        products.write_json(path, found)

    return damage


def another_night(text: str) -> Plant:
    """The qa.json of another observation beside this one: not what it should be."""

    def plant(place: Place) -> None:
        folder = place.path(".").parent / "other"
        folder.mkdir()
        (folder / "qa.json").write_text(text)
        place.undo.append(lambda: atomic.remove(folder))

    return plant


def unhealthy(*names: str) -> Plant:
    """health.json says that these antennas (or all, without names) are bad."""

    def change(found: dict[str, Any]) -> None:
        for signal_ in found["antennas"]:
            if not names or signal_["antenna"] in names:
                signal_["status"] = "bad"

    return product("health.json", record(change))


def strategy(text: str) -> Plant:
    """A strategy for AOFlagger's program, of this text."""

    def plant(place: Place) -> None:
        path = place.folder / "modules" / "strategy.lua"
        path.write_text(text)
        settings(flagging__strategy=str(path))(place)

    return plant


def wrapper(text: str, **changes: Any) -> Plant:
    """A shell script as health.mnc.command, and other settings of that section."""

    def plant(place: Place) -> None:
        settings(command=str(place.program("wrapper", text)), **changes)(place)

    return plant


def told_to_stop(file: str) -> Plant:
    """SIGTERM, as batch systems send it, when a file is there."""

    def plant(place: Place) -> None:
        place.send = (place.folder / file, signal.SIGTERM)

    return plant


def emptied(path: Path) -> None:
    """Put a folder with one other file in the place of a set."""
    atomic.remove(path)
    path.mkdir()
    (path / "notes.txt").write_text("copied by hand")


def without_rows(path: Path) -> None:
    """Take all rows from a set."""
    whole_set = path.with_name("whole")
    path.rename(whole_set)
    with tables.table(str(whole_set), ack=False) as opened:
        opened.query("TIME < 0").copy(str(path), deep=True).close()
    atomic.remove(whole_set)


def unreadable_set(name: str) -> Plant:
    """A raw set that may not be read."""

    def plant(place: Place) -> None:
        folder = place.own_raw() / name
        forbidden(lambda _: folder, 0)(place)

    return plant


def closed_folder(name: str) -> Plant:
    """A folder among the raw data that may not be read."""

    def plant(place: Place) -> None:
        folder = place.own_raw() / name
        folder.mkdir()
        forbidden(lambda _: folder, 0)(place)
        place.undo.insert(0, lambda: folder.rmdir())

    return plant


def doubled(name: str) -> Plant:
    """A second set of the same integration and sub-band, in a folder below, and its inventory."""

    def plant(place: Place) -> None:
        inventory = place.keep(place.path("inventory.json"))
        folder = place.own_raw()
        shutil.copytree(folder / name, folder / "again" / name)
        found = json.loads(inventory.read_text())
        entries = found["bands"]["59MHz"]["entries"]
        second = {**entries[0], "path": str(folder / "again" / name)}
        entries.insert(1, second)
        products.write_json(inventory, found)
        place.undo.append(lambda: atomic.remove(folder / "again"))
        place.undo.append(lambda: rewrite(inventory, place))

    return plant


def rewrite(inventory: Path, place: Place) -> None:
    """Write the inventory of the raw data of a place again."""
    text = place.evening.path("inventory.json").read_text()
    inventory.write_text(text.replace(str(place.evening.raw), str(place.raw)))


def empty_input(place: Place) -> None:
    """An input folder without measurement sets."""
    folder = place.folder / "empty"
    folder.mkdir()
    place.change = lambda job: job.with_text(str(place.raw), str(folder))


def some_not_finite(data: np.ndarray) -> np.ndarray:
    """Return data with a row of NaN and one of infinity."""
    data = data.copy()
    data[3], data[40] = np.nan, np.inf
    return data


def fewer_flags(path: Path) -> None:
    """Leave the flags of the first 100 rows."""
    flag_file.write(path, [flag_masks.load_causes(path, slice(0, 100))])


def all_flagged(path: Path) -> None:
    """Flag all data."""
    causes = flag_masks.load_causes(path)
    flag_file.write(path, [np.full_like(causes, flag_file.CAUSES["original"])])


def beam_file(text: str) -> Plant:
    """A file of this text as beam.file."""

    def plant(place: Place) -> None:
        path = place.folder / "modules" / "beams.h5"
        path.write_text(text)
        settings(beam__model="h5", beam__file=str(path))(place)

    return plant


def dead_reference(number: int) -> Plant:
    """Two antennas are configured, and the first ``number`` of them are dead."""

    def plant(place: Place) -> None:
        names = products.read_json(place.path("manifest.json"))["antennas"]["names"][:2]
        place.change = lambda job: job.with_value("--antennas", json.dumps(names))
        unhealthy(*names[:number])(place)

    return plant


def half_benchmark(place: Place) -> None:
    """A file of run times that ends in the middle of a line."""
    folder = place.work / "benchmarks" / "evening"
    folder.mkdir(parents=True)
    (folder / "flag.tsv").write_text("s\th:m:s\tmax_rss\n1.2\t0:00:01\t120.5\n3.")
