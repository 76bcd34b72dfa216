"""What runs in Snakemake's own process: settings, observations, resources, progress, run records.

Needs the configuration and the sheet; makes what rules are given. May import everything below it,
but not report or publish.
"""
