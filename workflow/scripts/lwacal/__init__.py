"""Calibration of the OVRO-LWA, from raw measurement sets to tables, images and a verdict.

Each package is a room and imports only from the rooms below it (pyproject.toml lists them, and
`make lint` checks it). Functions take their input as arguments and return results or write the
files they are given. Only the room ``driver`` knows Snakemake: it runs in Snakemake's own process.
"""

import logging
import os

# Linear algebra libraries must not start their own threads. Jobs already spread their work over
# the threads of their rule, and the rounding of sums would depend on the number of threads. The
# libraries read these variables when numpy is first imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

# Silent until a program asks for its log (lwacal.runtime.logs).
logging.getLogger(__name__).addHandler(logging.NullHandler())
