"""Data to flags by cause, and the health of each antenna.

Needs concatenated sets and lists of broken antennas; makes flags/<sub-band>.npz and health.json.
May import sky and what lies below it, but not qa.
"""
