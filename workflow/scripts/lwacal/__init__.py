"""Calibration of the OVRO-LWA: pure functions, no Snakemake in them."""
