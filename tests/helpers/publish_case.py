"""Tables of a small array to publish, and what the beamformer would load of them."""

from pathlib import Path

import numpy as np

import made_up_observation
import made_up_records
import small_quality
from lwacal.io import caltable
from lwacal.io.ms_reader import Antennas
from lwacal.io.solutions import SubBandSolutions
from lwacal.publish import publish as publication
from lwacal.publish.provenance import Sources
from lwacal.telescope import site

STAMP = "20240601_110000"


BANDS = ("59MHz", "73MHz")


N_ANTENNAS, N_CHANNELS = 12, 8


def write_table(path, gain=None, flag=None):
    """Write a bandpass table of drawn gains, or of these."""
    band = path.stem.rpartition("_")[2]
    shape = (N_ANTENNAS, N_CHANNELS, 2)
    draw = np.random.default_rng(len(path.name))
    drawn = 1 + 0.1 * draw.normal(size=(*shape, 2)) @ [1, 1j]
    names = [f"LWA{k:03d}" for k in range(N_ANTENNAS)]
    solutions = SubBandSolutions.of(
        drawn if gain is None else gain,
        np.zeros(shape, bool) if flag is None else flag,
        antenna_names=names,
        frequency_hz=site.band_frequencies_hz(band, N_CHANNELS),
        channel_width_hz=1e5,
        mjd_s=5e9,
    )
    caltable.write_bandpass(path, solutions, Antennas(names, np.zeros((N_ANTENNAS, 3))), (0, 0))
    return path


def sources(verdict="pass"):
    qa = small_quality.quality("20240601_110000", verdict)
    qa["observation"] |= {
        "id": "night",
        "start_utc": "2024-06-01T11:00:00.000",
        "lst_hours": 20.5,
        "reference_antenna": {"antenna": "LWA003", "why": ""},
    }
    plan = made_up_observation.Plan(2, ("59MHz",), N_CHANNELS, 2)
    manifest = made_up_observation.manifest(plan)
    entries = manifest["bands"]["59MHz"]["entries"]
    entries[0]["path"] = "/data/night/one.ms"
    entries[1] |= {"path": "/data/night/zero.ms", "usable": False}
    run = made_up_records.run_record()
    return Sources(qa={**qa, "reasons": ["CygA is off."]}, run=run, manifest=manifest)


def publish(tables, choice, verdict="pass", database=Path("none.sqlite"), **changed):
    return publication.publish(
        sources(verdict), tables, database, choice.model_copy(update=changed)
    )


def loaded(choice):
    """Return what the beamformer would load: stamps and tables of latest/*.bcal."""
    found = sorted(Path(choice.folder, "latest").glob("*.bcal"))
    return {path.name.rpartition("_")[0] for path in found}, found


def everything(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in Path(folder).rglob("*")
        if path.name != publication.LOCK
    )
