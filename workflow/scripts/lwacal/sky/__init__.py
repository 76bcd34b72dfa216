"""From the source catalogue and the beam to model visibilities.

Needs directions, times and frequencies; makes the sky model and the visibilities that a perfectly
calibrated array would measure. May import ingest (the manifest) and the rooms below it.
"""
