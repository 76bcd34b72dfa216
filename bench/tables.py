"""The tables of docs/benchmarks.md, and the short one of README.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench import imaging_tables, results
from bench.markdown import Found, seconds, size_words, table

CHAIN_RULES = ("concat", "flag", "bandpass", "delay", "calibrate_split")


def page(found: Found) -> str:
    """Return docs/benchmarks.md."""
    parts = found["parts"]
    lines = ["# Benchmarks", "", "Written by `make bench` from `benchmarks/results.json`.", ""]
    lines += [*_machine(parts), ""]
    sections: dict[str, Callable[..., Iterator[str]]] = {
        "stages": _stages,
        "report": _report,
        "interference": _interference,
        "imaging": imaging_tables.lines,
        "growth": _growth,
    }
    for part, section in sections.items():
        if part in parts:
            lines += [*section(parts[part]["records"]), ""]
    lines += _chains(results.chains(found))
    return "\n".join(lines).rstrip() + "\n"


def _machine(parts: Found) -> Iterator[str]:
    for name, part in parts.items():
        facts = part["machine"]
        versions = facts["versions"]
        tools = ", ".join(
            f"{tool} {versions[tool]}"
            for tool in ("casatasks", "aoflagger", "wsclean", "dp3", "numpy")
            if tool in versions
        )
        quick = " Tiny sizes for a trial run: the times are meaningless." if part["quick"] else ""
        yield (
            f"- {name}: {part['measured_utc']}, {facts['processor']}, {facts['cores']} cores,"
            f" {facts['memory_gb']:.0f} GB, {tools}; commit {str(facts['git']['commit'])[:12]};"
            f" load before {part['load_before']:.1f}.{quick}"
        )


def _stages(found: Sequence[Found]) -> Iterator[str]:
    yield "## Each step, compared with the reference tools"
    yield ""
    yield "Medians of the runs. A step is the script of its rule as a process, including start-up"
    yield "and imports. Memory is the maximum over time of the sum over its processes (sampled"
    yield "twenty times per second) or the peak of the largest process. The data are in the page"
    yield "cache for our steps and for the reference tools. A ratio is their wall time over ours."
    for record in found:
        yield ""
        yield f"### {size_words(record['size'])} (DATA {record['size']['data_mb']:.0f} MB)"
        yield ""
        head = (
            "step, tool",
            "runs",
            "wall s",
            "CPU s",
            "peak MB",
            "read MB",
            "written MB",
            "ratio",
        )
        yield from table(head, _stage_rows(record["stages"]))
        yield ""
        yield from _missing(record["stages"])
        yield from _parts(record["stages"])
        yield from _solver(record)
        yield from _passes(record["stages"])
        yield from _memory(record["stages"])


def _cost_cells(item: Found) -> list[str]:
    cost = item["median"]
    return [
        str(len(item["runs"])),
        seconds(cost["wall_s"]),
        seconds(cost["cpu_s"]),
        *(f"{cost[key]:.0f}" for key in ("peak_mb", "read_mb", "written_mb")),
    ]


def _stage_rows(stages: Sequence[Found]) -> Iterator[list[str]]:
    for stage in stages:
        yield [f"**{stage['rule']}**", *_cost_cells(stage), ""]
        for peer in stage["peers"]:
            yield [f"{peer['name']}: {peer['note']}", *_cost_cells(peer), f"{peer['ratio']:.1f} x"]


def _missing(stages: Sequence[Found]) -> Iterator[str]:
    for stage in stages:
        for peer in stage["missing"]:
            yield f"Not measured: {peer['name']}, {peer['why']}."
            yield ""


def _parts(stages: Sequence[Found]) -> Iterator[str]:
    """Break down the time of the steps that report it."""
    timed = [stage for stage in stages if stage["parts"]]
    for stage in timed:
        words = ", ".join(
            f"{name} {seconds(part['wall_s'])} ({seconds(part['cpu_s'])})"
            for name, part in stage["parts"].items()
        )
        yield f"- {stage['rule']}, threads {stage['threads']}: {words}"
    if timed:
        yield ""
        yield "Wall seconds (CPU seconds in brackets) of the parts of the last run of a step."
        yield "The rest of its wall time is start-up and imports of Python."
        yield ""


def _solver(record: Found) -> Iterator[str]:
    stage = next((item for item in record["stages"] if item["rule"] == "bandpass"), None)
    if stage is None:
        return
    solving = stage["parts"].get("solving")
    if solving:
        yield "Solving alone, and with the steps before it, compared with the complete reference"
        yield "solvers:"
        yield ""
        read_s = stage["parts"].get("reading and adding up", {"wall_s": 0.0})["wall_s"]
        for peer in stage["peers"]:
            theirs = peer["median"]["wall_s"]
            yield (
                f"- {peer['name']}: {theirs / solving['wall_s']:.0f} x; with reading and"
                f" accumulating {theirs / (read_s + solving['wall_s']):.0f} x; the whole step,"
                f" with Python start-up, {peer['ratio']:.0f} x"
            )
        yield ""
    if "accuracy" in record:
        yield from _accuracy(record["accuracy"])


def _accuracy(found: Found) -> Iterator[str]:
    yield "Errors of the gains in units of the thermal error (1 is the limit): rms and median of"
    yield "the errors of log amplitude and of phase."
    yield ""
    rows = [
        [
            f"{name} against {against}",
            *(
                f"{errors[key]:.3f}"
                for key in ("amplitude_rms", "amplitude_median", "phase_rms", "phase_median")
            ),
            f"{found['flagged'][name]:.2%}",
        ]
        for against, group in (("the truth", found["truth"]), ("CASA", found.get("casa", {})))
        for name, errors in group.items()
    ]
    head = ("solver", "amplitude rms", "median", "phase rms", "median", "solutions flagged")
    yield from table(head, rows)
    yield ""


def _passes(stages: Sequence[Found]) -> Iterator[str]:
    shown = [stage for stage in stages if stage["rule"] in CHAIN_RULES]
    if not shown:
        return
    yield "How often the data are read: bytes of read calls, without start-up, over the bytes of"
    yield "DATA. `concat` reads the raw data, the others the concatenated data and any copies they"
    yield "make. `calibrate_split` is not needed for the tables."
    yield ""
    rows = [
        [stage["rule"], f"{stage['passes']['read']:.2f}", f"{stage['passes']['written']:.2f}"]
        for stage in shown
    ]
    before = [item["passes"] for item in shown[1:] if item["rule"] != "calibrate_split"]
    if len(shown) > 1:
        rows.append(
            [
                "from concatenated data to tables and delays",
                *(f"{sum(item[key] for item in before):.2f}" for key in ("read", "written")),
            ]
        )
    yield from table(("step", "read / DATA", "written / DATA"), rows)
    yield ""


def _memory(stages: Sequence[Found]) -> Iterator[str]:
    rows = [
        [
            stage["rule"],
            stage["asked_mb"],
            f"{stage['median']['peak_mb']:.0f}",
            f"{stage['median']['peak_mb'] / stage['asked_mb']:.2f}",
        ]
        for stage in stages
        if stage["asked_mb"]
    ]
    if rows:
        yield "Memory requested from the scheduler (`resources`) and used:"
        yield ""
        yield from table(("step", "requested MB", "used MB", "used / requested"), rows)


def _report(found: Found) -> Iterator[str]:
    yield f"## The report, {size_words(found['size'])}"
    yield ""
    head = ("step", "runs", "wall s", "CPU s", "peak MB", "read MB", "written MB")
    yield from table(head, [["report", *_cost_cells(found)]])


def _interference(found: Sequence[Found]) -> Iterator[str]:
    yield "## Planted interference: detections and false flags"
    yield ""
    yield "Flagged fraction of the visibilities with planted interference, and of those without it,"
    yield "far from and near (within six channels of) planted ones. Strengths are in units of the"
    yield "noise of one visibility."
    for case in found:
        flaggers = {"ours": case["flaggers"]["ours"], **case["flaggers"]}
        yield ""
        yield f"### {case['case']}: {size_words(case['size'])}"
        yield ""
        rows = [["wall s", *(seconds(score["wall_s"]) for score in flaggers.values())]]
        rows += [
            [line, *(_share(score["found"][line]) for score in flaggers.values())]
            for line in flaggers["ours"]["found"]
        ]
        rows += [
            [words, *(_share(score[key]) for score in flaggers.values())]
            for key, words in (("false", "falsely flagged, far"), ("beside", "near"))
        ]
        yield from table(["", *flaggers], rows)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _chains(found: Sequence[Found]) -> Iterator[str]:
    if found:
        yield "## From raw measurement sets to flagged tables"
    for chain in found:
        yield ""
        yield f"### {size_words(chain['size'])}, {chain['cores']} cores"
        yield ""
        ours = chain["ours"]
        yield (
            f"With Snakemake: {seconds(ours['wall_s'])} s, {seconds(ours['cpu_s'])} s of CPU, peak"
            f" {ours['peak_mb']:.0f} MB over all jobs, read {ours['read_mb'] / 1e3:.1f} GB, written"
            f" {ours['written_mb'] / 1e3:.1f} GB; {seconds(chain['job_seconds'])} s in jobs."
        )
        if "reference" in chain:
            theirs = chain["reference"]
            steps = ", ".join(f"{name} {seconds(value)}" for name, value in theirs["steps"].items())
            yield (
                f"CASA concat, flagdata, AOFlagger, CASA ft, bandpass, applycal of each sub-band,"
                f" two jobs at a time: {seconds(theirs['wall_s'])} s, measured on"
                f" {theirs['measured_bands']} sub-bands ({seconds(theirs['measured']['wall_s'])} s)"
                f" and multiplied by {theirs['factor']:g}: **{chain['ratio']:.1f} times ours**."
                f" Seconds in its steps: {steps}."
            )
        yield ""
        rows = [
            [rule, item["jobs"], seconds(item["wall_s"]), f"{item['peak_mb']:.0f}"]
            for rule, item in chain["rules"].items()
        ]
        yield from table(("rule", "jobs", "total seconds", "largest peak MB"), rows)


def _growth(found: Sequence[Found]) -> Iterator[str]:
    yield "## Scaling of the cost"
    yield ""
    yield "Wall seconds; in brackets nanoseconds per antenna² x channel x integration."
    yield ""
    rules = [stage["rule"] for stage in found[0]["stages"]]
    rows = []
    for record in found:
        size = record["size"]
        work = size["antennas"] ** 2 * size["channels"] * size["integrations"]
        walls = [stage["median"]["wall_s"] for stage in record["stages"]]
        rows.append(
            [
                f"{size['antennas']} x {size['channels']} x {size['integrations']}",
                *(f"{seconds(wall)} ({1e9 * wall / work:.0f})" for wall in walls),
            ]
        )
    yield from table(("antennas x channels x integrations", *rules), rows)


def short(found: Found) -> str:
    """Return the table of README.md: steps with a reference tool, and whole chains."""
    parts = found["parts"]
    rows = []
    single = parts.get("stages", {}).get("records", [])[:1]
    for record in single:
        for stage in record["stages"]:
            rows += [
                [
                    stage["rule"],
                    seconds(stage["median"]["wall_s"]),
                    peer["name"],
                    seconds(peer["median"]["wall_s"]),
                    f"{peer['ratio']:.1f}",
                ]
                for peer in stage["peers"]
            ]
    for chain in results.chains(found):
        if "reference" in chain:
            size = chain["size"]
            rows.append(
                [
                    f"raw to tables, {len(size['bands'])} sub-bands x {size['integrations']}",
                    seconds(chain["ours"]["wall_s"]),
                    "CASA and AOFlagger",
                    seconds(chain["reference"]["wall_s"]),
                    f"{chain['ratio']:.1f}",
                ]
            )
    if not rows:
        return "Nothing has been measured yet."
    facts = next(iter(parts.values()))["machine"]
    what = f"{size_words(single[0]['size'])}, on" if single else "On"
    head = ("step", "ours, s", "reference", "theirs, s", "ratio")
    return "\n".join(
        [
            f"{what} {facts['cores']} cores ({facts['processor']}):",
            "",
            *table(head, rows),
            "",
            "![Times of the steps and their scaling](docs/benchmarks.png)",
            "",
            "All results: [docs/benchmarks.md](docs/benchmarks.md). The cost of a night on a"
            " cluster and of a larger array: [docs/scaling.md](docs/scaling.md).",
        ]
    )
