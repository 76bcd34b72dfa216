"""The benchmark suite at tiny size, without the reference tools: its records and its texts."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from bench import __main__ as bench
from bench import (
    imaging,
    measuring,
    options,
    results,
    rules,
    run_stages,
    sizes,
    stages,
    stopwatch_lines,
    tables,
    texts,
    workflow_jobs,
)
from bench.data import Observation
from bench.measuring import Cost, FailedError
from bench.place import Place
from bench.project import PROJECT
from lwacal.driver import resources
from lwacal.telescope import site

MEGABYTE = 1_000_000
STAGES = ("concat", "flag", "bandpass")  # the others run too, but are not measured


def python(code, tmp_path, **more):
    return measuring.measure([sys.executable, "-c", code], tmp_path / "log", **more)


def test_cost_counts_what_descendants_do(tmp_path):
    """A child of the process reads, writes, works and takes memory."""
    (tmp_path / "in").write_bytes(bytes(5 * MEGABYTE))
    child = (
        "import time; data = open('in', 'rb').read(); open('out', 'wb').write(data[:3000000]);"
        "more = bytearray(80000000); more[::1000] = bytes(80000); end = time.process_time() + 0.3\n"
        "while time.process_time() < end: pass"
    )
    imports = "import subprocess, sys"
    parent = f"{imports}; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    idle = python(imports, tmp_path, folder=tmp_path)
    cost = python(parent, tmp_path, folder=tmp_path)
    assert cost.written_mb == pytest.approx(3, abs=0.1)
    assert 5 <= cost.read_mb - idle.read_mb < 8
    assert 0.3 <= cost.cpu_s - idle.cpu_s < 1.5
    assert cost.wall_s >= 0.3
    assert cost.peak_mb > 80
    assert idle.peak_mb < 40, "the memory of the one who measures is not counted"


def test_failure_tells_the_words_of_the_program(tmp_path):
    with pytest.raises(FailedError, match="nothing goes"):
        python("import sys; sys.exit('nothing goes')", tmp_path)


def test_medians_and_sums():
    costs = [Cost(wall, 2 * wall, 100 / wall, wall, 0.0) for wall in (1.0, 5.0, 2.0)]
    assert measuring.median(costs) == Cost(2.0, 4.0, 50.0, 2.0, 0.0)
    assert measuring.together(costs) == Cost(8.0, 16.0, 100.0, 8.0, 0.0)


def test_runs_alternate_and_slow_ones_run_once():
    order = []

    def series(name, wall_s):
        def once():
            order.append(name)
            return Cost(wall_s, 0, 0, 0, 0)

        return run_stages.Series(once, [])

    run_stages.alternate([series("ours", 1.0), series("slow", 100.0), series("other", 2.0)], 3)
    assert order == ["ours", "slow", "other", "ours", "other", "ours", "other"]


def test_passes_are_counted_without_the_start():
    start = Cost(1, 1, 1, read_mb=50, written_mb=0)
    cost = Cost(1, 1, 1, read_mb=850, written_mb=200)
    assert run_stages.passes(cost, start, 400.0) == {"read": 2.0, "written": 0.5}


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """The jobs of an observation that is not there, but for the names of its data."""
    folder = tmp_path_factory.mktemp("jobs")
    size = sizes.Size(16, 24, bands=("41MHz", "73MHz"))
    for band in size.bands:
        (folder / "raw" / f"20240601_110000_{band}.ms").mkdir(parents=True)
    return Place(folder / "results" / "night", Observation(size, folder / "raw"), cores=9)


def test_commands_are_those_of_the_rules(night):
    flag = stages.measured(night, "flag")
    assert flag.command[1] == PROJECT / "workflow" / "scripts" / "flag.py"
    assert flag.words[1:5] == ("--band", "73MHz", "--concat", str(night.path("concat/73MHz.ms")))
    assert flag.products == (night.path("flags/73MHz.npz"), night.path("flags/73MHz.json"))
    given = json.loads(flag.words[flag.words.index("--settings") + 1])
    assert given["flagging"] == night.settings.flagging.as_json()
    first, last = stages.of_rule(night, "concat")
    assert (first.products[0].name, last.products[0].name) == ("41MHz.ms", "73MHz.ms")
    (image,) = stages.of_rule(night, "image_source")
    assert image.products == (night.path(f"images/{stages.BRIGHTEST}"),)
    with pytest.raises(KeyError, match="no job of rule nonsense"):
        stages.of_rule(night, "nonsense")


def test_steps_and_those_of_one_sub_band_are_as_in_the_workflow(night):
    order = list(dict.fromkeys(job.rule for job in night.jobs if job.rule in stages.RULES))
    assert set(order) == set(stages.RULES)
    of_band = {job.rule for job in night.jobs if "band" in job.wildcards}
    assert of_band == set(stages.OF_ONE_BAND)


def test_job_may_use_other_files(night):
    flag = stages.measured(night, "flag")
    old, new = flag.products[0], night.path("other.npz")
    changed = flag.with_paths({old: new})
    assert changed.products[0] == new
    assert [(a, b) for a, b in zip(flag.words, changed.words) if a != b] == [(str(old), str(new))]
    with pytest.raises(ValueError, match=r"rule flag does not use .*nothing"):
        flag.with_paths({night.path("nothing"): new})


def test_rules_that_cannot_be_read_say_why(tmp_path):
    with pytest.raises(RuntimeError, match="a key that does not exist"):
        workflow_jobs.of({"nonsense": 1}, 1)


def test_rules_tell_threads_and_memory(night):
    threads = {rule: stages.measured(night, rule).threads for rule in stages.RULES}
    assert {rule: threads[rule] for rule in resources.IMAGES} == {
        rule: at_once for rule, (_, at_once) in resources.IMAGES.items()
    }
    assert threads["bandpass"] == threads["delay"] == 2
    assert set(rules.environment(2).values()) == {"2"}
    manifest = {
        "integrations": [{}],
        "bands": {"73MHz": {"frequency_hz": [0.0] * 4, "entries": [{"n_rows": 10}]}},
    }
    imaging = {"allsky": {"size": 1000}}
    assert rules.memory_mb("image_allsky", manifest, "73MHz", imaging) == pytest.approx(
        resources.IMAGE_BASE_MB + 2 * resources.IMAGE_BYTES_A_PIXEL
    )
    assert rules.memory_mb("report", manifest, "73MHz") is None


def test_parts_of_a_step_are_read_from_its_log(tmp_path):
    line = "2024-06-01 11:00:00 73MHz: {}; wall-clock time (processor time)\n"
    log = tmp_path / "log"
    log.write_text(
        "$ bandpass.py\n"
        + line.format("solving 9.00 s (9.00)")
        + "\n$ bandpass.py\n2024-06-01 11:00:00 solving, 2 threads\n"
        + line.format("reading and adding up 0.81 s (1.22), solving 1.00 s (1.85)")
        + line.format("writing the table 0.10 s (0.09)")
    )
    assert stopwatch_lines.of_last_run(log) == {
        "reading and adding up": {"wall_s": 0.81, "cpu_s": 1.22},
        "solving": {"wall_s": 1.0, "cpu_s": 1.85},
        "writing the table": {"wall_s": 0.1, "cpu_s": 0.09},
    }


def test_sub_bands_of_a_chain():
    assert sizes.first_bands(1) == ("73MHz",)
    assert sizes.first_bands(16) == site.BANDS
    four = sizes.first_bands(4)
    assert len(four) == 4
    assert list(four) == sorted(four, key=site.BANDS.index)


def test_command_line():
    plan, write_only = options.parse(["--integrations", "1", "6", "--chains", "4x2"])
    assert [size.integrations for size in plan.sizes] == [1, 6]
    assert plan.chains == ((4, 2),)
    assert not write_only
    assert sizes.Size(64, 192) in plan.growth
    assert sizes.Size(352, 24) in plan.growth
    assert sizes.Size(352, 192, 6) in plan.growth
    with pytest.raises(SystemExit):
        options.parse(["--chains", "many"])


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Options and results of the steps up to the solver, tiny, without reference tools."""
    folder = tmp_path_factory.mktemp("bench")
    plan, _ = options.parse(
        [
            "--quick",
            "--parts",
            "stages",
            "--without-peers",
            "--scratch",
            str(folder),
            "--output",
            str(folder / "results.json"),
        ]
    )
    plan = replace(plan, stages=STAGES)
    bench.run(plan)
    return plan, results.read(plan.output)


