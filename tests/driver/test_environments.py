"""What workflow/envs/ declares is pinned, resolves, and is enough for the scripts of its rules."""

import ast
import importlib.metadata
import os
import re
import site
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from environment_files import (
    CONDA,
    ENVIRONMENTS,
    MODULES,
    SCRIPTS,
    environment_scripts,
    packages_of,
    rule_bodies,
    rule_environments,
)
from import_walk import imported_packages
from lwacal.driver import environment, settings
from scripts.pin_environments import LOCK, pinned
from workflow_run import PROJECT

CHANNELS = {"conda-forge", "pkgw-forge"}
# The observatory's own packages: on no public index, in the Python that health.mnc.command names.
OF_THE_OBSERVATORY = {"mnc", "lwa_antpos"}
# What packages need and do not declare, or need as data.
NEEDED_BY_OTHERS = {"six", "astropy-iers-data"}
NO_INDEX = re.compile(r"error sending request|dns error|timed out|network was disabled")

each_environment = pytest.mark.parametrize("name", ENVIRONMENTS)


def test_there_is_one_environment_a_kind_of_rule():
    assert set(ENVIRONMENTS) == {"analysis", "aoflagger", "casa", "mnc", "wsclean"}
    text = "".join(path.read_text() for path in PROJECT.glob("workflow/rules/*.smk"))
    rules = rule_environments()
    assert set(rules) == set(re.findall(r"^(?:rule|checkpoint) +(\w+)", text, re.MULTILINE))
    assert {environment for environment, _ in rules.values()} == set(ENVIRONMENTS)
    assert all(scripts for _, scripts in rules.values())


@pytest.mark.parametrize("rule", rule_bodies())
def test_rule_loads_the_modules_of_its_environment(rule):
    """Below conda: envmodules: *modules("NAME"),"""
    body = rule_bodies()[rule]
    assert MODULES.findall(body) == CONDA.findall(body)


def test_modules_can_be_named_for_each_environment():
    chosen = settings.resolve({}).environment_modules
    assert chosen.as_json() == {name: [] for name in ENVIRONMENTS}
    with pytest.raises(settings.SettingsError, match=r"environment_modules\.casa"):
        settings.resolve({"environment_modules": {"casa": ["casa; rm file"]}})


@pytest.mark.parametrize("in_the_home", [False, True])
def test_packages_of_the_home_stay_out_unless_snakemake_is_one(monkeypatch, in_the_home):
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"]})
    if in_the_home:
        place = importlib.metadata.distribution("snakemake").locate_file("")
        monkeypatch.setattr(site, "getusersitepackages", lambda: str(place))
    environment.prepare(SCRIPTS)
    assert os.environ.get(environment.NO_PACKAGES_OF_HOME) == (None if in_the_home else "1")
    assert os.environ[environment.PREFIX_VARIABLE] == sys.prefix
    assert os.environ["PATH"].split(os.pathsep)[0] == str(SCRIPTS)


@each_environment
def test_file_is_pinned(name):
    """No version is left to the day on which the environment is made."""
    environment = ENVIRONMENTS[name]
    assert set(yaml.safe_load(environment.path.read_text())) == {"channels", "dependencies"}
    assert set(environment.channels) <= CHANNELS
    for package, version in (environment.conda | environment.pip).items():
        assert re.fullmatch(r"\d[\w.]*", version), f"{package}: which version?"
    assert bool(environment.pip) == ("pip" in environment.conda)


@each_environment
def test_versions_are_those_of_the_lock_file(name):
    """And all that a package needs is there; make lock writes them."""
    text = ENVIRONMENTS[name].path.read_text()
    assert pinned(text, LOCK.read_text()) == text


@each_environment
def test_no_script_imports_what_its_environment_lacks(name):
    for script in sorted(environment_scripts()[name]):
        for module in imported_packages(SCRIPTS / script):
            if script == "mnc_list.py" and module in OF_THE_OBSERVATORY:
                continue
            assert packages_of(module) & set(ENVIRONMENTS[name].pip), f"{script} imports {module}"


@each_environment
def test_nothing_is_asked_for_that_no_script_imports(name):
    asked, _, _ = ENVIRONMENTS[name].path.read_text().partition("# what these need")
    modules = set().union(*[imported_packages(SCRIPTS / s) for s in environment_scripts()[name]])
    imported = set().union(*[packages_of(module) for module in modules])
    packages = set(re.findall(r"- ([\w-]+)==", asked))
    assert packages - imported <= NEEDED_BY_OTHERS


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import numpy", {"numpy"}),
        ("from ours import near\nnear.used()", {"h5py"}),
        ("from ours.near import used\nused()", {"h5py"}),
        ("from ours import near\nlist(map(near.used, []))", {"h5py"}),
        ("from ours import near\nprint(near)", {"h5py", "scipy"}),
        ("from ours import near\nnear.through()", {"h5py"}),
        ("from ours import near", set()),
        ("from ours.again import used\nused()", {"h5py"}),
        ("import ours.near", {"h5py", "scipy"}),
        ("import ours.part.inner", {"jinja2"}),
        ("from ours.part.inner import NOTHING", {"jinja2"}),
        ("from ours import far", {"yaml"}),
        ("def main():\n    from ours import far\n", {"yaml"}),
        ("import importlib\nimportlib.import_module('casatasks.x')", {"casatasks"}),
        ("import json", set()),
    ],
)
def test_imports_are_followed_into_what_is_called_and_no_further(tmp_path, code, found):
    (tmp_path / "ours" / "part").mkdir(parents=True)
    (tmp_path / "ours" / "__init__.py").write_text("")
    (tmp_path / "ours" / "part" / "__init__.py").write_text("import jinja2\n")
    (tmp_path / "ours" / "part" / "inner.py").write_text("NOTHING = 0\n")
    (tmp_path / "ours" / "near.py").write_text(
        "def used():\n    import h5py\ndef unused():\n    import scipy\n"
        "def through():\n    return used()\n"
    )
    (tmp_path / "ours" / "again.py").write_text("from ours.near import used\n")
    (tmp_path / "ours" / "far.py").write_text("import yaml\nimport os\n")
    (tmp_path / "script.py").write_text(code)
    assert imported_packages(tmp_path / "script.py") == found


@pytest.mark.parametrize(("script", "python"), [("mnc_query.py", (3, 8)), ("mnc_list.py", (3, 6))])
def test_scripts_of_an_old_python_have_its_syntax(script, python):
    """mnc_list.py runs in the observatory's own environment, which has Python 3.6."""
    assert ENVIRONMENTS["mnc"].python == (3, 8)
    ast.parse((SCRIPTS / script).read_text(), script, feature_version=python)


@pytest.mark.parametrize("name", [name for name in ENVIRONMENTS if ENVIRONMENTS[name].pip])
def test_packages_resolve(name, tmp_path):
    """The index has them all, for the environment's Python, and they want nothing else."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("no uv beside this Python: make env")
    environment = ENVIRONMENTS[name]
    (tmp_path / "asked.in").write_text("\n".join(map("==".join, environment.pip.items())))
    done = subprocess.run(
        [
            uv,
            "pip",
            "compile",
            tmp_path / "asked.in",
            "--only-binary",
            ":all:",
            "--no-annotate",
            "--no-header",
            "--python-version",
            ".".join(map(str, environment.python)),
            "--python-platform",
            "x86_64-manylinux_2_28",
            "--quiet",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    if done.returncode and NO_INDEX.search(done.stderr):
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    assert dict(line.split("==") for line in done.stdout.splitlines()) == environment.pip
