"""run.json: how a result was made."""

from typing import Annotated, Any

from lwacal.records.base import Part, Record, described, record


class Git(Part):
    """State of the code; null outside a checkout."""

    commit: Annotated[str | None, described("The commit.")]
    dirty: Annotated[bool | None, described("Whether files differ from it.")]


class Difference(Part):
    """A key of the configuration that differs from the default."""

    key: Annotated[str, described("The key, with dots.")]
    value: Annotated[Any, described("Its value.")]
    default: Annotated[Any, described("The default; null if there is none.")]


class Job(Part):
    """One job, as Snakemake measured it."""

    rule: Annotated[str, described("Its rule.")]
    job: Annotated[str, described("Sub-band or source; empty if there is one job only.")]
    wall_s: Annotated[float, described("Run time.", unit="s")]
    max_rss_mb: Annotated[float | None, described("Peak memory; null if unknown.", unit="MB")]


@record(version=1, rule="run_record", files=("run.json",))
class RunRecord(Record):
    """How a result was made: versions, code, configuration, machine and run times.

    This record and published.json are the only ones with times and the name of the machine.
    """

    observation: Annotated[str, described("Name of the observation.")]
    version: Annotated[str, described("Version of this project, MAJOR.MINOR.PATCH.")]
    versions: Annotated[
        dict[str, str], described("By package or program; absent if it is not there.")
    ]
    git: Annotated[Git, described("State of the code.")]
    configuration: Annotated[dict[str, Any], described("The whole configuration.")]
    differences: Annotated[list[Difference], described("What in it is not the default.")]
    command: Annotated[str, described("Command that started Snakemake.")]
    host: Annotated[str, described("Name of the machine.")]
    written_utc: Annotated[str, described("When it was written, UTC, ISO 8601.")]
    rules: Annotated[list[Job], described("The jobs, by rule.")]
    total_s: Annotated[float, described("Run time of all jobs together.", unit="s")]
