"""What all files of rules share: checked configuration, observations, input functions."""

import hashlib
import os
import re
import sys
from pathlib import Path

# Not workflow.basedir: where this workflow is a module, that is the folder of the workflow that
# uses it.
WORKFLOW = Path(workflow.snakefile).parents[1]
SCRIPTS = WORKFLOW / "scripts"
if not (SCRIPTS / "lwacal").is_dir():
    raise WorkflowError(
        f"There is no folder {SCRIPTS}. The rules run scripts next to the Snakefile: clone the"
        " project and name the Snakefile of the clone."
    )
sys.path.insert(0, str(SCRIPTS))

import lwacal

if not SCRIPTS.joinpath("lwacal").samefile(Path(lwacal.__file__).parent):
    raise WorkflowError(
        f"The package lwacal was already loaded from {Path(lwacal.__file__).parent}, and the rules"
        f" need the one of {SCRIPTS}. Use one copy of the project."
    )

from lwacal.driver import environment, observations, resources, settings
from lwacal.driver.code_digest import code_digest
from lwacal.ingest import discover
from lwacal.publish import latest_link
from lwacal.records import files
from lwacal.records.manifest import ManifestRecord
from lwacal.sky import sources

# The scripts of the rules have common names, such as report: they must not hide modules of a
# workflow that uses this one.
sys.path.remove(str(SCRIPTS))
environment.prepare(SCRIPTS)

try:
    SETTINGS, OBSERVATIONS = observations.read(
        {key: value for key, value in config.items() if key != "pathvars"}  # Snakemake's own key
    )
except (settings.SettingsError, discover.InputError) as error:
    raise WorkflowError(str(error)) from None


pathvars:
    results=SETTINGS.results,


wildcard_constraints:
    obs="|".join(map(re.escape, OBSERVATIONS)) or "no-observation-given",
    band=r"\d+MHz",
    stamp=r"\d{8}_\d{6}",
    source="|".join(sources.POSITIONS),


def folder(path):
    """Return the folder of a path such as <logs>, including the prefix of a module."""
    return Path(workflow.pathvars.apply(workflow.modifier.modify_path(path)))


if os.path.isabs(workflow.pathvars.get("results")) and folder("x") != Path("x"):
    raise WorkflowError(
        f"results is an absolute path ({SETTINGS.results}), and the module has a prefix: give"
        " one of the two."
    )
RESULTS, LOGS, BENCHMARKS = map(folder, ("<results>", "<logs>", "<benchmarks>"))
for one in OBSERVATIONS.values():
    one.results = RESULTS


def observation(wildcards):
    return OBSERVATIONS[wildcards.obs]


def modules(environment):
    """Return the environment modules configured for the rules of an environment."""
    return getattr(SETTINGS.environment_modules, environment)


def section(*names):
    """Return a params function that gives sections of the configuration as JSON (--settings)."""

    def sections(wildcards):
        return settings.section_json(observation(wildcards).settings, *names)

    return sections


def part(*keys):
    """Return the same for dotted keys, for rules that use only a few keys of a section."""

    def chosen(wildcards):
        return settings.part_json(observation(wildcards).settings, *keys)

    return chosen


def section_at(*keys):
    """Return a params function that gives one value of the configuration as JSON."""

    def value(wildcards):
        return settings.value_json(observation(wildcards).settings, *keys)

    return value


def whole_configuration(wildcards):
    """Return the whole checked configuration as JSON, except what no product depends on.

    This excludes the choice of nights and the settings of publication.
    """
    keys = [key for key in type(SETTINGS).model_fields if key not in ("nights", "publish")]
    return section(*keys)(wildcards)


def configured_file(name, key, unless=""):
    """Return an input function that gives the file named by a key, or nothing if it is empty.

    ``unless`` is a value that does not name a file. The prefix of a module does not apply to it.
    """

    def file(wildcards):
        value = getattr(getattr(observation(wildcards).settings, name), key)
        return [local(value)] if value not in ("", unless) else []

    return file


def digest_of(name, key):
    """Return a params function that gives a digest of the file that a key names.

    Unlike an input, the file may be missing.
    """

    def digest(wildcards):
        path = Path(getattr(getattr(observation(wildcards).settings, name), key))
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""

    return digest


def last_tables(wildcards):
    """Return the tables of an earlier night that gains are compared with."""
    return [local(str(path)) for path in observation(wildcards).settings.ionosphere.tables()]


def component_lists(wildcards):
    """Return the component lists of the sources that may be modelled."""
    chosen = observation(wildcards).settings.sky_model
    lists = chosen.component_lists.paths()
    return [local(lists[source]) for source in chosen.sources if source in lists]


def for_each_band(pattern, name):
    """Return the pattern expanded for all sub-bands of an observation."""
    try:
        found = OBSERVATIONS[name]
        return expand(pattern, obs=name, band=found.bands, stamp=found.stamp)
    except discover.InputError as error:
        raise WorkflowError(str(error)) from None


def of_bands(pattern):
    """Return an input function that expands the pattern for all sub-bands of an observation."""
    return lambda wildcards: for_each_band(pattern, wildcards.obs)


def of_stamp(pattern):
    """Return an input function that expands the pattern with the stamp of the observation."""

    def file(wildcards):
        return expand(pattern, stamp=observation(wildcards).stamp, **dict(wildcards))

    return file


def of_sources(pattern):
    """Return an input function that expands the pattern for all sources that may be modelled."""

    def files(wildcards):
        chosen = observation(wildcards).settings.sky_model.sources
        return expand(pattern, obs=wildcards.obs, source=chosen)

    return files


def folder_above(levels):
    """Return a params function that gives the folder ``levels`` above the first output."""

    def above(wildcards, output):
        return str(Path(output[0]).parents[levels - 1])

    return above


def link_moved(wildcards):
    """Return a text that changes when another version becomes active: see latest_link.

    It takes no ``output``: Snakemake ignores changes of parameters that are derived from it.
    """
    published = observation(wildcards).settings.publish.folder
    return latest_link.moved(published, RESULTS / wildcards.obs / "published.json")


def figure_labels(wildcards):
    """Return number and name of a figure of the report from its file name NN_some_words."""
    number, _, words = wildcards.figure.partition("_")
    return {"figure": number, "shows": words.replace("_", " ")}


def memory_mb(rule, record="manifest"):
    """Return a resource function for the memory of a job, from the sizes in an input record."""

    def needed(wildcards, input, attempt):
        manifest = files.read(ManifestRecord, input[record])
        line = resources.line(rule, observation(wildcards).settings)
        return resources.memory_mb(line, manifest, wildcards.get("band")) * attempt

    return needed


def image_memory_mb(rule):
    """Return a resource function for a rule that makes one image per thread."""

    def needed(wildcards, threads, attempt):
        imaging = observation(wildcards).settings.imaging
        return resources.image_memory_mb(rule, imaging, threads) * attempt

    return needed


def long_runtime(wildcards, attempt):
    """Return the time limit of solvers and imaging in minutes; other rules get an hour.

    CASA's solvers take minutes for each integration of a full-size sub-band, and so do images of
    the whole sky.
    """
    return 240 * attempt
