"""Applies the solutions, images the calibrated data, and measures fluxes and positions of sources.

Needs concatenated sets, flags, tables and the sky model; makes calibrated sets, FITS images and
measurements. May import calibration and what lies below it.
"""
