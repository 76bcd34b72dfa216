"""Integrations that are flagged as bursts, from the flags on disk to the solutions."""

from dataclasses import replace

import numpy as np
import pytest
from casacore import tables

import flag_masks
import solver_case
from lwacal.calibration import bandpass, normal_equations
from lwacal.io import flag_file, ms_reader
from lwacal.io.flag_file import BURST, CAUSES
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.telescope.correlations import PARALLEL_HANDS

BAND, SUSPECT = "73MHz", 1


@pytest.fixture
def case(tmp_path):
    """Three integrations, one of them flagged as a burst with a line below it."""
    made = solver_case.make(tmp_path, n_integrations=3)
    whole = flag_masks.load_causes(made.flags[BAND])
    causes = np.split(whole, 3)
    causes[SUSPECT][:, 4] |= CAUSES["aoflagger"]
    causes[SUSPECT] |= BURST
    flag_file.write(made.flags[BAND], causes)
    return made


def scans(case):
    return [item.scan for item in ms_reader.iterate_integrations(case.concat[BAND], ())]


def solved(case):
    band = solver_case.sub_band(case, BAND)
    return bandpass.solve(band, case.reference, Bandpass(), case.folder / "table.bcal")


def most_visibilities(band):
    """Return the most visibilities that a baseline has in each channel, (channel,)."""
    return normal_equations.read(band).count.max(axis=(0, 2)).tolist()


def test_sums_hold_a_restored_integration_but_not_its_other_flags(case):
    band = solver_case.sub_band(case, BAND)
    assert most_visibilities(band) == [2] * 12
    restored = replace(band, restored=frozenset([scans(case)[SUSPECT]]))
    assert most_visibilities(restored) == [3 if channel != 4 else 2 for channel in range(12)]
    assert restored.flagged().sum() < band.flagged().sum()


def test_an_integration_that_the_sky_explains_is_restored(case):
    record = solved(case)
    assert record["status"] == "ok"
    assert record["restored_integrations"] == [scans(case)[SUSPECT]]
    assert f"integration {scans(case)[SUSPECT]}" in record["message"]
    assert record["sky"]["integrations"] == scans(case)


def test_the_first_integration_may_be_the_bright_one(case):
    whole = flag_masks.load_causes(case.flags[BAND]) & ~BURST
    causes = np.split(whole, 3)
    causes[0] |= BURST
    flag_file.write(case.flags[BAND], causes)
    assert solved(case)["restored_integrations"] == [scans(case)[0]]


def test_interference_is_not_restored(case):
    draw = np.random.default_rng(1)
    with tables.table(str(case.concat[BAND]), readonly=False, ack=False) as table:
        data = table.getcol("DATA")
        rows = len(data) // 3
        mine = slice(SUSPECT * rows, (SUSPECT + 1) * rows)
        phase = np.exp(2j * np.pi * draw.random(len(case.antennas.names)))
        first, second = (table.getcol(name)[mine] for name in ("ANTENNA1", "ANTENNA2"))
        power = 2 * np.median(np.abs(data[mine][..., PARALLEL_HANDS]))
        data[mine] += (power * phase[first] * phase[second].conj())[:, None, None]
        table.putcol("DATA", data)
    record = solved(case)
    assert record["status"] == "ok"
    assert record["restored_integrations"] == []
    assert record["sky"]["integrations"] == [scans(case)[number] for number in (0, 2)]
