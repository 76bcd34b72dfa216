"""The command line of the benchmarks: what to measure."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from bench.project import PROJECT
from bench.sizes import Size, first_bands
from bench.stages import RULES, UNMEASURED

PARTS = ("stages", "report", "interference", "imaging", "chain", "growth")
STAGES = tuple(rule for rule in RULES if rule not in UNMEASURED)
GROWING = ("concat", "flag", "bandpass", "calibrate_split")
FOLDER = "lwacal-bench"  # belongs to the benchmarks and is removed
LONG_S = 20.0  # longer steps are run only once


@dataclass(frozen=True)
class Options:
    """What to measure, at which sizes, and where to write."""

    parts: tuple[str, ...] = PARTS
    stages: tuple[str, ...] = STAGES
    sizes: tuple[Size, ...] = (Size(352, 192),)
    growth: tuple[Size, ...] = ()
    chains: tuple[tuple[int, int], ...] = ((16, 1), (2, 6))  # sub-bands, integrations
    runs: int = 3
    cores: int = 2
    peers: bool = True
    scratch: Path = Path(tempfile.gettempdir()) / FOLDER
    keep: bool = False
    output: Path = PROJECT / "benchmarks" / "results.json"
    quick: bool = False

    @property
    def base(self) -> Size:
        """The size that others are compared with."""
        return self.sizes[0]


def growth_sizes(base: Size) -> tuple[Size, ...]:
    """Return the sizes for the scaling with antennas, channels and integrations."""
    sizes = [
        replace(base, antennas=number) for number in (64, 128, 256, 352) if number <= base.antennas
    ]
    sizes += [replace(base, channels=number) for number in (24, 96, 192) if number <= base.channels]
    sizes += [replace(base, integrations=number) for number in (1, 2, 6)]
    return tuple(dict.fromkeys(sizes))


def quick(options: Options) -> Options:
    """Return the options for a trial run of a minute: everything once, at tiny size."""
    base = Size(16, 24)
    growth = (
        base,
        replace(base, antennas=24),
        replace(base, channels=48),
        replace(base, integrations=2),
    )
    return replace(
        options,
        sizes=(base,),
        growth=growth,
        chains=((2, 1),),
        runs=1,
        quick=True,
    )


def parse(words: list[str] | None = None) -> tuple[Options, bool]:
    """Return the options, and whether to rewrite only texts and plot."""
    default = Options()
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--parts",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        metavar="PART",
        help=f"any of {', '.join(PARTS)}; the results of the others are kept",
    )
    add(
        "--stages",
        nargs="+",
        choices=STAGES,
        default=STAGES,
        metavar="STAGE",
        help=f"any of {', '.join(STAGES)}",
    )
    add("--antennas", type=int, default=352)
    add("--channels", type=int, default=192, help="per sub-band, a divisor of 192")
    add(
        "--integrations",
        type=int,
        nargs="+",
        default=[1],
        help="one or more numbers of integrations",
    )
    add(
        "--chains",
        nargs="+",
        type=_chain,
        default=default.chains,
        metavar="BANDSxINTEGRATIONS",
        help="whole chains to measure, such as 16x1 2x6",
    )
    add(
        "--runs",
        type=int,
        default=default.runs,
        help=f"runs of each step shorter than {LONG_S:.0f} s; longer steps are run once",
    )
    add("--cores", type=int, default=os.cpu_count(), help="processors that jobs may use")
    add("--without-peers", action="store_true", help="skip the reference tools")
    add(
        "--scratch",
        type=Path,
        default=default.scratch.parent,
        help=f"folder for data and products, which go to {FOLDER} in it",
    )
    add("--keep", action="store_true", help="keep the simulated data for the next run")
    add("--output", type=Path, default=default.output, help="file of the results")
    add("--quick", action="store_true", help="run everything once at tiny size, as a trial")
    add("--write-only", action="store_true", help="measure nothing; only rewrite texts and plot")
    given = parser.parse_args(words)
    sizes = tuple(Size(given.antennas, given.channels, n) for n in given.integrations)
    options = Options(
        parts=tuple(given.parts),
        stages=tuple(given.stages),
        sizes=sizes,
        growth=growth_sizes(sizes[0]),
        chains=tuple(given.chains),
        runs=given.runs,
        cores=given.cores,
        peers=not given.without_peers,
        scratch=given.scratch.absolute() / FOLDER,
        keep=given.keep,
        output=given.output.absolute(),
    )
    return (quick(options) if given.quick else options), given.write_only


def _chain(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' is not SUB-BANDSxINTEGRATIONS, such as 16x1")
    return int(found[1]), int(found[2])


def chain_size(options: Options, bands: int, integrations: int) -> Size:
    """Return the size of a whole chain."""
    return Size(options.base.antennas, options.base.channels, integrations, first_bands(bands))
