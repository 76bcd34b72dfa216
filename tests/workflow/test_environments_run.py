"""Every rule runs in an environment made from its own file: `snakemake --sdm conda`.

conda itself is not here: tests/helpers/conda_stand_in/ takes its place, in front of PATH. All else
is Snakemake's own way: it has each environment made, and activates it for each job.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import pytest

import environment_journal
from environment_files import ENVIRONMENTS, SCRIPTS, environment_scripts, rule_environments
from lwacal.runtime import paths, products
from lwacal.simulate import Simulation, simulate
from workflow_run import Project, copy_project

STAND_IN = paths.PROJECT / "tests" / "helpers" / "conda_stand_in" / "bin"
TINY = Simulation(
    n_antennas=16, bands=("59MHz",), n_channels=12, n_integrations=1, seed=6, n_faint=0
)

each_environment = pytest.mark.parametrize("name", ENVIRONMENTS)
with_packages = pytest.mark.parametrize("name", [n for n in ENVIRONMENTS if ENVIRONMENTS[n].pip])


@dataclass(frozen=True)
class Made:
    """A project and the environments that Snakemake has had made for its rules."""

    project: Project
    prefixes: dict[str, Path]

    def stand_in(self, name: str) -> dict:
        """Return what the stand-in for conda was asked for and took."""
        return json.loads((self.prefixes[name] / "stand-in.json").read_text())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Environments made ahead of a run; conda's stand-in stays on PATH."""
    if not Path(sys.executable).with_name("uv").exists():
        pytest.skip("no uv beside this Python, which the stand-in for conda needs: make env")
    if shutil.which("python3.11") is None:
        pytest.skip("no python3.11 on this machine, which the environments ask for")
    folder = tmp_path_factory.mktemp("environments")
    simulate(TINY, folder / "raw")
    project = copy_project(
        folder / "a project",
        f"input={folder / 'raw'}",
        "observation=tiny",
        "sky_model={sources: [CygA]}",
        "delay={engine: casa}",
    )
    with pytest.MonkeyPatch.context() as patch:
        path = [str(STAND_IN), str(Path(sys.executable).parent), os.environ["PATH"]]
        patch.setenv("PATH", os.pathsep.join(path))
        project.snakemake("--sdm", "conda", "--conda-create-envs-only", "--cores", "2")
        prefixes = find_prefixes(project.folder / ".snakemake" / "conda")
        for prefix in prefixes.values():
            plant_journal(prefix)
        yield Made(project, prefixes)
    shutil.rmtree(project.folder / ".snakemake" / "conda")  # 3 GB, if they are not links


@pytest.fixture(scope="module")
def planned(made: Made) -> dict[str, int]:
    """How many jobs of each rule a run without targets has."""
    return made.project.stale(words=("--sdm", "conda"))


@pytest.fixture(scope="module")
def ran(made: Made, planned: dict[str, int]) -> list[dict]:
    """A tiny observation, from raw data to report: what each process of an environment told."""
    with journal(made.project.folder / "journal") as entries:
        made.project.snakemake("--sdm", "conda", "--cores", "2")
    return entries


@contextmanager
def journal(path: Path) -> Iterator[list[dict]]:
    """Give the list in which the journal of a run is, when it has ended."""
    entries: list[dict] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVIRONMENT_JOURNAL", str(path))
        yield entries
    entries += [json.loads(line) for line in path.read_text().splitlines()]


def find_prefixes(folder: Path) -> dict[str, Path]:
    """Return the environments that Snakemake has had made, by the file that each is of."""
    texts = {environment.path.read_text(): name for name, environment in ENVIRONMENTS.items()}
    return {texts[path.read_text()]: path.with_suffix("") for path in folder.glob("*.yaml")}


def plant_journal(prefix: Path) -> None:
    """Have each process of an environment tell what it was."""
    [packages] = prefix.glob("lib/python3.*/site-packages")
    shutil.copy(environment_journal.__file__, packages)
    (packages / "environment_journal.pth").write_text("import environment_journal\n")


def test_every_environment_is_made_from_its_own_file(made):
    assert set(made.prefixes) == set(ENVIRONMENTS)


@each_environment
def test_environment_holds_what_its_file_pins_and_nothing_else(made, name):
    found = distributions(path=[str(p) for p in made.prefixes[name].glob("lib/*/site-packages")])
    versions = {one.name.lower().replace("_", "-"): one.version for one in found}
    assert versions == ENVIRONMENTS[name].pip


@with_packages
def test_environment_has_the_python_that_its_file_asks_for(made, name):
    assert made.stand_in(name)["python"].startswith(f"{ENVIRONMENTS[name].conda['python']}.")


