"""Simulate a raw observation of the OVRO-LWA from a known truth."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from lwacal.simulate import Simulation, effects, faults, scenarios, simulate
from lwacal.telescope import site

logger = logging.getLogger(__name__)

DEFAULTS = Simulation()


def parse(words: Sequence[str] | None = None) -> tuple[Path, Simulation]:
    """Return the folder and the options from command line arguments."""
    parser = argparse.ArgumentParser(
        prog="lwacal simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="The truth is written to FOLDER.truth. Kinds of faults:\n"
        + faults.describe()
        + "\n\nEffects, with their default strengths and where these come from:\n"
        + effects.describe()
        + "\n\nScenarios:\n"
        + scenarios.describe(),
    )
    add = parser.add_argument
    add("folder", type=Path, help="folder for the measurement sets; must be empty")
    add("--antennas", type=int, default=DEFAULTS.n_antennas, help="number (default %(default)s)")
    add(
        "--bands",
        nargs="+",
        default=DEFAULTS.bands,
        metavar="BAND",
        help="sub-bands such as 73MHz, or 'all' for the 16 (default %(default)s)",
    )
    add(
        "--channels",
        type=int,
        default=DEFAULTS.n_channels,
        help="channels per sub-band, a divisor of 192 (default %(default)s)",
    )
    add(
        "--integrations",
        type=int,
        default=DEFAULTS.n_integrations,
        help="number of integrations of 10 s (default %(default)s)",
    )
    add("--start", help=f"UTC, YYYYMMDD_HHMMSS (default: of the scenario, or {DEFAULTS.start})")
    add("--seed", type=int, default=DEFAULTS.seed, help="seed of all random numbers")
    add(
        "--faint",
        type=int,
        help=f"number of random faint sources (default {DEFAULTS.n_faint}; 0 in a scenario)",
    )
    add("--sources", nargs="*", default=DEFAULTS.sources, help="bright sources (default: A-team)")
    add("--beam", default=DEFAULTS.beam, help="beam model (default %(default)s)")
    add("--noise-scale", type=float, default=1.0, help="multiplies the thermal noise")
    add(
        "--clean-headers",
        action="store_true",
        help="geodetic zenith and exact UVW instead of the errors of real headers",
    )
    add("--layout", type=Path, help="CSV file or measurement set that gives the antennas")
    add("--fault", action="append", default=[], help="fault to simulate (may be repeated)")
    add("--scenario", metavar="NAME", help="a named set of effects")
    add(
        "--effect",
        action="append",
        default=[],
        metavar="NAME[:VALUE...]",
        help="effect to simulate, also in place of that of a scenario (may be repeated)",
    )
    add("--sky-map", type=Path, help="map of the diffuse emission (default: that of the package)")
    add(
        "--component-list",
        action="append",
        default=[],
        metavar="SOURCE=FILE",
        help="components of a bright source, for the effect resolved (may be repeated)",
    )
    given = parser.parse_args(words)
    try:
        options = _options(given)
    except ValueError as error:
        parser.error(str(error))
    return given.folder, options


def _options(given: argparse.Namespace) -> Simulation:
    """Return the options; raise ValueError for what cannot be simulated."""
    bands = site.BANDS if list(given.bands) == ["all"] else given.bands
    chosen = {
        "n_antennas": given.antennas,
        "bands": tuple(bands),
        "n_channels": given.channels,
        "n_integrations": given.integrations,
        "seed": given.seed,
        "sources": tuple(given.sources),
        "beam": given.beam,
        "noise_scale": given.noise_scale,
        "real_headers": not given.clean_headers,
        "layout": given.layout,
        "faults": tuple(map(faults.Fault.parse, given.fault)),
        "sky_map": given.sky_map,
        "component_lists": tuple(map(_component_list, given.component_list)),
    }
    if given.start is not None:
        chosen["start"] = given.start
    if given.faint is not None:
        chosen["n_faint"] = given.faint
    more = tuple(map(effects.Effect.parse, given.effect))
    if given.scenario is None:
        return Simulation(**chosen, effects=more)
    effects.check_once(more)
    return scenarios.simulation(given.scenario, more, **chosen)


def _component_list(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals:
        raise ValueError(f"'{text}' is not SOURCE=FILE, such as CygA=cyga.txt")
    return name, Path(path)


def main(words: Sequence[str] | None = None) -> int:
    """Simulate an observation."""
    folder, options = parse(words)
    place = simulate(options, folder)
    logger.info(f"observation in {folder}, truth in {place}")
    return 0
