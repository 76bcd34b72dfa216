"""How Snakemake passes threads to a job, and how much memory rules request."""

from __future__ import annotations

from lwacal.driver import resources
from lwacal.records.configuration.imaging import Imaging
from lwacal.records.configuration.whole import Configuration
from lwacal.records.manifest import ManifestRecord

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def environment(threads: int) -> dict[str, str]:
    """Return the environment variables by which Snakemake tells a job its threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads))


def memory_mb(
    rule: str, manifest: ManifestRecord, band: str, imaging: Imaging | None = None
) -> int | None:
    """Return the memory that a rule requests, or None if it leaves this to Snakemake.

    ``imaging`` is that section of the configuration; by default with default values.
    """
    configuration = Configuration(imaging=imaging or Imaging())
    return resources.usual_memory_mb(rule, manifest, band, configuration)
