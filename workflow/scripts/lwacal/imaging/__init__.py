"""Solutions to calibrated sets, images, and fluxes and positions of sources.

Needs concatenated sets, flags, tables and the sky model; makes calibrated sets, FITS images and
measurements. May import calibration's lower neighbours, but not calibration.
"""
