"""A rule's digest changes with the code it runs, and with no other."""

import pytest

from lwacal.driver import code_digest
from lwacal.runtime import paths

SCRIPTS = paths.SCRIPTS


@pytest.fixture
def copied_code(tmp_path, monkeypatch):
    package = tmp_path / "lwacal"
    package.mkdir()
    (tmp_path / "work.py").write_text("from lwacal import near\n")
    (package / "__init__.py").write_text("")
    (package / "near.py").write_text("import lwacal.far\n")
    (package / "far.py").write_text("")
    (package / "other.py").write_text("")
    monkeypatch.setattr(code_digest, "SCRIPTS", tmp_path)
    code_digest._imports.cache_clear()
    yield tmp_path
    code_digest._imports.cache_clear()


def test_digest_follows_imports(copied_code):
    names = [path.name for path in code_digest.code_files("work.py")]
    assert sorted(names) == ["__init__.py", "far.py", "near.py", "work.py"]
    before = code_digest.code_digest("work.py")
    (copied_code / "lwacal" / "other.py").write_text("changed = 1\n")
    assert code_digest.code_digest("work.py") == before
    (copied_code / "lwacal" / "far.py").write_text("changed = 1\n")
    assert code_digest.code_digest("work.py") != before


def test_digest_covers_the_data_of_modules(copied_code):
    folder = copied_code / "lwacal" / "data"
    folder.mkdir()
    (folder / "far.npz").write_bytes(b"one")
    before = code_digest.code_digest("work.py")
    (folder / "other.npz").write_bytes(b"of a module that is not imported")
    assert code_digest.code_digest("work.py") == before
    (folder / "far.npz").write_bytes(b"two")
    assert code_digest.code_digest("work.py") != before


def test_concat_does_not_depend_on_the_sky_model():
    names = {path.name for path in code_digest.code_files("concat.py")}
    assert {"concat.py", "ms_writer.py", "geometry.py"} <= names
    assert not names & {"sky_model.py", "beam.py", "antenna_health.py"}
