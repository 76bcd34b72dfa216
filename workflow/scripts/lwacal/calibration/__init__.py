"""Flags and sky model to gains and delays.

Needs a concatenated set, its flags and the sky model; makes bandpass tables with uncertainties, the
flags of the solutions, and delays. May import flagging, qa (states of antennas) and what lies below
them.
"""
