"""Files of casacore and of our own: measurement sets, calibration tables, flags, FITS images.

Reads and writes, and computes nothing with what it reads. May import telescope and runtime.
"""