def test_results_are_complete(measured):
    plan, found = measured
    part = found["parts"]["stages"]
    assert part["quick"]
    assert part["machine"]["cores"] > 0
    assert part["machine"]["versions"]["numpy"] == np.__version__
    (record,) = part["records"]
    assert record["size"]["antennas"] == plan.base.antennas
    assert [stage["rule"] for stage in record["stages"]] == list(STAGES)
    for stage in record["stages"]:
        assert stage["median"]["wall_s"] > stage["startup"]["wall_s"] / 2
        assert stage["median"]["peak_mb"] > 20
        assert len(stage["runs"]) == 1
    assert record["stages"][0]["asked_mb"] >= resources.BASE_MB


def test_gains_are_compared_with_the_truth(measured):
    """2 x 16 x 24 gains: the rms is known to some percent."""
    _, found = measured
    errors = found["parts"]["stages"]["records"][0]["accuracy"]["truth"]["ours"]
    assert errors["solutions"] > 500
    assert 0.8 < errors["amplitude_rms"] < 1.3
    assert 0.8 < errors["phase_rms"] < 1.3


def test_nothing_large_is_left(measured):
    plan, _ = measured
    assert not list(plan.scratch.rglob("*.ms"))


def test_texts_tell_what_was_measured(measured):
    plan, found = measured
    made = {path.name: path for path in texts.write(found, plan)}
    page = made["benchmarks.md"].read_text()
    assert "the times are meaningless" in page
    for rule in STAGES:
        assert f"**{rule}**" in page
    scaling = made["scaling.md"].read_text()
    assert "| bandpass | antenna² x channel x integration |" in scaling
    assert "2000 antennas" in scaling
    json.dumps(found, allow_nan=False)


def test_parts_measured_before_stay(tmp_path):
    path = tmp_path / "results.json"
    results.store(path, "growth", [1], False, 0.1)
    found = results.store(path, "report", [2], True, 0.2)
    assert found["parts"]["growth"]["records"] == [1]
    assert found["parts"]["report"]["records"] == [2]


def test_table_goes_between_the_markers():
    text = f"before\n{texts.BEGIN}\nold\n{texts.END}\nafter\n"
    new = texts.between_markers(text, tables.short(results.empty()))
    assert new == f"before\n{texts.BEGIN}\nNothing has been measured yet.\n{texts.END}\nafter\n"
    with pytest.raises(ValueError, match="README"):
        texts.between_markers("nothing", "new")
    assert texts.BEGIN in (PROJECT / "README.md").read_text()


def test_images_are_compared_in_units_of_the_noise():
    theirs = np.array([100.0, 2.0, 0.0])
    found = imaging.difference(theirs * 1.01, theirs, 0.5)
    assert found["largest"] == pytest.approx(2.0)
    assert found["rms"] == pytest.approx(np.sqrt((2.0**2 + 0.04**2) / 3))
    assert found["peak"] == pytest.approx(1.01)
