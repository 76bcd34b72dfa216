"""From raw measurement sets to a manifest and one concatenated set per sub-band.

Raw sets are opened read-only, and their data are read once. Needs a folder of raw sets; makes
inventory.json, manifest.json, the concatenated sets and the autocorrelations of the antennas. May
import io and the rooms below it.
"""
