"""Catalogue and beam to model visibilities.

Needs directions, times and frequencies; makes the sky model's records and the visibilities that
antennas without errors would see. May import ingest (the manifest) and what lies below it.
"""
