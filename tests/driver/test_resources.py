"""What rules ask for against what their jobs used."""

import re

import pytest

import made_up_observation
import made_up_records
from lwacal.driver import resources, resources_check, settings
from lwacal.records import files
from lwacal.records.configuration.imaging import Imaging, ScintillationImages
from lwacal.records.manifest import ManifestRecord
from lwacal.records.run import RunRecord
from lwacal.runtime import paths
from made_up_plan import Plan

MANIFEST = {
    "integrations": [{}, {}],
    "bands": {
        band: {"frequency_hz": [0.0] * 192, "entries": [{"n_rows": 62128}]}
        for band in ("59MHz", "73MHz")
    },
}


CONFIGURATION = settings.resolve({})
IMAGING = CONFIGURATION.imaging
CASA = {"engine": "casa"}


def job(rule, used_mb, name="73MHz"):
    used = None if used_mb is None else used_mb / resources_check.MB_A_MEBIBYTE
    return {"rule": rule, "job": name, "wall_s": 1.0, "max_rss_mb": used}


def compare(manifest, jobs, **sections):
    return resources_check.compare(manifest, jobs, settings.resolve(sections))


def asked(rule):
    line = resources.line(rule, CONFIGURATION)
    return resources.memory_mb(line, MANIFEST, "73MHz")


@pytest.mark.parametrize(
    ("rule", "section", "line"),
    [
        ("bandpass", {"bandpass": CASA}, "bandpass by casa"),
        ("delay", {"delay": CASA}, "delay by casa"),
        ("flag", {"flagging": {"strategy": "generic"}}, "flag by program"),
    ],
)
def test_line_is_that_of_the_configured_way(rule, section, line):
    """CASA may use far more than ours, and no word is said as long as it was asked for."""
    wanted = resources.memory_mb(line, MANIFEST, "73MHz")
    (use,) = compare(MANIFEST, [job(rule, 0.9 * wanted)], **section)
    assert (use.asked_mb, use.verdict) == (wanted, "fits")
    assert compare(MANIFEST, [job(rule, 0.9 * wanted)])[0].verdict == "more"


@pytest.mark.parametrize(
    ("share", "verdict"), [(1.02, "more"), (0.98, "fits"), (0.3, "fits"), (0.2, "less")]
)
def test_use_is_judged_by_what_was_asked(share, verdict):
    (use,) = compare(MANIFEST, [job("concat", share * asked("concat"))])
    assert use.asked_mb == asked("concat")
    assert use.used_mb / use.asked_mb == pytest.approx(share)
    assert use.verdict == verdict


def test_hungriest_job_of_a_rule_counts():
    jobs = [job("concat", 200, "59MHz"), job("concat", 900), job("concat", 400, "59MHz")]
    (use,) = compare(MANIFEST, jobs)
    assert (use.job, use.used_mb) == ("73MHz", pytest.approx(900))


def test_rules_of_another_line_and_short_jobs():
    """Images ask by their pixels; what has no peak or asks nothing is left out."""
    jobs = [job("image_source", 100, "CygA"), job("flag", None), job("report", 5000, "")]
    (use,) = compare(MANIFEST, jobs)
    assert use.rule == "image_source"
    assert use.asked_mb == resources.image_memory_mb("image_source", IMAGING)
    larger = Imaging(scintillation=ScintillationImages(size=2048))
    more = resources.image_memory_mb("image_source", larger) - use.asked_mb
    pixels = 2048**2 - 512**2
    assert more == pytest.approx(pixels * resources.IMAGE_BYTES_A_PIXEL / 1e6, abs=1)


def test_little_is_not_worth_a_word():
    small = {
        **MANIFEST,
        "bands": {"73MHz": {"frequency_hz": [0.0] * 24, "entries": [{"n_rows": 528}]}},
    }
    (use,) = compare(small, [job("flag", 120)])
    assert use.used_mb < resources_check.LEAST_USED * use.asked_mb
    assert use.verdict == "fits"


def test_every_rule_that_asks_is_compared():
    """The rules that ask in the rule files are those of OF_DATA and IMAGES."""
    found = {}
    for path in paths.RULES.glob("*.smk"):
        for name, body in re.findall(
            r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(), re.MULTILINE | re.DOTALL
        ):
            line = re.search(r'mem_mb=(?:image_)?memory_mb\("(\w+)"', body)
            if line:
                found[name] = line[1]
    assert found == {rule: rule for rule in (*resources.OF_DATA, *resources.IMAGES)}


def test_command_fails_if_a_job_used_more_than_asked(tmp_path, capsys):
    results, measured = tmp_path / "results" / "night", tmp_path / "benchmarks"
    manifest = made_up_observation.manifest(Plan(2, ("59MHz", "73MHz"), n_integrations=2))
    files.write(ManifestRecord, results / "manifest.json", manifest)
    run = {**made_up_records.run_record(), "configuration": CONFIGURATION.as_json()}
    files.write(RunRecord, results / "run.json", run)
    (measured / "concat").mkdir(parents=True)
    for used, code in ((100, 0), (90000, 1)):
        (measured / "concat" / "73MHz.tsv").write_text(f"s\tmax_rss\n3.5\t{used}\n")
        assert resources_check.main([str(results), "--benchmarks", str(measured)]) == code
    assert "used more than requested" in capsys.readouterr().out
