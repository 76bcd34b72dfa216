"""The reference tools for each step, on the same data."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench import dp3
from bench.place import Place
from bench.project import ENVIRONMENT
from bench.stages import BRIGHTEST, Words
from lwacal.calibration import casa_input
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.imaging import split as calibrate

CASA_TASKS = Path(__file__).with_name("reference") / "casa_tasks.py"


@dataclass(frozen=True)
class Peer:
    """How a reference tool does a step.

    ``prepare`` sets up what the tool needs (usually a private copy) before each run and is not
    measured. ``missing`` is the reason why it cannot run.
    """

    name: str
    command: Words
    prepare: Callable[[], None]
    note: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""


def of_rule(rule: str, place: Place) -> list[Peer]:
    """Return the peers of a rule; the products of the rule must exist."""
    maker = MAKERS.get(rule)
    return list(maker(place, place.path("peers"))) if maker else []


def casa(folder: Path, *tasks: tuple[str, dict[str, Any]]) -> Words:
    """Return the command that runs CASA tasks in one process."""
    return [sys.executable, CASA_TASKS, folder / "casa.log", json.dumps(tasks)]


def remove(*paths: Path) -> None:
    """Remove existing files and folders."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def fresh_copy(source: Path, copy: Path, *products: Path) -> None:
    """Make a new private copy and remove ``products`` of an earlier run."""
    remove(copy, *products)
    shutil.copytree(source, copy)


def _concat(place: Place, folder: Path) -> Iterator[Peer]:
    output = folder / "concat.ms"
    raw = sorted(map(str, place.observation.raw.glob(f"*_{place.band}.ms")))
    yield Peer(
        "CASA concat",
        casa(folder, ("concat", {"vis": raw, "concatvis": str(output)})),
        partial(remove, output),
        "concatenates only: no phase rotation, no checks",
        ENVIRONMENT,
    )
    copy = folder / "copied"
    yield Peer(
        "cp",
        ["cp", "-r", *raw, copy],
        partial(_empty_folder, copy),
        "copies the raw files: the limit of the disk",
    )


def _empty_folder(path: Path) -> None:
    remove(path)
    path.mkdir(parents=True)


def _sky_model(place: Place, folder: Path) -> Iterator[Peer]:
    data = folder / "ft.ms"
    task = {
        "vis": str(data),
        "complist": str(place.path("sky_model.cl")),
        "usescratch": True,
    }
    yield Peer(
        "CASA ft",
        casa(folder, ("ft", task)),
        partial(fresh_copy, place.path(f"concat/{place.band}.ms"), data),
        "from the component list into MODEL_DATA, which our solver does not need",
        ENVIRONMENT,
    )


def _flag(place: Place, folder: Path) -> Iterator[Peer]:
    data = folder / "aoflagger.ms"
    yield aoflagger(place.path(f"concat/{place.band}.ms"), data)


def aoflagger(source: Path, data: Path) -> Peer:
    """Return the default command line of AOFlagger on a private copy of a set."""
    return Peer(
        "AOFlagger, default command line",
        ["aoflagger", "-strategy", default_strategy(), data],
        partial(fresh_copy, source, data),
        "all cores; into the FLAG column of a copy",
        missing="" if shutil.which("aoflagger") else "aoflagger is not on PATH",
    )


def default_strategy() -> Path:
    """Return the strategy that AOFlagger uses for telescopes it does not know."""
    program = Path(shutil.which("aoflagger") or "/usr/bin/aoflagger").resolve()
    return program.parents[1] / "share" / "aoflagger" / "strategies" / "generic-default.lua"


def solver_data(place: Place, integrations: int | None = None) -> Path:
    """Return a set with data, flags, model and weights for the reference solvers, made once."""
    part = "first" if integrations else "all"
    path = place.path(f"peers/solver-{part}.ms")
    if not path.exists():
        casa_input.write(place.sub_band(), path, integrations)
    return path


def solver_table(place: Place, name: str) -> Path:
    """Return the path of the solutions of a reference solver."""
    return place.path(f"peers/{name}")


def _bandpass(place: Place, folder: Path) -> Iterator[Peer]:
    data, table = solver_data(place), solver_table(place, "casa.bcal")
    low, high = place.record(f"tables/raw/{place.band}.json")["uv_range_lambda"]
    choice = place.settings.bandpass
    task = {
        "vis": str(data),
        "caltable": str(table),
        "bandtype": "B",
        "solint": "inf",
        "combine": "obs,scan,field",
        "refant": _reference(place),
        "uvrange": f"{low}~{high}lambda",
        "minsnr": choice.min_snr,
        "minblperant": choice.min_baselines_per_antenna,
        "solnorm": False,
        "gaintable": [],
        "corrdepflags": True,
    }
    yield Peer(
        "CASA bandpass",
        casa(folder, ("bandpass", task)),
        partial(remove, table),
        "same flags, model and weights, already in the set",
        ENVIRONMENT,
    )
    h5 = solver_table(place, "dp3.h5")
    yield Peer(
        "DP3 gaincal",
        dp3.gaincal(data, h5, (low, high)),
        partial(remove, h5),
        "diagonal, one solution per channel, from MODEL_DATA",
        dp3.ENVIRONMENT,
        "" if dp3.is_installed() else f"DP3 is not in {dp3.VENV} (make bench puts it there)",
    )


