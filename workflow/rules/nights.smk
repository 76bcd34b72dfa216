"""The observations of a run, and what happens before its first and after its last job.

Needs    the sheet of observations (config: observations, nights), or input
Makes    no products: the targets all and nights request them; results/nights.tsv is written at the
         end of each run, even of a failed one
Steps    choose the observations; refuse if another run works on them; report progress; summarize
"""

from lwacal.driver import progress, run_hooks, run_lock
from snakemake.logging import logger

GIVEN = bool(SETTINGS.input or SETTINGS.input_ms)

try:
    CHOSEN = list(OBSERVATIONS) if GIVEN else observations.chosen(OBSERVATIONS, SETTINGS.nights)
except settings.SettingsError as error:
    raise WorkflowError(str(error)) from None


def wanted_products(wildcards):
    """Return the products of a run without explicit targets, as configured."""
    if not OBSERVATIONS:
        raise WorkflowError(
            "No observation is given. Give a folder of raw measurement sets (snakemake --config"
            " input=FOLDER), a concatenated one (--config input_ms=FILE), or rows in"
            f" {SETTINGS.observations}."
        )
    if not CHOSEN:
        raise WorkflowError(
            f"No observation of {SETTINGS.observations} is selected by nights.from, nights.to and"
            f" nights.without ({SETTINGS.nights.as_json()})."
        )
    wanted = [product for name in CHOSEN for product in products_of(name)]
    return wanted + (["<results>/trends.html"] if with_verdict(wildcards) else [])


def products_of(name):
    """Return the products of an observation.

    If a row of the sheet has no data, this is only the inventory, whose job fails with the reason;
    the other observations are processed.
    """
    found = OBSERVATIONS[name]
    if found.problem and not GIVEN:
        return expand("<results>/{obs}/inventory.json", obs=name)
    products = ["report.pdf", "report.html", "qa.json", "run.json", "outcome.json"]
    if found.settings.cleanup.enabled:
        products.append("cleanup.json")
    return [
        *expand("<results>/{obs}/{product}", obs=name, product=products),
        *for_each_band("<results>/{obs}/tables/{stamp}_{band}.bcal", name),
        *for_each_band("<results>/{obs}/tables/{stamp}.K", name)[:1],
    ]


def wanted_of_nights(wildcards):
    """Return the same for the observations of the sheet only."""
    if GIVEN:
        raise WorkflowError(
            "The target nights processes the sheet of observations: leave out input and input_ms, or"
            " the target nights."
        )
    return wanted_products(wildcards)


def with_verdict(wildcards):
    """Return the verdicts that the trends depend on."""
    names = [name for name in CHOSEN if not OBSERVATIONS[name].problem]
    return expand("<results>/{obs}/qa.json", obs=names)


def who_holds_the_lock():
    """Say who holds Snakemake's lock on the working directory, and what to do."""
    return run_lock.lock_words(RESULTS, CHOSEN, os.getcwd())


def at_work():
    """Return the observations that have jobs in this run."""
    jobs = workflow.dag.needrun_jobs()
    names = {job.wildcards.obs for job in jobs if "obs" in job.wildcards.keys()}
    return names & set(OBSERVATIONS)


def followers():
    """Return the rule of each job of this run, by job number, and the jobs that depend on it."""
    dag = workflow.dag
    return {
        dag.jobid(job): (job.rule.name, {dag.jobid(later) for later in dag.depending[job]})
        for job in list(dag.needrun_jobs())
    }


def begin_run():
    """Stop before the first job if another run works on the same observations."""
    try:
        RUN.begin(at_work(), followers(), locking=workflow.execution_settings.lock)
    except run_lock.RunningError as error:
        raise WorkflowError(str(error)) from None
    except OSError as error:
        raise WorkflowError(f"results: {RESULTS} cannot be written to: {error}") from None


def end_run():
    """Print the results of a run and where to find them, on stderr."""
    methods = [method.item_to_choice() for method in workflow.deployment_settings.deployment_method]
    places = {"results": RESULTS, "logs": LOGS, "benchmarks": BENCHMARKS}
    RUN.end(
        run_hooks.TrendsAgain(
            WORKFLOW,
            {**config, "pathvars": {name: str(path) for name, path in places.items()}},
            SETTINGS.nights.as_json(),
            methods,
            LOGS / "trends.log",
        )
    )


if workflow.is_main_process:
    RUN = run_hooks.Run(
        RESULTS,
        CHOSEN,
        progress.install(
            logger,
            workflow.output_settings,
            BENCHMARKS,
            who_holds_the_lock,
            # The terminal belongs to the workflow that was called, not to a module of it.
            lines=workflow.modifier.is_main_snakefile(),
        ),
        os.environ[environment.COMMAND_VARIABLE],
        sheet=None if GIVEN else list(OBSERVATIONS),
        trends_rule=workflow.modifier.modify_rulename("trends"),
    )
    if "--unlock" in sys.argv:
        sys.stderr.writelines(f"{said}\n" for said in run_lock.remove(RESULTS, CHOSEN))
