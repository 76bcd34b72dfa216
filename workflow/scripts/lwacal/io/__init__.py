"""Files: measurement sets, calibration tables, solutions, flags and FITS images.

Reads and writes them; no science is computed here. May import telescope and runtime.
"""
