"""What cleanup removes: the large data if they are not needed, images only if that is wanted."""

import json
import subprocess
import sys

import pytest

import small_quality
from lwacal.records import files
from lwacal.records.quality import QualityRecord
from lwacal.runtime import products
from workflow_run import PROJECT

SCRIPT = PROJECT / "workflow" / "scripts" / "cleanup.py"


def clean(folder, verdict, images):
    for name in ("concat/73MHz.ms", "calibrated", "images", "tables", "qa"):
        (folder / name).mkdir(parents=True)
        (folder / name / "data").write_text("")
    (folder / "concat" / "73MHz.npz").write_text("")
    files.write(QualityRecord, folder / "qa.json", small_quality.quality(verdict=verdict))
    command = [
        sys.executable,
        SCRIPT,
        "--qa",
        folder / "qa.json",
        "--directory",
        folder,
        "--settings",
        json.dumps({"cleanup": {"enabled": True, "images": images}}),
        "--output",
        folder / "cleanup.json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (folder / "concat" / "73MHz.npz").is_file()  # small, and asked for again
    left = {str(path.parent.relative_to(folder)) for path in folder.rglob("data")}
    return left, products.read_json(folder / "cleanup.json"), done.stdout


@pytest.mark.parametrize(
    ("images", "removed"),
    [
        (False, ["calibrated", "concat/73MHz.ms"]),
        (True, ["calibrated", "concat/73MHz.ms", "images"]),
    ],
)
def test_large_data_go_and_this_is_said(tmp_path, images, removed):
    left, record, said = clean(tmp_path, "warn", images)
    assert left == {"concat/73MHz.ms", "calibrated", "images", "tables", "qa"} - set(removed)
    assert record["removed"] == removed
    assert f"removed {', '.join(removed)}" in said


def test_everything_stays_if_the_verdict_is_fail(tmp_path):
    left, record, said = clean(tmp_path, "fail", True)
    assert left == {"concat/73MHz.ms", "calibrated", "images", "tables", "qa"}
    assert record["removed"] == []
    assert "kept everything" in said
