"""The array: site and time, directions and UVW, antennas and their states, boards, names.

Needs antenna positions and times; computes directions, UVW and phasors, and parses names. May
import runtime.
"""
