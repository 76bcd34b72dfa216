"""Raw measurement sets to a manifest and to one concatenated set per sub-band.

Raw sets are opened read-only and read once. Needs a folder of raw sets; makes inventory.json,
manifest.json, the concatenated sets and the antennas' autocorrelations. May import io and what
lies below it.
"""
