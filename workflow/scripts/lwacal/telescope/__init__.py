"""Where and what the array is: site and time, directions and UVW, antennas, boards, names.

Needs antenna positions and times; makes directions, baselines and names. May import runtime.
"""
