"""What is to be measured: the command line of the suite."""

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
FOLDER = "lwacal-bench"  # what is below it is the suite's own, and removed
LONG_S = 20.0  # what takes longer is run once


@dataclass(frozen=True)
class Options:
    """What is measured, on what sizes, and where things go."""

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
    """Return the sizes that show how the cost grows with antennas, channels and integrations."""
    sizes = [
        replace(base, antennas=number) for number in (64, 128, 256, 352) if number <= base.antennas
    ]
    sizes += [replace(base, channels=number) for number in (24, 96, 192) if number <= base.channels]
    sizes += [replace(base, integrations=number) for number in (1, 2, 6)]
    return tuple(dict.fromkeys(sizes))


def quick(options: Options) -> Options:
    """Return the options for a try of a minute: everything once, tiny."""
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
    """Return the options, and whether only texts and plot are to be written anew."""
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
        help=f"of {', '.join(PARTS)}; what is not measured stays as it is in the results",
    )
    add(
        "--stages",
        nargs="+",
        choices=STAGES,
        default=STAGES,
        metavar="STAGE",
        help=f"of {', '.join(STAGES)}",
    )
    add("--antennas", type=int, default=352)
    add("--channels", type=int, default=192, help="of a sub-band, a divisor of 192")
    add("--integrations", type=int, nargs="+", default=[1], help="one or more numbers of them")
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
        help=f"of what takes less than {LONG_S:.0f} s; the rest is run once",
    )
    add("--cores", type=int, default=os.cpu_count(), help="that jobs may use")
    add("--without-peers", action="store_true", help="leave the reference tools out")
    add(
        "--scratch",
        type=Path,
        default=default.scratch.parent,
        help=f"folder for data and products, in {FOLDER} there",
    )
    add("--keep", action="store_true", help="keep the simulated data for the next run")
    add("--output", type=Path, default=default.output, help="the results")
    add("--quick", action="store_true", help="tiny sizes, once: to see that all works")
    add("--write-only", action="store_true", help="measure nothing; write texts and plot anew")
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
