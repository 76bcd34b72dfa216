"""What runs in Snakemake's own process: settings, observations, resources, progress, records.

Needs the configuration and the sheet of observations; makes the parameters of the rules. May import
everything below it, but not report or publish.
"""
