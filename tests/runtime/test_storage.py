"""Input, output and memory of measurement sets: each byte is written once, memory is kept."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lwacal.io import ms_reader
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.runtime import paths
from lwacal.telescope import site
from small_sets import baselines, small_array

N_ANTENNAS = 100  # 5050 rows
RESIDENT_MB = """
import numpy as np
from lwacal.runtime import malloc
if {keeps}:
    malloc.keep_freed_memory()
large = np.ones(25_000_000)
del large
with open("/proc/self/statm") as stream:
    print(int(stream.read().split()[1]) * 4096 / 1e6)
"""


def bytes_moved(kind):
    """Return how many bytes this process has read (rchar) or written (wchar)."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)[kind])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a set of two integrations, and the number of bytes written to make it."""
    path = tmp_path_factory.mktemp("storage") / "data.ms"
    antenna1, antenna2 = baselines(N_ANTENNAS)
    draw = np.random.default_rng(3)
    shape = (len(antenna1), 2, 4)
    with MeasurementSetWriter(
        path, small_array(N_ANTENNAS), np.array([50e6, 50.1e6]), 1e5, [Field("zenith", 0.0, 0.6)]
    ) as writer:
        before = bytes_moved("wchar")
        for scan in (1, 2):
            data = draw.normal(size=(*shape, 2)).astype(np.float32).view(np.complex64)[..., 0]
            writer.append(
                site.mjd_seconds("2024-06-01T11:00:00") + 10 * scan,
                10.0,
                antenna1,
                antenna2,
                draw.normal(size=(len(antenna1), 3)),
                data,
                draw.random(shape) < 0.1,
                scan=scan,
            )
    return path, bytes_moved("wchar") - before


def test_each_byte_of_a_set_is_written_once(written):
    path, number = written
    size = sum(file.stat().st_size for file in path.rglob("*"))
    assert size / 2 < number < 1.2 * size


def test_rows_are_read_as_casacore_gives_them(written):
    path, _ = written
    with ms_reader.open_table(path) as table:
        for name in ("DATA", "FLAG", "UVW", "FLAG_ROW", "ANTENNA2"):
            found = ms_reader.read_rows(table, name, 5000, 200)
            wanted = table.getcol(name, 5000, 200)
            assert found.dtype == wanted.dtype
            assert np.array_equal(found, wanted)


@pytest.mark.parametrize("keeps", [True, False])
def test_freed_memory_is_kept(keeps):
    command = [sys.executable, "-c", RESIDENT_MB.format(keeps=keeps)]
    folder = paths.SCRIPTS
    found = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    assert (float(found.stdout) > 200) == keeps
