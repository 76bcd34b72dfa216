"""Measure, record and describe: python -m bench --help."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench import (
    accuracy,
    chain,
    growth,
    imaging,
    interference,
    machine,
    report_stage,
    results,
    run_stages,
    texts,
)
from bench.options import Options, parse
from lwacal.runtime import logs

logger = logging.getLogger(__name__)

BUSY = 0.7


def stages(options: Options) -> list[dict[str, Any]]:
    """Measure the steps at each size; compare the solvers' gains at the first."""
    found = [run_stages.measure_stages(options, size) for size in options.sizes]
    if "bandpass" in options.stages:
        for size, record in zip(options.sizes, found):
            logger.info(f"comparing gains with the truth, {size.integrations} integrations")
            record["accuracy"] = accuracy.compare(run_stages.place_of(options, size))
    return found


MEASURE = {
    "stages": stages,
    "report": report_stage.measure,
    "interference": interference.measure,
    "imaging": imaging.measure,
    "growth": growth.measure,
}


def measurements(part: str, options: Options) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield name and work of each piece of a part; each chain has its own name."""
    if part != "chain":
        yield part, partial(MEASURE[part], options)
        return
    for bands, integrations in options.chains:
        name = results.chain_name(bands, integrations)
        yield name, partial(chain.measure, options, bands, integrations)


def run(options: Options) -> None:
    """Measure the parts that the options select, and save each as soon as it is done."""
    products = options.scratch / "products"
    shutil.rmtree(products, ignore_errors=True)  # possibly made by other code
    try:
        for part in options.parts:
            for name, work in measurements(part, options):
                before = machine.load()
                if before > BUSY:
                    logger.warning(f"the load is {before:.1f} before '{name}': times get too long")
                results.store(options.output, name, work(), options.quick, before)
                shutil.rmtree(products, ignore_errors=True)
    finally:
        shutil.rmtree(products, ignore_errors=True)
        if not options.keep:
            shutil.rmtree(options.scratch / "data", ignore_errors=True)


def main() -> None:
    options, write_only = parse()
    logs.write_to_stdout("bench")
    if not write_only:
        run(options)
    for path in texts.write(results.read(options.output), options):
        logger.info(f"written: {path}")


if __name__ == "__main__":
    main()