def _reference(place: Place) -> str:
    return ReferenceOrder.of(place.record("reference.json")).casa_refant()


def _delay(place: Place, folder: Path) -> Iterator[Peer]:
    table = folder / "casa.K"
    low, high = place.record(f"tables/raw/{place.band}.json")["uv_range_lambda"]
    task = {
        "vis": str(solver_data(place, 1)),
        "caltable": str(table),
        "gaintype": "K",
        "solint": "inf",
        "refant": _reference(place),
        "uvrange": f"{low}~{high}lambda",
        "minsnr": place.settings.delay.min_snr,
        "gaintable": [],
    }
    yield Peer(
        "CASA gaincal K",
        casa(folder, ("gaincal", task)),
        partial(remove, table),
        "the first integration of one sub-band",
        ENVIRONMENT,
    )


def corrected(place: Place) -> Path:
    """Return CASA's corrected set."""
    return place.path("peers/corrected.ms")


def shifted(place: Place, source: str) -> Path:
    """Return CASA's corrected set, phased to a source."""
    return place.path(f"peers/shifted_{source}.ms")


def _calibrate_split(place: Place, folder: Path) -> Iterator[Peer]:
    data = corrected(place)
    split = place.record(f"calibrated/{place.band}/split.json")
    positions = {item["name"]: item for item in place.record("sky_model.json")["sources"]}
    sources = [target for target in split["targets"] if target != calibrate.ZENITH]
    tasks: list[tuple[str, dict[str, Any]]] = [
        (
            "applycal",
            {
                "vis": str(data),
                "gaintable": [str(place.table)],
                "calwt": [False],
                "flagbackup": False,
            },
        )
    ]
    for source in sources:
        where = positions[source]
        tasks.append(
            (
                "phaseshift",
                {
                    "vis": str(data),
                    "outputvis": str(shifted(place, source)),
                    "datacolumn": "corrected",
                    "phasecenter": f"ICRS {where['ra_rad']!r}rad {where['dec_rad']!r}rad",
                },
            )
        )
    yield Peer(
        "CASA applycal, phaseshift",
        casa(folder, *tasks),
        partial(
            fresh_copy,
            place.path(f"concat/{place.band}.ms"),
            data,
            *(shifted(place, source) for source in sources),
        ),
        f"corrected data, then one set each for {', '.join(sources)}, no averaging",
        ENVIRONMENT,
    )


def _image(place: Place, product: str, data: Path, column: str, output: Path) -> Words:
    """Return WSClean's first command of an image, applied to other data."""
    words = shlex.split(place.record(f"{product}/images.json")["commands"][0])
    at = words.index("-name")
    words[at + 1] = str(output)
    words[words.index("-data-column") + 1] = column
    words[words.index("-temp-dir") + 1] = str(output.parent)
    return [*(word for word in words if not word.endswith(".ms")), str(data)]


def _image_source(place: Place, folder: Path) -> Iterator[Peer]:
    if place.record(f"images/{BRIGHTEST}/images.json")["commands"]:
        data = shifted(place, BRIGHTEST)
        yield Peer(
            "WSClean, full resolution",
            _image(place, f"images/{BRIGHTEST}", data, "DATA", folder / "source"),
            _nothing,
            "same options on unaveraged data; without images of single integrations",
            {"OPENBLAS_NUM_THREADS": "1"},
        )


def _image_allsky(place: Place, folder: Path) -> Iterator[Peer]:
    if place.record("images/allsky/images.json")["commands"]:
        command = _image(
            place, "images/allsky", corrected(place), "CORRECTED_DATA", folder / "allsky"
        )
        yield Peer(
            "WSClean, full resolution",
            command,
            _nothing,
            "same options on unaveraged data; one of the two images",
            {"OPENBLAS_NUM_THREADS": "1"},
        )


def _nothing() -> None:
    """Do nothing: no preparation is needed."""


MAKERS = {
    "concat": _concat,
    "sky_model": _sky_model,
    "flag": _flag,
    "bandpass": _bandpass,
    "delay": _delay,
    "calibrate_split": _calibrate_split,
    "image_source": _image_source,
    "image_allsky": _image_allsky,
}
