"""Tables become references only on request, only if good enough, and whole."""

import pytest

from lwacal.publish import promote
from lwacal.records.configuration.delay import Delay

QA = {"observation": {"id": "night", "lst_hours": 20.7}, "verdict": "pass", "reasons": ["well"]}


@pytest.fixture
def tables(tmp_path):
    names = ("20240601_110000.K", "20240601_110000_50MHz.bcal")
    paths = [tmp_path / "tables" / name for name in names]
    for path in paths:
        path.mkdir(parents=True)
        (path / "table.dat").write_text("new")
    return paths


def settings(tmp_path, worst="pass"):
    return Delay(reference_dir=str(tmp_path / "references"), promote_verdict=worst)


def test_tables_go_to_their_sidereal_hour(tables, tmp_path):
    record = promote.promote(QA, tables, settings(tmp_path))
    folder = tmp_path / "references" / "20h"
    assert sorted(path.name for path in folder.iterdir()) == [table.name for table in tables]
    assert (folder / tables[0].name / "table.dat").read_text() == "new"
    assert record["tables"] == [str(folder / table.name) for table in tables]
    assert all(table.is_dir() for table in tables)


def test_an_older_copy_is_replaced_whole(tables, tmp_path):
    folder = tmp_path / "references" / "20h" / tables[0].name
    folder.mkdir(parents=True)
    (folder / "other").write_text("old")
    promote.promote(QA, tables, settings(tmp_path))
    assert [path.name for path in folder.iterdir()] == ["table.dat"]
    assert len(list(folder.parent.iterdir())) == 2  # nothing is left over


@pytest.mark.parametrize(
    ("verdict", "worst", "allowed"),
    [
        ("warn", "pass", False),
        ("warn", "warn", True),
        ("fail", "warn", False),
        ("fail", "fail", True),
    ],
)
def test_a_bad_night_is_refused_unless_allowed(tables, tmp_path, verdict, worst, allowed):
    qa = {**QA, "verdict": verdict, "reasons": ["CygA is off."]}
    if allowed:
        assert promote.promote(qa, tables, settings(tmp_path, worst))["verdict"] == verdict
        return
    with pytest.raises(promote.PromotionError, match=r"promote_verdict.*CygA is off"):
        promote.promote(qa, tables, settings(tmp_path, worst))
    assert not (tmp_path / "references").exists()


def test_without_a_folder_the_key_is_named(tables):
    with pytest.raises(promote.PromotionError, match=r"delay\.reference_dir"):
        promote.promote(QA, tables, Delay())
