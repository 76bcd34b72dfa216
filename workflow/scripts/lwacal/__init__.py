"""Calibration of the OVRO-LWA: pure functions, no Snakemake in them."""

import logging
import os

# Libraries of linear algebra are not to have threads of their own: Snakemake would give them as
# many as the rule has, beside those among which jobs share out their work; and what is added up
# would depend on their number. They look at this when numpy is first imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

# Silent until a program asks for its log (lwacal.runtime.logs).
logging.getLogger(__name__).addHandler(logging.NullHandler())