def test_database_is_asked_by_an_old_python(made, ran):
    wanted = ENVIRONMENTS["mnc"].conda["python"]
    taken = made.stand_in("mnc")["python"]
    if not taken.startswith(f"{wanted}."):
        pytest.skip(f"no Python {wanted} on this machine: the stand-in for conda took {taken}")
    asking = [entry for entry in ran if entry["script"] in ("mnc_query.py", "mnc_list.py")]
    assert {tuple(entry["version"]) for entry in asking} == {ENVIRONMENTS["mnc"].python}
    answer = products.read_json(made.project.results / "tiny" / "mnc.json")
    assert (answer["ok"], answer["message"].split(":")[-1]) == (False, " No module named 'mnc'")


@each_environment
def test_scripts_of_each_rule_run_in_its_environment(made, planned, ran, name):
    prefix = str(made.prefixes[name])
    here = [
        scripts
        for rule, (environment, scripts) in rule_environments().items()
        if environment == name and rule in planned
    ]
    expected = set().union(*here)
    assert expected
    assert {entry["script"] for entry in ran if entry["prefix"] == prefix} == expected


def test_nothing_is_loaded_from_the_environment_of_snakemake(made, ran):
    """Nor from anywhere but the rule's own environment, its Python and the project."""
    for entry in ran:
        assert not [path for path in entry["loaded"] if is_strange(path, entry, made.project)]
        assert entry["no_packages_of_home"] == "1"


def is_strange(path: str, entry: dict, project: Project) -> bool:
    """Return whether a process had loaded a file that is not of its environment nor ours."""
    if path.startswith((f"{entry['prefix']}/", f"{project.folder}/workflow/")):
        return False
    library = "{base}/lib/python{version[0]}.{version[1]}/".format(**entry)
    return not path.startswith(library) or "-packages/" in path


def test_run_says_what_the_environments_hold(made, ran):
    versions = products.read_json(made.project.results / "tiny" / "run.json")["versions"]
    for name in ("casatools", "casatasks", "casadata"):
        assert versions[name] == ENVIRONMENTS["casa"].pip[name]
    assert versions["aoflagger (Python)"] == ENVIRONMENTS["aoflagger"].pip["aoflagger"]
    assert versions["wsclean"] == ENVIRONMENTS["wsclean"].conda["pkgw-forge::wsclean"]
    assert versions["snakemake"].startswith("9.")


def test_no_program_of_an_environment_hides_a_script(made):
    for prefix in made.prefixes.values():
        programs = {path.name for path in (prefix / "bin").iterdir()}
        assert not programs & {path.name for path in SCRIPTS.glob("*.py")}


@each_environment
def test_scripts_that_did_not_run_start_there_too(made, ran, name):
    for script in sorted(environment_scripts()[name] - {entry["script"] for entry in ran}):
        done = subprocess.run(
            [made.prefixes[name] / "bin" / "python3", SCRIPTS / script, "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout[:5]) == (0, "usage"), done.stderr


def test_results_belong_to_the_environments_that_made_them(made, planned, ran):
    """With --sdm conda added or dropped, everything is stale; the docs say so."""
    assert made.project.stale() == planned
    assert made.project.stale(words=("--rerun-triggers", "mtime", "params", "input")) == {}


MODULES = Path("/usr/share/modules/init/bash")
MODULE_FILE = """#%Module
prepend-path PATH "{prefix}/bin"
"""


@pytest.fixture(scope="module")
def modules(made, tmp_path_factory):
    """Return a project that has run with --sdm env-modules as far as the flags, and its journal.

    Each environment is offered as a module, whose name is that of its file.
    """
    if not MODULES.is_file():
        pytest.skip(f"no environment modules: {MODULES} is not there (package environment-modules)")
    folder = tmp_path_factory.mktemp("modules")
    for name, prefix in made.prefixes.items():
        (folder / "files" / name).mkdir(parents=True)
        (folder / "files" / name / "1.0").write_text(MODULE_FILE.format(prefix=prefix))
    chosen = ", ".join(f"{name}: [{name}/1.0]" for name in made.prefixes)
    project = copy_project(folder / "project", *made.project.config[:-1])
    with journal(folder / "journal") as entries, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BASH_ENV", str(MODULES))
        patch.setenv("MODULEPATH", str(folder / "files"))
        project.snakemake(
            "results/tiny/flags/59MHz.npz",
            "--sdm",
            "env-modules",
            "--cores",
            "2",
            config=(f"environment_modules={{{chosen}}}",),
        )
    return project, {entry["script"]: entry for entry in entries}


@pytest.mark.parametrize(
    ("script", "name"),
    [("concat.py", "analysis"), ("flag.py", "aoflagger"), ("mnc_query.py", "mnc")],
)
def test_script_runs_in_the_module_of_its_environment(made, modules, script, name):
    project, entries = modules
    entry = entries[script]
    assert entry["prefix"] == str(made.prefixes[name])
    assert not [path for path in entry["loaded"] if is_strange(path, entry, project)]
