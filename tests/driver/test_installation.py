"""The installed package and its program, and rules that do not depend on the installation."""

import importlib
import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from lwacal import __main__ as program
from lwacal.runtime import paths
from lwacal.runtime.version import VERSION

PYPROJECT = tomllib.loads((paths.PROJECT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder in which a copy of the package is installed as `pip install` does it."""
    folder = tmp_path_factory.mktemp("install")
    source, target = folder / "source", folder / "target"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(paths.PACKAGE, source / "workflow" / "scripts" / "lwacal", ignore=ignored)
    shutil.copy(paths.PROJECT / "pyproject.toml", source)
    pip = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline"]
    how = ["--no-deps", "--no-build-isolation", "--python", sys.executable, "--target", target]
    subprocess.run([*pip, *how, source], check=True)
    return target


def run(command, path):
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=path
    )


def test_program_and_data_are_installed(installed):
    done = run([installed / "bin" / "lwacal", "--version"], installed)
    assert (done.stdout, done.returncode) == (f"{VERSION}\n", 0)
    assert list(installed.glob(f"ovro_lwa_calibration-{VERSION}.dist-info"))
    of_source = {path.relative_to(paths.PACKAGE) for path in paths.PACKAGE.rglob("*.*")}
    wanted = {path for path in of_source if path.suffix in (".py", ".mplstyle", ".npz")}
    assert {path for path in wanted if not (installed / "lwacal" / path).is_file()} == set()
    assert {path.suffix for path in wanted} == {".py", ".mplstyle", ".npz"}


@pytest.fixture
def here(log_to_stdout, monkeypatch):
    """Undoes what the program changes in its own process."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.mark.parametrize("command", program.COMMANDS)
def test_commands_describe_themselves(command, capsys, here):
    with pytest.raises(SystemExit) as ended:
        program.main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: lwacal {command}" in capsys.readouterr().out


def test_unknown_command_is_an_error(capsys):
    with pytest.raises(SystemExit) as ended:
        program.main(["calibrate"])
    assert ended.value.code == 2
    assert "invalid choice: 'calibrate'" in capsys.readouterr().err


def test_exit_code_is_that_of_the_command(monkeypatch, here):
    resources = importlib.import_module(program.COMMANDS["resources"][0])
    monkeypatch.setattr(resources, "main", lambda words: len(words))
    assert program.main(["resources", "--benchmarks", "b", "results"]) == 3


@pytest.mark.parametrize("script", ["inventory.py", "run_record.py"])
def test_rule_script_imports_the_package_beside_it(script, tmp_path):
    """The environment of a rule may have another version of the package, or none."""
    other = tmp_path / "lwacal"
    other.mkdir()
    (other / "__init__.py").write_text("raise ImportError('this is the other one')\n")
    assert run([sys.executable, "-c", "import lwacal"], tmp_path).returncode != 0
    done = run([sys.executable, paths.SCRIPTS / script, "--help"], tmp_path)
    assert done.returncode == 0, done.stderr


def test_packages_are_named_in_the_requirements_alone():
    """A rule may run in an environment that has only the packages it needs."""
    assert "dependencies" not in PYPROJECT["project"]


def test_version_is_the_one_of_the_citation():
    text = (paths.PROJECT / "CITATION.cff").read_text()
    assert f"\nversion: {VERSION}\n" in text
    assert f"\n## {VERSION}" in (paths.PROJECT / "CHANGELOG.md").read_text()
