"""docs/scaling.md: the cost model and its predictions for larger runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from bench import cost_model
from bench.cost_model import Model, is_large, work
from bench.markdown import seconds, size_words, table
from bench.prediction import Cluster, Prediction, part_of, predict, threads_of
from bench.results import chains
from bench.sizes import Size, of_record
from bench.stages import OF_ONE_BAND
from lwacal.telescope import site

NODES = (1, 4, 16)
NIGHT = Size(352, 192, 24, site.BANDS)
LARGE_ARRAY = Size(2000, 192, 24, site.BANDS)
SLURM_S = (10.0, 20.0)  # waiting time of a job, measured with one node (submission, start, status)
LOCAL_S = 0.5
BIG_NODE = (16, 64.0)
MANY_NODES = (16, 64)  # for the large array
JOBS_A_NODE = 4
Models = Mapping[str, Model]


def page(found: Mapping[str, Any]) -> str:
    """Return the page, or an empty text if the large steps were not measured."""
    models = cost_model.fit(found)
    if not {"concat", "flag", "bandpass"} <= set(models):
        return ""
    facts = next(iter(found["parts"].values()))["machine"]
    threads = threads_of(found)
    lines = [
        "# Scaling",
        "",
        "Written by `make bench` from `benchmarks/results.json`: the cost of a job at any size,",
        "fitted to measurements, and predictions for a night on a cluster and for a larger array.",
        "",
        *_model(models),
        "",
        *_memory(models),
        "",
        *_checks(found, models, threads),
        *_night(models, threads, facts),
        "",
        *_large(models, threads),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _model(models: Models) -> Iterator[str]:
    yield "## Time and bytes"
    yield ""
    yield "    seconds of a job = start + rate x work"
    yield "    bytes of a job   = a few MB + (read + written) x work"
    yield ""
    yield "Work is the number of antenna² x channel x integration that a job processes, or the"
    yield "unit in the table; one integration of a full-size sub-band (352 antennas, 192"
    yield f"channels) has {work('concat', Size(352, 192)):.3g} of them and 382 MB of DATA, 16"
    yield "bytes each. Start is the constant part: Python, its imports, small records. If a step"
    yield "was measured at several sizes (whole chains count if they contain it once), both are"
    yield "fitted (least squares of relative errors), and the last column is the deviation of"
    yield "the worst measurement from the fit. Otherwise, start is the time the script takes to"
    yield "print its help. Bytes are those of read and write calls, including those served by"
    yield "the page cache."
    yield ""
    rows = [
        [
            model.rule,
            model.unit,
            seconds(model.start_s),
            f"{1e9 * model.rate_s:.3g}",
            f"{model.read_bytes:.3g}",
            f"{model.written_bytes:.3g}",
            model.fitted,
            f"{model.worst:.0%}" if model.fitted > 1 else "-",
        ]
        for model in models.values()
    ]
    head = (
        "rule",
        "unit of work",
        "start s",
        "rate ns per unit",
        "read bytes",
        "written bytes",
        "sizes",
        "worst",
    )
    yield from table(head, rows)


def _memory(models: Models) -> Iterator[str]:
    yield "## Memory"
    yield ""
    yield "    peak = base + first x (DATA of one integration) + further x (DATA of all others)"
    yield ""
    yield "with the DATA of the job's sub-band (all sub-bands have the same size). For steps"
    yield "that do not process visibilities"
    yield ""
    yield "    peak = base + part x work"
    yield ""
    yield "If a step was measured at one size only, base is the peak of the script while it prints"
    yield "its help."
    yield ""
    rows = [
        [
            model.rule,
            f"{model.base_mb:.0f}",
            *(
                (f"{model.first:.2f}", f"{model.further:.2f}", "")
                if is_large(model.rule)
                else ("", "", f"{1e6 * model.first:.3g}")
            ),
        ]
        for model in models.values()
    ]
    yield from table(("rule", "base MB", "first", "further", "part, bytes per unit"), rows)


def _checks(found: Mapping[str, Any], models: Models, threads: Mapping[str, int]) -> Iterator[str]:
    """Compare the predictions with the measured chains."""
    measured = chains(found)
    if not measured:
        return
    yield "## Comparison with measured chains"
    yield ""
    yield "Chains measured as a whole, from raw data to flagged tables, compared with the sum of"
    yield "the modelled jobs divided by the cores. A ratio above 1 is due to parallel jobs that"
    yield "share memory and disk, and to Snakemake itself."
    yield ""
    kept = {
        rule: model
        for rule, model in models.items()
        if rule not in ("delay", "calibrate_split", "report")
    }
    rows = []
    for chain in measured:
        size = of_record(dict(chain["size"]))
        one = predict(kept, threads, size, Cluster("", 1, chain["cores"], 1e6, 0.0))
        expected, wall = one.busy_s / chain["cores"], chain["ours"]["wall_s"]
        rows.append(
            [size_words(chain["size"]), seconds(expected), seconds(wall), f"{wall / expected:.2f}"]
        )
    yield from table(("chain", "model s", "measured s", "ratio"), rows)
    yield ""


def clusters(facts: Mapping[str, Any]) -> list[Cluster]:
    """Return the machines of the predictions: nodes like the measured one, and larger ones."""
    cores, memory_gb = facts["cores"], facts["memory_gb"]
    found = [
        Cluster(f"this machine ({cores} cores, {memory_gb:.0f} GB)", 1, cores, memory_gb, LOCAL_S)
    ]
    kinds = ((cores, memory_gb), BIG_NODE)
    found += [
        Cluster(
            f"{nodes} node{'s' if nodes > 1 else ''}, {own} cores, {memory:.0f} GB each,"
            f" Slurm ({overhead:.0f} s per job)",
            nodes,
            own,
            memory,
            overhead,
        )
        for own, memory in kinds
        for nodes in NODES
        for overhead in SLURM_S
    ]
    return found


def _night(models: Models, threads: Mapping[str, int], facts: Mapping[str, Any]) -> Iterator[str]:
    yield f"## A night of {NIGHT.integrations} integrations of the full band"
    yield ""
    yield f"{size_words(NIGHT.record())}: {NIGHT.data_mb / 1e3:.0f} GB of DATA. Steps"
    yield f"{', '.join(models)}; not included are images and rules that take no time."
    yield ""
    yield "    parallel jobs = nodes x min(cores / threads, memory / peak of the job)"
    yield "    time = sum over steps of ceil(jobs / parallel jobs) x (seconds of a job + wait)"
    yield ""
    yield "This assumes that jobs do not slow each other down. The last column is the disk"
    yield "throughput this requires: all bytes divided by the time."
    yield ""
    yield from _predictions(models, threads, NIGHT, clusters(facts))
    yield ""
    yield "The large steps on each: parallel jobs, and minutes."
    yield ""
    yield from _rounds(models, threads, NIGHT, clusters(facts))


def _minutes(value: float) -> str:
    return "does not fit" if math.isinf(value) else f"{value / 60:.1f}"


def _predictions(
    models: Models,
    threads: Mapping[str, int],
    size: Size,
    machines: list[Cluster],
    channels: int | None = None,
) -> Iterator[str]:
    rows = []
    for cluster in machines:
        night = predict(models, threads, size, cluster, channels)
        rows.append(
            [
                cluster.name,
                _minutes(night.wall_s),
                f"{night.busy_s / 60:.1f}",
                f"{night.moved_gb:.0f}",
                f"{1e3 * night.moved_gb / night.wall_s:.0f}"
                if math.isfinite(night.wall_s)
                else "-",
            ]
        )
    head = ("machines", "minutes", "minutes in jobs", "GB read and written", "MB/s")
    yield from table(head, rows)


def _rounds(
    models: Models, threads: Mapping[str, int], size: Size, machines: list[Cluster]
) -> Iterator[str]:
    large = [rule for rule in models if rule in OF_ONE_BAND]
    rows = []
    for cluster in machines:
        if cluster.overhead_s == SLURM_S[0]:
            continue
        night: Prediction = predict(models, threads, size, cluster)
        steps = {step.rule: step for step in night.steps}
        rows.append(
            [
                cluster.name,
                *(f"{steps[rule].at_once}, {_minutes(steps[rule].wall_s)}" for rule in large),
            ]
        )
    yield from table(("machines", *large), rows)


def _large(models: Models, threads: Mapping[str, int]) -> Iterator[str]:
    size = LARGE_ARRAY
    times = (size.antennas / 352) ** 2
    yield f"## An array of {size.antennas} antennas"
    yield ""
    band_gb = size.integration_mb / 1e3
    yield f"The number of baselines, and hence data and time of the large steps, is {times:.0f}"
    yield f"times that of 352 antennas: an integration of a sub-band is {band_gb:.1f} GB, of the"
    yield f"full band {len(size.bands) * band_gb:.0f} GB, and {size.integrations} integrations"
    yield f"are {size.data_mb / 1e6:.1f} TB. With the present steps:"
    yield ""
    rows = []
    for rule, model in models.items():
        part, _ = part_of(rule, size, size.channels)
        rows.append([rule, f"{model.seconds(part) / 60:.1f}", f"{model.memory_mb(part) / 1e3:.1f}"])
    yield from table(("rule", "minutes per job", "peak GB"), rows)
    channels = channels_that_fit(models, size, 1e3 * BIG_NODE[1] / JOBS_A_NODE)
    yield ""
    yield "Concatenation, solving and calibration treat channels independently, so a job could"
    yield "process only some channels of a sub-band. The workflow does not support this yet:"
    yield "flagging and file formats would have to follow. There would be more jobs with the"
    yield f"same total time, apart from their starts. With {channels} channels per job,"
    yield f"{JOBS_A_NODE} large jobs fit on a node of {BIG_NODE[1]:.0f} GB:"
    yield ""
    machines = [
        Cluster(
            f"{nodes} nodes, {BIG_NODE[0]} cores, {BIG_NODE[1]:.0f} GB, Slurm"
            f" ({SLURM_S[1]:.0f} s per job)",
            nodes,
            *BIG_NODE,
            SLURM_S[1],
        )
        for nodes in MANY_NODES
    ]
    yield from _predictions(models, threads, size, machines, channels)


def channels_that_fit(models: Models, size: Size, memory_mb: float) -> int:
    """Return the largest divisor of the channels of a sub-band with which all jobs fit, or 1."""
    divisors = [n for n in range(size.channels, 0, -1) if size.channels % n == 0]
    large = [model for rule, model in models.items() if rule in OF_ONE_BAND]
    for channels in divisors:
        if all(
            model.memory_mb(part_of(model.rule, size, channels)[0]) <= memory_mb for model in large
        ):
            return channels
    return 1
